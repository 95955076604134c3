import type { ProxyConfig } from '../../../cluster/config.ts'
import type { Origin } from '../../../kernel/origin.ts'
import { contains, printCidr } from '../../../net/cidr.ts'
import { type Reach, objectOf } from '../dispatch.ts'
import { type Categorized, type EndpointInfo, type NodeView, categorize } from '../endpoints.ts'
import type { ServicePortInfo } from '../service-port.ts'
import type { Words } from './fixed-lines.ts'
import { affinitySet, endpointChain, portChain } from './names.ts'
import { internalChain, usesFirewall } from './service-elements.ts'

/** One rule of a service port's chain, as kube-proxy writes it; `listed` where `nft list` prints it otherwise. */
export interface NftLine {
  readonly text: string
  readonly listed?: string
  readonly origin: Origin
}

/** What belongs to one service port alone. */
export interface PortLines {
  /** In the order in which they are made; the lines of a chain in their order. */
  readonly chains: ReadonlyMap<string, readonly NftLine[]>
  /** Sets that remember clients: the name and after how many seconds. */
  readonly affinities: ReadonlyMap<string, number>
  /** All lines with their chains in the order in which they are written; the sets come before line `setsAt`. */
  readonly written: readonly (readonly [chain: string, line: NftLine])[]
  readonly setsAt: number
}

export interface LinesContext {
  readonly words: Words
  readonly proxy: ProxyConfig
  readonly node: NodeView | undefined
}

const MASQUERADE = 'jump mark-for-masquerade'

/**
 * The chains of one port (kubernetes pkg/proxy/nftables/proxier.go, v1.30, the loop of syncProxyRules). Made when the first packet comes to any of them:
 * the only place where work is done per endpoint.
 */
export function portLines(port: ServicePortInfo, all: readonly EndpointInfo[], reach: Reach, context: LinesContext): PortLines {
  const endpoints = categorize(all, port, context.node)
  const writer = new Writer(port)
  for (const endpoint of endpoints.reachable) writer.declare(endpointChain(port, endpoint))
  if (endpoints.cluster.length > 0) writer.declare(portChain('service', port))
  if (endpoints.local.length > 0) writer.declare(portChain('local', port))
  const external = reach.hasEndpoints && port.externallyAccessible
  if (external) writer.declare(portChain('external', port))
  if (usesFirewall(port)) writeFirewall(writer, context)
  if (reach.hasInternalEndpoints) writeInternal(writer, context)
  if (external) writeExternal(writer, reach, context)
  writePolicies(writer, endpoints, context)
  for (const endpoint of endpoints.reachable) writeEndpoint(writer, endpoint, context)
  return writer
}

class Writer implements PortLines {
  readonly chains = new Map<string, NftLine[]>()
  readonly affinities = new Map<string, number>()
  readonly written: [string, NftLine][] = []
  setsAt = 0
  private readonly origins = new Map<string, Origin>()

  constructor(readonly port: ServicePortInfo) {}

  declare(chain: string): NftLine[] {
    let lines = this.chains.get(chain)
    if (!lines) this.chains.set(chain, (lines = []))
    return lines
  }

  add(chain: string, text: string, origin: Origin, listed?: string): void {
    const line = listed === undefined ? { text, origin } : { text, origin, listed }
    this.declare(chain).push(line)
    this.written.push([chain, line])
  }

  because(field: string): Origin {
    let origin = this.origins.get(field)
    if (!origin) this.origins.set(field, (origin = { agent: 'kube-proxy', object: objectOf(this.port), field }))
    return origin
  }
}

/** A node inside the ranges may also come with the load balancer's own address as source, when that address is local to it. */
function writeFirewall(writer: Writer, { words, node }: LinesContext): void {
  const { port } = writer
  const nodeIP = node?.ip
  const own = nodeIP && port.sourceRanges.some((range) => contains(range, nodeIP)) ? port.loadBalancerVIPs : []
  const sources = [...port.sourceRanges.map(printCidr), ...own].join(' , ')
  writer.add(portChain('firewall', port), `${words.ip} saddr != { ${sources} } drop`, writer.because('spec.loadBalancerSourceRanges'))
}

