import type { ProxyConfig } from '../../cluster/config.ts'
import type { Origin } from '../../kernel/origin.ts'
import type { Line } from '../line-chain.ts'
import { contains, printCidr } from '../../net/cidr.ts'
import { clusterChain, endpointChain, externalChain, firewallChain, localChain } from './chain-names.ts'
import { type Reach, objectOf, usesFirewall } from './dispatch.ts'
import { type Categorized, type EndpointInfo, type NodeView, categorize } from './endpoints.ts'
import type { ServicePortInfo } from './service-port.ts'

/** The nat chains that belong to one service port, in the order in which kube-proxy declares them; the lines of a chain in their order. */
export type Chains = ReadonlyMap<string, readonly Line[]>

/** What, besides Service and slices, the rules of a port depend on. */
export interface ProxyContext {
  readonly proxy: ProxyConfig
  /** More than 1,000 endpoints in the cluster: comments that name endpoints are left out (largeClusterMode). */
  readonly large: boolean
  readonly node: NodeView | undefined
}

/**
 * KUBE-SVC, KUBE-SVL, KUBE-EXT, KUBE-FW and KUBE-SEP of one port (kubernetes pkg/proxy/iptables/proxier.go, v1.30, the loop of syncProxyRules). Made
 * when the first packet comes to any of them: the only place where work is done per endpoint.
 */
export function serviceChains(port: ServicePortInfo, all: readonly EndpointInfo[], reach: Reach, context: ProxyContext): Chains {
  const chains = new Map<string, Line[]>()
  const endpoints = categorize(all, port, context.node)
  const writer = new Writer(port, chains)
  const names = new Map(endpoints.reachable.map((endpoint) => [endpoint, endpointChain(port, endpoint)]))
  if (reach.hasEndpoints && port.externallyAccessible) writeExternal(writer, reach, context)
  if (usesFirewall(port, reach)) writeFirewall(writer, context)
  writePolicies(writer, endpoints, names, reach, context)
  for (const [endpoint, chain] of names) writeEndpoint(writer, endpoint, chain, context)
  return chains
}

class Writer {
  readonly field: Origin
  constructor(
    readonly port: ServicePortInfo,
    private readonly chains: Map<string, Line[]>,
  ) {
    this.field = { agent: 'kube-proxy', object: objectOf(port), field: `spec.ports[${port.index}]` }
  }
  /** Declares a chain, also when it stays empty. */
  declare(chain: string): Line[] {
    let lines = this.chains.get(chain)
    if (!lines) {
      lines = []
      this.chains.set(chain, lines)
    }
    return lines
  }
  add(chain: string, rest: string, origin: Origin = this.field): void {
    this.declare(chain).push({ text: `-A ${chain}${rest}`, origin })
  }
  of(field: string): Origin {
    return { agent: 'kube-proxy', object: objectOf(this.port), field }
  }
}

const comment = (text: string): string => ` -m comment --comment "${text}"`

