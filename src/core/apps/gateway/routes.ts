/** Attached HTTPRoutes and GRPCRoutes as rows of one table: a listener, a rule and one of its matches each, with backends resolved. */
import type { BackendRef, GatewayRoute, GRPCRoute, GRPCRouteMatch, HTTPRoute, HTTPRouteMatch, RouteFilter } from '../../api/gateway.ts'
import type { Service, ServicePort } from '../../api/service.ts'
import { type Cluster, get } from '../../cluster/cluster.ts'
import type { Attached, AttachedListener, Attachment } from '../../cluster/gateway.ts'
import { backendProblem, backendTlsOf } from '../../cluster/traefik-gateway.ts'
import type { ObjectRef } from '../program.ts'
import { httpMatchOf } from './match.ts'

export interface RouteRow {
  readonly on: AttachedListener
  readonly route: GatewayRoute
  /** Of listener and route together; none: every host. */
  readonly hostnames: readonly string[]
  readonly match: HTTPRouteMatch
  /** What the match was made of, where the route is one of gRPC. */
  readonly call?: GRPCRouteMatch
  readonly filters: readonly RouteFilter[]
  readonly backends: readonly Backend[]
  readonly timeouts: { readonly request?: string; readonly backendRequest?: string }
  readonly ruleIndex: number
  readonly ruleCount: number
  readonly object: ObjectRef
}

/** A Service's port, or why there is none (requests for it get 500). */
export interface Backend {
  readonly ref: BackendRef
  readonly namespace: string
  readonly weight: number
  readonly filters: readonly RouteFilter[]
  readonly target: { readonly service: Service; readonly port: ServicePort } | undefined
  readonly problem: string | undefined
  /** Whom a handshake asks for, where a BackendTLSPolicy wants one. */
  readonly serverName?: string
}

export const refOfRoute = ({ kind, metadata }: GatewayRoute, field: string): ObjectRef => ({
  kind,
  namespace: metadata.namespace ?? 'default',
  name: metadata.name,
  field,
})

export function backendOf(cluster: Cluster, route: GatewayRoute, ref: BackendRef): Backend {
  const namespace = ref.namespace ?? route.metadata.namespace ?? 'default'
  const problem = backendProblem(cluster, route, ref)
  const service = problem ? undefined : get(cluster, 'Service', namespace, ref.name)
  const port = service?.spec.ports?.find((each) => each.port === ref.port)
  const serverName = service && isOfRequests(route) ? backendTlsOf(cluster, route, ref)?.hostname : undefined
  return {
    ...(serverName !== undefined && { serverName }),
    ref,
    namespace,
    weight: ref.weight ?? 1,
    filters: ref.filters ?? [],
    target: service && port && { service, port },
    problem: problem?.message,
  }
}

export const routeRows = (cluster: Cluster, { attachments }: Attached): readonly RouteRow[] =>
  attachments.flatMap((each) => rowsOf(cluster, each))

function rowsOf(cluster: Cluster, { route, on, hostnames }: Attachment): readonly RouteRow[] {
  if (!isOfRequests(route)) return []
  const rules = route.spec.rules ?? []
  return rules.flatMap((rule, ruleIndex) => {
    const { filters = [], backendRefs = [] } = rule
    const backends = backendRefs.map((ref) => backendOf(cluster, route, ref))
    return matchesOf(route, ruleIndex).map(
      (match, i): RouteRow => ({
        on,
        route,
        hostnames,
        match,
        ...(route.kind === 'GRPCRoute' && { call: route.spec.rules?.[ruleIndex]?.matches?.[i] ?? {} }),
        filters,
        backends,
        timeouts: 'timeouts' in rule ? (rule.timeouts ?? {}) : {},
        ruleIndex,
        ruleCount: rules.length,
        object: refOfRoute(route, `spec.rules[${ruleIndex}].matches[${i}]`),
      }),
    )
  })
}

/** Routes of requests; the others are of connections or datagrams. */
export const isOfRequests = (route: GatewayRoute): route is HTTPRoute | GRPCRoute =>
  route.kind === 'HTTPRoute' || route.kind === 'GRPCRoute'

function matchesOf(route: HTTPRoute | GRPCRoute, index: number): readonly HTTPRouteMatch[] {
  if (route.kind === 'HTTPRoute') return route.spec.rules?.[index]?.matches ?? [{}]
  const matches = route.spec.rules?.[index]?.matches ?? []
  return matches.length > 0 ? matches.map(httpMatchOf) : [httpMatchOf({})]
}
