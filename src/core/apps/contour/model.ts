/** What Contour tells Envoy over xDS, in Envoy's own terms: listeners' virtual hosts with routes in order, clusters, and the endpoints of each. */
import type { UpstreamEndpoint } from '../ingress/backend.ts'
import type { Certificate, LogLine, ObjectRef } from '../program.ts'

/** `prefix` goes letter by letter, `segment` (path_separated_prefix) by elements between slashes; a regular expression has to match the whole path. */
export interface PathMatch {
  readonly kind: 'prefix' | 'segment' | 'exact' | 'regex'
  readonly value: string
}

/** Of a header or a query parameter. */
export interface ValueMatch {
  readonly name: string
  readonly kind: 'present' | 'exact' | 'contains' | 'prefix' | 'suffix' | 'regex'
  readonly value: string
  readonly invert: boolean
  readonly ignoreCase: boolean
  /** A negative match that holds where the header is missing too. */
  readonly missingIsEmpty?: boolean
}

export interface HeaderChange {
  readonly set: readonly (readonly [name: string, value: string])[]
  /** Behind what a header has already. */
  readonly add?: readonly (readonly [name: string, value: string])[]
  readonly remove: readonly string[]
}

export interface WeightedCluster {
  readonly cluster: string
  readonly weight: number
  readonly requestHeaders?: HeaderChange
  readonly responseHeaders?: HeaderChange
}

export interface Retry {
  readonly on: readonly string[]
  readonly count: number
}

/** What fits a pattern in the path is replaced; so Contour replaces whole paths, and removes prefixes without leaving two slashes. */
export interface RegexRewrite {
  readonly pattern: string
  readonly substitution: string
}

export interface RouteAction {
  readonly kind: 'route'
  readonly clusters: readonly WeightedCluster[]
  readonly prefixRewrite?: string
  readonly regexRewrite?: RegexRewrite
  readonly hostRewrite?: string
  /** Seconds for the whole answer; 0: no limit. */
  readonly timeout: number
  readonly websocket: boolean
  readonly mirrors: readonly string[]
  readonly retry?: Retry
}

export interface RedirectAction {
  readonly kind: 'redirect'
  readonly status: number
  readonly scheme?: string
  readonly host?: string
  readonly port?: number
  readonly path?: string
  readonly prefix?: string
  readonly regexRewrite?: RegexRewrite
}

export type Action = RouteAction | RedirectAction | { readonly kind: 'direct'; readonly status: number; readonly body: string }

export interface Route {
  readonly path: PathMatch
  readonly headers: readonly ValueMatch[]
  readonly query: readonly ValueMatch[]
  /** Among routes whose conditions are as many, the lower comes first. Absent: 0. */
  readonly priority?: number
  readonly action: Action
  readonly requestHeaders?: HeaderChange
  readonly responseHeaders?: HeaderChange
  /** Who may come (true) or may not (false). */
  readonly sources?: { readonly allow: boolean; readonly prefixes: readonly string[]; readonly remote: boolean }
  readonly object: ObjectRef
}

export interface VirtualHost {
  /** `foo.com`, `*.foo.com`, `*`. */
  readonly name: string
  readonly routes: readonly Route[]
}

export interface SecureHost extends VirtualHost {
  readonly certificate: Certificate
}

/** TLS that passes as it came, or is terminated and its bytes passed on. */
export interface StreamHost {
  readonly name: string
  readonly clusters: readonly WeightedCluster[]
  readonly certificate?: Certificate
  readonly object: ObjectRef
}

export type LbPolicy = 'ROUND_ROBIN' | 'LEAST_REQUEST' | 'RANDOM' | 'RING_HASH'

/** What a ring is hashed by, in order. */
export interface HashPolicy {
  readonly kind: 'header' | 'query' | 'cookie' | 'source'
  readonly name: string
  readonly terminal: boolean
}

export interface Cluster {
  /** `namespace/service/port/digest of its options`. */
  readonly name: string
  /** Its ClusterLoadAssignment: `namespace/service/port name`. */
  readonly serviceName: string
  readonly endpoints: readonly UpstreamEndpoint[]
  readonly lbPolicy: LbPolicy
  readonly hash: readonly HashPolicy[]
  readonly protocol: 'http' | 'tls' | 'h2' | 'h2c'
  readonly object: ObjectRef
}

/** One socket of Envoy and what it serves: requests, or TLS by server name, or all of its connections as they come. */
export interface EnvoyListener {
  /** `ingress_http`; `https-443` for the listeners of a Gateway on that port. */
  readonly name: string
  readonly port: number
  /** Its route configuration; those of virtual hosts with TLS have their name behind it. */
  readonly config: string
  /** What ids of rows begin with. */
  readonly prefix: string
  /** Whether every route may be upgraded to a WebSocket, not only those that say so. */
  readonly websockets: boolean
  readonly hosts: readonly VirtualHost[]
  readonly secure: readonly SecureHost[]
  readonly streams: readonly StreamHost[]
  readonly proxy?: StreamHost
}

export interface Model {
  /** Without those that serve nothing: Envoy does not bind them. */
  readonly listeners: readonly EnvoyListener[]
  readonly clusters: ReadonlyMap<string, Cluster>
  readonly log: readonly LogLine[]
}
