import type { Choice } from '../base/choose.ts'
import type { GrpcStatus } from '../apps/grpc.ts'
import type { HttpRequest, HttpResponse } from '../apps/http.ts'
import type { Balance, Certificate, Dial, Failure, LogLine, Matched, ProxyHeader } from '../apps/program.ts'
import type { HttpAnswer } from '../cluster/health-check.ts'
import type { Ip, IpFamily } from '../net/ip.ts'
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

/** What a person asks of curl: a URL, and how to fetch it. */
export interface HttpAsked {
  readonly netns: NetnsId
  /** Whose search path resolv.conf has; absent where names of the cluster are not known. */
  readonly namespace?: string
  readonly url: string
  /** `-X`. */
  readonly method?: string
  /** `-H`, in order. An empty value takes a header of curl's own away. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** `-d`. */
  readonly data?: string
  /** `--resolve HOST:PORT:ADDRESS`; `*` is any host. */
  readonly resolve?: readonly { readonly host: string; readonly port: number; readonly address: Ip }[]
  /** `-k`: certificates are not checked. */
  readonly insecure?: boolean
  /** `-L`. */
  readonly follow?: boolean
  /** `--http2` asks by ALPN, `--http2-prior-knowledge` speaks it at once, `--http1.1` offers nothing else. */
  readonly http?: '1.1' | '2' | '2-prior-knowledge'
  /** `--max-time` and `--connect-timeout`, seconds. */
  readonly maxTime?: number
  readonly connectTimeout?: number
  /** `--haproxy-protocol`. */
  readonly proxyHeader?: boolean
  readonly family?: IpFamily
  readonly sourcePort?: number
  /** Seconds for which a client of an upgraded connection says nothing before it speaks again. */
  readonly idle?: number
  /** The same request so many times, on one connection as long as the server keeps it. */
  readonly times?: number
}

/**
 * A request and everything that came of it. The DNS lookup, the connection, and each connection behind a proxy are `connections`, each a list of packet
 * traces in order of time: SYN, SYN-ACK, ACK.
 */
export interface Conversation {
  readonly request: Request
  /** Set on journeys: requests of HTTP from URL to response. */
  readonly asked?: HttpAsked
  /** The client's own connection first; a proxy's come behind the one that caused them. */
  readonly connections: readonly Connection[]
  /** The order in time of all packets, where there is more than one connection: a proxy's packets lie between those of its client. */
  readonly order?: readonly PacketPlace[]
  readonly outcome: Outcome
  readonly choices: readonly Choice[]
  readonly probability: number
  /** Steps that the simulator knows to be approximate, as ids of fidelity.ts: e.g. a name resolved from the API without DNS packets. */
  readonly fidelity: readonly string[]
}

/** Indices into `connections` and its `packets`. */
export interface PacketPlace {
  readonly connection: number
  readonly packet: number
}

/** All packets in order of time. */
export const packetsInOrder = ({ connections, order }: Conversation): readonly PacketTrace[] =>
  order ? order.flatMap((at) => connections[at.connection]?.packets[at.packet] ?? []) : connections.flatMap(({ packets }) => packets)

export interface Connection {
  /** `transport`: no more is known than that it was asked for. */
  readonly kind: 'transport' | 'http' | 'bytes'
  readonly packets: readonly PacketTrace[]
  /** The connection (index) whose bytes made a program open this one. */
  readonly parent?: number
  readonly client?: Party
  /** Absent where nobody accepted. */
  readonly server?: Party
  /** The client as the server's socket has it: `10.244.1.5:40001`. */
  readonly clientSeen?: string
  readonly proxyHeader?: ProxyHeader
  readonly tls?: TlsSession
  readonly exchanges?: readonly HttpExchange[]
  /** What a program that passes bytes on decided about it. */
  readonly stream?: Routed
  /** What each packet carries, by index; absent for bare segments. */
  readonly carries?: readonly (Carried | undefined)[]
  readonly end?: ConnectionEnd
}

/** `open`: kept for later requests, or by a protocol that stays (WebSocket). `timeout`: nobody answered the SYN. */
export type ConnectionEnd = 'closed' | 'reset' | 'open' | 'refused' | 'unreachable' | 'timeout' | 'not-sent'

/** One end of a connection. */
export interface Party {
  readonly netns: NetnsId
  /** `default/web-1`, `external/client`; absent for a node's own processes. */
  readonly owner?: string
  /** Of apps/: `ingress-nginx`, `echo`. */
  readonly program?: string
  /** getsockname() there. */
  readonly address: string
}

export interface TlsSession {
  readonly serverName?: string
  readonly offered: readonly string[]
  readonly alpn?: string
  /** What the client saw; absent where the handshake was refused or passed through unread. */
  readonly certificate?: Certificate
  readonly matched?: readonly Matched[]
  readonly alert?: string
  /** What curl says about the certificate: absent when it holds. */
  readonly distrust?: 'self-signed' | 'unknown-issuer' | 'name-mismatch'
}

export type Carried = 'proxy-header' | 'tls-handshake' | 'tls-alert' | 'request' | 'response' | 'upgraded' | 'bytes'

/** A request and its response as they were on this connection. */
export interface HttpExchange {
  readonly request: HttpRequest
  readonly response?: HttpResponse
  /** Indices into `packets`. */
  readonly requestPackets: readonly number[]
  readonly responsePackets: readonly number[]
  /** What the server's program decided. */
  readonly routed?: Routed
  /** Seconds from the request's last byte to the response's first. */
  readonly waited: number
}

/** Why a program did what it did. */
export interface Routed {
  readonly program: string
  readonly kind: 'respond' | 'proxy' | 'close'
  readonly why?: string
  readonly matched: readonly Matched[]
  readonly balance?: Balance
  readonly to?: Dial
  readonly tried: readonly Failure[]
  readonly log?: readonly LogLine[]
  /** The connections (indices) that it dialled or used, in order. */
  readonly upstream: readonly number[]
}

/** What the client program would report, and who made it so. */
export interface Outcome {
  /** `failed`: connected, but no HTTP response came of it; `curl` says why. */
  readonly kind: 'answered' | 'refused' | 'icmp-error' | 'timeout' | 'local-error' | 'unsupported' | 'failed'
  readonly errno?: Errno
  readonly answeredBy?: string
  /** What an HTTP server said, where it is known: on journeys, and by the health checks of kube-proxy. */
  readonly http?: HttpAnswer
  /** Of calls of gRPC: what their caller is told. */
  readonly grpc?: GrpcStatus
  /** Of journeys: which program made the last response, and why; curl's exit status, with what it would say about a failure. */
  readonly served?: { readonly by: string; readonly program: string; readonly why?: string }
  readonly curl?: { readonly exit: number; readonly message?: string }
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
