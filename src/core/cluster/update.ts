/** What an update of an existing object may change, and what it keeps (the registry strategies' PrepareForUpdate and ValidateUpdate, v1.30). */
import type { ApiObject } from '../api/object.ts'
import type { Ingress } from '../api/ingress.ts'
import type { Pod } from '../api/pod.ts'
import type { Node } from '../api/node.ts'
import { type FieldProblem, forbidden, invalid } from '../api/schema.ts'
import type { Service, ServicePort } from '../api/service.ts'
import { equal } from './equal.ts'

export interface Update {
  readonly object: ApiObject
  readonly problems: readonly FieldProblem[]
}

const fine = (object: ApiObject): Update => ({ object, problems: [] })

/** `given` applied over `current`, which has the same kind and name. */
export function updated(current: ApiObject, given: ApiObject): Update {
  const { uid = current.metadata.uid, creationTimestamp = current.metadata.creationTimestamp, ...metadata } = given.metadata
  const object: ApiObject = { ...given, metadata: { ...metadata, ...(uid && { uid }), ...(creationTimestamp && { creationTimestamp }) } }
  if (object.kind === 'Service' && current.kind === 'Service') return service(current, withFinalizers(current, object))
  if (object.kind === 'Pod' && current.kind === 'Pod') return pod(current, object)
  if (object.kind === 'Node' && current.kind === 'Node') return node(current, object)
  if (
    (object.kind === 'Deployment' || object.kind === 'ReplicaSet' || object.kind === 'DaemonSet' || object.kind === 'StatefulSet') &&
    current.kind === object.kind
  ) {
    if (equal(current.spec.selector, object.spec.selector)) return fine(object)
    return { object, problems: [invalid(['spec', 'selector'], object.spec.selector, 'field is immutable')] }
  }
  if (object.kind === 'Job' && current.kind === 'Job' && !equal(current.spec.template, object.spec.template))
    return { object, problems: [invalid(['spec', 'template'], object.spec.template, 'field is immutable')] }
  if (object.kind === 'Ingress' && current.kind === 'Ingress') return fine(ingress(current, object))
  if (object.kind === 'IngressClass' && current.kind === 'IngressClass' && current.spec.controller !== object.spec.controller)
    return { object, problems: [invalid(['spec', 'controller'], object.spec.controller, 'field is immutable')] }
  return fine(object)
}

/** A class that admission gave stays although no manifest names it, and so does the address that a controller wrote. */
function ingress(current: Ingress, given: Ingress): Ingress {
  const { ingressClassName = current.spec.ingressClassName } = given.spec
  const status = given.status?.loadBalancer ? given.status : current.status
  return { ...given, spec: { ...given.spec, ...(ingressClassName !== undefined && { ingressClassName }) }, ...(status && { status }) }
}

/** Finalizers are their controllers' own: a manifest that does not name them does not take them away. */
const withFinalizers = ({ metadata: { finalizers } }: Service, given: Service): Service =>
  finalizers && !given.metadata.finalizers ? { ...given, metadata: { ...given.metadata, finalizers } } : given

/** Addresses and ports that were handed out stay unless the type no longer has them. */
function service(current: Service, given: Service): Update {
  const { type } = given.spec
  if (current.spec.type === 'ExternalName' || type === 'ExternalName') return fine(given)
  const was = current.spec.clusterIP
  const ip = given.spec.clusterIP ?? was
  if (was && ip !== was) return { object: given, problems: [invalid(['spec', 'clusterIPs', 0], [ip], 'may not change once set')] }
  const fixed = immutable(current, given)
  if (fixed.length > 0) return { object: given, problems: fixed }
  const external = type === 'NodePort' || type === 'LoadBalancer'
  const health =
    type === 'LoadBalancer' && given.spec.externalTrafficPolicy === 'Local'
      ? (given.spec.healthCheckNodePort ?? current.spec.healthCheckNodePort)
      : undefined
  const object: Service = {
    ...given,
    spec: {
      ...given.spec,
      ...(ip && { clusterIP: ip }),
      ...(current.spec.clusterIPs && { clusterIPs: given.spec.clusterIPs ?? current.spec.clusterIPs }),
      ...(health && { healthCheckNodePort: health }),
      ...(external && given.spec.ports && { ports: given.spec.ports.map((port) => withNodePort(port, current.spec.ports ?? [])) }),
    },
    ...(type === 'LoadBalancer' && (given.status?.loadBalancer ? {} : current.status && { status: current.status })),
  }
  if (equal(current, object)) return fine(current)
  // Without clusterIPs the Service counts as new to the allocators, who then look for everything that it lacks.
  const { clusterIPs: _, ...spec } = object.spec
  return fine(given.spec.clusterIPs ? object : { ...object, spec })
}

/** What stays as long as the Service is a LoadBalancer, and as long as it has health checks. */
function immutable({ spec: was }: Service, { spec }: Service): readonly FieldProblem[] {
  if (was.type !== 'LoadBalancer' || spec.type !== 'LoadBalancer') return []
  const problems: FieldProblem[] = []
  if (was.loadBalancerClass !== spec.loadBalancerClass)
    problems.push(invalid(['spec', 'loadBalancerClass'], spec.loadBalancerClass ?? null, 'may not change once set'))
  const checked = was.externalTrafficPolicy === 'Local' && spec.externalTrafficPolicy === 'Local'
  if (checked && was.healthCheckNodePort && spec.healthCheckNodePort && was.healthCheckNodePort !== spec.healthCheckNodePort)
    problems.push(forbidden(['spec', 'healthCheckNodePort'], 'field is immutable'))
  return problems
}

function withNodePort(port: ServicePort, before: readonly ServicePort[]): ServicePort {
  const same = before.find((each) => each.port === port.port && each.protocol === port.protocol)
  return port.nodePort === undefined && same?.nodePort ? { ...port, nodePort: same.nodePort } : port
}

/** Almost all of a pod's spec is immutable; images may change. Status and node are the cluster's. */
function pod(current: Pod, given: Pod): Update {
  const imageless = ({ spec }: Pod): unknown => ({
    ...spec,
    nodeName: undefined,
    containers: spec.containers.map((each) => ({ ...each, image: '' })),
  })
  const live = given.status.podIP !== undefined
  const object: Pod = {
    ...given,
    spec: { ...given.spec, ...(given.spec.nodeName || !current.spec.nodeName ? {} : { nodeName: current.spec.nodeName }) },
    status: live ? given.status : current.status,
  }
  const moved = given.spec.nodeName !== undefined && current.spec.nodeName !== undefined && given.spec.nodeName !== current.spec.nodeName
  if (!moved && equal(imageless(current), imageless(object))) return fine(object)
  const why =
    'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'
  return { object, problems: [forbidden(['spec'], why)] }
}

function node(current: Node, given: Node): Update {
  const { podCIDR, podCIDRs } = current.spec
  const object: Node = {
    ...given,
    spec: { ...given.spec, ...(!given.spec.podCIDR && podCIDR && { podCIDR }), ...(!given.spec.podCIDRs && podCIDRs && { podCIDRs }) },
    status: { ...current.status, ...given.status },
  }
  if (podCIDR && object.spec.podCIDR !== podCIDR)
    return { object, problems: [forbidden(['spec', 'podCIDRs'], `node updates may not change podCIDR except from "" to valid`)] }
  return fine(object)
}
