/** One request through Kong 3 (kong/router, kong/runloop): route, plugins, path, headers, target; another target when one cannot be reached. */
import { joinHostPort } from '../../net/ip.ts'
import {
  appendedHeader,
  byteLength,
  headerOf,
  type Headers,
  headersOf,
  hostOf,
  type HttpRequest,
  type HttpResponse,
  pathOf,
  queryOf,
  upgradeOf,
  withHeader,
  withoutHeader,
} from '../http.ts'
import { requestId } from '../ingress/request-id.ts'
import type { Balance, Decision, Dial, Exchange, Matched, ProxyDecision, Remember, RespondDecision } from '../program.ts'
import { FILE, idOf } from './kong-yaml.ts'
import type { Model, Route, Upstream } from './model.ts'
import { type Passed, passPlugins } from './plugin-access.ts'
import type { HeaderFilter } from './plugin-config.ts'

export const SERVER = 'kong/3.7.1'

export interface Kong {
  readonly model: Model
  readonly places: ReadonlyMap<string, number>
}

/** A decision with what plugins will do to the headers of the answer. */
interface KongDecision extends ProxyDecision {
  readonly filters: readonly HeaderFilter[]
}

/** A star stands for one or more labels. */
export function hostHolds(pattern: string, host: string): boolean {
  if (pattern === '') return true
  return pattern.startsWith('*.') ? host.length > pattern.length - 1 && host.endsWith(pattern.slice(1)) : pattern === host
}

/** kong/tools/uri.lua normalize: what needs no percent sign has none, dots and double slashes are resolved. */
export function normalPath(path: string): string {
  const decoded = path.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16))
    return /[\w.~-]/.test(character) ? character : `%${digits.toUpperCase()}`
  })
  const out: string[] = []
  const parts = decoded.split('/').slice(1)
  for (const part of parts) {
    if (part === '..') out.pop()
    else if (part !== '' && part !== '.') out.push(part)
  }
  const last = parts.at(-1)
  return `/${out.join('/')}${out.length > 0 && (last === '' || last === '.' || last === '..') ? '/' : ''}`
}

export function routeFor({ routes }: Model, request: HttpRequest): Route | undefined {
  const [host, path] = [hostOf(request), normalPath(pathOf(request))]
  return routes.find(
    (route) =>
      (route.hosts.length === 0 || route.hosts.some((each) => hostHolds(each, host))) &&
      (route.methods.length === 0 || route.methods.includes(request.method)) &&
      [...route.headers].every(([name, values]) =>
        headersOf(request.headers, name).some((each) => values.includes(each.toLowerCase()) || values.includes(each)),
      ) &&
      matchedPart(route, path) !== undefined,
  )
}

/** What of the path a route's own path matches. */
function matchedPart({ path: { regex, value } }: Route, path: string): string | undefined {
  return regex ? new RegExp(`^(?:${value})`).exec(path)?.[0] : path.startsWith(value) ? value : undefined
}

/** kong.response.error: in the form that the client accepts, JSON where he names none. */
function errorPage(
  { request, connection }: Exchange,
  status: number,
  text: string,
  more: Headers,
  filters: readonly HeaderFilter[] = [],
): HttpResponse {
  const id = requestId(connection, request.target)
  const accept = headerOf(request.headers, 'Accept') ?? ''
  const html = /text\/html/.test(accept)
  const plain = !html && /text\/plain/.test(accept)
  const page = `<!doctype html>\n<html>\n  <head>\n    <meta charset="utf-8">\n    <title>Error</title>\n  </head>\n  <body>\n    <h1>Error</h1>\n    <p>${text}.</p>\n    <p>request_id: ${id}</p>\n  </body>\n</html>\n`
  const body = html ? page : plain ? `${text}\nrequest_id: ${id}\n` : `{\n  "message":"${text}",\n  "request_id":"${id}"\n}`
  const type = html ? 'text/html; charset=utf-8' : plain ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8'
  return ownAnswer(request, status, body, [['Content-Type', type], ...more], id, filters)
}

