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

export interface RouteAction {
  readonly kind: 'route'
  readonly clusters: readonly WeightedCluster[]
  readonly prefixRewrite?: string
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
}

export type Action = RouteAction | RedirectAction | { readonly kind: 'direct'; readonly status: number; readonly body: string }

export interface Route {
  readonly path: PathMatch
  readonly headers: readonly ValueMatch[]
  readonly query: readonly ValueMatch[]
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

export interface Model {
  readonly http: readonly VirtualHost[]
  readonly https: readonly SecureHost[]
  readonly streams: readonly StreamHost[]
  readonly clusters: ReadonlyMap<string, Cluster>
  readonly log: readonly LogLine[]
}
