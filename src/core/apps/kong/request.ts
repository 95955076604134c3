/** One request through Kong 3 (kong/router, kong/runloop): route, path, headers, target; another target when one cannot be reached. */
import { joinHostPort } from '../../net/ip.ts'
import {
  appendedHeader,
  byteLength,
  headerOf,
  type Headers,
  hostOf,
  type HttpResponse,
  pathOf,
  queryOf,
  upgradeOf,
  withHeader,
  withoutHeader,
} from '../http.ts'
import type { Balance, Decision, Dial, Exchange, Matched, ProxyDecision, Remember, RespondDecision } from '../program.ts'
import { FILE, idOf } from './kong-yaml.ts'
import type { Model, Route, Upstream } from './model.ts'

export const SERVER = 'kong/3.7.1'

export interface Kong {
  readonly model: Model
  readonly places: ReadonlyMap<string, number>
}

/** A star stands for one or more labels. */
export function hostHolds(pattern: string, host: string): boolean {
  if (pattern === '') return true
  return pattern.startsWith('*.') ? host.length > pattern.length - 1 && host.endsWith(pattern.slice(1)) : pattern === host
}

export function routeFor({ routes }: Model, host: string, path: string, method: string): Route | undefined {
  return routes.find(
    (route) =>
      hostHolds(route.host, host) &&
      (route.methods.length === 0 || route.methods.includes(method)) &&
      matchedPart(route, path) !== undefined,
  )
}

