import { unreachable } from '../../base/assert.ts'
import type { Tcp, Transport } from '../../net/packet.ts'

/**
 * States of connections as IPVS guesses them from what passes (net/netfilter/ipvs/ip_vs_proto_tcp.c, ip_vs_proto_udp.c, ip_vs_proto_sctp.c), with their
 * timeouts in seconds. Left out: the tables for denial-of-service defence and for traffic that passes in one direction only (masquerading sees both);
 * SCTP beyond INIT, INIT-ACK and ABORT.
 */
export type TcpConnectionState =
  | 'NONE'
  | 'ESTABLISHED'
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'FIN_WAIT'
  | 'TIME_WAIT'
  | 'CLOSE'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'LISTEN'
type SctpConnectionState = 'NONE' | 'INIT1' | 'INIT' | 'C-SENT' | 'C-WAIT' | 'ESTABLISHED' | 'REJECTED' | 'CLOSED'
/** `ASSURED`: a template that an established connection was made from. */
export type ConnectionState = TcpConnectionState | SctpConnectionState | 'UDP' | 'ASSURED'

export type Side = 'input' | 'output'
type Event = 'syn' | 'fin' | 'ack' | 'rst'

const FROM: readonly TcpConnectionState[] = [
  'NONE',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
]
const SHORT: Readonly<Record<string, TcpConnectionState>> = {
  ES: 'ESTABLISHED',
  SS: 'SYN_SENT',
  SR: 'SYN_RECV',
  FW: 'FIN_WAIT',
  TW: 'TIME_WAIT',
  CL: 'CLOSE',
  CW: 'CLOSE_WAIT',
  LA: 'LAST_ACK',
  LI: 'LISTEN',
}

/** What follows each state of FROM, in its order, by who sent which segment: input is the client, output the real server. */
const TCP: Readonly<Record<Side, Readonly<Record<Event, string>>>> = {
  input: {
    syn: 'SR ES ES SR SR SR SR SR SR SR',
    fin: 'CL CW SS TW TW TW CL CW LA LI',
    ack: 'ES ES SS ES FW TW CL CW CL LI',
    rst: 'CL CL CL SR CL CL CL CL LA LI',
  },
  output: {
    syn: 'SS ES SS SR SS SS SS SS SS LI',
    fin: 'TW FW SS TW FW TW CL TW LA LI',
    ack: 'ES ES SS ES FW TW CL CW LA ES',
    rst: 'CL CL SS CL CL TW CL CL CL CL',
  },
}

const TIMEOUT: Readonly<Record<ConnectionState, number>> = {
  NONE: 2,
  ESTABLISHED: 15 * 60,
  SYN_SENT: 2 * 60,
  SYN_RECV: 60,
  FIN_WAIT: 2 * 60,
  TIME_WAIT: 2 * 60,
  CLOSE: 10,
  CLOSE_WAIT: 60,
  LAST_ACK: 30,
  LISTEN: 2 * 60,
  UDP: 5 * 60,
  INIT1: 4,
  INIT: 61,
  'C-SENT': 61,
  'C-WAIT': 61,
  REJECTED: 4,
  CLOSED: 61,
  ASSURED: 0,
}

export const timeoutOf = (state: ConnectionState): number => TIMEOUT[state]

/** tcp_state_active_table; SCTP counts what is established, UDP nothing. */
export const isActive = (state: ConnectionState): boolean => state === 'ESTABLISHED' || state === 'SYN_SENT' || state === 'SYN_RECV'

/** tcp_state_idx: of several flags the first in this order decides. */
function eventOf({ flags }: Tcp): Event | undefined {
  if (flags.includes('R')) return 'rst'
  if (flags.includes('S')) return 'syn'
  if (flags.includes('F')) return 'fin'
  return flags.includes('A') ? 'ack' : undefined
}

/** Where a packet that passes from one side leaves a connection. */
export function nextState(state: ConnectionState, transport: Transport, side: Side): ConnectionState {
  switch (transport.kind) {
    case 'tcp': {
      const event = eventOf(transport)
      const at = FROM.indexOf(state as TcpConnectionState)
      return (event && SHORT[TCP[side][event].split(' ')[at] ?? '']) ?? state
    }
    case 'udp':
      return 'UDP'
    case 'sctp':
      return nextSctpState(state as SctpConnectionState, transport.chunk, side)
    case 'icmp-echo':
    case 'icmp-error':
      return state
    default:
      return unreachable(transport)
  }
}

function nextSctpState(state: SctpConnectionState, chunk: 'INIT' | 'INIT-ACK' | 'ABORT', side: Side): ConnectionState {
  if (chunk === 'ABORT') return side === 'output' && state === 'INIT1' ? 'REJECTED' : 'CLOSED'
  const settled = state === 'ESTABLISHED' || (state === 'REJECTED' && chunk === 'INIT-ACK') || (state === 'CLOSED' && chunk === 'INIT-ACK')
  if (settled) return state
  const waiting = state === 'NONE' || state === 'INIT1' || state === 'INIT'
  if (chunk === 'INIT-ACK') return side === 'output' ? (waiting || state === 'C-SENT' ? 'C-SENT' : state) : waiting ? 'C-WAIT' : state
  if (side === 'output') return 'C-WAIT'
  return state === 'NONE' ? 'INIT1' : waiting || state === 'REJECTED' || state === 'CLOSED' ? 'INIT' : state
}
