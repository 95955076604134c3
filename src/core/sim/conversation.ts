import type { Choice } from '../base/choose.ts'
import type { HttpAnswer } from '../cluster/health-check.ts'
import type { Ip } from '../net/ip.ts'
import type { Protocol } from '../net/packet.ts'
import type { NetnsId } from '../kernel/interface.ts'
import type { Errno, PacketTrace } from '../walk/trace.ts'

/** What a person asks for: "tcp from this pod to that address". */
export interface Request {
  readonly netns: NetnsId
  readonly protocol: Protocol
  readonly destination: Ip
  /** Absent for icmp. */
  readonly port?: number
  /** Fixed source port (icmp: echo id); drawn when absent. */
  readonly sourcePort?: number
  /** Source address to bind. */
  readonly source?: Ip
  /** L4 payload bytes of a datagram or ping. */
  readonly payload?: number
  readonly dontFragment?: boolean
  readonly ttl?: number
  /** How long the client waits, in seconds; without it, as long as Linux would. */
  readonly timeout?: number
  /** A TCP client that does not close its connection when it has its answer. */
  readonly hold?: boolean
}

/**
 * A request and everything that came of it. The DNS lookup, the connection, and later each connection behind a proxy are `connections`,
 * each a list of packet traces in order of time: SYN, SYN-ACK, ACK.
 */
export interface Conversation {
  readonly request: Request
  readonly connections: readonly Connection[]
  readonly outcome: Outcome
  readonly choices: readonly Choice[]
  readonly probability: number
  /** Steps that the simulator knows to be approximate, as ids of fidelity.ts: e.g. a name resolved from the API without DNS packets. */
  readonly fidelity: readonly string[]
}

export interface Connection {
  readonly kind: 'transport'
  readonly packets: readonly PacketTrace[]
}

/** What the client program would report, and who made it so. */
export interface Outcome {
  readonly kind: 'answered' | 'refused' | 'icmp-error' | 'timeout' | 'local-error' | 'unsupported'
  readonly errno?: Errno
  readonly answeredBy?: string
  /** What an HTTP server said, where it is known: the health checks of kube-proxy. */
  readonly http?: HttpAnswer
  /** Peer address that the server saw (`ip:port`; ping: `ip`). */
  readonly clientSeen?: string
  readonly reachedServer: boolean
  /** getsockname() after connect; absent for ping. */
  readonly local?: string
  readonly icmp?: { readonly type: number; readonly code: number; readonly mtu?: number }
  readonly reset?: boolean
  /** Where the RST or ICMP error came from, and the source address that it had there and at the client. */
  readonly sentBy?: { readonly netns: NetnsId; readonly dev: string; readonly source: Ip }
  readonly fromAddressSeenByClient?: Ip
}
