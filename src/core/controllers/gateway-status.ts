/** What controllers write into the status of GatewayClasses, Gateways and routes. Only controllers whose pods are ready write; what one wrote before it went stays. */
import type {
  BackendTLSPolicy,
  Condition,
  Gateway,
  GatewayClass,
  GatewayRoute,
  GatewayStatus,
  ListenerStatus,
  PolicyStatus,
  RouteStatus,
} from '../api/gateway.ts'
import { type Change, type Cluster, list } from '../cluster/cluster.ts'
import { equal } from '../cluster/equal.ts'
import { type Attached, attached, type AttachedListener } from '../cluster/gateway.ts'
import { type GatewayController, gatewayControllers, gatewaysOf } from '../cluster/gateway-controller.ts'
import { isParent } from '../cluster/gateway-references.ts'
import type { Controller } from './controller.ts'
import { isReady } from './pods.ts'

export const gatewayStatus: Controller = {
  name: 'gateway-status',
  reads: [
    'Gateway',
    'GatewayClass',
    'HTTPRoute',
    'GRPCRoute',
    'TLSRoute',
    'TCPRoute',
    'ReferenceGrant',
    'BackendTLSPolicy',
    'Secret',
    'Service',
    'Namespace',
    'Pod',
    'ConfigMap',
    'ContourConfiguration',
  ],
  scope: 'cluster',
  reconcile: (cluster) => {
    if (cluster.objects.GatewayClass.size === 0) return []
    const running = new Map(gatewayControllers(cluster).flatMap((each) => (isReady(each.pod) ? [[keyOf(each), each] as const] : [])))
    return [...running.values()].flatMap((controller) => changesOf(cluster, controller))
  },
}

/** Replicas of one say the same. */
const keyOf = ({ controllerName, only }: GatewayController): string =>
  only ? `${controllerName} ${only.namespace}/${only.name}` : controllerName

function changesOf(cluster: Cluster, controller: GatewayController): readonly Change[] {
  const state = attached(cluster, controller)
  // A Contour that is for one Gateway says nothing of classes; its provisioner does.
  const classes = controller.only
    ? []
    : [...list(cluster, 'GatewayClass')].filter(({ spec }) => spec.controllerName === controller.controllerName)
  const gateways = gatewaysOf(cluster, controller)
  const routes = [...list(cluster, 'HTTPRoute'), ...list(cluster, 'GRPCRoute'), ...list(cluster, 'TLSRoute'), ...list(cluster, 'TCPRoute')]
  return [
    ...classes.flatMap(classStatus),
    ...gateways.flatMap((gateway) => written(gateway, statusOf(cluster, controller, state, gateway))),
    ...routes.flatMap((route) => written(route, routeStatus(controller, state, route))),
    ...[...list(cluster, 'BackendTLSPolicy')].flatMap((policy) => written(policy, policyStatus(controller, state, policy))),
  ]
}

function written(object: Gateway | GatewayClass | GatewayRoute | BackendTLSPolicy, status: object | undefined): readonly Change[] {
  if (status === undefined || equal(object.status ?? {}, status)) return []
  return [{ op: 'put', object: { ...object, status } as typeof object }]
}

const is = (type: string, status: 'True' | 'False', reason: string, message: string): Condition => ({ type, status, reason, message })

const classStatus = (each: GatewayClass): readonly Change[] =>
  written(each, { ...each.status, conditions: [is('Accepted', 'True', 'Accepted', 'Handled by its controller')] })

function statusOf(cluster: Cluster, controller: GatewayController, state: Attached, gateway: Gateway): GatewayStatus | undefined {
  const conditions = state.conditions.get(gateway)
  if (!conditions) return undefined
  const addresses = controller.addresses(cluster, gateway)
  return {
    ...(addresses && addresses.length > 0 && { addresses }),
    conditions,
    listeners: state.listeners.filter((each) => each.gateway === gateway).map((each) => listenerStatus(each, state)),
  }
}

const listenerStatus = (each: AttachedListener, { counts }: Attached): ListenerStatus => ({
  name: each.listener.name,
  attachedRoutes: counts.get(each) ?? 0,
  supportedKinds: each.kinds,
  conditions: each.conditions,
})

/** Parents of other controllers keep what those say. All stand in the order of the references, so that two controllers that write never disagree. */
function routeStatus({ controllerName, only }: GatewayController, { parents }: Attached, route: GatewayRoute): RouteStatus | undefined {
  const before = route.status?.parents ?? []
  const isOwn = (each: RouteStatus['parents'][number]): boolean =>
    each.controllerName === controllerName && (!only || isParent(each.parentRef, route, { metadata: only }))
  const others = before.filter((each) => !isOwn(each))
  const own = (parents.get(route) ?? []).map((each) => ({ ...each, controllerName }))
  if (own.length === 0 && others.length === before.length) return undefined
  const refs = route.spec.parentRefs ?? []
  const placeOf = (each: RouteStatus['parents'][number]): number => {
    const at = refs.findIndex((ref) => equal(ref, each.parentRef))
    return at < 0 ? refs.length : at
  }
  return { parents: [...others, ...own].toSorted((a, b) => placeOf(a) - placeOf(b)) }
}

/** A Contour that is for one Gateway speaks of ancestors of that Gateway alone. */
function policyStatus(
  { controllerName, only }: GatewayController,
  { policies }: Attached,
  policy: BackendTLSPolicy,
): PolicyStatus | undefined {
  const before = policy.status?.ancestors ?? []
  const isOwn = (each: PolicyStatus['ancestors'][number]): boolean =>
    each.controllerName === controllerName && (!only || isParent(each.ancestorRef, policy, { metadata: only }))
  const own = (policies.get(policy) ?? []).map((each) => ({ ...each, controllerName }))
  const others = before.filter((each) => !isOwn(each))
  if (own.length === 0 && others.length === before.length) return undefined
  const text = ({ ancestorRef }: PolicyStatus['ancestors'][number]): string => JSON.stringify(ancestorRef)
  return { ancestors: [...others, ...own].toSorted((a, b) => (text(a) < text(b) ? -1 : 1)) }
}
