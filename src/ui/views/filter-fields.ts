import { isIpv6 } from '../../core/net/ip.ts'
import type { Packet } from '../../core/net/packet.ts'
import type { ChainRun, Step } from '../../core/kernel/step.ts'
import type { PacketTrace } from '../../core/walk/trace.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { MESSAGE_FIELDS } from './filter-messages.ts'

/**
 * What a filter may ask of a packet. A packet has every value that it had anywhere on its way: before and after a translation, inside and outside a
 * tunnel, in each namespace. So `ip.addr == VIP` finds what was sent to a Service although it arrived elsewhere.
 */
export interface FieldType {
  /** `flag` is true or false, the others are compared. */
  readonly type: 'flag' | 'ip' | 'number' | 'text'
  readonly values: (seen: Seen) => readonly string[]
}

/** One row of the packet list. */
export interface Seen {
  readonly trace: PacketTrace
  readonly record: SentRecord
  readonly number: number
}

const flag = (is: (seen: Seen) => boolean): FieldType => ({ type: 'flag', values: (seen) => (is(seen) ? ['true'] : []) })
const ofPackets = (type: FieldType['type'], values: (packet: Packet) => readonly (string | number | undefined)[]): FieldType => ({
  type,
  values: ({ trace }) => texts(packetsIn(trace).flatMap(values)),
})
const ofSteps = (type: FieldType['type'], values: (step: Step) => readonly (string | number | undefined)[]): FieldType => ({
  type,
  values: ({ trace }) => texts(trace.hops.flatMap((hop) => hop.steps.flatMap(values))),
})
const ofChains = (values: (run: ChainRun) => readonly (string | number | undefined)[]): FieldType =>
  ofSteps('text', (step) => (step.kind === 'chain' ? values(step) : []))
const ports = (kind: 'tcp' | 'udp' | 'any', sides: readonly ('sourcePort' | 'destinationPort')[]): FieldType =>
  ofPackets('number', ({ transport }) =>
    (transport.kind === 'tcp' || transport.kind === 'udp' || transport.kind === 'sctp') && (kind === 'any' || transport.kind === kind)
      ? sides.map((side) => transport[side])
      : [],
  )
const tcp = (letter: string): FieldType =>
  flag(({ trace }) => trace.sent.transport.kind === 'tcp' && trace.sent.transport.flags.includes(letter))
const protocol = (name: string): FieldType => flag(({ trace }) => packetsIn(trace).some((packet) => packet.ip.protocol === name))
const passes = (kind: Step['kind']): FieldType =>
  flag(({ trace }) => trace.hops.some((hop) => hop.steps.some((step) => step.kind === kind)))
const BOTH = ['sourcePort', 'destinationPort'] as const

export const FIELDS: Readonly<Record<string, FieldType>> = {
  tcp: protocol('tcp'),
  udp: protocol('udp'),
  icmp: protocol('icmp'),
  icmpv6: protocol('icmp6'),
  ip: flag(({ trace }) => packetsIn(trace).some(({ ip }) => !isIpv6(ip.source))),
  ipv6: flag(({ trace }) => packetsIn(trace).some(({ ip }) => isIpv6(ip.source))),
  sctp: protocol('sctp'),
  vxlan: passes('encapsulate'),
  nat: passes('nat'),
  ipvs: passes('ipvs'),
  fragmented: passes('fragment'),
  request: flag(({ trace }) => trace.direction === 'original'),
  reply: flag(({ trace }) => trace.direction === 'reply'),
  delivered: flag(({ trace }) => trace.disposition.kind === 'delivered'),
  dropped: flag(({ trace }) => trace.disposition.kind === 'dropped'),
  refused: flag(({ trace }) => trace.disposition.kind === 'rejected'),
  lost: flag(({ trace }) => trace.disposition.kind !== 'delivered'),
  noise: flag(isNoise),
  'ip.addr': ofPackets('ip', ({ ip }) => [ip.source, ip.destination]),
  'ip.src': ofPackets('ip', ({ ip }) => [ip.source]),
  'ip.dst': ofPackets('ip', ({ ip }) => [ip.destination]),
  'ip.ttl': ofPackets('number', ({ ip }) => [ip.ttl]),
  'ip.len': ofPackets('number', ({ ip }) => [ip.length]),
  'ipv6.addr': ofPackets('ip', ({ ip }) => (isIpv6(ip.source) ? [ip.source, ip.destination] : [])),
  'ipv6.src': ofPackets('ip', ({ ip }) => (isIpv6(ip.source) ? [ip.source] : [])),
  'ipv6.dst': ofPackets('ip', ({ ip }) => (isIpv6(ip.source) ? [ip.destination] : [])),
  'ipv6.hlim': ofPackets('number', ({ ip }) => (isIpv6(ip.source) ? [ip.ttl] : [])),
  port: ports('any', BOTH),
  'tcp.port': ports('tcp', BOTH),
  'tcp.srcport': ports('tcp', ['sourcePort']),
  'tcp.dstport': ports('tcp', ['destinationPort']),
  'tcp.syn': tcp('S'),
  'tcp.ack': tcp('A'),
  'tcp.rst': tcp('R'),
  'tcp.fin': tcp('F'),
  ...MESSAGE_FIELDS,
  'udp.port': ports('udp', BOTH),
  'udp.srcport': ports('udp', ['sourcePort']),
  'udp.dstport': ports('udp', ['destinationPort']),
  'icmp.type': ofPackets('number', ({ transport }) => ('type' in transport ? [transport.type] : [])),
  'icmp.code': ofPackets('number', ({ transport }) => ('code' in transport ? [transport.code] : [])),
  'vxlan.vni': ofSteps('number', (step) => (step.kind === 'encapsulate' ? [step.vni] : [])),
  'eth.addr': ofSteps('text', (step) =>
    (step.kind === 'receive' || step.kind === 'transmit') && step.frame
      ? [step.frame.ethernet.source, step.frame.ethernet.destination]
      : [],
  ),
  node: placesOf('node'),
  pod: placesOf('pod'),
  host: { type: 'text', values: hostsOf },
  dev: ofSteps('text', (step) => ('dev' in step ? [step.dev] : step.kind === 'bridge' ? [step.bridge, step.port, ...step.ports] : [])),
  hook: ofSteps('text', (step) => ('hook' in step ? [step.hook] : [])),
  table: ofChains((run) => [run.table]),
  chain: ofChains((run) => [run.chain, ...run.rules.map((rule) => rule.chain)]),
  rule: ofChains((run) => run.rules.map((rule) => rule.rule)),
  verdict: ofChains((run) => run.rules.map((rule) => rule.verdict)),
  object: ofSteps('text', (step) => originsOf(step).flatMap((origin) => (origin.object === undefined ? [] : names(origin.object)))),
  agent: ofSteps('text', (step) => originsOf(step).map((origin) => origin.agent)),
  reason: { type: 'text', values: ({ trace }) => ('by' in trace.disposition ? [trace.disposition.by] : []) },
  outcome: { type: 'text', values: ({ record }) => [record.conversation.outcome.kind] },
  hops: { type: 'number', values: ({ trace }) => [String(trace.hops.length)] },
  'frame.number': { type: 'number', values: ({ number }) => [String(number)] },
}

