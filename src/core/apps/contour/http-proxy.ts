/** HTTPProxies as virtual hosts and routes (internal/dag/httpproxy_processor.go). Left out: rate limits, authorisation, JWT, CORS, health checks, cookie rewriting, fallback certificates. */
import type {
  HeadersPolicy,
  HTTPProxy,
  IpFilter,
  LoadBalancerPolicy,
  ProxyCondition,
  ProxyRoute,
  ProxyService,
} from '../../api/http-proxy.ts'
import type { ProxyForest, ProxyRoot, ProxyRouteFound } from '../../cluster/http-proxy.ts'
import { serviceOf } from '../ingress/backend.ts'
import type { ObjectRef } from '../program.ts'
import type { ClusterOptions, Dag } from './dag.ts'
import { secondsOf } from './duration.ts'
import { isPattern } from './ingress.ts'
import type { Action, HashPolicy, HeaderChange, LbPolicy, PathMatch, Route, ValueMatch, WeightedCluster } from './model.ts'

const refOf = ({ metadata }: HTTPProxy, field?: string): ObjectRef => ({
  kind: 'HTTPProxy',
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  ...(field !== undefined && { field }),
})

export function addProxies(dag: Dag, { roots, problems, orphans }: ProxyForest): void {
  for (const [proxy, found] of problems) for (const { message } of found) dag.say('error', message, refOf(proxy))
  for (const proxy of orphans) dag.say('warning', 'this HTTPProxy is not part of a delegation chain from a root HTTPProxy', refOf(proxy))
  for (const root of roots) addRoot(dag, root)
}

function addRoot(dag: Dag, { proxy, fqdn, routes }: ProxyRoot): void {
  const { virtualhost, tcpproxy } = proxy.spec
  const { tls } = virtualhost ?? {}
  const namespace = proxy.metadata.namespace ?? ''
  const certificate = tls?.secretName ? dag.certificate(namespace, tls.secretName, refOf(proxy, 'spec.virtualhost.tls')) : undefined
  if (tls && !tls.passthrough && !certificate) return
  if (certificate && !tcpproxy) dag.secure(fqdn, certificate)
  if (tcpproxy) {
    const clusters = (tcpproxy.services ?? []).filter(({ mirror }) => !mirror)
    const to = clustersOf(dag, namespace, clusters, tcpproxy.loadBalancerPolicy)
    dag.addStream({ name: fqdn, clusters: to, object: refOf(proxy, 'spec.tcpproxy'), ...(certificate && { certificate }) })
  }
  for (const found of routes)
    for (const route of routesOf(dag, found, proxy)) {
      if (certificate && !tcpproxy) {
        dag.addSecureRoute(fqdn, route)
        if (!found.route.permitInsecure) dag.addRoute(fqdn, { ...route, action: { kind: 'redirect', scheme: 'https', status: 301 } })
      }
      if (!certificate || tcpproxy || found.route.permitInsecure) dag.addRoute(fqdn, route)
    }
}

function routesOf(dag: Dag, { route, conditions, proxy, index }: ProxyRouteFound, root: HTTPProxy): readonly Route[] {
  const object = refOf(proxy, `spec.routes[${index}]`)
  const path = pathOf(conditions)
  const headers = conditions.flatMap(({ header }) => (header ? [valueMatch(header)] : []))
  const query = conditions.flatMap(({ queryParameter }) => (queryParameter ? [valueMatch(queryParameter)] : []))
  const unread = [path, ...headers, ...query].find((each) => each.kind === 'regex' && !isPattern(each.value))
  if (unread) {
    dag.say('error', `route: regex "${unread.value}" is not valid`, object)
    return []
  }
  const sources = sourcesOf(route) ?? sourcesOf(root.spec.virtualhost ?? {})
  const made: Route = {
    path,
    headers,
    query,
    action: actionOf(dag, route, proxy),
    object,
    ...(route.requestHeadersPolicy && { requestHeaders: changeOf(route.requestHeadersPolicy) }),
    ...(route.responseHeadersPolicy && { responseHeaders: changeOf(route.responseHeadersPolicy) }),
    ...(sources && { sources }),
  }
  return expanded(made, route)
}

