/** Kong's entities as its ingress controller makes them (declarative configuration, format 3.0). */
import type { UpstreamEndpoint } from '../ingress/backend.ts'
import type { Certificate, LogLine, ObjectRef } from '../program.ts'

export interface Upstream {
  /** `service.namespace.port.svc`, which is the host of its Kong service. */
  readonly name: string
  readonly targets: readonly UpstreamEndpoint[]
  readonly protocol: 'http' | 'https' | 'grpc' | 'grpcs'
  /** Before the path of what is asked. */
  readonly path: string
  /** The name that servers are asked for, where the route keeps no name of its own. */
  readonly hostHeader: string
  /** Seconds. */
  readonly connectTimeout: number
  readonly readTimeout: number
  readonly retries: number
  readonly plugins: readonly Plugin[]
  readonly object: ObjectRef
}

export interface Path {
  readonly regex: boolean
  readonly value: string
}

export interface Route {
  readonly name: string
  /** None: any. */
  readonly hosts: readonly string[]
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly path: Path
  readonly stripPath: boolean
  readonly preserveHost: boolean
  readonly protocols: readonly string[]
  readonly redirectStatus: number
  readonly methods: readonly string[]
  readonly regexPriority: number
  readonly upstream: string
  readonly plugins: readonly Plugin[]
  readonly object: ObjectRef
}

/** A plugin of Kong with its configuration, as its object gives it. */
export interface Plugin {
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly object: ObjectRef
}

/** Who may be behind a request, and by what he is known. */
export interface Consumer {
  readonly username: string
  readonly customId: string
  readonly keys: ReadonlySet<string>
  /** Passwords by user name. */
  readonly basic: ReadonlyMap<string, string>
  readonly plugins: readonly Plugin[]
  readonly object: ObjectRef
}

export interface Model {
  /** In the order in which they are tried. */
  readonly routes: readonly Route[]
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly globals: readonly Plugin[]
  readonly consumers: readonly Consumer[]
  readonly certificates: readonly { readonly host: string; readonly certificate: Certificate }[]
  readonly log: readonly LogLine[]
}
