import type { IntOrString, ObjectMeta } from './meta.ts'

/** traefik.io/v1alpha1 (Traefik v3; v2 called the group traefik.containo.us), as far as anything here reads it. */
export interface IngressRoute {
  readonly apiVersion: 'traefik.io/v1alpha1'
  readonly kind: 'IngressRoute'
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly entryPoints?: readonly string[]
    readonly routes: readonly TraefikRoute[]
    readonly tls?: { readonly secretName?: string; readonly options?: { readonly name: string; readonly namespace?: string } }
  }
}

export interface TraefikRoute {
  readonly kind?: string
  /** A rule of Traefik's own language. */
  readonly match: string
  readonly priority?: number
  readonly syntax?: string
  readonly services?: readonly TraefikServiceRef[]
  readonly middlewares?: readonly { readonly name: string; readonly namespace?: string }[]
}

export interface TraefikServiceRef {
  readonly kind?: 'Service' | 'TraefikService'
  readonly name: string
  readonly namespace?: string
  readonly port?: IntOrString
  readonly scheme?: string
  readonly weight?: number
  readonly passHostHeader?: boolean
  readonly sticky?: StickyConfig
  readonly nativeLB?: boolean
}

/** Connections by their server name or their client; `HostSNI(`*`)` is every one, and the only one that those without TLS can have. */
export interface IngressRouteTCP {
  readonly apiVersion: 'traefik.io/v1alpha1'
  readonly kind: 'IngressRouteTCP'
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly entryPoints?: readonly string[]
    readonly routes: readonly {
      readonly match: string
      readonly priority?: number
      readonly syntax?: string
      readonly services?: readonly TraefikPortServiceRef[]
    }[]
    readonly tls?: { readonly secretName?: string; readonly passthrough?: boolean }
  }
}

/** Datagrams of an entry point; there is nothing to match. */
export interface IngressRouteUDP {
  readonly apiVersion: 'traefik.io/v1alpha1'
  readonly kind: 'IngressRouteUDP'
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly entryPoints?: readonly string[]
    readonly routes: readonly { readonly services?: readonly TraefikPortServiceRef[] }[]
  }
}

export interface TraefikPortServiceRef {
  readonly name: string
  readonly namespace?: string
  readonly port: IntOrString
  readonly weight?: number
  readonly nativeLB?: boolean
  readonly proxyProtocol?: { readonly version?: number }
}

export interface StickyConfig {
  readonly cookie?: {
    readonly name?: string
    readonly secure?: boolean
    readonly httpOnly?: boolean
    readonly sameSite?: string
    readonly maxAge?: number
    readonly path?: string
    readonly domain?: string
  }
}

/** One field names what it does. */
export interface TraefikMiddleware {
  readonly apiVersion: 'traefik.io/v1alpha1'
  readonly kind: 'Middleware'
  readonly metadata: ObjectMeta
  readonly spec?: TraefikMiddlewareSpec
}

export interface TraefikMiddlewareSpec {
  readonly addPrefix?: { readonly prefix?: string }
  readonly stripPrefix?: { readonly prefixes?: readonly string[]; readonly forceSlash?: boolean }
  readonly stripPrefixRegex?: { readonly regex?: readonly string[] }
  readonly replacePath?: { readonly path?: string }
  readonly replacePathRegex?: { readonly regex?: string; readonly replacement?: string }
  readonly redirectScheme?: { readonly scheme?: string; readonly port?: string; readonly permanent?: boolean }
  readonly redirectRegex?: { readonly regex?: string; readonly replacement?: string; readonly permanent?: boolean }
  readonly headers?: {
    readonly customRequestHeaders?: Readonly<Record<string, string>>
    readonly customResponseHeaders?: Readonly<Record<string, string>>
  } & Readonly<Record<string, unknown>>
  readonly ipAllowList?: { readonly sourceRange?: readonly string[]; readonly rejectStatusCode?: number; readonly ipStrategy?: unknown }
  readonly ipWhiteList?: { readonly sourceRange?: readonly string[] }
  readonly chain?: { readonly middlewares?: readonly { readonly name: string; readonly namespace?: string }[] }
}

export interface TraefikService {
  readonly apiVersion: 'traefik.io/v1alpha1'
  readonly kind: 'TraefikService'
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly weighted?: { readonly services?: readonly TraefikServiceRef[]; readonly sticky?: StickyConfig }
    readonly mirroring?: TraefikServiceRef & { readonly mirrors?: readonly (TraefikServiceRef & { readonly percent?: number })[] }
  }
}
