import type { ProxyConfig } from '../../../cluster/config.ts'
import type { Origin } from '../../../kernel/origin.ts'
import { contains, printCidr } from '../../../net/cidr.ts'
import { type Reach, objectOf } from '../dispatch.ts'
import { type Categorized, type EndpointInfo, type NodeView, categorize, endpointOrigin } from '../endpoints.ts'
import type { ServicePortInfo } from '../service-port.ts'
import type { Words } from './fixed-lines.ts'
import { endpointBase, type PortChain, portChain, portKey } from './names.ts'
import { usesFirewall } from './service-elements.ts'

/** One rule of a service port's chain, as kube-proxy writes it, and the field of the Service, or the endpoint, because of which. */
export interface NftLine {
  readonly text: string
  readonly because: string | EndpointInfo
}

/** One chain of a port. */
export interface PortChainLines {
  readonly name: string
  readonly lines: readonly NftLine[]
  /** How many of them are written before the sets of affinities, when all chains of the port are written. */
  readonly early: number
}

/** What belongs to one service port alone. */
export interface PortLines {
  readonly port: ServicePortInfo
  /** In the order in which they are made, those of endpoints first; the lines of a chain in their order. */
  readonly chains: readonly PortChainLines[]
  /** How many chains are of endpoints. */
  readonly endpointChains: number
  /** Sets that remember clients, and after how many seconds they forget. */
  readonly affinities: readonly string[]
  readonly affinitySeconds: number
  /** The chain of the source ranges, which is made later than the others. */
  readonly firewall: PortChainLines | undefined
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
  const writer = new Writer(port, context)
  const targets = new Targets(endpoints.reachable, port)
  for (let i = 0; i < targets.bases.length; i++) writer.declare(`endpoint-${targets.bases[i]}`)
  writer.endpointChains = targets.bases.length
  if (endpoints.cluster.length > 0) writer.policy('service')
  if (endpoints.local.length > 0) writer.policy('local')
  const external = reach.hasEndpoints && port.externallyAccessible
  if (external) writer.policy('external')
  if (usesFirewall(port)) writeFirewall(writer)
  if (reach.hasInternalEndpoints) writeInternal(writer)
  if (external) writeExternal(writer, reach)
  writePolicies(writer, endpoints, targets)
  for (let i = 0; i < targets.bases.length; i++) writeEndpoint(writer, targets, i)
  return writer
}

interface Chain extends PortChainLines {
  readonly lines: NftLine[]
  early: number
}

/** What chains and sets of endpoints are called behind their first word. */
class Targets {
  readonly bases: readonly string[]
  private places: ReadonlyMap<EndpointInfo, number> | undefined = undefined

  constructor(
    readonly endpoints: readonly EndpointInfo[],
    port: ServicePortInfo,
  ) {
    const key = portKey(port)
    this.bases = endpoints.map((endpoint) => endpointBase(key, endpoint))
  }

  /** The names of some of the endpoints: nearly always of all. */
  basesOf(some: readonly EndpointInfo[]): readonly string[] {
    if (some === this.endpoints) return this.bases
    const places = (this.places ??= new Map(this.endpoints.map((endpoint, i) => [endpoint, i])))
    return some.map((endpoint) => this.bases[places.get(endpoint) ?? 0] ?? '')
  }
}

type Policy = Exclude<PortChain, 'firewall'>

class Writer implements PortLines {
  readonly chains: Chain[] = []
  readonly affinities: string[] = []
  readonly affinitySeconds: number
  endpointChains = 0
  firewall: PortChainLines | undefined = undefined
  private readonly policies: Partial<Record<Policy, Chain>> = {}

  constructor(
    readonly port: ServicePortInfo,
    readonly context: LinesContext,
  ) {
    this.affinitySeconds = port.affinitySeconds ?? 0
  }

  declare(name: string): Chain {
    const chain: Chain = { name, lines: [], early: 0 }
    this.chains.push(chain)
    return chain
  }

  policy(kind: Policy): Chain {
    return (this.policies[kind] ??= this.declare(portChain(kind, this.port)))
  }

  /** A line that comes before the sets. */
  early(chain: Chain, text: string, because: NftLine['because']): void {
    chain.lines.push({ text, because })
    chain.early++
  }

  late(chain: Chain, text: string, because: NftLine['because']): void {
    chain.lines.push({ text, because })
  }
}