/** What of the path a route's own path matches. A regular expression that cannot be read matches nothing. */
function matchedPart({ path: { regex, value } }: Route, path: string): string | undefined {
  if (!regex) return path.startsWith(value) ? value : undefined
  try {
    return new RegExp(`^(?:${value})`).exec(path)?.[0]
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function message(exchange: Exchange, status: number, text: string, more: Headers = []): HttpResponse {
  const body = `{\n  "message":"${text}"\n}`
  const headers: Headers = [
    ['Content-Type', 'application/json; charset=utf-8'],
    ...more,
    ['Content-Length', String(byteLength(body))],
    ['Server', SERVER],
  ]
  return { status, version: exchange.request.version, headers, body: exchange.request.method === 'HEAD' ? '' : body }
}

export function answer(kong: Kong, exchange: Exchange): Decision {
  const { request, connection } = exchange
  const route = routeFor(kong.model, hostOf(request), pathOf(request), request.method)
  const respond = (status: number, why: string, text: string, matched: readonly Matched[], more: Headers = []): RespondDecision => ({
    kind: 'respond',
    response: message(exchange, status, text, more),
    why,
    matched,
  })
  if (!route) return respond(404, 'no-route', 'no Route matched with those values', [])
  const scheme = connection.tls ? 'https' : 'http'
  const matched = [{ ...rowOf(kong, 'routes', idOf(route)), object: route.object }]
  if (!connection.tls && !route.protocols.some((each) => each === 'http' || each === 'grpc'))
    return insecure(exchange, route, matched, respond)
  if (connection.tls && !route.protocols.some((each) => each === 'https' || each === 'grpcs'))
    return respond(404, 'no-route', 'no Route matched with those values', matched)
  const upstream = kong.model.upstreams.get(route.upstream)
  if (!upstream || upstream.targets.length === 0)
    return respond(
      503,
      'no-endpoints',
      'failure to get a peer from the ring-balancer',
      upstream ? [...matched, rowOf(kong, 'upstreams', upstream.name)] : matched,
    )
  const last = exchange.tried.at(-1)
  const again = last && last.kind !== 'read-timeout' && last.kind !== 'reset' && last.kind !== 'closed'
  if (last && (!again || exchange.tried.length > RETRIES)) {
    const timeout = last.kind === 'timeout' || last.kind === 'read-timeout'
    return timeout
      ? respond(504, 'upstream-timeout', 'The upstream server is timing out', matched)
      : respond(502, 'upstream-refused', 'An invalid response was received from the upstream server', matched)
  }
  return proxied(kong, exchange, route, upstream, matched, scheme)
}

const RETRIES = 5

/** A route for https alone asks for TLS with 426, unless it is to redirect. */
function insecure(
  { request }: Exchange,
  { redirectStatus }: Route,
  matched: readonly Matched[],
  respond: (status: number, why: string, text: string, matched: readonly Matched[], more?: Headers) => RespondDecision,
): RespondDecision {
  if (redirectStatus === 426)
    return respond(426, 'redirect', 'Please use HTTPS protocol', matched, [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'TLS/1.2, HTTP/1.1'],
    ])
  return respond(redirectStatus, 'redirect', 'Moved', matched, [['Location', `https://${hostOf(request)}${request.target}`]])
}

export function rowOf({ places }: Kong, table: string, row: string): Matched {
  const line = places.get(`${table} ${row}`)
  return { table, row, ...(line !== undefined && { at: { file: FILE, line } }) }
}

/** Weighted round robin whose weights are all the same. */
function pick(
  { name, targets }: Upstream,
  { connection: { moment } }: Exchange,
): { readonly index: number; readonly balance: Balance; readonly remember: Remember } {
  const nodes = targets.map(({ address, port }) => joinHostPort(address, port))
  const key = `rr ${name} ${nodes.join(' ')}`
  const index = (Number(moment.memory.get(key) ?? -1) + 1) % nodes.length
  const endpoints = targets.map(({ object }, i) => ({ address: nodes[i] ?? '', weight: 100, ...(object && { object }) }))
  return { index, balance: { algorithm: 'round-robin', upstream: name, endpoints, chosen: index }, remember: [[key, index]] }
}

function proxied(
  kong: Kong,
  exchange: Exchange,
  route: Route,
  upstream: Upstream,
  matched: readonly Matched[],
  scheme: string,
): ProxyDecision {
  const { request, connection } = exchange
  const { index, balance, remember } = pick(upstream, exchange)
  // After a failure Kong asks the ring again for the next one.
  const at = (index + exchange.tried.length) % upstream.targets.length
  const target = upstream.targets[at]
  const client = connection.proxied?.source ?? connection.peer
  const secure = upstream.protocol === 'https' || upstream.protocol === 'grpcs'
  const to: Dial = {
    address: target?.address ?? client,
    port: target?.port ?? 0,
    upstream: upstream.name,
    connectTimeout: 60,
    readTimeout: 60,
    version: upstream.protocol.startsWith('grpc') ? '2' : '1.1',
    ...(secure && { tls: {} }),
    ...(!upgradeOf(request) && { keepAlive: upstream.name }),
  }
  const path = pathOf(request)
  const part = matchedPart(route, path) ?? ''
  const stripped = route.stripPath ? `/${path.slice(part.length).replace(/^\/+/, '')}` : path
  const query = queryOf(request)
  const host = headerOf(request.headers, 'Host') ?? ''
  let headers = withHeader(request.headers, 'Host', route.preserveHost ? host : upstream.name)
  if (!upgradeOf(request)) headers = withHeader(withoutHeader(headers, 'Keep-Alive'), 'Connection', 'keep-alive')
  headers = appendedHeader(headers, 'X-Forwarded-For', client)
  headers = withHeader(headers, 'X-Forwarded-Proto', scheme)
  headers = withHeader(headers, 'X-Forwarded-Host', hostOf(request))
  headers = withHeader(headers, 'X-Forwarded-Port', String(connection.localPort))
  headers = withHeader(headers, 'X-Forwarded-Path', request.target)
  if (route.stripPath && part !== '/') headers = withHeader(headers, 'X-Forwarded-Prefix', part.replace(/(.)\/$/, '$1'))
  headers = withHeader(headers, 'X-Real-IP', client)
  return {
    kind: 'proxy',
    to,
    request: { ...request, target: query === undefined ? stripped : `${stripped}?${query}`, version: to.version ?? '1.1', headers },
    balance: { ...balance, chosen: at },
    remember,
    matched: [
      ...matched,
      { ...rowOf(kong, 'upstreams', upstream.name), object: upstream.object },
      rowOf(kong, 'targets', `${upstream.name} ${joinHostPort(to.address, to.port)}`),
    ],
  }
}

export const changed = (response: HttpResponse, { request }: Exchange): HttpResponse => ({
  ...response,
  version: request.version,
  headers: [
    ...response.headers,
    ['X-Kong-Upstream-Latency', String(Math.round((response.delay ?? 0) * 1000))],
    ['X-Kong-Proxy-Latency', '0'],
    ['Via', `1.1 ${SERVER}`],
  ],
})
