/** Defaults that the CRDs of the Gateway API declare. */
import type {
  BackendRef,
  Gateway,
  GatewayRoute,
  GRPCRoute,
  HTTPRoute,
  HTTPRouteMatch,
  NamedMatch,
  ParentReference,
  PortRouteSpec,
  RouteFilter,
  TLSRoute,
} from './gateway.ts'

export const gatewayDefaults = (gateway: Gateway): Gateway => ({
  ...gateway,
  spec: {
    ...gateway.spec,
    listeners: gateway.spec.listeners.map((listener) => ({
      ...listener,
      allowedRoutes: { ...listener.allowedRoutes, namespaces: { from: 'Same' as const, ...listener.allowedRoutes?.namespaces } },
      ...(listener.tls && {
        tls: {
          mode: 'Terminate' as const,
          ...listener.tls,
          ...(listener.tls.certificateRefs && {
            certificateRefs: listener.tls.certificateRefs.map((each) => ({ group: '', kind: 'Secret', ...each })),
          }),
        },
      }),
    })),
  },
})

export function routeDefaults<R extends GatewayRoute>(route: R): R
export function routeDefaults(route: GatewayRoute): GatewayRoute {
  switch (route.kind) {
    case 'HTTPRoute':
      return httpRoute(route)
    case 'GRPCRoute':
      return grpcRoute(route)
    case 'TLSRoute':
      return tlsRoute(route)
    case 'TCPRoute':
    case 'UDPRoute':
      return { ...route, spec: portRoute(route.spec) }
  }
}

const parents = (given: readonly ParentReference[] | undefined): readonly ParentReference[] =>
  (given ?? []).map((each) => ({ group: 'gateway.networking.k8s.io', kind: 'Gateway', ...each }))

const backends = (given: readonly BackendRef[]): readonly BackendRef[] =>
  given.map((each) => ({ group: '', kind: 'Service', weight: 1, ...each, ...(each.filters && { filters: each.filters.map(filter) }) }))

const filter = (given: RouteFilter): RouteFilter =>
  given.requestRedirect ? { ...given, requestRedirect: { statusCode: 302, ...given.requestRedirect } } : given

const exact = (given: readonly NamedMatch[]): readonly NamedMatch[] => given.map((each) => ({ type: 'Exact' as const, ...each }))

const ROOT: HTTPRouteMatch = { path: { type: 'PathPrefix', value: '/' } }

const httpMatch = (match: HTTPRouteMatch): HTTPRouteMatch => ({
  ...match,
  path: { type: 'PathPrefix', value: '/', ...match.path },
  ...(match.headers && { headers: exact(match.headers) }),
  ...(match.queryParams && { queryParams: exact(match.queryParams) }),
})

const httpRoute = (route: HTTPRoute): HTTPRoute => ({
  ...route,
  spec: {
    ...route.spec,
    parentRefs: parents(route.spec.parentRefs),
    rules: (route.spec.rules ?? [{}]).map((rule) => ({
      ...rule,
      matches: (rule.matches ?? [ROOT]).map(httpMatch),
      ...(rule.filters && { filters: rule.filters.map(filter) }),
      ...(rule.backendRefs && { backendRefs: backends(rule.backendRefs) }),
    })),
  },
})

const grpcRoute = (route: GRPCRoute): GRPCRoute => ({
  ...route,
  spec: {
    ...route.spec,
    parentRefs: parents(route.spec.parentRefs),
    rules: (route.spec.rules ?? []).map((rule) => ({
      ...rule,
      ...(rule.matches && {
        matches: rule.matches.map((each) => ({
          ...each,
          ...(each.method && { method: { type: 'Exact' as const, ...each.method } }),
          ...(each.headers && { headers: exact(each.headers) }),
        })),
      }),
      ...(rule.backendRefs && { backendRefs: backends(rule.backendRefs) }),
    })),
  },
})

const tlsRoute = (route: TLSRoute): TLSRoute => ({
  ...route,
  spec: {
    ...route.spec,
    parentRefs: parents(route.spec.parentRefs),
    rules: (route.spec.rules ?? []).map((rule) => ({ ...rule, ...(rule.backendRefs && { backendRefs: backends(rule.backendRefs) }) })),
  },
})

const portRoute = (spec: PortRouteSpec): PortRouteSpec => ({
  ...spec,
  parentRefs: parents(spec.parentRefs),
  rules: spec.rules.map((rule) => ({ ...rule, ...(rule.backendRefs && { backendRefs: backends(rule.backendRefs) }) })),
})
