/** Traefik's dynamic configuration (pkg/config/dynamic, v3), as far as it is simulated: routers whose rules match, middlewares in order, services that balance. */
import type { CorsFilter, HeaderModifier, RequestRedirect } from '../../api/gateway.ts'
import type { StickyConfig, TraefikMiddlewareSpec } from '../../api/traefik.ts'
import type { Certificate, LogLine, ObjectRef } from '../program.ts'

export interface Router {
  /** With the provider's name: `default-web-…@kubernetes`. */
  readonly name: string
  readonly rule: string
  /** `v1`: the language of Traefik 1, `Host:a;PathPrefix:/b`. */
  readonly syntax: 'v1' | 'v2' | 'v3'
  /** Absent: as the provider gives none, by the length of the rule. */
  readonly priority?: number
  /** Empty: the default ones. */
  readonly entryPoints: readonly string[]
  readonly middlewares: readonly string[]
  readonly service: string
  readonly tls: boolean
  /** Of v1, where a router was a frontend. */
  readonly frontend?: Frontend
  readonly object?: ObjectRef
}

/** What v1 says of a frontend beyond its rule. */
export interface Frontend {
  readonly routes: readonly { readonly name: string; readonly rule: string }[]
  /** As stated; 0 where nobody did. */
  readonly priority: number
  readonly passHostHeader: boolean
  /** Of its own, before what its rules do to a request. */
  readonly middlewares: readonly MiddlewareConfig[]
}

export interface Server {
  readonly url: string
  /** Whom a handshake asks for; absent: nobody. */
  readonly serverName?: string
  /** Absent: 1. */
  readonly weight?: number
  readonly object?: ObjectRef
  /** Terminating, yet serving: only who is stuck to it still gets there. */
  readonly fenced?: boolean
}

export type Service =
  | {
      readonly kind: 'loadBalancer'
      readonly name: string
      readonly servers: readonly Server[]
      readonly sticky?: StickyConfig
      readonly passHostHeader: boolean
      readonly middlewares: readonly string[]
      readonly object?: ObjectRef
    }
  | {
      readonly kind: 'weighted'
      readonly name: string
      readonly services: readonly {
        readonly name: string
        readonly weight: number
        readonly status?: number
        readonly grpcStatus?: { readonly code: number; readonly message: string }
      }[]
      readonly sticky?: StickyConfig
      readonly object?: ObjectRef
    }
  | {
      readonly kind: 'mirroring'
      readonly name: string
      readonly service: string
      readonly mirrors: readonly { readonly name: string; readonly percent: number }[]
      readonly object?: ObjectRef
    }
  | { readonly kind: 'internal'; readonly name: string }

/** What the Gateway API's filters become, and the CRD's middlewares. */
export interface MiddlewareConfig extends TraefikMiddlewareSpec {
  readonly requestHeaderModifier?: HeaderModifier
  readonly responseHeaderModifier?: HeaderModifier
  readonly requestRedirect?: RequestRedirect & { readonly pathPrefix?: string }
  readonly urlRewrite?: { readonly hostname?: string; readonly path?: string; readonly pathPrefix?: string }
  readonly cors?: CorsFilter
  /** v1: to an entry point, with its scheme and port. */
  readonly toEntryPoint?: { readonly name: string; readonly permanent: boolean }
}

export interface Middleware {
  readonly name: string
  readonly config: MiddlewareConfig
  readonly object?: ObjectRef
}

/** What connections or datagrams are passed on to. */
export interface PortService {
  readonly name: string
  readonly weight: number
  readonly servers: readonly Server[]
  readonly proxyHeader?: 1 | 2
}

/** A router of connections. Without TLS there is no server name to go by. */
export interface TcpRouter {
  readonly name: string
  readonly rule: string
  /** Absent: the length of the rule. */
  readonly priority?: number
  /** Empty: the default ones. */
  readonly entryPoints: readonly string[]
  readonly tls: boolean
  readonly passthrough: boolean
  readonly services: readonly PortService[]
  readonly object?: ObjectRef
}

/** All datagrams of its entry points. */
export interface UdpRouter {
  readonly name: string
  readonly entryPoints: readonly string[]
  readonly services: readonly PortService[]
  readonly object?: ObjectRef
}

export interface Dynamic {
  readonly routers: ReadonlyMap<string, Router>
  readonly services: ReadonlyMap<string, Service>
  readonly middlewares: ReadonlyMap<string, Middleware>
  readonly tcpRouters: readonly TcpRouter[]
  readonly udpRouters: readonly UdpRouter[]
  readonly certificates: readonly Certificate[]
  /** Absent: one of its own making. */
  readonly defaultCertificate?: Certificate
  readonly log: readonly LogLine[]
}

/** A configuration while it is made. */
export class Building {
  readonly routers = new Map<string, Router>()
  readonly services = new Map<string, Service>()
  readonly middlewares = new Map<string, Middleware>()
  readonly tcpRouters: TcpRouter[] = []
  readonly udpRouters: UdpRouter[] = []
  readonly certificates = new Map<string, Certificate>()
  readonly log: LogLine[] = []
  /** Pairs as the provider passes them on, before anybody looks into them. */
  readonly pairs = new Set<string>()

  error(text: string, object?: ObjectRef): void {
    if (!this.log.some((line) => line.text === text)) this.log.push({ level: 'error', text, ...(object && { object }) })
  }

  warn(text: string, object?: ObjectRef): void {
    if (!this.log.some((line) => line.text === text)) this.log.push({ level: 'warning', text, ...(object && { object }) })
  }

  get certificateCount(): number {
    return this.pairs.size
  }

  get value(): Dynamic {
    const { routers, services, middlewares, tcpRouters, udpRouters, certificates, log } = this
    return { routers, services, middlewares, tcpRouters, udpRouters, certificates: [...certificates.values()], log }
  }
}

/** Letters and digits with single hyphens between them (pkg/provider Normalize). */
export const normalize = (text: string): string =>
  text
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .join('-')

/** As Go prints a string with %q, for what hosts and paths hold. */
export const quoted = (text: string): string => JSON.stringify(text)
