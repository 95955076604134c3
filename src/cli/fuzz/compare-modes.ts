import type { EndpointSlice } from '../../core/api/endpointslice.ts'
import type { Node } from '../../core/api/node.ts'
import type { Service, ServicePort } from '../../core/api/service.ts'
import { type Cluster, list } from '../../core/cluster/cluster.ts'
import type { ProxyMode } from '../../core/cluster/config.ts'
import { allPaths, type Simulation } from '../../core/engine.ts'
import type { NetnsId } from '../../core/kernel/interface.ts'
import { FRESH } from '../../core/kernel/runtime.ts'
import { type Ip, parseIp } from '../../core/net/ip.ts'
import { netnsOfPod } from '../../core/node/netns-of.ts'
import { nodeFacts } from '../../core/node/node-facts.ts'
import { differencesOf, type ModeDifference, type Situation } from '../../core/node/kube-proxy/mode-differences.ts'
import { clusterOf } from '../golden/scenario.ts'
import { fuzzScenario } from './scenario.ts'

/** One request sent in every mode. */
export interface Comparison {
  readonly about: string
  /** Who answers or how it ends, with probabilities. */
  readonly ends: Readonly<Record<ProxyMode, string>>
  /** Listed differences that apply. */
  readonly explained: Readonly<Record<ProxyMode, readonly ModeDifference[]>>
}

/** Paths of one request; IPVS enumerates which server is first, nftables which number is drawn. */
const PATHS = 2000

/** Requests to every address of every Service of a random cluster in which nobody made a mistake by hand. */
export function* comparisons(name: string, modes: readonly ProxyMode[]): Generator<Comparison> {
  const { extraRules: _, sysctls: __, hairpinMode: ___, routes: ____, proxy, ...scenario } = fuzzScenario(name, 0)
  const { nodePortAddresses: _____, localhostNodePorts: ______, ...kept } = proxy ?? {}
  const simulations = (['iptables', ...modes] as const).map((mode): [ProxyMode, Simulation] => {
    const { cluster } = clusterOf({ ...scenario, proxy: { ...kept, mode } })
    return [mode, { cluster, runtime: FRESH, seed: 1 }]
  })
  const cluster = simulations[0]?.[1].cluster
  if (!cluster) return
  for (const ask of questions(cluster, scenario.lb ?? {})) {
    const ends: Partial<Record<ProxyMode, string>> = {}
    const explained: Partial<Record<ProxyMode, readonly ModeDifference[]>> = {}
    for (const [mode, simulation] of simulations) {
      ends[mode] = endsOf(simulation, ask)
      explained[mode] = differencesOf(mode, ask.situation)
    }
    yield {
      about: `${name} ${ask.netns} ${ask.protocol} ${ask.destination}:${ask.port}`,
      ends: ends as Comparison['ends'],
      explained: explained as Comparison['explained'],
    }
  }
}

interface Question {
  readonly netns: NetnsId
  readonly protocol: 'tcp' | 'udp'
  readonly destination: Ip
  readonly port: number
  readonly situation: Situation
}

function endsOf(simulation: Simulation, { netns, protocol, destination, port }: Question): string {
  const request = { netns, protocol, destination, port, sourcePort: 40_000, timeout: 2 }
  const { paths } = allPaths(simulation, request, PATHS, { detail: 'lean' })
  const ends = new Map<string, number>()
  for (const { value, probability } of paths) {
    const { kind, answeredBy } = value.outcome
    const end = kind === 'answered' ? `answered by ${answeredBy}` : kind === 'refused' || kind === 'icmp-error' ? 'refused' : 'silence'
    ends.set(end, (ends.get(end) ?? 0) + probability)
  }
  return [...ends]
    .map(([end, probability]) => `${end} ${probability.toFixed(6)}`)
    .sort()
    .join(', ')
}