const VALUES = new WeakMap<PacketTrace, Map<string, readonly string[]>>()

/** The values that a packet has for a field; looked up once, for a trace never changes. */
export function valuesOf(field: string, seen: Seen): readonly string[] {
  const type = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined
  if (!type) return []
  if (field === 'frame.number') return type.values(seen)
  const known = VALUES.get(seen.trace) ?? new Map<string, readonly string[]>()
  VALUES.set(seen.trace, known)
  const found = known.get(field) ?? type.values(seen)
  known.set(field, found)
  return found
}

/** The packet as it was sent and after each step, and what it carries. */
function packetsIn(trace: PacketTrace): readonly Packet[] {
  const found = new Set<Packet>([trace.sent])
  for (const hop of trace.hops) for (const step of hop.steps) if ('packet' in step) found.add(step.packet)
  for (const packet of found) if (packet.transport.kind === 'udp' && packet.transport.vxlan) found.add(packet.transport.vxlan.frame.packet)
  return [...found]
}

function placesOf(kind: 'node' | 'pod'): FieldType {
  return {
    type: 'text',
    values: ({ trace, record }) =>
      texts(
        trace.hops.flatMap(({ netns }) => {
          const place = record.places[netns]
          return place?.kind === kind ? names(place.id) : []
        }),
      ),
  }
}

const DNS = 53

/** What says nothing new: an acknowledgement with nothing else in it, a name lookup on the way. */
function isNoise({ trace }: Seen): boolean {
  const { transport } = trace.sent
  if (trace.disposition.kind !== 'delivered') return false
  if (transport.kind === 'tcp' && transport.flags === 'A') return true
  return (transport.kind === 'udp' || transport.kind === 'tcp') && (transport.sourcePort === DNS || transport.destinationPort === DNS)
}

/** Every address of the packet, and the names of whoever has it. */
function hostsOf({ trace, record }: Seen): readonly string[] {
  const addresses = packetsIn(trace).flatMap(({ ip }) => [ip.source, ip.destination])
  const owners = addresses.flatMap((ip) => record.owners[ip] ?? [])
  const places = trace.hops.flatMap(({ netns }) => record.places[netns]?.id ?? [])
  return texts([...[...owners, ...places].flatMap(names), ...addresses])
}

/** `pod/default/web-1` is called `web-1`, `default/web-1` and by its whole id. */
function names(id: string): readonly string[] {
  const parts = id.split('/')
  return parts.length > 2 ? [parts.slice(2).join('/'), parts.slice(1).join('/'), id] : [parts.slice(1).join('/'), id]
}

const originsOf = (step: Step) =>
  step.kind === 'chain'
    ? step.rules.flatMap((rule) => rule.origin ?? [])
    : step.kind === 'route'
      ? step.route
        ? [step.route.origin]
        : []
      : 'origin' in step && step.origin
        ? [step.origin]
        : []

const texts = (values: readonly (string | number | undefined)[]): readonly string[] => [
  ...new Set(values.flatMap((value) => (value === undefined ? [] : [String(value)]))),
]
