import type { LabelSelector, ObjectMeta } from './meta.ts'

/** gateway.networking.k8s.io (v1, TLSRoute and ReferenceGrant as their last beta), as far as anything here reads it. */
export const GATEWAY_GROUP = 'gateway.networking.k8s.io'

export interface GatewayClass {
  readonly apiVersion: 'gateway.networking.k8s.io/v1'
  readonly kind: 'GatewayClass'
  readonly metadata: ObjectMeta
  readonly spec: { readonly controllerName: string; readonly parametersRef?: Reference }
  readonly status?: { readonly conditions?: readonly Condition[] }
}

export interface Gateway {
  readonly apiVersion: 'gateway.networking.k8s.io/v1'
  readonly kind: 'Gateway'
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly gatewayClassName: string
    readonly listeners: readonly GatewayListener[]
    readonly addresses?: readonly GatewayAddress[]
  }
  readonly status?: GatewayStatus
}

export interface GatewayAddress {
  readonly type?: string
  readonly value?: string
}

export type ListenerProtocol = 'HTTP' | 'HTTPS' | 'TLS' | 'TCP' | 'UDP'

export interface GatewayListener {
  readonly name: string
  readonly hostname?: string
  readonly port: number
  readonly protocol: string
  readonly tls?: { readonly mode?: 'Terminate' | 'Passthrough'; readonly certificateRefs?: readonly SecretReference[] }
  readonly allowedRoutes?: {
    readonly namespaces?: { readonly from?: 'All' | 'Same' | 'Selector' | 'None'; readonly selector?: LabelSelector }
    readonly kinds?: readonly RouteKind[]
  }
}

export interface RouteKind {
  readonly group?: string
  readonly kind: string
}

export interface SecretReference extends Reference {
  readonly kind?: string
}

export interface Reference {
  readonly group?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name: string
}

export interface GatewayStatus {
  readonly addresses?: readonly GatewayAddress[]
  readonly conditions?: readonly Condition[]
  readonly listeners?: readonly ListenerStatus[]
}

export interface ListenerStatus {
  readonly name: string
  readonly attachedRoutes: number
  readonly supportedKinds: readonly RouteKind[]
  readonly conditions: readonly Condition[]
}

/** metav1.Condition without the time: there is no clock. */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  readonly observedGeneration?: number
}

export interface ParentReference extends Reference {
  readonly sectionName?: string
  readonly port?: number
}

export interface BackendRef extends Reference {
  readonly port?: number
  readonly weight?: number
  readonly filters?: readonly RouteFilter[]
}

export interface RouteStatus {
  readonly parents: readonly {
    readonly parentRef: ParentReference
    readonly controllerName: string
    readonly conditions: readonly Condition[]
  }[]
}

export interface HTTPRoute {
  readonly apiVersion: 'gateway.networking.k8s.io/v1'
  readonly kind: 'HTTPRoute'
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly parentRefs?: readonly ParentReference[]
    readonly hostnames?: readonly string[]
    readonly rules?: readonly HTTPRouteRule[]
  }
  readonly status?: RouteStatus
}

export interface HTTPRouteRule {
  readonly name?: string
  readonly matches?: readonly HTTPRouteMatch[]
  readonly filters?: readonly RouteFilter[]
  readonly backendRefs?: readonly BackendRef[]
  readonly timeouts?: { readonly request?: string; readonly backendRequest?: string }
  readonly retry?: unknown
  readonly sessionPersistence?: unknown
}

export interface HTTPRouteMatch {
  readonly path?: { readonly type?: 'Exact' | 'PathPrefix' | 'RegularExpression'; readonly value?: string }
  readonly headers?: readonly NamedMatch[]
  readonly queryParams?: readonly NamedMatch[]
  readonly method?: string
}

export interface NamedMatch {
  readonly type?: 'Exact' | 'RegularExpression'
  readonly name: string
  readonly value: string
}

export interface GRPCRoute {
  readonly apiVersion: 'gateway.networking.k8s.io/v1'
  readonly kind: 'GRPCRoute'
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly parentRefs?: readonly ParentReference[]
    readonly hostnames?: readonly string[]
    readonly rules?: readonly GRPCRouteRule[]
  }
  readonly status?: RouteStatus
}

export interface GRPCRouteRule {
  readonly name?: string
  readonly matches?: readonly GRPCRouteMatch[]
  readonly filters?: readonly RouteFilter[]
  readonly backendRefs?: readonly BackendRef[]
}