/** Prefixes of includes stand before the route's own; slashes between them are one. */
function pathOf(conditions: readonly ProxyCondition[]): PathMatch {
  const prefix = conditions.map((each) => each.prefix ?? '').join('')
  const of = (text: string): string => `${prefix}${text}`.replace(/\/{2,}/g, '/')
  const exact = conditions.find((each) => each.exact !== undefined)?.exact
  const regex = conditions.find((each) => each.regex !== undefined)?.regex
  if (exact !== undefined) return { kind: 'exact', value: of(exact) }
  if (regex !== undefined) return { kind: 'regex', value: of(regex) }
  return { kind: 'prefix', value: of('') || '/' }
}

type Value = NonNullable<ProxyCondition['header']> & NonNullable<ProxyCondition['queryParameter']>

function valueMatch(condition: NonNullable<ProxyCondition['header']> | NonNullable<ProxyCondition['queryParameter']>): ValueMatch {
  const { name, ignoreCase = false, ...asked } = condition as Value
  const found = (
    [
      ['exact', asked.exact, false],
      ['exact', asked.notexact, true],
      ['contains', asked.contains, false],
      ['contains', asked.notcontains, true],
      ['prefix', asked.prefix, false],
      ['suffix', asked.suffix, false],
      ['regex', asked.regex, false],
    ] as const
  ).find(([, value]) => value !== undefined && value !== '')
  const [kind, value = '', invert] = found ?? (['present', '', asked.notpresent === true] as const)
  return { name, kind, value, invert, ignoreCase, ...(asked.treatMissingAsEmpty && { missingIsEmpty: true }) }
}

function sourcesOf({
  ipAllowPolicy,
  ipDenyPolicy,
}: {
  readonly ipAllowPolicy?: readonly IpFilter[]
  readonly ipDenyPolicy?: readonly IpFilter[]
}): Route['sources'] {
  const filters = ipAllowPolicy ?? ipDenyPolicy
  const [first] = filters ?? []
  return (
    filters && first && { allow: ipAllowPolicy !== undefined, prefixes: filters.map(({ cidr }) => cidr), remote: first.source === 'Remote' }
  )
}

const changeOf = ({ set = [], remove = [] }: HeadersPolicy): HeaderChange => ({
  set: set.filter(({ name }) => name.toLowerCase() !== 'host').map(({ name, value }) => [name, value] as const),
  remove,
})

function actionOf(dag: Dag, route: ProxyRoute, { metadata }: HTTPProxy): Action {
  const { services = [], requestRedirectPolicy: redirect, directResponsePolicy: direct } = route
  if (direct) return { kind: 'direct', status: direct.statusCode, body: direct.body ?? '' }
  if (redirect) {
    const { statusCode = 302, scheme, hostname, port, path, prefix } = redirect
    return {
      kind: 'redirect',
      status: statusCode,
      ...(scheme && { scheme }),
      ...(hostname && { host: hostname }),
      ...(port && { port }),
      ...(path && { path }),
      ...(prefix && { prefix }),
    }
  }
  const namespace = metadata.namespace ?? ''
  const clusters = clustersOf(
    dag,
    namespace,
    services.filter(({ mirror }) => !mirror),
    route.loadBalancerPolicy,
  )
  // With no Service that is there Contour answers itself; with some, only those are sent to.
  if (clusters.length === 0) return { kind: 'direct', status: 503, body: '' }
  const mirrors = clustersOf(
    dag,
    namespace,
    services.filter(({ mirror }) => mirror),
    route.loadBalancerPolicy,
  ).map(({ cluster }) => cluster)
  const host = (route.requestHeadersPolicy?.set ?? []).find(({ name }) => name.toLowerCase() === 'host')?.value
  const { retryPolicy } = route
  return {
    kind: 'route',
    clusters,
    timeout: route.enableWebsockets && route.timeoutPolicy?.response === undefined ? 0 : secondsOf(route.timeoutPolicy?.response, 15),
    websocket: route.enableWebsockets === true,
    mirrors,
    ...(host !== undefined && { hostRewrite: host }),
    ...(retryPolicy && { retry: { on: retryPolicy.retryOn ?? ['5xx'], count: Math.max(1, retryPolicy.count ?? 1) } }),
  }
}