function ownAnswer(
  request: HttpRequest,
  status: number,
  body: string,
  more: Headers,
  id: string,
  filters: readonly HeaderFilter[],
): HttpResponse {
  const headers: Headers = [
    ...more,
    ['Content-Length', String(byteLength(body))],
    ['X-Kong-Response-Latency', '0'],
    ['Server', SERVER],
    ['X-Kong-Request-Id', id],
  ]
  const filtered = filters.reduce<Headers>((all, filter) => filter(all), headers)
  return { status, version: request.version, headers: filtered, body: request.method === 'HEAD' ? '' : body }
}

type Respond = (status: number, why: string, text: string, more?: Headers, filters?: readonly HeaderFilter[]) => RespondDecision

export function answer(kong: Kong, exchange: Exchange): Decision {
  const { request, connection } = exchange
  const { model } = kong
  const route = routeFor(model, request)
  const matched = route ? [{ ...rowOf(kong, 'routes', idOf(route)), object: route.object }] : []
  const respond: Respond = (status, why, text, more = [], filters = []) => ({
    kind: 'respond',
    response: errorPage(exchange, status, text, more, filters),
    why,
    matched,
  })
  if (!route) return respond(404, 'no-route', 'no Route matched with those values')
  if (!connection.tls && !route.protocols.some((each) => each === 'http' || each === 'grpc'))
    return insecure(exchange, route, matched, respond)
  if (connection.tls && !route.protocols.some((each) => each === 'https' || each === 'grpcs'))
    return respond(404, 'no-route', 'no Route matched with those values')
  const upstream = model.upstreams.get(route.upstream)
  const client = connection.proxied?.source ?? connection.peer
  const own = [...route.plugins, ...(upstream?.plugins ?? []), ...model.globals]
  const passed = passPlugins(own, model.consumers, request, connection, client)
  // A request that goes to another target has passed them already.
  const remember = exchange.tried.length > 0 ? [] : passed.remember
  if (passed.answer) return { ...byPlugin(exchange, passed, respond), matched: [...matched, pluginRow(kong, passed)], remember }
  if (!upstream || upstream.targets.length === 0) {
    const none = respond(503, 'no-endpoints', 'failure to get a peer from the ring-balancer', [], passed.filters)
    return { ...none, remember, matched: upstream ? [...matched, rowOf(kong, 'upstreams', upstream.name)] : matched }
  }
  const last = exchange.tried.at(-1)
  const again = last && last.kind !== 'read-timeout' && last.kind !== 'reset' && last.kind !== 'closed'
  if (last && (!again || exchange.tried.length > upstream.retries)) {
    const timeout = last.kind === 'timeout' || last.kind === 'read-timeout'
    return timeout
      ? respond(504, 'upstream-timeout', 'The upstream server is timing out', [], passed.filters)
      : respond(502, 'upstream-refused', 'An invalid response was received from the upstream server', [], passed.filters)
  }
  const decision = proxied(kong, exchange, route, upstream, matched, passed)
  return { ...decision, remember: [...remember, ...(decision.remember ?? [])] }
}

/** The plugin's own word where it spoke, or Kong's page with its message. */
function byPlugin(exchange: Exchange, { answer: said, filters }: Passed, respond: Respond): RespondDecision {
  if (said?.kind === 'error') return respond(said.status, 'plugin', said.message, said.headers, filters)
  const { request, connection } = exchange
  const [status, body, headers] = [said?.status ?? 500, said?.body ?? '', said?.headers ?? []]
  const response = ownAnswer(request, status, body, headers, requestId(connection, request.target), filters)
  return { kind: 'respond', response, why: 'plugin', matched: [] }
}

const pluginRow = (kong: Kong, { by }: Passed): Matched =>
  by ? { ...rowOf(kong, 'plugins', `${by.name} ${by.object.name}`), object: by.object } : { table: 'plugins', row: '' }

