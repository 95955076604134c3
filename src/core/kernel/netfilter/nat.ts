import type { Choose } from '../../base/choose.ts'
import { assert } from '../../base/assert.ts'
import type { Ip } from '../../net/ip.ts'
import { hostCidr, ipAt } from '../../net/cidr.ts'
import { ipNumber, isIpv6 } from '../../net/ip.ts'
import { compareWords, ipWords } from '../../net/ip6.ts'
import { isIcmp, isRedirect, type Packet, type Tuple } from '../../net/packet.ts'
import { invert, manip as rewrite, sameTuple } from '../../net/tuple.ts'
import { type ConntrackEntry, isDestinationNatted, isSourceNatted } from './conntrack-entry.ts'
import type { Connection, ConntrackTable, Direction, Tracked } from './conntrack.ts'
import type { NatRange, PortRange } from './rule.ts'
import type { Hook } from './ruleset.ts'

/** Address translation as in net/netfilter/nf_nat_core.c and nf_nat_proto.c. Left out: NAT helpers, --persistent, port offset ranges. */
export type Manip = 'source' | 'destination'

/** HOOK2MANIP: sources change on the way out (and for local delivery), destinations on the way in. */
export const manipOf = (hook: Hook): Manip => (hook === 'POSTROUTING' || hook === 'INPUT' ? 'source' : 'destination')

export interface Mapping {
  readonly range: NatRange
  /** NF_NAT_RANGE_PROTO_RANDOM_ALL (`--random-fully`; `--random` behaves the same here): never keep the port, even when it is free. */
  readonly random: boolean
}

/** nf_nat_alloc_null_binding: no rule spoke, so keep everything unless it clashes. */
export const NULL_BINDING: Mapping = { range: {}, random: false }

export const isDone = (entry: ConntrackEntry, manip: Manip): boolean =>
  manip === 'source' ? entry.sourceNatDone : entry.destinationNatDone

/** nf_nat_setup_info: decides the mapping of a new connection once per manip. False when no free port is left (the packet is dropped). */
export function setUp(table: ConntrackTable, tracked: Tracked, manip: Manip, mapping: Mapping, choose: Choose): boolean {
  const { entry } = tracked
  const reply =
    isNothing(mapping) && !table.isTaken(entry.reply, tracked) ? entry.reply : uniqueReply(table, tracked, manip, mapping, choose)
  if (!reply) return false
  table.update(tracked, mapped(entry, reply, manip))
  return true
}

/** Written out, not spread: every connection comes here twice in every namespace. */
function mapped(entry: ConntrackEntry, reply: Tuple, manip: Manip): ConntrackEntry {
  const { original, seenReply, assured, mark, state } = entry
  const sourceNatDone = manip === 'source' || entry.sourceNatDone
  const destinationNatDone = manip === 'destination' || entry.destinationNatDone
  if (entry.destinationNatted !== undefined) return { ...entry, reply, sourceNatDone, destinationNatDone }
  return state === undefined
    ? { original, reply, seenReply, assured, mark, sourceNatDone, destinationNatDone }
    : { original, reply, seenReply, assured, mark, sourceNatDone, destinationNatDone, state }
}

/** Keeps whatever is free. */
const isNothing = ({ range, random }: Mapping): boolean => !random && !range.from && !range.ports

function uniqueReply(table: ConntrackTable, tracked: Tracked, manip: Manip, mapping: Mapping, choose: Choose): Tuple | undefined {
  const current = invert(tracked.entry.reply)
  const wanted = uniqueTuple(table, tracked, current, manip, mapping, choose)
  return wanted && (sameTuple(wanted, current) ? tracked.entry.reply : invert(wanted))
}

/** get_unique_tuple. */
function uniqueTuple(
  table: ConntrackTable,
  tracked: Tracked,
  current: Tuple,
  manip: Manip,
  mapping: Mapping,
  choose: Choose,
): Tuple | undefined {
  const { range, random } = mapping
  const free = (tuple: Tuple): boolean => !table.isTaken(invert(tuple), tracked)
  if (manip === 'source' && !random && inRange(current, range) && free(current)) return current
  const tuple = withAddress(current, manip, range, choose)
  const port = portOf(tuple, manip)
  if (!random) {
    if (range.ports) {
      if (within(port, range.ports) && (range.ports.from === range.ports.to || free(tuple))) return tuple
    } else if (free(tuple)) return tuple
  }
  return drawPort(tuple, manip, range.ports, free, choose)
}

