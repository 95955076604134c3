import { hash } from '../../core/base/choose.ts'
import { type Result, fail, ok } from '../../core/base/result.ts'
import { type Ip, parseIp } from '../../core/net/ip.ts'
import type { Cluster } from '../../core/cluster/cluster.ts'
import { type Simulation, send } from '../../core/engine.ts'
import { isLocal } from '../../core/kernel/fib.ts'
import type { NetnsId } from '../../core/kernel/interface.ts'
import type { NetworkNamespace } from '../../core/kernel/netns.ts'
import { network } from '../../core/node/network.ts'
import { netnsOfPod, ownerOf } from '../../core/node/netns-of.ts'
import type { Request } from '../../core/sim/conversation.ts'
import { FRESH, type Runtime } from '../../core/walk/trace.ts'
import { forced } from '../forced.ts'
import type { GoldenProbe, Picks, ProbeInput, Scenario } from './format.ts'
import { attemptPort, withIpvsPicks } from './ipvs-picks.ts'
import { type NamespaceRole, goldenProbe } from './probe.ts'
import { FIRST_SOURCE_PORT, namedPorts, splitHostPort } from './named-ports.ts'

/** Sends the probes of a scenario in order and yields what came of each, or why it could not be sent. */
export function* runProbes(scenario: Scenario, cluster: Cluster, picks: Picks): Generator<Result<GoldenProbe, string>> {
  const net = network(cluster)
  const known = namedPorts(scenario, cluster.config.site)
  const env = { profile: scenario.profile ?? 'kubeadm', backend: cluster.config.flannel.backend, mode: scenario.proxy?.mode ?? 'iptables' }
  const context = { scenario: scenario.name, env, role: (netns: NetnsId) => roleOf(cluster, netns) }
  let simulation: Simulation = { cluster, runtime: FRESH, seed: hash(scenario.name) }
  for (const [index, input] of scenario.probes.entries()) {
    const asked = { ...input, id: input.id ?? `p${index + 1}`, sport: input.sport ?? FIRST_SOURCE_PORT + index }
    const recorded = picks[asked.id] ?? []
    const choose = forced(
      recorded.filter((pick) => pick.mechanism === undefined),
      (netns) => net.netns(netns as NetnsId),
      known,
      hash(`${scenario.name}/${asked.id}`),
    )
    const before = { ...simulation, runtime: withIpvsPicks(reset(simulation.runtime, asked), recorded) }
    try {
      const probe = { ...asked, sport: attemptPort(asked.sport, recorded, simulation.runtime, isAddressOf(cluster, asked)) }
      const sent = send(before, requestOf(probe, cluster), { choose })
      simulation = sent.simulation
      yield ok(goldenProbe(probe, sent.conversation, simulation.runtime, context))
    } catch (error) {
      yield fail(`probe ${asked.id}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

/** Before each probe conntrack and affinity lists are flushed and neighbours are warm, unless the probe says otherwise. */
function reset(runtime: Runtime, probe: ProbeInput): Runtime {
  return {
    ...runtime,
    conntrack: probe.keep?.includes('conntrack') ? runtime.conntrack : FRESH.conntrack,
    recent: probe.keep?.includes('recent') ? runtime.recent : FRESH.recent,
    resolving: probe.cold ? FRESH.resolving : runtime.resolving,
    neighbours: probe.cold ? new Map() : FRESH.neighbours,
  }
}

/** How long the recorder's client waits for an answer, in seconds. */
const DEFAULT_WAIT = { tcp: 2.2, udp: 1.5, icmp: 1.5, icmp6: 1.5 } as const
/** Its payloads begin with a token, so they have at least so many bytes. */
const SMALLEST = { tcp: 15, udp: 15, icmp: 9, icmp6: 9 } as const

function requestOf(probe: ProbeInput & { id: string; sport: number }, cluster: Cluster): Request {
  const { host, port } = splitHostPort(probe.to)
  const destination = parseIp(host)
  const source = probe.from.ip === undefined ? undefined : parseIp(probe.from.ip)
  if (!destination || (probe.from.ip !== undefined && !source))
    throw new Error(`not an address in ${JSON.stringify([probe.to, probe.from])}`)
  if (!isProtocol(probe.proto)) throw new Error(`protocol ${probe.proto}`)
  return {
    netns: senderOf(probe, cluster),
    protocol: probe.proto,
    destination,
    ...(port !== undefined && { port }),
    sourcePort: probe.sport,
    ...(source && { source }),
    ...(probe.payload !== undefined && { payload: Math.max(probe.payload, SMALLEST[probe.proto]) }),
    ...(probe.df !== undefined && probe.proto !== 'tcp' && { dontFragment: probe.df }),
    ...(probe.ttl && { ttl: probe.ttl }),
    ...(probe.hold && { hold: true }),
    timeout: probe.timeout ?? DEFAULT_WAIT[probe.proto],
  }
}

const isProtocol = (text: string): text is keyof typeof DEFAULT_WAIT => text in DEFAULT_WAIT

function senderOf({ from }: ProbeInput, cluster: Cluster): NetnsId {
  if (from.pod === undefined) return (from.node ?? from.external) as NetnsId
  const [namespace = '', name = ''] = from.pod.split('/')
  const netns = netnsOfPod(cluster, namespace, name)
  if (!netns) throw new Error(`no pod ${from.pod}`)
  return netns
}

function isAddressOf(cluster: Cluster, probe: ProbeInput): (ip: Ip) => boolean {
  const netns = network(cluster).netns(senderOf(probe, cluster))
  return (ip) => netns !== undefined && isLocal(netns, ip)
}

const hasRules = (ns: NetworkNamespace | undefined): boolean =>
  [ns?.ruleset, ns?.ruleset6].some((ruleset) => ruleset !== undefined && ruleset.tables.size > 0)

function roleOf(cluster: Cluster, netns: NetnsId): NamespaceRole {
  const owner = ownerOf(cluster, netns)
  switch (owner?.kind) {
    case 'node':
      return { kind: 'node', traced: true }
    case 'pod':
      return { kind: 'pod', pod: `${owner.namespace}/${owner.name}`, traced: hasRules(network(cluster).netns(netns)) }
    case 'host':
    case undefined:
      return {
        kind: cluster.config.site.hosts.find((host) => host.name === netns)?.role === 'router' ? 'router' : 'external',
        traced: false,
      }
  }
}