/** A route for https alone asks for TLS with 426, unless it is to redirect, which says nothing. */
function insecure(
  { request, connection }: Exchange,
  { redirectStatus }: Route,
  matched: readonly Matched[],
  respond: Respond,
): RespondDecision {
  if (redirectStatus === 426)
    return respond(426, 'redirect', 'Please use HTTPS protocol', [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'TLS/1.2, HTTP/1.1'],
    ])
  const headers: Headers = [['Location', `https://${hostOf(request)}${request.target}`]]
  const response = ownAnswer(request, redirectStatus, '', headers, requestId(connection, request.target), [])
  return { kind: 'respond', response, why: 'redirect', matched }
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
  passed: Passed,
): KongDecision {
  const { connection } = exchange
  const { request } = passed
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
    connectTimeout: upstream.connectTimeout,
    readTimeout: upstream.readTimeout,
    version: upstream.protocol.startsWith('grpc') ? '2' : '1.1',
    ...(secure && { tls: {} }),
    ...(!upgradeOf(request) && { keepAlive: upstream.name }),
  }
  const rewritten = pathOf(request) !== pathOf(exchange.request)
  const part = matchedPart(route, normalPath(pathOf(exchange.request))) ?? ''
  const query = queryOf(request)
  const path = rewritten ? pathOf(request) : upstreamPath(upstream, route, normalPath(pathOf(request)), part)
  return {
    kind: 'proxy',
    to,
    request: {
      ...request,
      target: query === undefined ? path : `${path}?${query}`,
      version: to.version ?? '1.1',
      headers: headersSent(exchange, route, upstream, to, part, request),
    },
    balance: { ...balance, chosen: at },
    remember,
    matched: [
      ...matched,
      { ...rowOf(kong, 'upstreams', upstream.name), object: upstream.object },
      rowOf(kong, 'targets', `${upstream.name} ${joinHostPort(to.address, to.port)}`),
    ],
    filters: passed.filters,
  }
}

/** path_handling v0: the service's path, and behind it what the route leaves of the request's, with one slash between. */
function upstreamPath({ path: base }: Upstream, { stripPath }: Route, path: string, part: string): string {
  const rest = (stripPath ? path.slice(part.length) : path).replace(/^\/+/, '')
  if (base === '/') return `/${rest}`
  return rest === '' ? base : `${base.replace(/\/+$/, '')}/${rest}`
}

/** Where a route keeps no host, servers are asked for the target's own address, with its port unless that is the scheme's. */
function hostFor({ preserveHost }: Route, { hostHeader, protocol }: Upstream, to: Dial, host: string): string {
  if (preserveHost) return host
  const usual = protocol === 'https' || protocol === 'grpcs' ? 443 : 80
  const name = hostHeader || (to.address.includes(':') ? `[${to.address}]` : to.address)
  return to.port === usual ? name : `${name}:${to.port}`
}

function headersSent(
  { connection, request: asked }: Exchange,
  route: Route,
  upstream: Upstream,
  to: Dial,
  part: string,
  request: HttpRequest,
): Headers {
  const client = connection.proxied?.source ?? connection.peer
  const replaced = headerOf(request.headers, 'Host') !== headerOf(asked.headers, 'Host')
  const host = headerOf(request.headers, 'Host') ?? ''
  let headers = withHeader(request.headers, 'Host', replaced ? host : hostFor(route, upstream, to, host))
  if (!upgradeOf(request)) headers = withHeader(withoutHeader(headers, 'Keep-Alive'), 'Connection', 'keep-alive')
  headers = appendedHeader(headers, 'X-Forwarded-For', client)
  headers = withHeader(headers, 'X-Forwarded-Proto', connection.tls ? 'https' : 'http')
  headers = withHeader(headers, 'X-Forwarded-Host', hostOf(asked))
  headers = withHeader(headers, 'X-Forwarded-Port', String(connection.localPort))
  headers = withHeader(headers, 'X-Forwarded-Path', asked.target)
  if (route.stripPath && part !== '/') headers = withHeader(headers, 'X-Forwarded-Prefix', part.replace(/(.)\/$/, '$1'))
  headers = withHeader(headers, 'X-Real-IP', client)
  return withHeader(headers, 'X-Kong-Request-Id', requestId(connection, asked.target))
}

export function changed(response: HttpResponse, { request, connection }: Exchange, decision: ProxyDecision): HttpResponse {
  const { filters = [] } = decision as Partial<KongDecision>
  const server: Headers = headerOf(response.headers, 'Server') === undefined ? [['Server', SERVER]] : []
  const headers: Headers = [
    ...response.headers,
    ...server,
    ['X-Kong-Upstream-Latency', String(Math.round((response.delay ?? 0) * 1000))],
    ['X-Kong-Proxy-Latency', '0'],
    ['Via', `1.1 ${SERVER}`],
    ['X-Kong-Request-Id', requestId(connection, request.target)],
  ]
  return { ...response, version: request.version, headers: filters.reduce<Headers>((all, filter) => filter(all), headers) }
}
