/**
 * A simple cloud load balancer: the host outside that has the addresses of Services of type LoadBalancer and translates what comes for them to a node
 * port of a healthy node. No program of a real cloud; it does what their network balancers have in common: health checks, source ranges, one draw per
 * connection. The client's address stays where answers come back this way; where they would not, the balancer puts its own.
 * Left out: health of ports other than those of health checks, draining.
 */
import type { Node } from '../api/node.ts'
import { type Service, type ServicePort, sourceRangesOf } from '../api/service.ts'
import { sha256Base32 } from '../base/sha256.ts'
import { cloudPool } from '../cluster/cloud-pool.ts'
import { type Cluster, list, type Shards } from '../cluster/cluster.ts'
import { healthPortOf, localEndpoints } from '../cluster/health-check.ts'
import type { SiteHost } from '../cluster/site.ts'
import { BASE_CHAINS } from '../kernel/netfilter/hooks.ts'
import { type Chain, EMPTY_RULESET, type Ruleset, type Table, type TableName } from '../kernel/netfilter/ruleset.ts'
import type { Origin } from '../kernel/origin.ts'
import { contains } from '../net/cidr.ts'
import { type Ip, parseIp } from '../net/ip.ts'
import { oneIn, remember, remembers } from './kube-proxy/rule-line.ts'
import { type Line, lineChain } from './line-chain.ts'
import { nodeFacts } from './node-facts.ts'

/** A Service with the balancer's addresses for it. */
export interface Balanced {
  readonly service: Service
  readonly addresses: readonly Ip[]
}

const NONE: readonly Balanced[] = []
const lists = new WeakMap<Shards<'Service'>, { readonly config: Cluster['config']; readonly balanced: readonly Balanced[] }>()

/** Services whose status has an address of the cloud's pool; none for hosts that are not its balancer. */
export function balancedServices(cluster: Cluster, host: SiteHost): readonly Balanced[] {
  const pool = cloudPool(cluster.config)
  if (pool?.host !== host) return NONE
  const known = lists.get(cluster.objects.Service)
  if (known && known.config === cluster.config) return known.balanced
  const balanced: Balanced[] = []
  for (const service of list(cluster, 'Service')) {
    if (service.spec.type !== 'LoadBalancer') continue
    const addresses = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => parseIp(ip ?? '') ?? [])
    const own = addresses.filter((ip) => contains(pool.range, ip))
    if (own.length > 0) balanced.push({ service, addresses: own })
  }
  lists.set(cluster.objects.Service, { config: cluster.config, balanced })
  return balanced
}

const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers'

/** Nodes that the balancer sends to: ready ones, and with externalTrafficPolicy Local only those that answer their health check with 200. */
export function healthyNodes(cluster: Cluster, service: Service): readonly Node[] {
  const checked = healthPortOf(service) !== undefined
  return [...list(cluster, 'Node')].filter(
    (node) =>
      node.metadata.labels?.[EXCLUDED] === undefined &&
      isReady(node) &&
      (!checked || localEndpoints(cluster, service, node.metadata.name) > 0),
  )
}

/** A node that says nothing about itself is taken for ready. */
const isReady = ({ status }: Node): boolean => status.conditions?.find(({ type }) => type === 'Ready')?.status !== 'False'

const ENTRY = 'CLOUD-LB'

interface Target {
  readonly chain: string
  readonly balanced: Balanced
  readonly port: ServicePort
  readonly name: string
  readonly origin: Origin
}

/** The balancer's rules, each port's chain made when it is visited. */
export function balancerRuleset(cluster: Cluster, host: SiteHost): Ruleset {
  const balanced = balancedServices(cluster, host)
  if (balanced.length === 0) return EMPTY_RULESET
  const targets = balanced.flatMap(targetsOf)
  const byChain = new Map(targets.flatMap((target) => [...portChains(cluster, target)]))
  const jump = (hook: string): Line => line(`-A ${hook} -m comment --comment "load balancers" -j ${ENTRY}`)
  const base: Readonly<Record<string, readonly Line[]>> = {
    PREROUTING: [jump('PREROUTING')],
    OUTPUT: [jump('OUTPUT')],
    POSTROUTING: masqueradeLines(cluster, host),
  }
  const nat = table('nat', base, [ENTRY, ...byChain.keys()], (name) =>
    name === ENTRY ? targets.flatMap(entryLines) : byChain.get(name)?.(),
  )
  const silent = balanced.flatMap(({ service, addresses }) =>
    addresses.map((ip) => line(`-A INPUT -d ${ip}/32 -m comment --comment "nobody answers here" -j DROP`, originOf(service))),
  )
  return {
    tables: new Map([
      ['filter', table('filter', { INPUT: silent }, [], () => undefined)],
      ['nat', nat],
    ]),
    sets: new Map(),
  }
}

const BALANCER: Origin = { agent: 'cloud-controller' }
const line = (text: string, origin: Origin = BALANCER): Line => ({ text, origin })
const originOf = ({ metadata }: Service): Origin => ({
  agent: 'cloud-controller',
  object: `Service/${metadata.namespace ?? ''}/${metadata.name}`,
})

