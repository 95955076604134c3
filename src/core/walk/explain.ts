import { isIcmp } from '../net/packet.ts'
import { isIpv6, joinHostPort } from '../net/ip.ts'
import { unreachable } from '../base/assert.ts'
import { printCidr } from '../net/cidr.ts'
import type { Packet, Tuple } from '../net/packet.ts'
import type { IpvsStep } from '../kernel/ipvs/step.ts'
import type { ChainRun, RouteStep, Step } from '../kernel/step.ts'
import type { Disposition } from './trace.ts'

/**
 * What a step did, as a message key with parameters: the core holds no prose, views hold the words in each language. Parameters are values
 * as Linux prints them (addresses, device names, chain names); none needs translation.
 */
export interface Explanation<K extends ExplanationKey = ExplanationKey> {
  readonly key: K
  readonly params: Readonly<Record<string, string | number>>
}

export type StepKey =
  | `send.${'socket' | 'kernel'}`
  | 'receive'
  | 'transmit'
  | `bridge.${'up' | 'forward' | 'flood' | 'drop'}`
  | 'defragment'
  | 'fragment'
  | `conntrack.${'new' | 'established' | 'related' | 'invalid' | 'untracked'}`
  | 'confirm'
  | `chain.${'passed' | 'matched' | 'dropped'}`
  | `nat.${'source' | 'destination'}.${'rule' | 'conntrack'}`
  | `ipvs.${'connection' | 'template' | 'scheduler' | 'reply' | 'error' | 'nobody' | 'gone'}`
  | `route.${'local' | 'via' | 'link' | 'broadcast' | 'none' | 'blackhole' | 'prohibit'}`
  | 'forward'
  | `neighbour.${'known' | 'permanent' | 'arp' | 'ndp' | 'failed'}`
  | 'encapsulate'
  | 'decapsulate'
  | `socket.${'found' | 'own' | 'none'}`
  | 'reject'
  | 'drop'

export type EndKey = `end.${Disposition['kind']}`
export type ExplanationKey = StepKey | EndKey

const explained = <K extends ExplanationKey>(key: K, params: Explanation['params'] = {}): Explanation<K> => ({ key, params })

/** One sentence for one step. `delivered`: whether the packet's way ended well, so that a socket without a listener's name is the client's own. */
export function explain(step: Step, delivered = false): Explanation<StepKey> {
  switch (step.kind) {
    case 'send':
      return explained(`send.${step.by}`, { ...endpoints(step.packet), protocol: step.packet.ip.protocol })
    case 'receive':
    case 'transmit':
      return explained(step.kind, { dev: step.dev, ...endpoints(step.packet) })
    case 'bridge':
      return explained(`bridge.${step.action}`, {
        bridge: step.bridge,
        port: step.port,
        mac: step.destination,
        ports: step.ports.join(', '),
      })
    case 'defragment':
      return explained('defragment', { length: step.packet.ip.length })
    case 'fragment':
      return explained('fragment', { mtu: step.mtu, fragments: step.fragments })
    case 'conntrack':
      return explainConntrack(step)
    case 'confirm':
      return explained('confirm', { original: tupleText(step.entry.original), reply: tupleText(step.entry.reply) })
    case 'chain':
      return explainChain(step)
    case 'nat':
      return explained(`nat.${step.manip}.${step.by}`, natChange(step.manip, step.from, step.to))
    case 'ipvs':
      return explainIpvs(step)
    case 'route':
      return explainRoute(step)
    case 'forward':
      return explained('forward', step.ttl)
    case 'neighbour':
      return explained(`neighbour.${step.how === 'cached' ? 'known' : step.how}`, { ip: step.ip, dev: step.dev, mac: step.mac ?? '' })
    case 'encapsulate':
    case 'decapsulate':
      return explained(step.kind, { dev: step.dev, vni: step.vni, ...endpoints(step.packet) })
    case 'socket':
      return explainSocket(step, delivered)
    case 'reject':
      return explained('reject', { with: step.with, to: step.reply.ip.destination })
    case 'drop':
      return explained('drop', { reason: step.reason, detail: step.detail ?? '' })
    default:
      return unreachable(step)
  }
}

