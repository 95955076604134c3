import { assert } from '../base/assert.ts'
import { hash } from '../base/choose.ts'
import type { NetnsId } from '../kernel/interface.ts'
import type { ClientSocket, Session } from '../kernel/session.ts'
import { type Ip, isIpv6, joinHostPort } from '../net/ip.ts'
import { ipHeaderLength, type Packet, type TcpPayload } from '../net/packet.ts'
import { type Injection, walk, type Walked } from '../walk/walk.ts'
import { type AcceptedSocket, socketAt } from './accepted-socket.ts'
import type { Carried, ConnectionEnd, Outcome, Party, Request } from './conversation.ts'
import { dial, replyTo } from './converse.ts'
import type { Journal } from './journal.ts'

/**
 * One TCP connection from SYN to its end (net/ipv4/tcp_input.c, tcp_output.c), both of its sockets: bytes become segments of at most the MSS, each walked like
 * any packet. An ACK rides on what its side sends next, else it is a segment of its own for all that came. Left out: retransmission (what is lost stays lost, and
 * whoever waits for it waits), windows, congestion, selective acknowledgment; segments are sent one after the other, never several at once.
 */
export type Side = 'client' | 'server'
export type Sent = 'delivered' | 'lost' | 'reset'

/** A connected socket: whose it is, and where it stands in both streams. */
interface Socket {
  readonly netns: NetnsId
  readonly ip: Ip
  readonly port: number
  readonly peer: Ip
  readonly peerPort: number
  readonly ttl: number
  id: number
  sequence: number
  acknowledgment: number
  /** Bytes that a segment may carry. */
  mss: number
  /** Has got what it did not acknowledge yet. */
  owes: boolean
}

/** IP, TCP and the timestamp option; what a reset has. */
const HEADER = 32
const RESET_HEADER = 20
/** What timestamps take from each segment's share of the MSS. */
const TIMESTAMPS = 12
/** RFC 9293, 3.7.1: where nothing was announced. */
const DEFAULT_MSS = 536
/** Each ICMP error on the way lowers the size of segments; a path has few narrower places. */
const SHRINK_LIMIT = 8
/** A message of more segments than this is cut, and the journey says so. */
export const SEGMENT_LIMIT = 256

export class TcpFlow {
  readonly index: number
  readonly outcome: Outcome
  readonly accepted: AcceptedSocket | undefined
  private readonly session: Session
  private readonly journal: Journal
  readonly socket: ClientSocket | undefined
  private readonly sides: Readonly<Record<Side, Socket>> | undefined
  private ended = false

  /** connect(): journal and session have it walked when this returns. */
  constructor(session: Session, journal: Journal, request: Request, client: Omit<Party, 'address'>, parent: number | undefined) {
    this.session = session
    this.journal = journal
    const dialled = dial(session, request)
    this.outcome = dialled.outcome
    this.index = journal.open('transport', parent, { ...client, address: dialled.outcome.local ?? '' })
    for (const trace of dialled.traces) journal.packet(this.index, trace)
    this.socket = dialled.opened.kind === 'opened' ? dialled.opened.socket : undefined
    const arrived = dialled.packets.find(isArrivedSyn)
    const answer = dialled.packets.find(isArrivedSynAck)
    if (this.outcome.kind !== 'answered' || !arrived || !answer || !this.socket) {
      this.ended = true
      this.draft().end = endOf(this.outcome)
      return
    }
    const accepted = socketAt(arrived)
    assert(accepted, 'a SYN that did not arrive')
    this.accepted = accepted
    this.sides = socketsOf(session, this.socket, this.accepted, [arrived, answer])
  }

  get isOpen(): boolean {
    return !this.ended
  }

