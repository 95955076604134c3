import type { ProxyConfig } from '../../cluster/config.ts'
import type { Origin } from '../../kernel/origin.ts'
import { contains, printCidr } from '../../net/cidr.ts'
import { clusterChain, endpointChain, externalChain, firewallChain, localChain } from './chain-names.ts'
import { type Reach, objectOf, usesFirewall } from './dispatch.ts'
import { type Categorized, type EndpointInfo, type NodeView, categorize } from './endpoints.ts'
import { fromLocal, oneIn, remember, remembers, type RuleParts } from './rule-line.ts'
import type { ServicePortInfo } from './service-port.ts'

/** One nat chain of a service port; its rules in their order. */
export interface OwnChain {
  readonly name: string
  readonly rules: readonly RuleParts[]
}

/** The nat chains that belong to one service port, in the order in which kube-proxy declares them. */
export type Chains = readonly OwnChain[]

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
  const endpoints = categorize(all, port, context.node)
  const writer = new Writer(port)
  const targets = new Targets(endpoints.reachable, port)
  if (reach.hasEndpoints && port.externallyAccessible) writeExternal(writer, reach, context)
  if (usesFirewall(port, reach)) writeFirewall(writer, context)
  writePolicies(writer, endpoints, targets, reach, context)
  for (let i = 0; i < targets.chains.length; i++) writeEndpoint(writer, targets, i, context)
  return writer.chains
}

/** What the chains of endpoints are called. */
class Targets {
  readonly chains: readonly string[]
  private places: ReadonlyMap<EndpointInfo, number> | undefined = undefined

  constructor(
    readonly endpoints: readonly EndpointInfo[],
    port: ServicePortInfo,
  ) {
    this.chains = endpoints.map((endpoint) => endpointChain(port, endpoint))
  }

  /** The chains of some of the endpoints: nearly always of all. */
  chainsOf(some: readonly EndpointInfo[]): readonly string[] {
    if (some === this.endpoints) return this.chains
    const places = (this.places ??= new Map(this.endpoints.map((endpoint, i) => [endpoint, i])))
    return some.map((endpoint) => this.chains[places.get(endpoint) ?? 0] ?? '')
  }
}

interface Written extends OwnChain {
  readonly rules: RuleParts[]
}

class Writer {
  readonly chains: Written[] = []
  readonly field: Origin
  constructor(readonly port: ServicePortInfo) {
    this.field = { agent: 'kube-proxy', object: objectOf(port), field: `spec.ports[${port.index}]` }
  }
  /** Declares a chain, also when it stays empty. */
  declare(name: string): Written {
    const chain: Written = { name, rules: [] }
    this.chains.push(chain)
    return chain
  }
  /** The same for a chain that may be declared already: one of the few that are not of an endpoint. */
  policy(name: string): Written {
    return this.chains.find((chain) => chain.name === name) ?? this.declare(name)
  }
  of(field: string): Origin {
    return { agent: 'kube-proxy', object: objectOf(this.port), field }
  }
}

const MASQUERADE = 'KUBE-MARK-MASQ'

/** KUBE-EXT: under policy Cluster all is masqueraded; under Local, what comes from pods and from the node itself is let through to any endpoint. */
function writeExternal(writer: Writer, reach: Reach, { proxy }: ProxyContext): void {
  const { port } = writer
  const chain = writer.declare(externalChain(port))
  const policy = writer.of('spec.externalTrafficPolicy')
  const add = (parts: Omit<RuleParts, 'because'>): void => void chain.rules.push({ ...parts, because: policy })
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
  const chain = writer.declare(firewallChain(port))
  const because = writer.of('spec.loadBalancerSourceRanges')
  const allow = (source: string): void =>
    void chain.rules.push({ comment: `${port.name} loadbalancer IP`, source, jump: externalChain(port), because })
  for (const range of port.sourceRanges) allow(printCidr(range))
  const nodeIP = node?.ip
  if (nodeIP && port.sourceRanges.some((range) => contains(range, nodeIP))) port.loadBalancerVIPs.forEach(allow)
  chain.rules.push({ comment: `other traffic to ${port.name} will be dropped by KUBE-PROXY-FIREWALL`, because })
}

/** KUBE-SVC and KUBE-SVL: masquerade mark first, then affinity, then the draw. */
function writePolicies(writer: Writer, endpoints: Categorized, targets: Targets, reach: Reach, context: ProxyContext): void {
  const { port } = writer
  const { masqueradeAll, clusterCIDR } = context.proxy
  const cluster = endpoints.cluster.length > 0 ? writer.declare(clusterChain(port)) : undefined
  const local = endpoints.local.length > 0 ? writer.declare(localChain(port)) : undefined
  if (reach.hasInternalEndpoints && (masqueradeAll || clusterCIDR !== '')) {
    const internal = port.internalLocal ? (local ?? writer.policy(localChain(port))) : (cluster ?? writer.policy(clusterChain(port)))
    internal.rules.push({
      comment: `${port.name} cluster IP`,
      match: undefined,
      protocol: port.protocol,
      destination: port.clusterIP,
      port: port.port,
      source: undefined,
      outside: masqueradeAll ? undefined : clusterCIDR,
      jump: MASQUERADE,
      because: writer.field,
    })
  }
  if (cluster) writeDraw(writer, cluster, endpoints.cluster, targets, context)
  if (local) writeDraw(writer, local, endpoints.local, targets, context)
}

function writeDraw(writer: Writer, chain: Written, endpoints: readonly EndpointInfo[], targets: Targets, { large }: ProxyContext): void {
  const { port } = writer
  const jumps = targets.chainsOf(endpoints)
  const to = ({ address }: EndpointInfo, jump: string, match: RuleParts['match'], because: RuleParts['because']): RuleParts => ({
    comment: large ? undefined : `${port.name} -> ${address}`,
    match,
    protocol: undefined,
    destination: undefined,
    port: undefined,
    source: undefined,
    outside: undefined,
    jump,
    because,
  })
  if (port.affinitySeconds !== undefined) {
    const affinity = writer.of('spec.sessionAffinity')
    for (let i = 0; i < jumps.length; i++) {
      const [endpoint, jump = ''] = [endpoints[i], jumps[i]]
      if (endpoint) chain.rules.push(to(endpoint, jump, remembers(jump, port.affinitySeconds, port.family), affinity))
    }
  }
  for (let i = 0; i < jumps.length; i++) {
    const endpoint = endpoints[i]
    const left = jumps.length - i
    if (endpoint) chain.rules.push(to(endpoint, jumps[i] ?? '', left > 1 ? oneIn(left) : undefined, endpoint))
  }
}

/** KUBE-SEP: a packet that comes back to its own sender must be masqueraded, or the answer would not pass the node. */
function writeEndpoint(writer: Writer, { endpoints, chains }: Targets, at: number, { large }: ProxyContext): void {
  const { port } = writer
  const endpoint = endpoints[at]
  if (!endpoint) return
  const name = chains[at] ?? ''
  const comment = large ? undefined : port.name
  const match = port.affinitySeconds === undefined ? undefined : remember(name, port.family)
  const hairpin = {
    comment,
    match: undefined,
    protocol: undefined,
    destination: undefined,
    port: undefined,
    source: endpoint.ip,
    outside: undefined,
    jump: MASQUERADE,
    because: endpoint,
  }
  const translate = {
    comment,
    match,
    protocol: port.protocol,
    destination: undefined,
    port: undefined,
    source: undefined,
    outside: undefined,
    jump: `DNAT --to-destination ${endpoint.address}`,
    because: endpoint,
  }
  writer.chains.push({ name, rules: [hairpin, translate] })
}
