/**
 * What the API server fills in when an object is stored (pkg/apis/{core,apps,batch}/v1/defaults.go and the Service registry's strategy, v1.30), as far as
 * anything here reads it. Addresses and ports out of pools are not defaults: controllers/service-ip.ts allocates them.
 */
import { unreachable } from '../base/assert.ts'
import type { EndpointSlice, Endpoints } from './endpointslice.ts'
import { gatewayDefaults, routeDefaults } from './gateway-defaults.ts'
import { CLUSTER_SCOPED, type ApiObject } from './object.ts'
import type { Container, Pod, PodSpec } from './pod.ts'

import { secretDefaults } from './secret.ts'
import type { Service, ServicePort, ServiceSpec } from './service.ts'
import type { Namespace, PodTemplate } from './workload.ts'

/** The object as an API server would have stored it. Its shape has been checked; required fields are there. */
export function withDefaults(object: ApiObject): ApiObject {
  const named = inNamespace(object)
  switch (named.kind) {
    case 'Service':
      return { ...named, spec: serviceSpec(named.spec) }
    case 'Pod':
      return pod(named)
    case 'Deployment':
      return { ...named, spec: { ...named.spec, replicas: named.spec.replicas ?? 1, template: template(named.spec.template) } }
    case 'ReplicaSet':
      return { ...named, spec: { ...named.spec, replicas: named.spec.replicas ?? 1, template: template(named.spec.template) } }
    case 'StatefulSet':
      return { ...named, spec: { ...named.spec, replicas: named.spec.replicas ?? 1, template: template(named.spec.template) } }
    case 'DaemonSet':
      return { ...named, spec: { ...named.spec, template: template(named.spec.template) } }
    case 'Job':
      return { ...named, spec: { ...named.spec, parallelism: named.spec.parallelism ?? 1, template: template(named.spec.template) } }
    case 'Endpoints':
      return endpoints(named)
    case 'EndpointSlice':
      return slice(named)
    case 'Node':
      return { ...named, spec: named.spec ?? {}, status: named.status ?? {} }
    case 'Namespace':
      return namespaceDefaults(named)
    case 'Secret':
      return secretDefaults(named)
    case 'Ingress':
      return { ...named, spec: named.spec ?? {} }
    case 'Gateway':
      return gatewayDefaults(named)
    case 'HTTPRoute':
    case 'GRPCRoute':
    case 'TLSRoute':
    case 'TCPRoute':
    case 'UDPRoute':
      return routeDefaults(named)
    case 'GatewayClass':
    case 'ReferenceGrant':
    case 'BackendTLSPolicy':
    case 'IngressRoute':
    case 'IngressRouteTCP':
    case 'IngressRouteUDP':
    case 'Middleware':
    case 'TraefikService':
    case 'HTTPProxy':
    case 'ContourConfiguration':
    case 'ContourDeployment':
    case 'BackendConfig':
    case 'FrontendConfig':
    case 'KongPlugin':
    case 'KongClusterPlugin':
    case 'KongConsumer':
    case 'IngressClass':
    case 'ConfigMap':
      return named
    default:
      return unreachable(named)
  }
}

/** SetDefaults_Namespace: so that selectors of namespaces find it by name. */
const namespaceDefaults = (given: Namespace): Namespace => {
  const { name, labels } = given.metadata
  return { ...given, metadata: { ...given.metadata, labels: { ...labels, 'kubernetes.io/metadata.name': name } } }
}

function inNamespace<T extends ApiObject>(object: T): T {
  const { namespace, ...metadata } = object.metadata
  if (CLUSTER_SCOPED.has(object.kind)) return namespace === undefined ? object : { ...object, metadata }
  return namespace ? object : { ...object, metadata: { ...object.metadata, namespace: 'default' } }
}

/** apps/v1beta1 and extensions/v1beta1 took a missing selector from the template's labels. Current versions refuse it (object-rules.ts). */
export function selectorFromTemplate<T extends { readonly selector?: unknown; readonly template?: PodTemplate }>(spec: T): T {
  const labels = spec.template?.metadata?.labels
  return spec.selector || !labels ? spec : { ...spec, selector: { matchLabels: labels } }
}

