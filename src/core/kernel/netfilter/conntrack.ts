import { invert, sameTuple, tupleKey, tupleOf } from '../../net/tuple.ts'
import { isEchoRequest, type Packet, type Tcp, type Tuple } from '../../net/packet.ts'
import type { ConntrackEntry, TcpState } from './conntrack-entry.ts'

/**
 * Connection tracking as in net/netfilter/nf_conntrack_core.c, nf_conntrack_proto_{tcp,udp,icmp}.c. Left out: timeouts (compared with the clock by a later
 * slice), TCP window tracking, expectations and helpers, zones, clash resolution.
 */
export type Direction = 'original' | 'reply'

/** A connection while a walk runs: the entry is replaced as packets change it; it enters the table when it is confirmed. */
export interface Tracked {
  entry: ConntrackEntry
  confirmed: boolean
}

/** What a packet carries (skb->_nfct): its connection, which way it goes, and how it relates. */
export interface Connection {
  readonly tracked: Tracked
  readonly direction: Direction
  readonly state: 'NEW' | 'ESTABLISHED' | 'RELATED'
}

const FEW = 8

/** The hash table of one namespace during a walk: a mutable copy-on-write layer over the entries that earlier walks left. */
export class ConntrackTable {
  /** In the order of their confirmation; the only place while they are few, which is less work than keys. */
  private few: Tracked[] | undefined
  private readonly byTuple = new Map<string, { tracked: Tracked; direction: Direction }>()
  private changed = false
  private readonly base: ReadonlyMap<string, ConntrackEntry>

  constructor(base: ReadonlyMap<string, ConntrackEntry>) {
    this.base = base
    this.few = base.size === 0 ? [] : undefined
    for (const entry of base.values()) this.index({ entry, confirmed: true })
  }

  find(tuple: Tuple): { readonly tracked: Tracked; readonly direction: Direction } | undefined {
    const { few } = this
    if (!few) return this.byTuple.get(tupleKey(tuple))
    for (let i = few.length - 1; i >= 0; i--) {
      const tracked = few[i]
      if (!tracked) continue
      if (sameTuple(tracked.entry.original, tuple)) return { tracked, direction: 'original' }
      if (sameTuple(tracked.entry.reply, tuple)) return { tracked, direction: 'reply' }
    }
    return undefined
  }

  /** nf_nat_used_tuple: would answers to this mapping be taken for another connection's? */
  isTaken(reply: Tuple, by: Tracked): boolean {
    const found = this.find(reply)
    return found !== undefined && found.tracked !== by
  }

  confirm(tracked: Tracked): void {
    if (tracked.confirmed) return
    tracked.confirmed = true
    this.changed = true
    this.add(tracked)
  }

  update(tracked: Tracked, entry: ConntrackEntry): void {
    tracked.entry = entry
    if (tracked.confirmed) this.changed = true
  }

  /** nf_ct_kill. */
  remove(tracked: Tracked): void {
    this.changed = true
    if (this.few) {
      this.few = this.few.filter((one) => one !== tracked)
      return
    }
    this.byTuple.delete(tupleKey(tracked.entry.original))
    this.byTuple.delete(tupleKey(tracked.entry.reply))
  }

  /** The table as a value; the one that it was made from when nothing changed. */
  entries(): ReadonlyMap<string, ConntrackEntry> {
    if (!this.changed) return this.base
    const out = new Map<string, ConntrackEntry>()
    for (const { entry } of this.few ?? []) out.set(tupleKey(entry.original), entry)
    for (const [key, { tracked, direction }] of this.byTuple) if (direction === 'original') out.set(key, tracked.entry)
    return out
  }

  private add(tracked: Tracked): void {
    if (this.few && this.few.length < FEW) {
      this.few.push(tracked)
      return
    }
    for (const one of this.few ?? []) this.index(one)
    this.few = undefined
    this.index(tracked)
  }

  private index(tracked: Tracked): void {
    this.byTuple.set(tupleKey(tracked.entry.reply), { tracked, direction: 'reply' })
    this.byTuple.set(tupleKey(tracked.entry.original), { tracked, direction: 'original' })
  }
}

/** nf_conntrack_in: finds or makes the connection of a packet. Undefined is INVALID. */
export function track(table: ConntrackTable, packet: Packet): { readonly connection: Connection; readonly created: boolean } | undefined {
  if (packet.transport.kind === 'icmp-error') {
    const connection = relate(table, packet)
    return connection && { connection, created: false }
  }
  const tuple = tupleOf(packet)
  if (!tuple) return undefined
  const found = table.find(tuple)
  if (found && reopens(found, packet)) table.remove(found.tracked)
  else if (found) return follow(table, found, packet)
  const entry = begin(packet, tuple)
  return entry && { connection: { tracked: { entry, confirmed: false }, direction: 'original', state: 'NEW' }, created: true }
}