export interface GRPCRouteMatch {
  readonly method?: { readonly type?: 'Exact' | 'RegularExpression'; readonly service?: string; readonly method?: string }
  readonly headers?: readonly NamedMatch[]
}

export interface TLSRoute {
  readonly apiVersion: 'gateway.networking.k8s.io/v1'
  readonly kind: 'TLSRoute'
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly parentRefs?: readonly ParentReference[]
    readonly hostnames?: readonly string[]
    readonly rules: readonly { readonly name?: string; readonly backendRefs?: readonly BackendRef[] }[]
  }
  readonly status?: RouteStatus
}

/** A port's connections: the rules have no matches. */
export interface TCPRoute {
  readonly apiVersion: 'gateway.networking.k8s.io/v1alpha2'
  readonly kind: 'TCPRoute'
  readonly metadata: ObjectMeta
  readonly spec: PortRouteSpec
  readonly status?: RouteStatus
}

/** A port's datagrams. */
export interface UDPRoute {
  readonly apiVersion: 'gateway.networking.k8s.io/v1alpha2'
  readonly kind: 'UDPRoute'
  readonly metadata: ObjectMeta
  readonly spec: PortRouteSpec
  readonly status?: RouteStatus
}

export interface PortRouteSpec {
  readonly parentRefs?: readonly ParentReference[]
  /** They have none. */
  readonly hostnames?: never
  readonly rules: readonly { readonly name?: string; readonly backendRefs?: readonly BackendRef[] }[]
}

export type GatewayRoute = HTTPRoute | GRPCRoute | TLSRoute | TCPRoute | UDPRoute
export type RouteKindName = GatewayRoute['kind']

/** One of the fields that `type` names; which is not checked here. */
export interface RouteFilter {
  readonly type: string
  readonly requestHeaderModifier?: HeaderModifier
  readonly responseHeaderModifier?: HeaderModifier
  readonly requestRedirect?: RequestRedirect
  readonly urlRewrite?: { readonly hostname?: string; readonly path?: PathModifier }
  readonly requestMirror?: {
    readonly backendRef: BackendRef
    readonly percent?: number
    readonly fraction?: { readonly numerator: number; readonly denominator?: number }
  }
  readonly extensionRef?: Reference
  readonly cors?: CorsFilter
}

export interface HeaderModifier {
  readonly set?: readonly { readonly name: string; readonly value: string }[]
  readonly add?: readonly { readonly name: string; readonly value: string }[]
  readonly remove?: readonly string[]
}

export interface RequestRedirect {
  readonly scheme?: string
  readonly hostname?: string
  readonly path?: PathModifier
  readonly port?: number
  readonly statusCode?: number
}

export interface PathModifier {
  readonly type: 'ReplaceFullPath' | 'ReplacePrefixMatch'
  readonly replaceFullPath?: string
  readonly replacePrefixMatch?: string
}

export interface CorsFilter {
  readonly allowOrigins?: readonly string[]
  readonly allowCredentials?: boolean
  readonly allowMethods?: readonly string[]
  readonly allowHeaders?: readonly string[]
  readonly exposeHeaders?: readonly string[]
  readonly maxAge?: number
}

/** How controllers speak TLS to a Service's endpoints. */
export interface BackendTLSPolicy {
  readonly apiVersion: 'gateway.networking.k8s.io/v1'
  readonly kind: 'BackendTLSPolicy'
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly targetRefs: readonly { readonly group?: string; readonly kind: string; readonly name: string; readonly sectionName?: string }[]
    readonly validation: {
      readonly caCertificateRefs?: readonly { readonly group?: string; readonly kind: string; readonly name: string }[]
      readonly wellKnownCACertificates?: string
      readonly hostname: string
    }
  }
  readonly status?: PolicyStatus
}

export interface PolicyStatus {
  readonly ancestors: readonly {
    readonly ancestorRef: ParentReference
    readonly controllerName: string
    readonly conditions: readonly Condition[]
  }[]
}

export interface ReferenceGrant {
  readonly apiVersion: 'gateway.networking.k8s.io/v1beta1'
  readonly kind: 'ReferenceGrant'
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly from: readonly { readonly group: string; readonly kind: string; readonly namespace: string }[]
    readonly to: readonly { readonly group: string; readonly kind: string; readonly name?: string }[]
  }
}
