/** What haproxy.cfg and its maps will say: backends, and routes that lead to them by host and path. */
import type { UpstreamEndpoint } from '../ingress/backend.ts'
import type { Certificate, LogLine, ObjectRef } from '../program.ts'

export interface Backend {
  /** `namespace_svc_service_port`. */
  readonly name: string
  readonly tcp: boolean
  readonly service: ObjectRef
  /** `roundrobin`, `leastconn`, `hdr(X-User)`. */
  readonly balance: string
  readonly cookie: string
  readonly servers: readonly UpstreamEndpoint[]
  /** Places for servers in the file; endpoints come and go in them without a reload. */
  readonly slots: number
  readonly ssl: boolean
  readonly http2: boolean
  readonly proxyHeader: 1 | 2 | undefined
  readonly forwardedFor: boolean
  readonly timeoutServer: number
}

/** What an Ingress' annotations add to its routes: a line of the frontend, conditioned on the rule's id behind the backend's name in the maps. */
export type Rule = { readonly id: string; readonly text: string; readonly frontends: readonly ('http' | 'https')[] } & (
  | { readonly kind: 'deny'; readonly prefixes: readonly string[]; readonly unless: boolean }
  | { readonly kind: 'ssl-redirect'; readonly code: number; readonly port: number }
  | { readonly kind: 'redirect'; readonly code: number; readonly host: string }
  | { readonly kind: 'rewrite'; readonly match: string; readonly format: string }
  | { readonly kind: 'set-host'; readonly value: string }
  | { readonly kind: 'request-header' | 'response-header'; readonly name: string; readonly value: string }
)

export type MapName = 'path-exact' | 'path-prefix-exact' | 'path-prefix'

export interface Route {
  readonly map: MapName
  /** Host and path in one: `a.com/foo`, `.b.com/`, `/`. */
  readonly key: string
  readonly backend: string
  readonly rules: readonly Rule[]
  readonly object: ObjectRef
}

/** A port whose connections go to one backend, whatever they say (`--configmap-tcp-services`). */
export interface TcpService {
  /** `tcp-5432`. */
  readonly name: string
  readonly port: number
  /** Undefined where its Service is not to be had: the port is bound, and connections are closed. */
  readonly backend: string | undefined
  /** TLS is terminated here. */
  readonly ssl: boolean
  readonly object: ObjectRef
}

export interface Model {
  readonly backends: ReadonlyMap<string, Backend>
  readonly hosts: readonly string[]
  readonly routes: readonly Route[]
  /** Hosts whose TLS passes through, and the backend of each. */
  readonly sni: ReadonlyMap<string, Route>
  /** Undefined: the controller's own, which answers 404. */
  readonly defaultBackend: string | undefined
  readonly tcp: readonly TcpService[]
  readonly certificates: readonly { readonly file: string; readonly certificate: Certificate }[]
  readonly log: readonly LogLine[]
}

/** The server inside the controller that answers where no route leads. */
export const LOCAL_DEFAULT = 'haproxy-controller_default-local-service_http'
export const LOCAL_PORT = 6061
