/** Kong's entities as its ingress controller makes them (declarative configuration, format 3.0). */
import type { UpstreamEndpoint } from '../ingress/backend.ts'
import type { Certificate, LogLine, ObjectRef } from '../program.ts'

export interface Upstream {
  /** `service.namespace.port.svc`, which is the host of its Kong service. */
  readonly name: string
  readonly targets: readonly UpstreamEndpoint[]
  readonly protocol: 'http' | 'https' | 'grpc' | 'grpcs'
  readonly object: ObjectRef
}

export interface Path {
  readonly regex: boolean
  readonly value: string
}

export interface Route {
  readonly name: string
  readonly host: string
  readonly path: Path
  readonly stripPath: boolean
  readonly preserveHost: boolean
  readonly protocols: readonly string[]
  readonly redirectStatus: number
  readonly methods: readonly string[]
  readonly regexPriority: number
  readonly upstream: string
  readonly object: ObjectRef
}

export interface Model {
  /** In the order in which they are tried. */
  readonly routes: readonly Route[]
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly certificates: readonly { readonly host: string; readonly certificate: Certificate }[]
  readonly log: readonly LogLine[]
}
