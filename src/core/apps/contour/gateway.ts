/** What routes of the Gateway API become in Envoy (internal/dag/gatewayapi_processor.go); which of them Contour takes is in cluster/contour-gateway.ts. */
import type { GatewayRoute, HeaderModifier, NamedMatch, PathModifier, RouteFilter } from '../../api/gateway.ts'
import type { ContourAttached, ContourStream } from '../../cluster/contour-gateway.ts'
import type { ContourBackend, ContourMatch, ContourRule } from '../../cluster/contour-rules.ts'
import type { ObjectRef } from '../program.ts'
import { type Dag, protocolOf } from './dag.ts'
import { secondsOf } from './duration.ts'
import type { Action, HeaderChange, PathMatch, RedirectAction, Route, ValueMatch, WeightedCluster } from './model.ts'

const refOf = ({ kind, metadata }: GatewayRoute, field: string): ObjectRef => ({
  kind,
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  field,
})

export function addGateway(dag: Dag, { rules, streams, listeners, parents }: ContourAttached): void {
  for (const { gateway, listener, problems } of listeners)
    for (const { message } of problems)
      dag.say('error', message, {
        kind: 'Gateway',
        namespace: gateway.metadata.namespace ?? '',
        name: gateway.metadata.name,
        field: `spec.listeners[${gateway.spec.listeners.indexOf(listener)}]`,
      })
  for (const [route, said] of parents)
    for (const { conditions } of said)
      for (const { status, message } of conditions) if (status === 'False') dag.say('warning', message, refOf(route, 'spec'))
  for (const rule of rules) addRule(dag, rule)
  for (const stream of streams) addStream(dag, stream)
}

function addRule(dag: Dag, rule: ContourRule): void {
  const { on, hosts } = rule
  const certificate = on.secret && dag.certificate(on.secret.namespace, on.secret.name, refOf(rule.route, 'spec'))
  if (on.secret && !certificate) return
  for (const match of rule.matches) {
    const route = routeOf(dag, rule, match)
    for (const host of hosts) {
      if (!certificate) dag.addRoute(host, route, on.entryPoint)
      else {
        dag.secure(host, certificate, on.entryPoint)
        dag.addSecureRoute(host, route, on.entryPoint)
      }
    }
  }
}

function addStream(dag: Dag, { on, hosts, route, backends }: ContourStream): void {
  const clusters = backends.map(({ service, port, weight }) => ({ cluster: dag.cluster(service, port), weight }))
  const object = refOf(route, 'spec.rules[0]')
  const certificate = on.secret && dag.certificate(on.secret.namespace, on.secret.name, object)
  const made = { clusters, object, ...(certificate && { certificate }) }
  if (route.kind === 'TCPRoute' && !certificate) dag.addProxy({ name: '*', ...made }, on.entryPoint)
  else for (const name of hosts.length > 0 ? hosts : ['*']) dag.addStream({ name, ...made }, on.entryPoint)
}

function routeOf(dag: Dag, rule: ContourRule, match: ContourMatch): Route {
  const { route, ruleIndex, filters } = rule
  const first = <K extends keyof RouteFilter>(key: K): RouteFilter[K] | undefined => filters.find((each) => each[key] !== undefined)?.[key]
  const redirect = first('requestRedirect')
  const made: Pick<Route, 'path' | 'headers' | 'query' | 'priority' | 'object'> = {
    path: match.path,
    headers: [...match.headers.map(valueMatch), ...(match.method === undefined ? [] : [methodMatch(match.method)])],
    // Contour leaves query parameters out where a rule redirects.
    query: redirect ? [] : match.queryParams.map(valueMatch),
    priority: ruleIndex,
    object: refOf(route, `spec.rules[${ruleIndex}].matches[${match.index}]`),
  }
  if (redirect) {
    const { scheme, hostname, port, path, statusCode = 302 } = redirect
    const action: RedirectAction = {
      kind: 'redirect',
      status: statusCode,
      ...(scheme && { scheme }),
      ...(hostname && { host: hostname }),
      ...(port !== undefined && { port }),
      ...(path && redirectedPath(path, match.path)),
    }
    return { ...made, action }
  }
  const [request, response] = [first('requestHeaderModifier'), first('responseHeaderModifier')]
  return {
    ...made,
    action: actionOf(dag, rule, match),
    ...(request && { requestHeaders: changeOf(request, true) }),
    ...(response && { responseHeaders: changeOf(response, false) }),
  }
}

