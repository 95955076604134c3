/** What controllers write into the status of GatewayClasses, Gateways and routes. Only controllers whose pods are ready write; what one wrote before it went stays. */
import type { Condition, Gateway, GatewayClass, GatewayRoute, GatewayStatus, ListenerStatus, RouteStatus } from '../api/gateway.ts'
import { type Change, type Cluster, list } from '../cluster/cluster.ts'
import { equal } from '../cluster/equal.ts'
import { type Attached, attached, type AttachedListener, gatewaysOf } from '../cluster/gateway.ts'
import { type GatewayController, gatewayControllers } from '../cluster/gateway-controller.ts'
import type { Controller } from './controller.ts'
import { isReady } from './pods.ts'

export const gatewayStatus: Controller = {
  name: 'gateway-status',
  reads: ['Gateway', 'GatewayClass', 'HTTPRoute', 'GRPCRoute', 'TLSRoute', 'ReferenceGrant', 'Secret', 'Service', 'Namespace', 'Pod'],
  scope: 'cluster',
  reconcile: (cluster) => {
    if (cluster.objects.GatewayClass.size === 0) return []
    const running = new Map(
      gatewayControllers(cluster).flatMap((each) => (isReady(each.pod) ? [[each.controllerName, each] as const] : [])),
    )
    return [...running.values()].flatMap((controller) => changesOf(cluster, controller))
  },
}

function changesOf(cluster: Cluster, controller: GatewayController): readonly Change[] {
  const state = attached(cluster, controller)
  const classes = [...list(cluster, 'GatewayClass')].filter(({ spec }) => spec.controllerName === controller.controllerName)
  return [
    ...classes.flatMap(classStatus),
    ...gatewaysOf(cluster, controller).flatMap((gateway) => written(gateway, statusOf(cluster, controller, state, gateway))),
    ...[...list(cluster, 'HTTPRoute'), ...list(cluster, 'GRPCRoute'), ...list(cluster, 'TLSRoute')].flatMap((route) =>
      written(route, routeStatus(controller, state, route)),
    ),
  ]
}

function written(object: Gateway | GatewayClass | GatewayRoute, status: object | undefined): readonly Change[] {
  if (status === undefined || equal(object.status ?? {}, status)) return []
  return [{ op: 'put', object: { ...object, status } as typeof object }]
}

const is = (type: string, status: 'True' | 'False', reason: string, message: string): Condition => ({ type, status, reason, message })

const classStatus = (each: GatewayClass): readonly Change[] =>
  written(each, { ...each.status, conditions: [is('Accepted', 'True', 'Accepted', 'Handled by its controller')] })

function statusOf(cluster: Cluster, controller: GatewayController, state: Attached, gateway: Gateway): GatewayStatus {
  const own = state.listeners.filter((each) => each.gateway === gateway)
  const bad = own.some(({ problems }) => problems.length > 0)
  const addresses = controller.addresses(cluster, gateway)
  return {
    ...(addresses && addresses.length > 0 && { addresses }),
    conditions: bad
      ? [is('Accepted', 'False', 'ListenersNotValid', 'All Listeners must be valid')]
      : [
          is('Accepted', 'True', 'Accepted', 'Gateway successfully scheduled'),
          is('Programmed', 'True', 'Programmed', 'Gateway successfully scheduled'),
        ],
    listeners: own.map((each) => listenerStatus(each, state)),
  }
}

const NO_ERROR = 'No error found'

const listenerStatus = (each: AttachedListener, { counts }: Attached): ListenerStatus => ({
  name: each.listener.name,
  attachedRoutes: counts.get(each) ?? 0,
  supportedKinds: each.kinds,
  conditions:
    each.problems.length > 0
      ? each.problems
      : [
          is('Accepted', 'True', 'Accepted', NO_ERROR),
          is('ResolvedRefs', 'True', 'ResolvedRefs', NO_ERROR),
          is('Programmed', 'True', 'Programmed', NO_ERROR),
        ],
})

/** Parents of other controllers keep what those say. */
function routeStatus({ controllerName }: GatewayController, { parents }: Attached, route: GatewayRoute): RouteStatus | undefined {
  const others = (route.status?.parents ?? []).filter((each) => each.controllerName !== controllerName)
  const own = (parents.get(route) ?? []).map((each) => ({ ...each, controllerName }))
  if (own.length === 0 && others.length === (route.status?.parents ?? []).length) return undefined
  return { parents: [...others, ...own] }
}