/** Where nobody has a weight all weigh the same. */
function clustersOf(
  dag: Dag,
  namespace: string,
  services: readonly ProxyService[],
  policy: LoadBalancerPolicy | undefined,
): readonly WeightedCluster[] {
  const weighed = services.some(({ weight = 0 }) => weight > 0)
  return services.flatMap(({ name, port: number, weight = 0, protocol, requestHeadersPolicy, responseHeadersPolicy }) => {
    const service = serviceOf(dag.kubernetes, namespace, name)
    const port = service?.spec.ports?.find((each) => each.port === number)
    if (!service || !port) return []
    const cluster = dag.cluster(service, port, { ...balancing(policy), ...(protocol && { protocol }) })
    return [
      {
        cluster,
        weight: weighed ? weight : 1,
        ...(requestHeadersPolicy && { requestHeaders: changeOf(requestHeadersPolicy) }),
        ...(responseHeadersPolicy && { responseHeaders: changeOf(responseHeadersPolicy) }),
      },
    ]
  })
}

const STRATEGIES: Readonly<Record<string, LbPolicy>> = {
  RoundRobin: 'ROUND_ROBIN',
  WeightedLeastRequest: 'LEAST_REQUEST',
  Random: 'RANDOM',
  Cookie: 'RING_HASH',
  RequestHash: 'RING_HASH',
}

function balancing({ strategy = 'RoundRobin', requestHashPolicies = [] }: LoadBalancerPolicy = {}): ClusterOptions {
  const lbPolicy = STRATEGIES[strategy] ?? 'ROUND_ROBIN'
  if (strategy === 'Cookie') return { lbPolicy, hash: [{ kind: 'cookie', name: 'X-Contour-Session-Affinity', terminal: true }] }
  if (strategy !== 'RequestHash') return { lbPolicy }
  const hash = requestHashPolicies.flatMap(
    ({ terminal = false, hashSourceIP, headerHashOptions, queryParameterHashOptions }): HashPolicy[] => {
      if (hashSourceIP) return [{ kind: 'source', name: '', terminal }]
      if (headerHashOptions?.headerName) return [{ kind: 'header', name: headerHashOptions.headerName, terminal }]
      const name = queryParameterHashOptions?.parameterName
      return name ? [{ kind: 'query', name, terminal }] : []
    },
  )
  return hash.length > 0 ? { lbPolicy, hash } : { lbPolicy: 'ROUND_ROBIN' }
}

/** A replaced prefix makes two routes, with and without the slash behind it, so that no slash is doubled or lost (dag.expandPrefixMatches). */
function expanded(route: Route, { pathRewritePolicy }: ProxyRoute): readonly Route[] {
  const { action, path } = route
  const all = pathRewritePolicy?.replacePrefix ?? []
  const own = all.find(({ prefix }) => prefix === path.value) ?? all.find(({ prefix }) => prefix === undefined || prefix === '')
  if (action.kind !== 'route' || path.kind !== 'prefix' || !own) return [route]
  const to = own.replacement
  const rewritten = (value: string, prefixRewrite: string): Route => ({
    ...route,
    path: { kind: 'prefix', value },
    action: { ...action, prefixRewrite },
  })
  if (path.value === '/') return [rewritten('/', to.endsWith('/') ? to : `${to}/`)]
  const [bare, target] = [path.value.replace(/\/+$/, ''), to.replace(/\/+$/, '')]
  return [rewritten(bare, target || '/'), rewritten(`${bare}/`, `${target}/`)]
}