function targetsOf(balanced: Balanced): readonly Target[] {
  const { metadata, spec } = balanced.service
  return (spec.ports ?? []).map((port, index): Target => {
    const protocol = (port.protocol ?? 'TCP').toLowerCase()
    const name = `${metadata.namespace ?? ''}/${metadata.name}${port.name ? `:${port.name}` : ''}`
    const chain = `${ENTRY}-${sha256Base32(`${name} ${protocol} ${port.port}`)}`
    return { chain, balanced, port, name, origin: { ...originOf(balanced.service), field: `spec.ports[${index}]` } }
  })
}

/** Who may come in: the ranges of loadBalancerSourceRanges, or everybody. What matches none of these lines is dropped at INPUT. */
function entryLines({ chain, balanced, port, name, origin }: Target): readonly Line[] {
  const given = sourceRangesOf(balanced.service)
  const ranges = given.filter((range) => !range.includes(':'))
  const sources = given.length === 0 ? [''] : ranges.map((range) => ` -s ${range}`)
  const protocol = (port.protocol ?? 'TCP').toLowerCase()
  return balanced.addresses.flatMap((ip) =>
    sources.map((source) =>
      line(
        `-A ${ENTRY}${source} -d ${ip}/32 -p ${protocol} -m ${protocol} --dport ${port.port} -m comment --comment "${name}" -j ${chain}`,
        origin,
      ),
    ),
  )
}

/** A healthy node that a port may be sent to. With session affinity it has a chain of its own, which remembers who came. */
interface Way {
  readonly ip: Ip
  readonly node: string
  readonly chain: string
}

function waysOf(cluster: Cluster, { balanced, port, chain }: Target): readonly Way[] {
  if (!port.nodePort) return []
  return healthyNodes(cluster, balanced.service).flatMap((node) => {
    const { ip } = nodeFacts(node)
    return ip ? [{ ip, node: node.metadata.name, chain: `CLOUD-NODE-${sha256Base32(`${chain} ${node.metadata.name}`)}` }] : []
  })
}

const protocolOf = ({ port }: Target): string => (port.protocol ?? 'TCP').toLowerCase()

/** Seconds for which a client stays with its node; undefined without affinity. */
const affinityOf = ({ balanced: { service } }: Target): number | undefined =>
  service.spec.sessionAffinity === 'ClientIP' ? (service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800) : undefined

/** One of the healthy nodes, each with the same chance, but for clients that have been here before. A port without node port goes nowhere. */
function portLines(cluster: Cluster, target: Target): readonly Line[] {
  const { chain, name, origin } = target
  const seconds = affinityOf(target)
  const ways = waysOf(cluster, target)
  const head = (way: Way): string => `-A ${chain} -p ${protocolOf(target)} -m comment --comment "${name} -> ${way.node}"`
  const known = seconds === undefined ? [] : ways.map((way) => `${head(way)}${remembers(way.chain, seconds, 'IPv4')[0]} -j ${way.chain}`)
  const drawn = ways.map((way, index) => {
    const left = ways.length - index
    const end = seconds === undefined ? destination(way, target) : `-j ${way.chain}`
    return `${head(way)}${left > 1 ? oneIn(left)[0] : ''} ${end}`
  })
  return [...known, ...drawn].map((text) => line(text, origin))
}

const destination = ({ ip }: Way, { port }: Target): string => `-j DNAT --to-destination ${ip}:${port.nodePort ?? 0}`

/** Chains of a port by name: its own, and with affinity one for each node. */
function portChains(cluster: Cluster, target: Target): ReadonlyMap<string, () => readonly Line[]> {
  const chains = new Map<string, () => readonly Line[]>([[target.chain, () => portLines(cluster, target)]])
  if (affinityOf(target) === undefined) return chains
  for (const way of waysOf(cluster, target)) {
    const text = `-A ${way.chain} -p ${protocolOf(target)}${remember(way.chain, 'IPv4')[0]} ${destination(way, target)}`
    chains.set(way.chain, () => [line(text, target.origin)])
  }
  return chains
}

/** Answers pass the nodes' default gateway; to their own network they would go straight, so the balancer makes itself the sender there. */
function masqueradeLines({ config }: Cluster, host: SiteHost): readonly Line[] {
  const { site } = config
  const network = site.networks.find(({ name }) => name === site.nodeNetwork)?.cidr ?? '0.0.0.0/0'
  const isGateway = host.interfaces.some(({ address }) => address === site.nodeGateway)
  const from = isGateway ? `-s ${network} ` : ''
  const about = '-m comment --comment "answers must come back here"'
  return [line(`-A POSTROUTING ${from}-d ${network} -m conntrack --ctstate DNAT ${about} -j MASQUERADE`)]
}

function table(
  name: TableName,
  base: Readonly<Record<string, readonly Line[]>>,
  user: readonly string[],
  linesOf: (chain: string) => readonly Line[] | undefined,
): Table {
  const chains = new Map<string, Chain>()
  for (const hook of BASE_CHAINS[name]) {
    const lines = base[hook] ?? []
    chains.set(hook, lineChain(hook, lines, { policy: 'ACCEPT', registered: lines.length > 0 }))
  }
  const names = [...chains.keys(), ...[...user].sort()]
  return {
    name,
    chain(chain) {
      const known = chains.get(chain)
      if (known) return known
      const lines = linesOf(chain)
      if (!lines) return undefined
      const made = lineChain(chain, lines)
      chains.set(chain, made)
      return made
    },
    chainNames: () => names,
  }
}
