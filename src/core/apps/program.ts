import type { Choose } from '../base/choose.ts'
import type { Pod } from '../api/pod.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { SiteHost } from '../cluster/site.ts'
import type { Ip } from '../net/ip.ts'
import type { HttpRequest, HttpResponse, HttpVersion } from './http.ts'

/**
 * What runs behind a listening socket: a controller with its proxy, or a server that answers by itself. A program reads objects, writes itself a
 * configuration, and then decides connection by connection; it sends nothing. Packets are the journey's (sim/journey.ts), which asks the program in the order
 * in which bytes would reach it: `accept`, `hello` where it speaks TLS, `request` for each request, `response` for each answer that it passes on.
 */
export interface Program {
  /** `ingress-nginx`, `traefik`, `haproxy-ingress` … */
  readonly name: string
  /** Id of fidelity.ts, where the whole of it is approximate. */
  readonly fidelity?: string
  /** Whether this is what runs there, judged by images and arguments as a person would: in a pod by its containers alone. */
  runsIn(world: World): boolean
  /** Made anew when something changes that it read; the same value as long as nothing did (identity means equality). */
  configure(world: World): Running
}

/** What a program can see. */
export interface World {
  readonly cluster: Cluster
  readonly place: Place
}

/** Where it runs: in a pod, or on a host outside the cluster (a cloud's balancer). */
export type Place = { readonly kind: 'pod'; readonly pod: Pod } | { readonly kind: 'host'; readonly host: SiteHost }

/** A program with the configuration that it has read. Functions are pure: what they want to be known next time is in `remember`. */
export interface Running {
  readonly configured: Configured
  /** What it expects on a connection that the kernel has just given it. */
  accept(connection: Accepted): Acceptance
  /** Only where `accept` said `tls`. */
  hello?(hello: ClientHello, connection: Accepted): HelloDecision
  /** Only where `accept` said `http`, or `tls` and `hello` terminated it. Asked again, with one more in `tried`, when what it dialled failed. */
  request?(exchange: Exchange): Decision
  /** What it makes of the upstream's answer. Absent: passed on as it came. */
  response?(response: HttpResponse, exchange: Exchange, decision: ProxyDecision): HttpResponse | Passed
  /** A datagram of a client that it knows nothing of: whom it and those that follow go to. Absent: it passes none on. */
  datagram?(datagram: Accepted): DatagramDecision
  /** Only where `accept` or `hello` proxied bytes: asked again, with one more in `tried`, when what it dialled failed. Absent: the connection is closed. */
  redial?(stream: Stream): StreamDecision
}

/** A generated configuration as people can read it. */
export interface Configured {
  readonly files: readonly ConfigFile[]
  readonly tables: readonly MatchTable[]
  readonly listeners: readonly Listener[]
  readonly log: readonly LogLine[]
}

export interface ConfigFile {
  /** `/etc/nginx/nginx.conf`, `dynamic.yaml`. */
  readonly name: string
  readonly text: string
  readonly syntax: 'nginx' | 'haproxy' | 'yaml' | 'toml' | 'json' | 'text'
  /** How the program takes a change: a new process, in place, or not at all before it starts again. Absent: it does not read this, people do. */
  readonly change?: 'reload' | 'update' | 'restart'
  /** What lines begin with, after their indentation, that are changed in the running process: where no other line differs, came or went, it goes on as it is. */
  readonly inPlace?: readonly string[]
}

/** Match/action rows: listeners, routes, upstreams, endpoints. `id` of table and row are what `Matched` refers to. */
export interface MatchTable {
  readonly id: string
  /** What the rows are to people; absent: seen by where they lead (`next`) and by their columns. */
  readonly role?: 'listeners' | 'routes' | 'upstreams' | 'endpoints'
  readonly columns: readonly string[]
  readonly rows: readonly MatchRow[]
}

export interface MatchRow {
  readonly id: string
  /** One cell per column. */
  readonly cells: readonly string[]
  readonly at?: ConfigLine
  readonly object?: ObjectRef
  /** The row of another table that this one leads to. */
  readonly next?: { readonly table: string; readonly row: string }
}

/** A line of a generated file, counted from 1. */
export interface ConfigLine {
  readonly file: string
  readonly line: number
}

export interface ObjectRef {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  /** `spec.rules[0].http.paths[1]`. */
  readonly field?: string
}

