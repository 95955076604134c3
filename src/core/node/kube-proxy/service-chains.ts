import type { ProxyConfig } from '../../cluster/config.ts'
import type { Origin } from '../../kernel/origin.ts'
import { contains, printCidr } from '../../net/cidr.ts'
import { clusterChain, endpointChain, externalChain, firewallChain, localChain } from './chain-names.ts'
import { type Reach, objectOf, usesFirewall } from './dispatch.ts'
import { type Categorized, type EndpointInfo, type NodeView, categorize } from './endpoints.ts'
import { fromLocal, oneIn, remember, remembers, RuleLine, type RuleParts } from './rule-line.ts'
import type { ServicePortInfo } from './service-port.ts'

/** The nat chains that belong to one service port, in the order in which kube-proxy declares them; the lines of a chain in their order. */
export type Chains = ReadonlyMap<string, readonly RuleLine[]>

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
  const chains = new Map<string, RuleLine[]>()
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
    private readonly chains: Map<string, RuleLine[]>,
  ) {
    this.field = { agent: 'kube-proxy', object: objectOf(port), field: `spec.ports[${port.index}]` }
  }
  /** Declares a chain, also when it stays empty. */
  declare(chain: string): RuleLine[] {
    let lines = this.chains.get(chain)
    if (!lines) {
      lines = []
      this.chains.set(chain, lines)
    }
    return lines
  }
  add(chain: string, parts: RuleParts, because: Origin | EndpointInfo = this.field): void {
    this.declare(chain).push(new RuleLine(chain, parts, because, this.port.family))
  }
  of(field: string): Origin {
    return { agent: 'kube-proxy', object: objectOf(this.port), field }
  }
}

const MASQUERADE = 'KUBE-MARK-MASQ'

/** KUBE-EXT: under policy Cluster all is masqueraded; under Local, what comes from pods and from the node itself is let through to any endpoint. */
function writeExternal(writer: Writer, reach: Reach, { proxy }: ProxyContext): void {
  const { port } = writer
  const chain = externalChain(port)
  const policy = writer.of('spec.externalTrafficPolicy')
  const add = (parts: RuleParts): void => writer.add(chain, parts, policy)
  writer.declare(chain)
  if (!port.externalLocal) add({ comment: `masquerade traffic for ${port.name} external destinations`, jump: MASQUERADE })
  else {
    const pods = proxy.clusterCIDR
    if (pods !== '') add({ comment: `pod traffic for ${port.name} external destinations`, source: pods, jump: clusterChain(port) })
    add({ comment: `masquerade LOCAL traffic for ${port.name} external destinations`, match: fromLocal, jump: MASQUERADE })
    add({ comment: `route LOCAL traffic for ${port.name} external destinations`, match: fromLocal, jump: clusterChain(port) })
  }
  if (reach.hasExternalEndpoints) add({ jump: port.externalLocal ? localChain(port) : clusterChain(port) })
}

/** KUBE-FW. A node inside the ranges may also come with the load balancer's own address as source, when that address is local to it. */
function writeFirewall(writer: Writer, { node }: ProxyContext): void {
  const { port } = writer
  const chain = firewallChain(port)
  const ranges = writer.of('spec.loadBalancerSourceRanges')
  const allow = (source: string): void =>
    writer.add(chain, { comment: `${port.name} loadbalancer IP`, source, jump: externalChain(port) }, ranges)
  for (const range of port.sourceRanges) allow(printCidr(range))
  const nodeIP = node?.ip
  if (nodeIP && port.sourceRanges.some((range) => contains(range, nodeIP))) port.loadBalancerVIPs.forEach(allow)
  writer.add(chain, { comment: `other traffic to ${port.name} will be dropped by KUBE-PROXY-FIREWALL` }, ranges)
}

type Names = ReadonlyMap<EndpointInfo, string>

/** KUBE-SVC and KUBE-SVL: masquerade mark first, then affinity, then the draw. */
function writePolicies(writer: Writer, endpoints: Categorized, names: Names, reach: Reach, context: ProxyContext): void {
  const { port } = writer
  const { masqueradeAll, clusterCIDR } = context.proxy
  if (endpoints.cluster.length > 0) writer.declare(clusterChain(port))
  if (endpoints.local.length > 0) writer.declare(localChain(port))
  if (reach.hasInternalEndpoints && (masqueradeAll || clusterCIDR !== '')) {
    const { protocol, clusterIP: destination, port: number } = port
    const parts = { comment: `${port.name} cluster IP`, protocol, destination, port: number, jump: MASQUERADE }
    writer.add(port.internalLocal ? localChain(port) : clusterChain(port), masqueradeAll ? parts : { ...parts, outside: clusterCIDR })
  }
  if (endpoints.cluster.length > 0) writeDraw(writer, clusterChain(port), endpoints.cluster, names, context)
  if (endpoints.local.length > 0) writeDraw(writer, localChain(port), endpoints.local, names, context)
}

function writeDraw(writer: Writer, chain: string, endpoints: readonly EndpointInfo[], names: Names, { large }: ProxyContext): void {
  const { port } = writer
  const to = (endpoint: EndpointInfo, jump: string, match: RuleParts['match']): RuleParts => ({
    comment: large ? undefined : `${port.name} -> ${endpoint.address}`,
    match,
    jump,
  })
  if (port.affinitySeconds !== undefined) {
    const affinity = writer.of('spec.sessionAffinity')
    for (const endpoint of endpoints) {
      const jump = names.get(endpoint) ?? ''
      writer.add(chain, to(endpoint, jump, remembers(jump, port.affinitySeconds, port.family)), affinity)
    }
  }
  endpoints.forEach((endpoint, i) => {
    const left = endpoints.length - i
    writer.add(chain, to(endpoint, names.get(endpoint) ?? '', left > 1 ? oneIn(left) : undefined), endpoint)
  })
}

/** KUBE-SEP: a packet that comes back to its own sender must be masqueraded, or the answer would not pass the node. */
function writeEndpoint(writer: Writer, endpoint: EndpointInfo, chain: string, { large }: ProxyContext): void {
  const { port } = writer
  const comment = large ? undefined : port.name
  const match = port.affinitySeconds === undefined ? undefined : remember(chain, port.family)
  writer.add(chain, { comment, source: endpoint.ip, jump: MASQUERADE }, endpoint)
  writer.add(chain, { comment, match, protocol: port.protocol, jump: `DNAT --to-destination ${endpoint.address}` }, endpoint)
}