  /** Sends bytes; `said` are the bytes themselves where they are known, one character each. */
  send(
    from: Side,
    length: number,
    said: string | undefined,
    carries: Carried,
  ): { readonly sent: Sent; readonly packets: readonly number[] } {
    const packets: number[] = []
    let at = 0
    for (let segments = 0; at < length && segments < SEGMENT_LIMIT; segments++) {
      const size = Math.min(length - at, this.side(from).mss)
      const payload: TcpPayload = said === undefined ? { length: size } : { length: size, bytes: said.slice(at, at + size) }
      const last = at + size >= length
      packets.push(this.draft().packets.length)
      const sent = this.segment(from, last ? 'PA' : 'A', payload, carries)
      if (sent === 'shrink') continue
      if (sent !== 'delivered') return { sent, packets }
      at += size
    }
    if (at < length) this.journal.fidelity.add('long-message')
    return { sent: 'delivered', packets }
  }

  /** A bare ACK, if there is something to acknowledge. */
  acknowledge(from: Side): void {
    if (this.sides && !this.ended && this.side(from).owes) this.segment(from, 'A', undefined, undefined)
  }

  /** FIN from one side, FIN from the other, the last ACK. What the other program does before it closes too, it does in `between`. */
  close(by: Side, between?: () => void): void {
    if (this.ended) return
    this.end('closed')
    const other = by === 'client' ? 'server' : 'client'
    if (this.segment(by, 'FA', undefined, undefined) !== 'delivered') return
    if (between) {
      this.segment(other, 'A', undefined, undefined)
      between()
    }
    if (this.segment(other, 'FA', undefined, undefined) === 'delivered') this.segment(by, 'A', undefined, undefined)
  }

  /** RST: with bytes unread, or because a program wants it so (SO_LINGER 0). */
  reset(by: Side): void {
    if (this.ended) return
    this.end('reset')
    this.segment(by, 'RA', undefined, undefined)
  }

  /** Nobody says anything more; the connection stays as it is. */
  leave(end: ConnectionEnd): void {
    this.end(end)
  }

  private end(end: ConnectionEnd): void {
    this.ended = true
    this.draft().end = end
  }

  private draft() {
    const draft = this.journal.connections[this.index]
    assert(draft, `no connection ${this.index}`)
    return draft
  }

  private side(side: Side): Socket {
    assert(this.sides, 'a connection that is not established')
    return this.sides[side]
  }

  /** Walks one segment and all that kernels answer. `shrink`: too long for the way; the next may carry less. */
  private segment(from: Side, flags: string, payload: TcpPayload | undefined, carries: Carried | undefined): Sent | 'shrink' {
    const here = this.side(from)
    const there = this.side(from === 'client' ? 'server' : 'client')
    const injection: Injection = {
      direction: from === 'client' ? 'original' : 'reply',
      netns: here.netns,
      packet: segmentOf(here, flags, payload),
      by: 'socket',
    }
    const walked = walk(this.session, injection, this.socket)
    this.journal.packet(this.index, walked.trace, carries)
    here.owes = false
    const answered = this.answers(injection, walked, here)
    if (isDeliveredTo(walked, there.netns)) {
      const length = (payload?.length ?? 0) + (flags.includes('F') ? 1 : 0)
      here.sequence = (here.sequence + length) >>> 0
      there.acknowledgment = here.sequence
      there.owes ||= length > 0
      return 'delivered'
    }
    if (answered === 'reset') this.end('reset')
    return answered
  }

  private answers(injection: Injection, walked: Walked, here: Socket): 'lost' | 'reset' | 'shrink' {
    let heard: 'lost' | 'reset' | 'shrink' = 'lost'
    for (const answer of walked.generated) {
      const reply = walk(this.session, replyTo(injection, answer), this.socket)
      this.journal.packet(this.index, reply.trace)
      this.session.now += answer.delay
      if (!isDeliveredTo(reply, here.netns) || reply.end.kind !== 'delivered') continue
      const t = reply.end.packet.transport
      if (t.kind === 'tcp' && t.flags.includes('R')) heard = 'reset'
      if (t.kind === 'icmp-error' && t.mtu !== undefined && this.shrink(here, t.mtu)) heard = 'shrink'
    }
    return heard
  }

  private shrunk = 0