export interface Listener {
  readonly protocol: 'tcp' | 'udp'
  /** Absent: any address. */
  readonly address?: Ip
  readonly port: number
  /** `http`, `https`, `dashboard`, `health`, the name of an entry point. */
  readonly purpose: string
}

export interface LogLine {
  readonly level: 'info' | 'warning' | 'error'
  /** In the program's own words. */
  readonly text: string
  readonly object?: ObjectRef
}

/** A row that decided, and the rows before it that nearly did. */
export interface Matched {
  readonly table: string
  readonly row: string
  readonly at?: ConfigLine
  readonly object?: ObjectRef
  readonly considered?: readonly { readonly row: string; readonly failed: string }[]
}

/** A connection as the program's getsockname(), getpeername() and PROXY header tell it. */
export interface Accepted {
  readonly local: Ip
  readonly localPort: number
  readonly peer: Ip
  readonly peerPort: number
  /** Set once it has been read: whom the header names. */
  readonly proxied?: ProxyHeader
  /** Set once a ClientHello has been answered. */
  readonly tls?: Terminated
  readonly moment: Moment
}

/** The PROXY protocol (haproxy/doc/proxy-protocol.txt): v1 is a line of text, v2 binary. */
export interface ProxyHeader {
  readonly version: 1 | 2
  readonly source: Ip
  readonly sourcePort: number
  readonly destination: Ip
  readonly destinationPort: number
}

/** When it happens, what the program remembers of earlier connections, and whom to ask for a random number. */
export interface Moment {
  /** Seconds since the simulation began. */
  readonly now: number
  readonly memory: Memory
  readonly choose: Choose
  /** Asks a target after its health, and says why it is not well. Only where a balancer outside runs, and only when a request has come. */
  readonly check?: (check: HealthCheck) => string | undefined
}

/** A GET that a balancer makes for itself. */
export interface HealthCheck {
  readonly address: Ip
  readonly port: number
  readonly tls: boolean
  readonly path: string
  readonly host: string
  /** `200`, `200-399`, `200,202`. */
  readonly statuses: string
  /** Seconds. */
  readonly timeout: number
}

/** Counters of balancers, sticky tables: what a program keeps in its process, by keys of its own. It is lost with the pod. */
export type Memory = ReadonlyMap<string, number | string>
/** What it wants to keep; undefined forgets. */
export type Remember = readonly (readonly [key: string, value: number | string | undefined])[]

export type Acceptance =
  | {
      readonly kind: 'http'
      readonly proxyHeader?: ProxyHeaderUse
      readonly versions?: readonly HttpVersion[]
      readonly keepAlive?: number
    }
  /** `plain`: its answer to who speaks HTTP without TLS; absent: it closes the connection. */
  | { readonly kind: 'tls'; readonly proxyHeader?: ProxyHeaderUse; readonly plain?: HttpResponse }
  /** Bytes are passed on as they come. */
  | (StreamDecision & { readonly kind: 'proxy'; readonly proxyHeader?: ProxyHeaderUse })
  /** A server that takes the connection and speaks another language than HTTP; it answers bytes by bytes. */
  | { readonly kind: 'bytes' }
  | { readonly kind: 'close'; readonly reset?: boolean; readonly why: string; readonly matched?: readonly Matched[] }

/** Whether it reads a PROXY header before anything else; `ignored`: it takes one from anybody, and believes nothing that it says. */
export type ProxyHeaderUse = 'required' | 'optional' | 'ignored'

/** RFC 8446, 4.1.2, as far as it decides anything. */
export interface ClientHello {
  readonly serverName?: string
  readonly alpn: readonly string[]
}

export interface Certificate {
  /** Common name of the subject, and of who signed it. */
  readonly subject: string
  readonly issuer: string
  /** Both names in full, `O=Acme Co; CN=a.example`, where they hold more than a common name. */
  readonly distinguished?: { readonly subject: string; readonly issuer: string }
  /** dNSName and iPAddress entries of subjectAltName. */
  readonly names: readonly string[]
  /** Where it came from; absent for one that the program made up itself. */
  readonly secret?: ObjectRef
}

export type HelloDecision =
  | {
      readonly kind: 'terminate'
      readonly certificate: Certificate
      /** Protocols that the server would speak, best first; the first that the client offered too is taken. */
      readonly alpn: readonly string[]
      readonly versions?: readonly HttpVersion[]
      readonly matched?: readonly Matched[]
      /** Terminated TLS whose bytes are passed on, whatever they are. */
      readonly stream?: StreamDecision
    }
  /** To the upstream as it came. */
  | (StreamDecision & { readonly kind: 'passthrough' })
  | {
      readonly kind: 'alert'
      readonly description: 'unrecognized_name' | 'handshake_failure' | 'no_application_protocol' | 'internal_error'
      readonly matched?: readonly Matched[]
    }

