/**
 * Which kinds there are, in which versions, and what becomes of them: simulated, or known to Kubernetes and not simulated here. Removal versions are
 * those of the Kubernetes deprecation guide.
 */
import { BACKEND_CONFIG, FRONTEND_CONFIG } from './gke-schema.ts'
import { CONTOUR_CONFIGURATION, CONTOUR_DEPLOYMENT } from './contour-schema.ts'
import {
  BACKEND_TLS_POLICY,
  GATEWAY,
  GATEWAY_CLASS,
  GRPC_ROUTE,
  HTTP_ROUTE,
  REFERENCE_GRANT,
  TCP_ROUTE,
  TLS_ROUTE,
  UDP_ROUTE,
} from './gateway-schema.ts'
import { HTTP_PROXY } from './http-proxy-schema.ts'
import { KONG_CLUSTER_PLUGIN, KONG_CONSUMER, KONG_PLUGIN } from './kong-schema.ts'
import { INGRESS, INGRESS_CLASS, LEGACY_INGRESS } from './ingress-schema.ts'
import { ingressOfLegacy } from './ingress-legacy.ts'
import type { Kind } from './object.ts'
import { DAEMON_SET, DEPLOYMENT, JOB, REPLICA_SET, STATEFUL_SET } from './workload-schema.ts'
import { ENDPOINT_SLICE, ENDPOINTS, SERVICE } from './service-schema.ts'
import { NAMESPACE, NODE } from './node-schema.ts'
import { INGRESS_ROUTE, INGRESS_ROUTE_TCP, INGRESS_ROUTE_UDP, MIDDLEWARE, TRAEFIK_SERVICE } from './traefik-schema.ts'
import { CONFIG_MAP, POD, SECRET } from './pod-schema.ts'
import type { ObjectSchema } from './schema.ts'
import type { Format } from './format.ts'

