/** The controller's own picture of what nginx should do (pkg/apis/ingress/types.go): servers with locations, and upstreams that they name. */
import type { Ingress, PathType } from '../../api/ingress.ts'
import type { Ip } from '../../net/ip.ts'
import type { UpstreamEndpoint } from '../ingress/backend.ts'
import type { Certificate, LogLine, ObjectRef } from '../program.ts'
import type { Affinity, Annotations, Canary } from './annotations.ts'

export const DEFAULT_UPSTREAM = 'upstream-default-backend'
/** Before namespace and name of a Service that stands in for one without endpoints. */
export const CUSTOM_DEFAULT = 'custom-default-backend-'
/** Where files of users lie. */
export const AUTH_FILES = '/etc/ingress-controller/auth'
/** The catch-all server. */
export const DEFAULT_SERVER = '_'

export interface Upstream {
  /** `namespace-service-port`. */
  readonly name: string
  readonly service: ObjectRef | undefined
  readonly port: string
  endpoints: readonly UpstreamEndpoint[]
  readonly algorithm: string
  readonly hashBy: string
  affinity: Affinity | undefined
  /** Location paths per host that set the affinity cookie. */
  readonly cookieLocations: Map<string, string[]>
  /** A canary's: no location has it, another upstream sends it its share. */
  noServer: boolean
  readonly canary: Canary | undefined
  readonly alternatives: string[]
}

export interface Location {
  path: string
  pathType: PathType
  /** As the Ingress has it. */
  ingressPath: string
  backend: string
  isDefault: boolean
  ingress: Ingress | undefined
  /** Where it stands in the Ingress. */
  field: string
  service: string
  port: string
  annotations: Annotations
}

export interface Server {
  readonly hostname: string
  locations: Location[]
  certificate: ServerCertificate | undefined
  passthrough: boolean
  aliases: readonly string[]
}

export interface ServerCertificate {
  readonly certificate: Certificate
  /** `namespace-name`, as the file is called; the fake one of the controller's own making otherwise. */
  readonly name: string
}

export interface StreamService {
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  /** `tcp-namespace-service-port`. */
  readonly name: string
  readonly object: ObjectRef
  readonly endpoints: readonly UpstreamEndpoint[]
  readonly decode: boolean
  readonly encode: boolean
}

export interface PassthroughBackend {
  readonly hostname: string
  readonly address: Ip
  readonly port: number
  readonly upstream: string
  readonly object: ObjectRef
}

export interface Model {
  readonly servers: readonly Server[]
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly streams: readonly StreamService[]
  readonly passthrough: readonly PassthroughBackend[]
  readonly defaultCertificate: ServerCertificate
  readonly log: readonly LogLine[]
}

/** What the controller writes of itself while it translates. */
export class Log {
  readonly lines: LogLine[] = []
  readonly #said = new Set<string>()

  warn(text: string, object?: ObjectRef): void {
    this.#add('warning', text, object)
  }

  error(text: string, object?: ObjectRef): void {
    this.#add('error', text, object)
  }

  /** Each sentence once, however many Ingresses give cause for it. */
  #add(level: LogLine['level'], text: string, object: ObjectRef | undefined): void {
    if (this.#said.has(text)) return
    this.#said.add(text)
    this.lines.push({ level, text, ...(object && { object }) })
  }
}

export const refOfIngress = ({ metadata }: Ingress, field?: string): ObjectRef => ({
  kind: 'Ingress',
  namespace: metadata.namespace ?? 'default',
  name: metadata.name,
  ...(field !== undefined && { field }),
})

/** A target that is the path itself rewrites nothing. */
export const needsRewrite = ({ annotations, path }: Location): boolean =>
  annotations.rewriteTarget !== '' && annotations.rewriteTarget !== path
