import type { ContourConfiguration, ContourDeployment } from './contour.ts'
import type { BackendConfig, FrontendConfig } from './gke.ts'
import type { Endpoints, EndpointSlice } from './endpointslice.ts'
import type {
  BackendTLSPolicy,
  Gateway,
  GatewayClass,
  GRPCRoute,
  HTTPRoute,
  ReferenceGrant,
  TCPRoute,
  TLSRoute,
  UDPRoute,
} from './gateway.ts'
import type { HTTPProxy } from './http-proxy.ts'
import type { KongClusterPlugin, KongConsumer, KongPlugin } from './kong.ts'
import type { Ingress, IngressClass } from './ingress.ts'
import type { Node } from './node.ts'
import type { Pod } from './pod.ts'
import type { Service } from './service.ts'
import type { IngressRoute, IngressRouteTCP, IngressRouteUDP, TraefikMiddleware, TraefikService } from './traefik.ts'
import type { ConfigMap, DaemonSet, Deployment, Job, Namespace, ReplicaSet, Secret, StatefulSet } from './workload.ts'

/** Every kind that is simulated; others are listed as not simulated and ignored. */
export type ApiObject =
  | Node
  | Namespace
  | Pod
  | Deployment
  | ReplicaSet
  | DaemonSet
  | StatefulSet
  | Job
  | Service
  | Endpoints
  | EndpointSlice
  | Ingress
  | IngressClass
  | ConfigMap
  | Secret
  | GatewayClass
  | Gateway
  | HTTPRoute
  | GRPCRoute
  | TLSRoute
  | TCPRoute
  | UDPRoute
  | ReferenceGrant
  | BackendTLSPolicy
  | IngressRoute
  | IngressRouteTCP
  | IngressRouteUDP
  | TraefikMiddleware
  | TraefikService
  | HTTPProxy
  | ContourConfiguration
  | ContourDeployment
  | BackendConfig
  | FrontendConfig
  | KongPlugin
  | KongClusterPlugin
  | KongConsumer
export type Kind = ApiObject['kind']
export type OfKind<K extends Kind> = Extract<ApiObject, { readonly kind: K }>

export const CLUSTER_SCOPED: ReadonlySet<Kind> = new Set<Kind>(['Node', 'Namespace', 'IngressClass', 'GatewayClass', 'KongClusterPlugin'])