export interface Terminated {
  readonly serverName?: string
  readonly alpn?: string
  readonly certificate: Certificate
}

/** Whom to connect to, and how. */
export interface Dial {
  readonly address: Ip
  readonly port: number
  /** The upstream's name in the program's configuration. */
  readonly upstream: string
  readonly tls?: { readonly serverName?: string; readonly alpn?: readonly string[] }
  readonly proxyHeader?: 1 | 2
  /** HTTP version that is spoken to it; '1.1' when absent. */
  readonly version?: HttpVersion
  /** Seconds; absent: as the kernel does (a connect gives up after its SYN retries). */
  readonly connectTimeout?: number
  /** Seconds without a byte of the answer. */
  readonly readTimeout?: number
  /** Seconds that an upgraded connection, or one whose bytes are passed on, may be silent; absent: as long as the answer, or for ever. */
  readonly idleTimeout?: number
  /** Connections to equal dials with the same key are used again for later requests. Absent: closed after the answer. */
  readonly keepAlive?: string
}

/** How the endpoint was chosen. */
export interface Balance {
  /** In the program's own word: `round_robin`, `ewma`, `wrr`, `leastconn`, `cookie`. */
  readonly algorithm: string
  readonly upstream: string
  readonly endpoints: readonly {
    readonly address: string
    readonly weight?: number
    readonly state?: string
    readonly object?: ObjectRef
  }[]
  /** Index into `endpoints`. */
  readonly chosen: number
  readonly why?: string
}

/** One request on a connection that the program accepted. */
export interface Exchange {
  readonly request: HttpRequest
  readonly connection: Accepted
  /** Upstreams that were dialled for this request without success, in order. */
  readonly tried: readonly Failure[]
}

export interface Stream {
  readonly connection: Accepted
  readonly hello?: ClientHello
  readonly tried: readonly Failure[]
}

export interface Failure {
  readonly dial: Dial
  /** `refused`: RST; `unreachable`: an ICMP error; `timeout` while connecting; `read-timeout`, `reset` and `closed` after the request was sent; `tls`: a handshake that failed. */
  readonly kind: 'refused' | 'unreachable' | 'timeout' | 'read-timeout' | 'reset' | 'closed' | 'tls'
  /** Seconds that it took. */
  readonly after: number
  /** An answer with which the program was not content (`Passed.retry`). */
  readonly response?: HttpResponse
}

export type Decision = RespondDecision | ProxyDecision | CloseDecision

interface Decided {
  readonly matched: readonly Matched[]
  readonly remember?: Remember
  /** What the program would write into its error log. */
  readonly log?: readonly LogLine[]
}

export interface RespondDecision extends Decided {
  readonly kind: 'respond'
  readonly response: HttpResponse
  /** Why it answers itself, in a word: `redirect`, `no-route`, `no-endpoints`, `denied`, `server`, `upstream-refused`, `upstream-timeout`. */
  readonly why: string
}

export interface ProxyDecision extends Decided {
  readonly kind: 'proxy'
  readonly to: Dial
  /** The request as it is sent on. */
  readonly request: HttpRequest
  readonly balance?: Balance
  /** Copies whose answers nobody reads. */
  readonly mirrors?: readonly { readonly to: Dial; readonly request: HttpRequest }[]
}

export interface CloseDecision extends Decided {
  readonly kind: 'close'
  readonly why: string
}

/** A connection whose bytes are passed on to another one. */
export type StreamDecision = {
  readonly to: Dial | undefined
  /** Why nobody is dialled, where `to` is undefined. */
  readonly why?: string
  readonly matched?: readonly Matched[]
  readonly balance?: Balance
  readonly remember?: Remember
  readonly log?: readonly LogLine[]
}

/** Where datagrams of one client (address and port) go while they come often enough. */
export type DatagramDecision = StreamDecision & {
  /** Seconds without one until the session is over. */
  readonly idle: number
  /** Answers after which it is over; absent: they are not counted. */
  readonly responses?: number
}

/** An answer passed on, with something to remember; or one that is not, since the program tries another upstream. */
export interface Passed {
  readonly response: HttpResponse
  readonly remember?: Remember
  readonly retry?: boolean
}