/** nf_nat_l4proto_unique_tuple: destinations keep their port unless the rule names some; sources stay in their class of ports. */
function drawPort(
  tuple: Tuple,
  manip: Manip,
  wanted: PortRange | undefined,
  free: (tuple: Tuple) => boolean,
  choose: Choose,
): Tuple | undefined {
  if (!wanted && manip === 'destination') return tuple
  const range = wanted ?? portClass(tuple)
  const size = range.to - range.from + 1
  const start = choose({ kind: 'draw', from: range.from, to: range.to, why: 'nat port' }) - range.from
  for (let i = 0; i < size; i++) {
    const candidate = withPort(tuple, manip, range.from + ((start + i) % size))
    if (free(candidate)) return candidate
  }
  return undefined
}

function portClass(tuple: Tuple): PortRange {
  if (isIcmp(tuple.protocol)) return { from: 0, to: 65535 }
  if (tuple.sourcePort < 512) return { from: 1, to: 511 }
  return tuple.sourcePort < 1024 ? { from: 600, to: 1023 } : { from: 1024, to: 65535 }
}

function inRange(tuple: Tuple, range: NatRange): boolean {
  return addressFits(tuple.source, range) && (!range.ports || within(tuple.sourcePort, range.ports))
}

function addressFits(source: Ip, { from, to = from }: NatRange): boolean {
  if (!from || !to) return true
  if (from === to) return source === from
  if (isIpv6(source)) return compareWords(ipWords(source), ipWords(from)) >= 0 && compareWords(ipWords(source), ipWords(to)) <= 0
  const ip = ipNumber(source)
  return ip >= ipNumber(from) && ip <= ipNumber(to)
}

const within = (port: number, range: PortRange): boolean => port >= range.from && port <= range.to
/** Echo ids live on the source side, whichever side is translated. */
const portOf = (tuple: Tuple, manip: Manip): number =>
  manip === 'source' || isIcmp(tuple.protocol) ? tuple.sourcePort : tuple.destinationPort

function withPort(tuple: Tuple, manip: Manip, port: number): Tuple {
  return manip === 'source' || isIcmp(tuple.protocol) ? { ...tuple, sourcePort: port } : { ...tuple, destinationPort: port }
}

/** find_best_ips_proto; the kernel picks from a range by a hash, we draw. */
function withAddress(tuple: Tuple, manip: Manip, range: NatRange, choose: Choose): Tuple {
  if (!range.from) return tuple
  const size = range.to === undefined || range.to === range.from ? 0 : sizeOf(range.from, range.to)
  const ip = size === 0 ? range.from : ipAt(hostCidr(range.from), choose({ kind: 'draw', from: 0, to: size, why: 'nat address' }))
  return manip === 'source' ? { ...tuple, source: ip } : { ...tuple, destination: ip }
}

/** How far apart two addresses are; of IPv6 only the last 32 bits are drawn from. */
const sizeOf = (from: Ip, to: Ip): number => (isIpv6(from) ? Math.max(ipWords(to)[3] - ipWords(from)[3], 0) : ipNumber(to) - ipNumber(from))

/** nf_nat_packet: rewrites one side of a packet of a translated connection; the same packet when this side has no translation. */
export function translate(packet: Packet, connection: Connection, manip: Manip): Packet {
  const { entry } = connection.tracked
  if (!applies(entry, manip, connection.direction)) return packet
  return rewrite(packet, manip, targetTuple(entry, connection.direction))
}

/** The status bit that decides: in the reply direction source and destination swap roles. */
function applies(entry: ConntrackEntry, manip: Manip, direction: Direction): boolean {
  return (manip === 'source') === (direction === 'original') ? isSourceNatted(entry) : isDestinationNatted(entry)
}

/** What a packet of this direction must look like afterwards: the inverse of the other direction's tuple. */
function targetTuple(entry: ConntrackEntry, direction: Direction): Tuple {
  return invert(direction === 'original' ? entry.reply : entry.original)
}

/**
 * nf_nat_icmp_reply_translation: an error about a translated packet is translated outside and inside, so that its receiver recognises what it
 * sent. Undefined drops it: a redirect whose connection is not settled yet would teach a wrong route.
 */
export function translateError(packet: Packet, connection: Connection, manip: Manip): Packet | undefined {
  const error = packet.transport
  assert(error.kind === 'icmp-error', 'an error that is none')
  const { entry } = connection.tracked
  if (isRedirect(error) && (!entry.sourceNatDone || !entry.destinationNatDone || isSourceNatted(entry) || isDestinationNatted(entry)))
    return undefined
  if (!applies(entry, manip, connection.direction)) return packet
  const other = connection.direction === 'original' ? entry.reply : entry.original
  const quoted = rewrite(error.quoted, manip === 'source' ? 'destination' : 'source', other)
  return rewrite({ ...packet, transport: { ...error, quoted } }, manip, targetTuple(entry, connection.direction))
}