function* questions(cluster: Cluster, lb: Readonly<Record<string, string>>): Generator<Question> {
  const [node] = list(cluster, 'Node')
  if (!node) return
  const pod = [...list(cluster, 'Pod')].find((one) => one.spec.nodeName === node.metadata.name && !one.spec.hostNetwork)
  const senders: [Situation['from'], string | undefined][] = [
    ['node', node.metadata.name],
    ['pod', pod && netnsOfPod(cluster, pod.metadata.namespace ?? 'default', pod.metadata.name)],
    ['outside', 'client'],
  ]
  const ips = new Set((pod?.status?.podIPs ?? []).map(({ ip }) => ip).concat(pod?.status?.podIP ?? []))
  for (const service of list(cluster, 'Service'))
    for (const port of service.spec.ports ?? []) {
      const protocol = port.protocol === 'UDP' ? 'udp' : port.protocol === 'SCTP' ? undefined : 'tcp'
      for (const target of protocol ? targetsOf(service, port, node) : [])
        for (const [from, netns] of senders) {
          const destination = parseIp(target.ip)
          if (netns === undefined || !destination || !protocol) continue
          if (target.address !== 'primary' && from !== 'node') continue
          const at = from === 'outside' && target.to !== 'node-port' && target.to !== 'cluster-ip' ? lb[target.ip] : node.metadata.name
          const where = endpointsAt(cluster, service, port, at)
          const self = from === 'pod' && where.unknown.some((ip) => ips.has(ip)) ? 'node-unknown' : 'no'
          const { ip: ____, number, ...about } = target
          const situation = {
            from,
            ...about,
            policy: policyOf(service, target.to),
            endpoints: where.endpoints,
            sourceRanges: rangesOf(service),
            self,
          } as const
          yield { netns: netns as NetnsId, protocol, destination, port: number, situation }
        }
    }
}

interface Target extends Pick<Situation, 'to' | 'port' | 'address'> {
  readonly ip: string
  readonly number: number
}

function* targetsOf({ spec, status }: Service, port: ServicePort, node: Node): Generator<Target> {
  if (!spec.clusterIP || spec.clusterIP === 'None' || spec.type === 'ExternalName') return
  const served = { port: 'served', address: 'primary' } as const
  yield { to: 'cluster-ip', ip: spec.clusterIP, number: port.port, ...served }
  const others = new Set((spec.ports ?? []).map((one) => one.port))
  const free = [7, 9, 11, 13, 17, 19].find((number) => !others.has(number)) ?? 1
  yield { to: 'cluster-ip', ip: spec.clusterIP, number: free, port: 'other', address: 'primary' }
  for (const { ip, ipMode } of status?.loadBalancer?.ingress ?? [])
    if (ip && ipMode !== 'Proxy') yield { to: 'load-balancer', ip, number: port.port, ...served }
  for (const ip of spec.externalIPs ?? []) yield { to: 'external-ip', ip, number: port.port, ...served }
  if (!port.nodePort) return
  const { ip, pods } = nodeFacts(node)
  if (ip) yield { to: 'node-port', ip, number: port.nodePort, ...served }
  if (pods) yield { to: 'node-port', ip: pods.gateway, number: port.nodePort, port: 'served', address: 'other' }
  yield { to: 'node-port', ip: '127.0.0.1', number: port.nodePort, port: 'served', address: 'localhost' }
}

const policyOf = ({ spec }: Service, to: Situation['to']): Situation['policy'] =>
  (to === 'cluster-ip' ? spec.internalTrafficPolicy : spec.externalTrafficPolicy) === 'Local' ? 'Local' : 'Cluster'

function rangesOf({ spec }: Service): Situation['sourceRanges'] {
  const ranges = spec.loadBalancerSourceRanges ?? []
  if (ranges.length === 0) return 'absent'
  return ranges.some((range) => range.trim().endsWith('/0')) ? 'everyone' : 'some'
}

/** Where the port's usable endpoints are, and which of them are on no known node. */
function endpointsAt(
  cluster: Cluster,
  service: Service,
  port: ServicePort,
  node: string | undefined,
): { readonly endpoints: Situation['endpoints']; readonly unknown: readonly string[] } {
  const slices = [...list(cluster, 'EndpointSlice')].filter(
    ({ metadata }) =>
      metadata.namespace === service.metadata.namespace && metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name,
  )
  const all = slices.flatMap((slice) => (has(slice, port) ? (slice.endpoints ?? []) : []))
  const usable = readyElseServing(all)
  const here = readyElseServing(all.filter(({ nodeName }) => nodeName === node))
  return {
    endpoints: here.length > 0 ? 'here' : usable.length > 0 ? 'elsewhere' : 'none',
    unknown: all.filter(({ nodeName }) => nodeName === undefined).flatMap(({ addresses }) => addresses),
  }
}

type Endpoints = NonNullable<EndpointSlice['endpoints']>

function readyElseServing(endpoints: Endpoints): Endpoints {
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false)
  return ready.length > 0 ? ready : endpoints.filter(({ conditions }) => conditions?.serving !== false && conditions?.terminating === true)
}

const has = (slice: EndpointSlice, port: ServicePort): boolean =>
  (slice.ports ?? []).some((one) => (one.name ?? '') === (port.name ?? '') && (one.protocol ?? 'TCP') === (port.protocol ?? 'TCP'))