/** A prefix that is removed takes the slashes behind it along. */
const prefixRemoval = ({ value }: PathMatch) => ({
  pattern: `^${value.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')}/*`,
  substitution: '/',
})

function redirectedPath({ type, replaceFullPath, replacePrefixMatch }: PathModifier, path: PathMatch): Partial<RedirectAction> {
  if (type === 'ReplaceFullPath') return { path: replaceFullPath || '/' }
  const prefix = replacePrefixMatch || '/'
  return prefix === '/' ? { regexRewrite: prefixRemoval(path) } : { prefix }
}

function actionOf(dag: Dag, { route, on, filters, backends, mirrors, timeout }: ContourRule, match: ContourMatch): Action {
  const { namespace = '' } = route.metadata
  // A GRPCRoute's backends speak HTTP/2 where their Services say nothing else, with TLS where the listener has it.
  const usual = route.kind === 'GRPCRoute' ? (on.listener.protocol === 'HTTPS' ? 'h2' : 'h2c') : undefined
  const clusterOf = ({ service, port, tls }: ContourBackend): string => {
    if (tls) return dag.cluster(service, port, { protocol: 'tls' })
    const own = protocolOf(service, port)
    return dag.cluster(service, port, own === 'http' && usual ? { protocol: usual } : {})
  }
  const clusters = backends.map((backend): WeightedCluster => {
    const { filters: own = [] } = backend.ref
    const [request, response] = [own.find((each) => each.requestHeaderModifier), own.find((each) => each.responseHeaderModifier)]
    return {
      cluster: clusterOf(backend),
      weight: backend.weight,
      ...(request?.requestHeaderModifier && { requestHeaders: changeOf(request.requestHeaderModifier, true) }),
      ...(response?.responseHeaderModifier && { responseHeaders: changeOf(response.responseHeaderModifier, false) }),
    }
  })
  if (clusters.every(({ weight }) => weight === 0)) {
    dag.say('error', `no backend of the rule can be used (namespace ${namespace})`, refOf(route, 'spec'))
    return { kind: 'direct', status: 500, body: '' }
  }
  const rewrite = filters.find(({ urlRewrite }) => urlRewrite)?.urlRewrite
  const host = rewrite?.hostname || hostIn(filters.find((each) => each.requestHeaderModifier)?.requestHeaderModifier)
  return {
    kind: 'route',
    clusters,
    timeout: secondsOf(timeout, 15),
    websocket: false,
    mirrors: mirrors.map(clusterOf),
    ...(rewrite?.path && rewrittenPath(rewrite.path, match.path)),
    ...(host && { hostRewrite: host }),
  }
}

function rewrittenPath({ type, replaceFullPath, replacePrefixMatch }: PathModifier, path: PathMatch) {
  if (type === 'ReplaceFullPath') return { regexRewrite: { pattern: '^/.*$', substitution: replaceFullPath || '/' } }
  const prefix = replacePrefixMatch || '/'
  return prefix === '/' ? { regexRewrite: prefixRemoval(path) } : { prefixRewrite: prefix }
}

const isHost = ({ name }: { readonly name: string }): boolean => name.toLowerCase() === 'host'

const hostIn = ({ set = [], add = [] }: HeaderModifier = {}): string | undefined => [...set, ...add].find(isHost)?.value

/** A Host among the request's headers is rewritten apart. */
function changeOf({ set = [], add = [], remove = [] }: HeaderModifier, ofRequest: boolean): HeaderChange {
  const pairs = (all: typeof set) => all.filter((each) => !ofRequest || !isHost(each)).map(({ name, value }) => [name, value] as const)
  return { set: pairs(set), remove, ...(add.length > 0 && { add: pairs(add) }) }
}

const valueMatch = ({ name, type = 'Exact', value }: NamedMatch): ValueMatch => ({
  name,
  kind: type === 'Exact' ? 'exact' : 'regex',
  value,
  invert: false,
  ignoreCase: false,
})

const methodMatch = (value: string): ValueMatch => valueMatch({ name: ':method', value })
