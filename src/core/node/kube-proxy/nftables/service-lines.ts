import type { ProxyConfig } from '../../../cluster/config.ts'
import type { Origin } from '../../../kernel/origin.ts'
import { contains, printCidr } from '../../../net/cidr.ts'
import { type Reach, objectOf } from '../dispatch.ts'
import { type Categorized, type EndpointInfo, type NodeView, categorize } from '../endpoints.ts'
import type { ServicePortInfo } from '../service-port.ts'
import type { Words } from './fixed-lines.ts'
import { endpointBase, type PortChain, portChain } from './names.ts'
import { usesFirewall } from './service-elements.ts'

/** One rule of a service port's chain, as kube-proxy writes it. */
export interface NftLine {
  readonly text: string
  readonly origin: Origin
}

/** One chain of a port. */
export interface PortChainLines {
  readonly name: string
  readonly lines: readonly NftLine[]
}

/** What belongs to one service port alone. */
export interface PortLines {
  /** In the order in which they are made; the lines of a chain in their order. */
  readonly chains: readonly PortChainLines[]
  /** Sets that remember clients, and after how many seconds they forget. */
  readonly affinities: readonly string[]
  readonly affinitySeconds: number
  /** All lines but the firewall's with their chains, in the order in which they are written; the sets come before line `setsAt`. */
  readonly written: readonly (readonly [chain: string, text: string])[]
  readonly setsAt: number
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
  const targets = new Map<EndpointInfo, Target>()
  for (const endpoint of endpoints.reachable) {
    const base = endpointBase(port, endpoint)
    targets.set(endpoint, { chain: writer.declare(`endpoint-${base}`), affinity: `affinity-${base}` })
  }
  if (endpoints.cluster.length > 0) writer.policy('service')
  if (endpoints.local.length > 0) writer.policy('local')
  const external = reach.hasEndpoints && port.externallyAccessible
  if (external) writer.policy('external')
  if (usesFirewall(port)) writeFirewall(writer)
  if (reach.hasInternalEndpoints) writeInternal(writer)
  if (external) writeExternal(writer, reach)
  writePolicies(writer, endpoints, targets)
  for (const [endpoint, target] of targets) writeEndpoint(writer, endpoint, target)
  return writer
}

interface Chain extends PortChainLines {
  readonly lines: NftLine[]
}

interface Target {
  readonly chain: Chain
  readonly affinity: string
}

type Policy = Exclude<PortChain, 'firewall'>

class Writer implements PortLines {
  readonly chains: Chain[] = []
  readonly affinities: string[] = []
  readonly affinitySeconds: number
  readonly written: [string, string][] = []
  setsAt = 0
  firewall: PortChainLines | undefined = undefined
  private readonly policies: Partial<Record<Policy, Chain>> = {}
  private readonly origins = new Map<string, Origin>()

  constructor(
    readonly port: ServicePortInfo,
    readonly context: LinesContext,
  ) {
    this.affinitySeconds = port.affinitySeconds ?? 0
  }

  declare(name: string): Chain {
    const chain: Chain = { name, lines: [] }
    this.chains.push(chain)
    return chain
  }

  policy(kind: Policy): Chain {
    return (this.policies[kind] ??= this.declare(portChain(kind, this.port)))
  }

  add({ name, lines }: Chain, text: string, origin: Origin): void {
    lines.push({ text, origin })
    this.written.push([name, text])
  }

  because(field: string): Origin {
    let origin = this.origins.get(field)
    if (!origin) this.origins.set(field, (origin = { agent: 'kube-proxy', object: objectOf(this.port), field }))
    return origin
  }
}

/** A node inside the ranges may also come with the load balancer's own address as source, when that address is local to it. */
function writeFirewall(writer: Writer): void {
  const { port } = writer
  const { words, node } = writer.context
  const nodeIP = node?.ip
  const own = nodeIP && port.sourceRanges.some((range) => contains(range, nodeIP)) ? port.loadBalancerVIPs : []
  const sources = [...port.sourceRanges.map(printCidr), ...own].join(' , ')
  const line = { text: `${words.ip} saddr != { ${sources} } drop`, origin: writer.because('spec.loadBalancerSourceRanges') }
  writer.firewall = { name: portChain('firewall', port), lines: [line] }
}