  /** tcp_v4_mtu_reduced: segments of a size that fits. */
  private shrink(here: Socket, mtu: number): boolean {
    const mss = mtu - ipHeaderLength(here.ip) - RESET_HEADER - TIMESTAMPS
    if (mss <= 0 || mss >= here.mss || ++this.shrunk > SHRINK_LIMIT) return false
    here.mss = mss
    return true
  }
}

const flagsOf = ({ transport: t }: Packet): string => (t.kind === 'tcp' ? t.flags : '')
const isArrivedSyn = ({ end }: Walked): boolean => end.kind === 'delivered' && end.to === 'listener' && flagsOf(end.packet) === 'S'
const isArrivedSynAck = ({ end }: Walked): boolean => end.kind === 'delivered' && end.to === 'client' && flagsOf(end.packet) === 'SA'
const isDeliveredTo = ({ trace: { disposition } }: Walked, netns: NetnsId): boolean =>
  disposition.kind === 'delivered' && disposition.netns === netns

/** Sequence numbers, sizes and addresses as the handshake left them. */
function socketsOf(session: Session, client: ClientSocket, server: AcceptedSocket, [syn, synAck]: readonly [Walked, Walked]) {
  const mssOf = (packet: Packet): number => (packet.transport.kind === 'tcp' ? packet.transport.mss : undefined) ?? DEFAULT_MSS
  const arrived = ({ end, trace }: Walked): Packet => (end.kind === 'delivered' ? end.packet : trace.sent)
  const sequence = ({ trace: { sent } }: Walked): number => (sent.transport.kind === 'tcp' ? sent.transport.sequence + 1 : 0)
  const ttl = (netns: NetnsId): number => session.network.netns(netns)?.sysctls.defaultTtl ?? 64
  const [first, second] = [sequence(syn), sequence(synAck)]
  const ids = hash(`${server.local}:${server.localPort}>${server.peer}:${server.peerPort}`) & 0xffff
  return {
    client: {
      netns: client.netns,
      ip: client.local,
      port: client.localPort,
      peer: client.remote,
      peerPort: client.remotePort,
      ttl: ttl(client.netns),
      id: syn.trace.sent.ip.id,
      sequence: first,
      acknowledgment: second,
      mss: Math.min(mssOf(syn.trace.sent), mssOf(arrived(synAck))) - TIMESTAMPS,
      owes: false,
    },
    server: {
      netns: server.netns,
      ip: server.local,
      port: server.localPort,
      peer: server.peer,
      peerPort: server.peerPort,
      ttl: ttl(server.netns),
      id: isIpv6(server.local) ? 0 : ids,
      sequence: second,
      acknowledgment: first,
      mss: Math.min(mssOf(synAck.trace.sent), mssOf(arrived(syn))) - TIMESTAMPS,
      owes: false,
    },
  }
}

function segmentOf(here: Socket, flags: string, payload: TcpPayload | undefined): Packet {
  const v6 = isIpv6(here.ip)
  if (!v6) here.id = (here.id + 1) & 0xffff
  const header = ipHeaderLength(here.ip) + (flags.includes('R') ? RESET_HEADER : HEADER)
  return {
    ip: {
      source: here.ip,
      destination: here.peer,
      ttl: here.ttl,
      protocol: 'tcp',
      length: header + (payload?.length ?? 0),
      id: v6 ? 0 : here.id,
      dontFragment: !v6,
    },
    transport: {
      kind: 'tcp',
      sourcePort: here.port,
      destinationPort: here.peerPort,
      flags,
      sequence: here.sequence,
      acknowledgment: here.acknowledgment,
      ...(payload && { payload }),
    },
  }
}

function endOf({ kind }: Outcome): ConnectionEnd {
  switch (kind) {
    case 'refused':
      return 'refused'
    case 'icmp-error':
      return 'unreachable'
    case 'local-error':
      return 'not-sent'
    case 'answered':
    case 'failed':
    case 'timeout':
    case 'unsupported':
      return 'timeout'
  }
}

/** `10.244.1.5:8080` as the server's own socket has it. */
export const localOf = ({ local, localPort }: AcceptedSocket): string => joinHostPort(local, localPort)