/** "Attempt to reopen a closed/aborted connection": its entry is deleted, and the SYN begins a connection of its own. */
const reopens = ({ tracked, direction }: { tracked: Tracked; direction: Direction }, { transport: t }: Packet): boolean =>
  direction === 'original' &&
  (tracked.entry.state === 'TIME_WAIT' || tracked.entry.state === 'CLOSE') &&
  t.kind === 'tcp' &&
  t.flags.includes('S') &&
  !t.flags.includes('A')

/** A first packet; undefined where a protocol refuses it (tcp_new, icmp_new). */
function begin(packet: Packet, original: Tuple): ConntrackEntry | undefined {
  const t = packet.transport
  if (t.kind === 'icmp-echo' && !isEchoRequest(t)) return undefined
  const state = t.kind === 'tcp' ? newTcpState(t) : undefined
  if (t.kind === 'tcp' && !state) return undefined
  const reply = invert(original)
  return state
    ? { original, reply, seenReply: false, assured: false, mark: 0, sourceNatDone: false, destinationNatDone: false, state }
    : { original, reply, seenReply: false, assured: false, mark: 0, sourceNatDone: false, destinationNatDone: false }
}

/** tcp_conntracks[0][index][NONE], with nf_conntrack_tcp_loose on: a bare ACK is picked up as established. */
function newTcpState(segment: Tcp): TcpState | undefined {
  if (segment.flags.includes('R') || segment.flags.includes('F')) return undefined
  if (segment.flags.includes('S')) return segment.flags.includes('A') ? undefined : 'SYN_SENT'
  return segment.flags.includes('A') ? 'ESTABLISHED' : undefined
}

/** A later packet of a known connection. */
function follow(
  table: ConntrackTable,
  found: { tracked: Tracked; direction: Direction },
  packet: Packet,
): { connection: Connection; created: boolean } | undefined {
  const { tracked, direction } = found
  const before = tracked.entry
  const state = direction === 'reply' || before.seenReply ? 'ESTABLISHED' : 'NEW'
  if (packet.transport.kind === 'tcp') {
    if (packet.transport.flags.includes('R') && !before.seenReply) {
      // A RST as the only answer: "we can consider ourselves not to have an established connection".
      table.remove(tracked)
      return { connection: { tracked, direction, state }, created: false }
    }
    const next = nextTcpState(before.state ?? 'SYN_SENT', packet.transport, direction)
    if (!next) return undefined
    const assured = before.assured || ((before.state === 'SYN_RECV' || before.state === 'ESTABLISHED') && next === 'ESTABLISHED')
    table.update(tracked, { ...before, state: next, assured, seenReply: before.seenReply || direction === 'reply' })
  } else if (direction === 'reply' && !before.seenReply) table.update(tracked, { ...before, seenReply: true })
  return { connection: { tracked, direction, state }, created: false }
}

/** The part of tcp_conntracks[2][6][11] that a handshake, a reset and an orderly close walk through. */
function nextTcpState(state: TcpState, segment: Tcp, direction: Direction): TcpState | undefined {
  const { flags } = segment
  if (flags.includes('R')) return 'CLOSE'
  if (flags.includes('S')) {
    if (!flags.includes('A')) return direction === 'original' ? state : undefined
    if (direction === 'original') return undefined
    return state === 'SYN_SENT' ? 'SYN_RECV' : state
  }
  if (flags.includes('F')) return state === 'FIN_WAIT' || state === 'CLOSE_WAIT' ? 'LAST_ACK' : 'FIN_WAIT'
  if (state === 'SYN_SENT') return direction === 'original' ? undefined : state
  if (state === 'SYN_RECV') return direction === 'original' ? 'ESTABLISHED' : state
  if (state === 'FIN_WAIT') return 'CLOSE_WAIT'
  if (state === 'LAST_ACK') return 'TIME_WAIT'
  return state
}

/** icmp_error_message: an error belongs to the connection of the packet that it quotes, if it is addressed to where that connection's answers go. */
function relate(table: ConntrackTable, packet: Packet): Connection | undefined {
  if (packet.transport.kind !== 'icmp-error') return undefined
  const quoted = tupleOf(packet.transport.quoted)
  if (!quoted) return undefined
  const found = table.find(invert(quoted))
  if (!found) return undefined
  const { entry } = found.tracked
  const expected = found.direction === 'original' ? entry.original.destination : entry.reply.destination
  return expected === packet.ip.destination ? { tracked: found.tracked, direction: found.direction, state: 'RELATED' } : undefined
}

/** nf_conntrack_attach: what a kernel makes in answer to a packet belongs to that packet's connection, even before it is confirmed. */
export function attach(connection: Connection | undefined): Connection | undefined {
  return (
    connection && { tracked: connection.tracked, direction: connection.direction === 'original' ? 'reply' : 'original', state: 'RELATED' }
  )
}