/** How a packet ended, in one sentence. */
export function explainEnd(end: Disposition): Explanation<EndKey> {
  switch (end.kind) {
    case 'delivered':
      return explained('end.delivered', { netns: end.netns, owner: end.owner ?? '', ...endpoints(end.packet) })
    case 'dropped':
      return explained('end.dropped', { netns: end.netns, reason: end.by, detail: end.detail ?? '' })
    case 'rejected':
      return explained('end.rejected', { netns: end.netns, with: end.with })
    case 'not-sent':
      return explained('end.not-sent', { errno: end.errno })
    case 'loop':
      return explained('end.loop', { netns: end.netns, passes: end.passes })
    case 'unsupported':
      return explained('end.unsupported', { netns: end.netns, what: end.what })
    case 'cut':
      return explained('end.cut', { limit: end.limit })
    default:
      return unreachable(end)
  }
}

function explainIpvs({ action, by, virtualServer, scheduler, realServer, candidates, packet }: IpvsStep): Explanation<StepKey> {
  return explained(`ipvs.${action === 'request' ? (by ?? 'connection') : action}`, {
    virtualServer,
    scheduler: scheduler ?? '',
    realServer: realServer ?? '',
    candidates: candidates?.length ?? 0,
    ttl: packet.ip.ttl,
    ...endpoints(packet),
  })
}

function explainSocket(step: Extract<Step, { kind: 'socket' }>, delivered: boolean): Explanation<StepKey> {
  const params = { ip: isIpv6(step.ip) ? `[${step.ip}]` : step.ip, port: step.port, protocol: step.protocol, owner: step.owner ?? '' }
  if (step.owner !== undefined) return explained('socket.found', params)
  return explained(delivered ? 'socket.own' : 'socket.none', params)
}

function explainConntrack(step: Extract<Step, { kind: 'conntrack' }>): Explanation<StepKey> {
  const params = { direction: step.direction, original: step.entry ? tupleText(step.entry.original) : '' }
  switch (step.state) {
    case 'NEW':
      return explained('conntrack.new', params)
    case 'ESTABLISHED':
      return explained('conntrack.established', params)
    case 'RELATED':
      return explained('conntrack.related', params)
    case 'UNTRACKED':
      return explained('conntrack.untracked', params)
    // SNAT and DNAT are virtual states that only rules ask for; tracking never reports them.
    case 'INVALID':
    case 'SNAT':
    case 'DNAT':
      return explained('conntrack.invalid', params)
    default:
      return unreachable(step.state)
  }
}

function explainChain(run: ChainRun): Explanation<StepKey> {
  const matched = run.rules.filter((rule) => rule.rule !== undefined)
  const params = { table: run.table, chain: run.chain, rules: matched.length, verdict: run.verdict, last: matched.at(-1)?.rule ?? '' }
  if (run.verdict === 'DROP') return explained('chain.dropped', params)
  return explained(matched.length > 0 ? 'chain.matched' : 'chain.passed', params)
}

function explainRoute(step: RouteStep): Explanation<StepKey> {
  const route = step.route
  const params = {
    destination: step.destination,
    prefix: route ? printCidr(route.destination) : '',
    via: route?.via ?? '',
    dev: route?.dev ?? '',
    table: step.table ?? '',
  }
  switch (step.result) {
    case 'local':
      return explained('route.local', params)
    case 'forward':
    case 'output':
      return explained(route?.via === undefined ? 'route.link' : 'route.via', params)
    case 'broadcast':
      return explained('route.broadcast', params)
    case 'unreachable':
      return explained('route.none', params)
    case 'blackhole':
      return explained('route.blackhole', params)
    case 'prohibit':
      return explained('route.prohibit', params)
    default:
      return unreachable(step.result)
  }
}

function natChange(manip: 'source' | 'destination', from: Tuple, to: Tuple): Explanation['params'] {
  const side = (tuple: Tuple) =>
    manip === 'source'
      ? addressText(tuple.source, tuple.sourcePort, tuple.protocol)
      : addressText(tuple.destination, tuple.destinationPort, tuple.protocol)
  return { from: side(from), to: side(to) }
}

/** Echoes have no ports: their tuples carry id, type and code in the place of them. */
const addressText = (ip: string, port: number, protocol: Tuple['protocol']): string => (isIcmp(protocol) ? ip : joinHostPort(ip, port))

const tupleText = (tuple: Tuple): string =>
  `${tuple.protocol} ${addressText(tuple.source, tuple.sourcePort, tuple.protocol)} → ${addressText(tuple.destination, tuple.destinationPort, tuple.protocol)}`

function endpoints(packet: Packet): { readonly source: string; readonly destination: string } {
  const { ip, transport } = packet
  if (transport.kind === 'icmp-echo' || transport.kind === 'icmp-error') return { source: ip.source, destination: ip.destination }
  return { source: joinHostPort(ip.source, transport.sourcePort), destination: joinHostPort(ip.destination, transport.destinationPort) }
}