/** A node inside the ranges may also come with the load balancer's own address as source, when that address is local to it. */
function writeFirewall(writer: Writer): void {
  const { port } = writer
  const { words, node } = writer.context
  const nodeIP = node?.ip
  const own = nodeIP && port.sourceRanges.some((range) => contains(range, nodeIP)) ? port.loadBalancerVIPs : []
  const sources = [...port.sourceRanges.map(printCidr), ...own].join(' , ')
  const line = { text: `${words.ip} saddr != { ${sources} } drop`, because: 'spec.loadBalancerSourceRanges' }
  writer.firewall = { name: portChain('firewall', port), lines: [line], early: 1 }
}

/** Traffic to the cluster IP that comes from outside the pod network is masqueraded, so that it may leave the node again. */
function writeInternal(writer: Writer): void {
  const { port } = writer
  const { words, proxy } = writer.context
  const { ip } = words
  if (!proxy.masqueradeAll && proxy.clusterCIDR === '') return
  const outside = proxy.masqueradeAll ? '' : ` ${ip} saddr != ${proxy.clusterCIDR}`
  const text = `${ip} daddr ${port.clusterIP} ${port.protocol} dport ${port.port}${outside} ${MASQUERADE}`
  writer.early(writer.policy(port.internalLocal ? 'local' : 'service'), text, portField(port))
}

/** Under policy Cluster all is masqueraded; under Local, what comes from pods and from the node itself is let through to any endpoint. */
function writeExternal(writer: Writer, reach: Reach): void {
  const { port } = writer
  const { words, proxy } = writer.context
  const chain = writer.policy('external')
  const policy = 'spec.externalTrafficPolicy'
  if (!port.externalLocal) writer.early(chain, MASQUERADE, policy)
  else {
    const cluster = `goto ${portChain('service', port)}`
    if (proxy.clusterCIDR !== '')
      writer.early(chain, `${words.ip} saddr ${proxy.clusterCIDR} ${cluster} comment "short-circuit pod traffic"`, policy)
    writer.early(chain, `fib saddr type local ${MASQUERADE} comment "masquerade local traffic"`, policy)
    writer.early(chain, `fib saddr type local ${cluster} comment "short-circuit local traffic"`, policy)
  }
  if (reach.hasExternalEndpoints) writer.early(chain, `goto ${portChain(port.externalLocal ? 'local' : 'service', port)}`, policy)
}

function writePolicies(writer: Writer, endpoints: Categorized, targets: Targets): void {
  if (writer.port.affinitySeconds !== undefined) for (const base of targets.bases) writer.affinities.push(`affinity-${base}`)
  if (endpoints.cluster.length > 0) writeDraw(writer, writer.policy('service'), endpoints.cluster, targets)
  if (endpoints.local.length > 0) writeDraw(writer, writer.policy('local'), endpoints.local, targets)
}

/** Clients that are remembered first, then one number for each endpoint. */
function writeDraw(writer: Writer, chain: Chain, endpoints: readonly EndpointInfo[], targets: Targets): void {
  const { port, context } = writer
  const bases = targets.basesOf(endpoints)
  if (port.affinitySeconds !== undefined)
    for (const base of bases)
      writer.late(chain, `${context.words.ip} saddr @affinity-${base} goto endpoint-${base}`, 'spec.sessionAffinity')
  let text = `numgen random mod ${bases.length} vmap {`
  for (let i = 0; i < bases.length; i++) text += i === 0 ? ` 0 : goto endpoint-${bases[i]}` : ` , ${i} : goto endpoint-${bases[i]}`
  writer.late(chain, `${text} }`, portField(port))
}

const portField = (port: ServicePortInfo): string => `spec.ports[${port.index}]`

/** A packet that comes back to its own sender must be masqueraded, or the answer would not pass the node. */
function writeEndpoint(writer: Writer, { endpoints, bases }: Targets, at: number): void {
  const { port, context } = writer
  const { ip } = context.words
  const endpoint = endpoints[at]
  const chain = writer.chains[at]
  if (!endpoint || !chain) return
  writer.late(chain, `${ip} saddr ${endpoint.ip} ${MASQUERADE}`, endpoint)
  if (port.affinitySeconds !== undefined) writer.late(chain, `update @affinity-${bases[at]} { ${ip} saddr }`, 'spec.sessionAffinity')
  writer.late(chain, `meta l4proto ${port.protocol} dnat to ${endpoint.address}`, endpoint)
}

/** Why kube-proxy wrote a line; said when somebody looks at the rule. */
export function originOf(port: ServicePortInfo, because: NftLine['because']): Origin {
  if (typeof because === 'string') return { agent: 'kube-proxy', object: objectOf(port), field: because }
  return endpointOrigin(because)
}