/** Traffic to the cluster IP that comes from outside the pod network is masqueraded, so that it may leave the node again. */
function writeInternal(writer: Writer): void {
  const { port } = writer
  const { words, proxy } = writer.context
  const { ip } = words
  if (!proxy.masqueradeAll && proxy.clusterCIDR === '') return
  const outside = proxy.masqueradeAll ? '' : ` ${ip} saddr != ${proxy.clusterCIDR}`
  const text = `${ip} daddr ${port.clusterIP} ${port.protocol} dport ${port.port}${outside} ${MASQUERADE}`
  writer.add(writer.policy(port.internalLocal ? 'local' : 'service'), text, writer.because(`spec.ports[${port.index}]`))
}

/** Under policy Cluster all is masqueraded; under Local, what comes from pods and from the node itself is let through to any endpoint. */
function writeExternal(writer: Writer, reach: Reach): void {
  const { port } = writer
  const { words, proxy } = writer.context
  const chain = writer.policy('external')
  const policy = writer.because('spec.externalTrafficPolicy')
  if (!port.externalLocal) writer.add(chain, MASQUERADE, policy)
  else {
    const cluster = `goto ${portChain('service', port)}`
    if (proxy.clusterCIDR !== '')
      writer.add(chain, `${words.ip} saddr ${proxy.clusterCIDR} ${cluster} comment "short-circuit pod traffic"`, policy)
    writer.add(chain, `fib saddr type local ${MASQUERADE} comment "masquerade local traffic"`, policy)
    writer.add(chain, `fib saddr type local ${cluster} comment "short-circuit local traffic"`, policy)
  }
  if (reach.hasExternalEndpoints) writer.add(chain, `goto ${portChain(port.externalLocal ? 'local' : 'service', port)}`, policy)
}

type Targets = ReadonlyMap<EndpointInfo, Target>

function writePolicies(writer: Writer, endpoints: Categorized, targets: Targets): void {
  writer.setsAt = writer.written.length
  if (writer.port.affinitySeconds !== undefined) for (const { affinity } of targets.values()) writer.affinities.push(affinity)
  if (endpoints.cluster.length > 0) writeDraw(writer, writer.policy('service'), endpoints.cluster, targets)
  if (endpoints.local.length > 0) writeDraw(writer, writer.policy('local'), endpoints.local, targets)
}

/** Clients that are remembered first, then one number for each endpoint. */
function writeDraw(writer: Writer, chain: Chain, endpoints: readonly EndpointInfo[], targets: Targets): void {
  const { port } = writer
  if (port.affinitySeconds !== undefined) {
    const affinity = writer.because('spec.sessionAffinity')
    for (const endpoint of endpoints) {
      const target = targets.get(endpoint)
      if (target) writer.add(chain, `${writer.context.words.ip} saddr @${target.affinity} goto ${target.chain.name}`, affinity)
    }
  }
  let text = `numgen random mod ${endpoints.length} vmap {`
  for (let i = 0; i < endpoints.length; i++) {
    const endpoint = endpoints[i]
    text += `${i === 0 ? '' : ' ,'} ${i} : goto ${(endpoint && targets.get(endpoint)?.chain.name) ?? ''}`
  }
  writer.add(chain, `${text} }`, writer.because(`spec.ports[${port.index}]`))
}

/** A packet that comes back to its own sender must be masqueraded, or the answer would not pass the node. */
function writeEndpoint(writer: Writer, endpoint: EndpointInfo, { chain, affinity }: Target): void {
  const { port } = writer
  const { ip } = writer.context.words
  const origin = originOf(endpoint)
  writer.add(chain, `${ip} saddr ${endpoint.ip} ${MASQUERADE}`, origin)
  if (port.affinitySeconds !== undefined) writer.add(chain, `update @${affinity} { ${ip} saddr }`, writer.because('spec.sessionAffinity'))
  writer.add(chain, `meta l4proto ${port.protocol} dnat to ${endpoint.address}`, origin)
}

const originOf = ({ slice, index }: EndpointInfo): Origin => ({
  agent: 'kube-proxy',
  object: `EndpointSlice/${slice.metadata.namespace ?? 'default'}/${slice.metadata.name}`,
  field: `endpoints[${index}]`,
})