/** KUBE-EXT: under policy Cluster everything is masqueraded; under Local, what comes from pods and from the node itself is let through to any endpoint. */
function writeExternal(writer: Writer, reach: Reach, { proxy }: ProxyContext): void {
  const { port } = writer
  const chain = externalChain(port)
  const policy = writer.of('spec.externalTrafficPolicy')
  writer.declare(chain)
  if (!port.externalLocal)
    writer.add(chain, `${comment(`masquerade traffic for ${port.name} external destinations`)} -j KUBE-MARK-MASQ`, policy)
  else {
    if (proxy.clusterCIDR !== '')
      writer.add(
        chain,
        `${comment(`pod traffic for ${port.name} external destinations`)} -s ${proxy.clusterCIDR} -j ${clusterChain(port)}`,
        policy,
      )
    writer.add(
      chain,
      `${comment(`masquerade LOCAL traffic for ${port.name} external destinations`)} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
      policy,
    )
    writer.add(
      chain,
      `${comment(`route LOCAL traffic for ${port.name} external destinations`)} -m addrtype --src-type LOCAL -j ${clusterChain(port)}`,
      policy,
    )
  }
  if (reach.hasExternalEndpoints) writer.add(chain, ` -j ${port.externalLocal ? localChain(port) : clusterChain(port)}`, policy)
}

/** KUBE-FW. A node inside the ranges may also come with the load balancer's own address as source, when that address is local to it. */
function writeFirewall(writer: Writer, { node }: ProxyContext): void {
  const { port } = writer
  const chain = firewallChain(port)
  const text = comment(`${port.name} loadbalancer IP`)
  const ranges = writer.of('spec.loadBalancerSourceRanges')
  for (const range of port.sourceRanges) writer.add(chain, `${text} -s ${printCidr(range)} -j ${externalChain(port)}`, ranges)
  const nodeIP = node?.ip
  if (nodeIP && port.sourceRanges.some((range) => contains(range, nodeIP))) {
    for (const vip of port.loadBalancerVIPs) writer.add(chain, `${text} -s ${vip} -j ${externalChain(port)}`, ranges)
  }
  writer.add(chain, comment(`other traffic to ${port.name} will be dropped by KUBE-PROXY-FIREWALL`), ranges)
}

/** KUBE-SVC and KUBE-SVL: masquerade mark first, then affinity, then the draw. */
function writePolicies(
  writer: Writer,
  endpoints: Categorized,
  names: ReadonlyMap<EndpointInfo, string>,
  reach: Reach,
  context: ProxyContext,
): void {
  const { port } = writer
  const { proxy } = context
  const internal = port.internalLocal ? localChain(port) : clusterChain(port)
  if (endpoints.cluster.length > 0) writer.declare(clusterChain(port))
  if (endpoints.local.length > 0) writer.declare(localChain(port))
  if (reach.hasInternalEndpoints && (proxy.masqueradeAll || proxy.clusterCIDR !== '')) {
    const outside = proxy.masqueradeAll ? '' : ` ! -s ${proxy.clusterCIDR}`
    writer.add(
      internal,
      `${comment(`${port.name} cluster IP`)} -m ${port.protocol} -p ${port.protocol} -d ${port.clusterIP} --dport ${port.port}${outside} -j KUBE-MARK-MASQ`,
    )
  }
  if (endpoints.cluster.length > 0) writeDraw(writer, clusterChain(port), endpoints.cluster, names, context)
  if (endpoints.local.length > 0) writeDraw(writer, localChain(port), endpoints.local, names, context)
}

function writeDraw(
  writer: Writer,
  chain: string,
  endpoints: readonly EndpointInfo[],
  names: ReadonlyMap<EndpointInfo, string>,
  { large }: ProxyContext,
): void {
  const { port } = writer
  const about = (endpoint: EndpointInfo): string => (large ? '' : comment(`${port.name} -> ${endpoint.address}`))
  if (port.affinitySeconds !== undefined) {
    const affinity = writer.of('spec.sessionAffinity')
    for (const endpoint of endpoints) {
      const target = names.get(endpoint)
      writer.add(
        chain,
        `${about(endpoint)} -m recent --name ${target} --rcheck --seconds ${port.affinitySeconds} --reap -j ${target}`,
        affinity,
      )
    }
  }
  endpoints.forEach((endpoint, i) => {
    const left = endpoints.length - i
    const chance = left > 1 ? ` -m statistic --mode random --probability ${probability(left)}` : ''
    writer.add(chain, `${about(endpoint)}${chance} -j ${names.get(endpoint)}`, originOf(endpoint))
  })
}

/** Go's %0.10f rounds halves to even, toFixed away from zero; among 1/n only 1/2048 ends in such a half. */
const probability = (n: number): string => (n === 2048 ? '0.0004882812' : (1 / n).toFixed(10))

/** KUBE-SEP: a packet that comes back to its own sender must be masqueraded, or the answer would not pass the node. */
function writeEndpoint(writer: Writer, endpoint: EndpointInfo, chain: string, { large }: ProxyContext): void {
  const { port } = writer
  const about = large ? '' : ` -m comment --comment ${port.name}`
  const origin = originOf(endpoint)
  const remember = port.affinitySeconds === undefined ? '' : ` -m recent --name ${chain} --set`
  writer.add(chain, `${about} -s ${endpoint.ip} -j KUBE-MARK-MASQ`, origin)
  writer.add(chain, `${about}${remember} -m ${port.protocol} -p ${port.protocol} -j DNAT --to-destination ${endpoint.address}`, origin)
}

const originOf = ({ slice, index }: EndpointInfo): Origin => ({
  agent: 'kube-proxy',
  object: `EndpointSlice/${slice.metadata.namespace ?? 'default'}/${slice.metadata.name}`,
  field: `endpoints[${index}]`,
})