/** Traffic to the cluster IP that comes from outside the pod network is masqueraded, so that it may leave the node again. */
function writeInternal(writer: Writer, { words: { ip }, proxy }: LinesContext): void {
  const { port } = writer
  if (!proxy.masqueradeAll && proxy.clusterCIDR === '') return
  const outside = proxy.masqueradeAll ? '' : ` ${ip} saddr != ${proxy.clusterCIDR}`
  const text = `${ip} daddr ${port.clusterIP} ${port.protocol} dport ${port.port}${outside} ${MASQUERADE}`
  writer.add(internalChain(port), text, writer.because(`spec.ports[${port.index}]`))
}

/** Under policy Cluster all is masqueraded; under Local, what comes from pods and from the node itself is let through to any endpoint. */
function writeExternal(writer: Writer, reach: Reach, { words: { ip }, proxy }: LinesContext): void {
  const { port } = writer
  const chain = portChain('external', port)
  const policy = writer.because('spec.externalTrafficPolicy')
  if (!port.externalLocal) writer.add(chain, MASQUERADE, policy)
  else {
    const cluster = `goto ${portChain('service', port)}`
    if (proxy.clusterCIDR !== '')
      writer.add(chain, `${ip} saddr ${proxy.clusterCIDR} ${cluster} comment "short-circuit pod traffic"`, policy)
    writer.add(chain, `fib saddr type local ${MASQUERADE} comment "masquerade local traffic"`, policy)
    writer.add(chain, `fib saddr type local ${cluster} comment "short-circuit local traffic"`, policy)
  }
  if (reach.hasExternalEndpoints) writer.add(chain, `goto ${portChain(port.externalLocal ? 'local' : 'service', port)}`, policy)
}

function writePolicies(writer: Writer, endpoints: Categorized, context: LinesContext): void {
  const { port } = writer
  writer.setsAt = writer.written.length
  if (port.affinitySeconds !== undefined)
    for (const endpoint of endpoints.reachable) writer.affinities.set(affinitySet(port, endpoint), port.affinitySeconds)
  if (endpoints.cluster.length > 0) writeDraw(writer, portChain('service', port), endpoints.cluster, context)
  if (endpoints.local.length > 0) writeDraw(writer, portChain('local', port), endpoints.local, context)
}

/** Clients that are remembered first, then one number for each endpoint. */
function writeDraw(writer: Writer, chain: string, endpoints: readonly EndpointInfo[], { words: { ip } }: LinesContext): void {
  const { port } = writer
  if (port.affinitySeconds !== undefined) {
    const affinity = writer.because('spec.sessionAffinity')
    for (const endpoint of endpoints)
      writer.add(chain, `${ip} saddr @${affinitySet(port, endpoint)} goto ${endpointChain(port, endpoint)}`, affinity)
  }
  const head = `numgen random mod ${endpoints.length} vmap {`
  const numbers = endpoints.map((endpoint, i) => `${i} : goto ${endpointChain(port, endpoint)}`)
  const origin = writer.because(`spec.ports[${port.index}]`)
  writer.add(chain, `${head} ${numbers.join(' , ')} }`, origin, `${head} ${numbers.join(', ')} }`)
}

/** A packet that comes back to its own sender must be masqueraded, or the answer would not pass the node. */
function writeEndpoint(writer: Writer, endpoint: EndpointInfo, { words: { ip } }: LinesContext): void {
  const { port } = writer
  const chain = endpointChain(port, endpoint)
  const origin = originOf(endpoint)
  writer.add(chain, `${ip} saddr ${endpoint.ip} ${MASQUERADE}`, origin)
  if (port.affinitySeconds !== undefined)
    writer.add(chain, `update @${affinitySet(port, endpoint)} { ${ip} saddr }`, writer.because('spec.sessionAffinity'))
  writer.add(chain, `meta l4proto ${port.protocol} dnat to ${endpoint.address}`, origin)
}

const originOf = ({ slice, index }: EndpointInfo): Origin => ({
  agent: 'kube-proxy',
  object: `EndpointSlice/${slice.metadata.namespace ?? 'default'}/${slice.metadata.name}`,
  field: `endpoints[${index}]`,
})