function serviceSpec(given: ServiceSpec): ServiceSpec {
  const type = given.type || 'ClusterIP'
  const sessionAffinity = given.sessionAffinity || 'None'
  const external = type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && (given.externalIPs ?? []).length > 0)
  const { clusterIP, healthCheckNodePort, ...rest } = given
  return {
    ...withoutFamilies(rest),
    type,
    sessionAffinity,
    ...(clusterIP || given.clusterIPs?.[0] ? { clusterIP: clusterIP || (given.clusterIPs?.[0] ?? '') } : {}),
    ...(healthCheckNodePort ? { healthCheckNodePort } : {}),
    ...(given.ports && { ports: given.ports.map((port) => servicePort(port, clusterIP === 'None')) }),
    ...(type !== 'ExternalName' && { internalTrafficPolicy: given.internalTrafficPolicy || 'Cluster', ...families(given) }),
    ...(external && { externalTrafficPolicy: given.externalTrafficPolicy || 'Cluster' }),
    ...(type === 'LoadBalancer' && { allocateLoadBalancerNodePorts: given.allocateLoadBalancerNodePorts ?? true }),
    ...(sessionAffinity === 'ClientIP' && {
      sessionAffinityConfig: { clientIP: { timeoutSeconds: given.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800 } },
    }),
  }
}

function withoutFamilies<T extends Partial<ServiceSpec>>(spec: T): Omit<T, 'ipFamilies' | 'ipFamilyPolicy'> {
  const { ipFamilies: _, ipFamilyPolicy: __, ...rest } = spec
  return rest
}

/** What is not said follows from the cluster: cluster/ip-families.ts. */
function families(given: ServiceSpec): Pick<ServiceSpec, 'ipFamilies' | 'ipFamilyPolicy'> {
  const { ipFamilies, ipFamilyPolicy } = given
  return { ...(ipFamilies && ipFamilies.length > 0 && { ipFamilies }), ...(ipFamilyPolicy && { ipFamilyPolicy }) }
}

/** A headless Service's target port stays what the manifest says, but the default is the port there too. */
function servicePort(given: ServicePort, headless: boolean): ServicePort {
  const { nodePort, ...port } = given
  const targetPort =
    given.targetPort === undefined || given.targetPort === '' || given.targetPort === 0 || (headless && given.targetPort === undefined)
      ? given.port
      : given.targetPort
  return { ...port, protocol: given.protocol || 'TCP', targetPort, ...(nodePort ? { nodePort } : {}) }
}

function pod(given: Pod): Pod {
  const status = given.status ?? {}
  return { ...given, spec: podSpec(given.spec), status: { ...status, phase: status.phase ?? (status.podIP ? 'Running' : 'Pending') } }
}

export function podSpec(given: PodSpec): PodSpec {
  return {
    ...given,
    containers: given.containers.map((each) => container(each, given.hostNetwork === true)),
    restartPolicy: given.restartPolicy || 'Always',
  }
}

/** With the host's network a container port is a host port (setDefaultHostNetworkPorts). */
function container(given: Container, hostNetwork: boolean): Container {
  if (!given.ports) return given
  return {
    ...given,
    ports: given.ports.map((port) => ({
      ...port,
      protocol: port.protocol || 'TCP',
      ...(hostNetwork && !port.hostPort && { hostPort: port.containerPort }),
    })),
  }
}

const template = (given: PodTemplate): PodTemplate => ({ ...given, spec: podSpec(given.spec) })

function endpoints(given: Endpoints): Endpoints {
  if (!given.subsets) return given
  return {
    ...given,
    subsets: given.subsets.map((subset) => ({
      ...subset,
      ...(subset.ports && { ports: subset.ports.map((port) => ({ ...port, protocol: port.protocol || ('TCP' as const) })) }),
    })),
  }
}

function slice(given: EndpointSlice): EndpointSlice {
  if (!given.ports) return given
  return { ...given, ports: given.ports.map((port) => ({ ...port, name: port.name ?? '', protocol: port.protocol || 'TCP' })) }
}

export const isHeadless = ({ spec }: Service): boolean => spec.clusterIP === 'None'