export interface KindDefinition {
  readonly kind: Kind
  readonly apiVersion: string
  readonly schema: ObjectSchema
  readonly nameFormat: Format
  /** Versions no longer served whose shape is that of `apiVersion`, and the release that removed them. */
  readonly removed?: Readonly<Record<string, string>>
  /** Other versions that are served, of the same shape. */
  readonly served?: readonly string[]
  /** Where removed versions had another shape: that shape, and how a document of it becomes one of `apiVersion`. */
  readonly legacy?: {
    readonly schema: ObjectSchema
    readonly convert: (raw: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
  }
}

function gatewayKind(kind: Kind, version: string, schema: ObjectSchema, others: readonly string[]): KindDefinition {
  const served = others.map((each) => `gateway.networking.k8s.io/${each}`)
  return { kind, apiVersion: `gateway.networking.k8s.io/${version}`, schema, nameFormat: 'dns1123Subdomain', served }
}

/** Traefik v2 had its kinds in another group, whose CRDs many clusters still have. */
const traefikKind = (kind: Kind, schema: ObjectSchema): KindDefinition => ({
  kind,
  apiVersion: 'traefik.io/v1alpha1',
  schema,
  nameFormat: 'dns1123Subdomain',
  served: ['traefik.containo.us/v1alpha1'],
})

const contourKind = (kind: Kind, schema: ObjectSchema): KindDefinition => ({
  kind,
  apiVersion: 'projectcontour.io/v1alpha1',
  schema,
  nameFormat: 'dns1123Subdomain',
})

const kongKind = (kind: Kind, schema: ObjectSchema): KindDefinition => ({
  kind,
  apiVersion: 'configuration.konghq.com/v1',
  schema,
  nameFormat: 'dns1123Subdomain',
})

export const KINDS: Readonly<Record<Kind, KindDefinition>> = {
  Node: { kind: 'Node', apiVersion: 'v1', schema: NODE, nameFormat: 'dns1123Subdomain' },
  Namespace: { kind: 'Namespace', apiVersion: 'v1', schema: NAMESPACE, nameFormat: 'dns1123Label' },
  Pod: { kind: 'Pod', apiVersion: 'v1', schema: POD, nameFormat: 'dns1123Subdomain' },
  Service: { kind: 'Service', apiVersion: 'v1', schema: SERVICE, nameFormat: 'dns1035Label' },
  Endpoints: { kind: 'Endpoints', apiVersion: 'v1', schema: ENDPOINTS, nameFormat: 'dns1123Subdomain' },
  ConfigMap: { kind: 'ConfigMap', apiVersion: 'v1', schema: CONFIG_MAP, nameFormat: 'dns1123Subdomain' },
  Secret: { kind: 'Secret', apiVersion: 'v1', schema: SECRET, nameFormat: 'dns1123Subdomain' },
  EndpointSlice: {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    schema: ENDPOINT_SLICE,
    nameFormat: 'dns1123Subdomain',
    removed: { 'discovery.k8s.io/v1beta1': 'v1.25' },
  },
  Ingress: {
    kind: 'Ingress',
    apiVersion: 'networking.k8s.io/v1',
    schema: INGRESS,
    nameFormat: 'dns1123Subdomain',
    removed: { 'extensions/v1beta1': 'v1.22', 'networking.k8s.io/v1beta1': 'v1.22' },
    legacy: { schema: LEGACY_INGRESS, convert: ingressOfLegacy },
  },
  IngressClass: {
    kind: 'IngressClass',
    apiVersion: 'networking.k8s.io/v1',
    schema: INGRESS_CLASS,
    nameFormat: 'dns1123Subdomain',
    removed: { 'networking.k8s.io/v1beta1': 'v1.22' },
  },
  Deployment: {
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    schema: DEPLOYMENT,
    nameFormat: 'dns1123Subdomain',
    removed: { 'extensions/v1beta1': 'v1.16', 'apps/v1beta1': 'v1.16', 'apps/v1beta2': 'v1.16' },
  },
  ReplicaSet: {
    kind: 'ReplicaSet',
    apiVersion: 'apps/v1',
    schema: REPLICA_SET,
    nameFormat: 'dns1123Subdomain',
    removed: { 'extensions/v1beta1': 'v1.16', 'apps/v1beta2': 'v1.16' },
  },
  DaemonSet: {
    kind: 'DaemonSet',
    apiVersion: 'apps/v1',
    schema: DAEMON_SET,
    nameFormat: 'dns1123Subdomain',
    removed: { 'extensions/v1beta1': 'v1.16', 'apps/v1beta2': 'v1.16' },
  },
  StatefulSet: {
    kind: 'StatefulSet',
    apiVersion: 'apps/v1',
    schema: STATEFUL_SET,
    nameFormat: 'dns1123Subdomain',
    removed: { 'apps/v1beta1': 'v1.16', 'apps/v1beta2': 'v1.16' },
  },
  GatewayClass: gatewayKind('GatewayClass', 'v1', GATEWAY_CLASS, ['v1beta1']),
  Gateway: gatewayKind('Gateway', 'v1', GATEWAY, ['v1beta1']),
  HTTPRoute: gatewayKind('HTTPRoute', 'v1', HTTP_ROUTE, ['v1beta1']),
  GRPCRoute: gatewayKind('GRPCRoute', 'v1', GRPC_ROUTE, ['v1alpha2']),
  TLSRoute: gatewayKind('TLSRoute', 'v1', TLS_ROUTE, ['v1alpha2', 'v1alpha3']),
  TCPRoute: gatewayKind('TCPRoute', 'v1alpha2', TCP_ROUTE, ['v1']),
  UDPRoute: gatewayKind('UDPRoute', 'v1alpha2', UDP_ROUTE, ['v1']),
  BackendTLSPolicy: gatewayKind('BackendTLSPolicy', 'v1', BACKEND_TLS_POLICY, ['v1alpha3']),
  ReferenceGrant: gatewayKind('ReferenceGrant', 'v1beta1', REFERENCE_GRANT, ['v1', 'v1alpha2']),
  IngressRoute: traefikKind('IngressRoute', INGRESS_ROUTE),
  IngressRouteTCP: traefikKind('IngressRouteTCP', INGRESS_ROUTE_TCP),
  IngressRouteUDP: traefikKind('IngressRouteUDP', INGRESS_ROUTE_UDP),
  Middleware: traefikKind('Middleware', MIDDLEWARE),
  TraefikService: traefikKind('TraefikService', TRAEFIK_SERVICE),
  HTTPProxy: { kind: 'HTTPProxy', apiVersion: 'projectcontour.io/v1', schema: HTTP_PROXY, nameFormat: 'dns1123Subdomain' },
  ContourConfiguration: contourKind('ContourConfiguration', CONTOUR_CONFIGURATION),
  ContourDeployment: contourKind('ContourDeployment', CONTOUR_DEPLOYMENT),
  BackendConfig: {
    kind: 'BackendConfig',
    apiVersion: 'cloud.google.com/v1',
    schema: BACKEND_CONFIG,
    nameFormat: 'dns1123Subdomain',
    served: ['cloud.google.com/v1beta1'],
  },
  FrontendConfig: {
    kind: 'FrontendConfig',
    apiVersion: 'networking.gke.io/v1beta1',
    schema: FRONTEND_CONFIG,
    nameFormat: 'dns1123Subdomain',
  },
  KongPlugin: kongKind('KongPlugin', KONG_PLUGIN),
  KongClusterPlugin: kongKind('KongClusterPlugin', KONG_CLUSTER_PLUGIN),
  KongConsumer: kongKind('KongConsumer', KONG_CONSUMER),
  Job: { kind: 'Job', apiVersion: 'batch/v1', schema: JOB, nameFormat: 'dns1123Subdomain' },
}

/** Kinds of a Kubernetes release that are not simulated, by group; the core group is the empty string. */
const OTHERS: Readonly<Record<string, string>> = {
  '': 'PersistentVolume PersistentVolumeClaim ServiceAccount ReplicationController LimitRange ResourceQuota PodTemplate Event Binding ComponentStatus',
  apps: 'ControllerRevision',
  extensions: 'NetworkPolicy PodSecurityPolicy',
  batch: 'CronJob',
  policy: 'PodDisruptionBudget PodSecurityPolicy Eviction',
}

/** Groups ending so belong to Kubernetes itself or its own extension projects: whatever kind they hold exists. */
const KUBERNETES_GROUP = /(?:^|\.)k8s\.io$|^autoscaling$/

export type Recognised =
  | { readonly kind: 'simulated'; readonly definition: KindDefinition; readonly removedIn: string | undefined }
  | { readonly kind: 'not-simulated'; readonly custom: boolean }
  | { readonly kind: 'unknown' }

/**
 * What `apiVersion` and `kind` name together. Kinds of groups that Kubernetes does not own (a domain with a dot) are custom resources: a cluster
 * would know them once their definition is installed, so they are not simulated rather than unknown.
 */
export function recognise(apiVersion: string, kind: string): Recognised {
  const definition = Object.hasOwn(KINDS, kind) ? KINDS[kind as Kind] : undefined
  if (definition && (definition.apiVersion === apiVersion || definition.served?.includes(apiVersion)))
    return { kind: 'simulated', definition, removedIn: undefined }
  const removedIn = definition?.removed?.[apiVersion]
  if (definition && removedIn) return { kind: 'simulated', definition, removedIn }
  const slash = apiVersion.indexOf('/')
  const group = slash < 0 ? '' : apiVersion.slice(0, slash)
  if (!/^v\d+((alpha|beta)\d+)?$/.test(apiVersion.slice(slash + 1)) || (group === '' && apiVersion !== 'v1')) return { kind: 'unknown' }
  if ((OTHERS[group] ?? '').split(' ').includes(kind)) return { kind: 'not-simulated', custom: false }
  const ours = definition ? definition.apiVersion.slice(0, Math.max(0, definition.apiVersion.indexOf('/'))) === group : false
  if (ours) return { kind: 'unknown' }
  if (KUBERNETES_GROUP.test(group)) return { kind: 'not-simulated', custom: false }
  return group.includes('.') ? { kind: 'not-simulated', custom: true } : { kind: 'unknown' }
}
