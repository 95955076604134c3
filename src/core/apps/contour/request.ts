/** One request through Envoy's HTTP connection manager and router, with the settings that Contour gives it (internal/envoy/v3/listener.go): paths are normalised, slashes merged, the peer is the client. */
import { contains, parseCidr } from '../../net/cidr.ts'
import { type Ip, joinHostPort } from '../../net/ip.ts'
import {
  byteLength,
  headerOf,
  type Headers,
  hostOf,
  isGrpc,
  type HttpRequest,
  type HttpResponse,
  queryOf,
  upgradeOf,
  withHeader,
  withoutHeader,
} from '../http.ts'
import { codeOfHttp, trailersOnly } from '../grpc.ts'
import type { Decision, Dial, Exchange, Failure, Matched, ProxyDecision, RespondDecision } from '../program.ts'
import { httpDate } from '../ingress/http-date.ts'
import { clusterOf, pick } from './balance.ts'
import type { Places } from './files.ts'
import { hostFor, routeFor } from './match.ts'
import type {
  Cluster,
  EnvoyListener,
  HeaderChange,
  Model,
  RedirectAction,
  RegexRewrite,
  Route,
  RouteAction,
  VirtualHost,
  WeightedCluster,
} from './model.ts'
import { normalised } from './path.ts'
import { requestHeaders } from './request-headers.ts'

export interface Envoy {
  readonly model: Model
  readonly places: Places
}

export const listenerAt = ({ model }: Envoy, port: number): EnvoyListener | undefined => model.listeners.find((each) => each.port === port)

interface EnvoyDecision extends ProxyDecision {
  readonly changes: readonly (HeaderChange | undefined)[]
  readonly setCookie: string | undefined
}

const clientOf = ({ connection }: Exchange): Ip => connection.proxied?.source ?? connection.peer

/** A reply of Envoy's own. Who calls gRPC gets its status in gRPC's terms (common/grpc/common.cc, Utility::sendLocalReply). */
export function local(exchange: Exchange, status: number, body = '', headers: Headers = []): HttpResponse {
  const { request, connection } = exchange
  const { now } = connection.moment
  if (isGrpc(request)) {
    const own: Headers = [['date', httpDate(now)], ['server', 'envoy'], ...headers]
    return { ...trailersOnly(codeOfHttp(status), body, own), version: request.version }
  }
  const own: Headers =
    body === ''
      ? []
      : [
          ['content-length', String(byteLength(body))],
          ['content-type', 'text/plain'],
        ]
  return {
    status,
    version: request.version,
    headers: [...headers, ...own, ['date', httpDate(now)], ['server', 'envoy'], ...(body === '' ? [['content-length', '0'] as const] : [])],
    body: request.method === 'HEAD' ? '' : body,
  }
}

export function answer(envoy: Envoy, asked: Exchange): Decision {
  const target = normalised(asked.request.target)
  const respond = (status: number, why: string, matched: readonly Matched[] = [], body = '', headers: Headers = []): RespondDecision => ({
    kind: 'respond',
    response: local(asked, status, body, headers),
    why,
    matched,
  })
  if (target === undefined) return respond(400, 'bad-request')
  const exchange = { ...asked, request: { ...asked.request, target } }
  const { request, connection } = exchange
  const host = hostOf(request)
  const on = listenerAt(envoy, connection.localPort)
  if (!on) return { kind: 'close', why: 'no-listener', matched: [] }
  const listener = rowOf(envoy, 'listeners', on.name)
  const name = connection.tls && (connection.tls.serverName ?? '').toLowerCase()
  const served = name === undefined ? undefined : hostFor(on.secure, name)
  // A Lua filter of Contour's compares them letter by letter, and says it with the verb of its format unread.
  if (name !== undefined && (!served || name !== host)) return respond(421, 'misdirected', [listener], 'misdirected request to %q')
  const virtual = served ?? hostFor(on.hosts, host)
  if (!virtual) return respond(404, 'no-route', [listener])
  const config = `${on.prefix} ${virtual.name}`
  const found = routeFor(virtual, request)
  const considered = found.considered.map(({ index, failed }) => ({ row: `${config} ${index}`, failed }))
  const hostRow = { ...rowOf(envoy, 'virtual_hosts', config), ...(found.index < 0 && { considered }) }
  const route = virtual.routes[found.index]
  if (!route) return respond(404, 'no-route', [listener, hostRow])
  const matched = [listener, hostRow, { ...rowOf(envoy, 'routes', `${config} ${found.index}`), object: route.object, considered }]
  if (isDenied(route, exchange)) return respond(403, 'denied', matched, 'RBAC: access denied')
  const { action } = route
  switch (action.kind) {
    case 'direct':
      return respond(action.status, action.status === 503 ? 'no-endpoints' : 'direct', matched, action.body)
    case 'redirect':
      return respond(action.status, 'redirect', matched, '', [['location', locationOf(action, route, exchange, virtual)]])
    case 'route':
      return routed(envoy, exchange, route, on.websockets ? { ...action, websocket: true } : action, matched)
  }
}

export function rowOf({ places }: Envoy, table: string, row: string): Matched {
  const line = places.get(`${table} ${row}`)
  return { table, row, ...(line && { at: line }) }
}

function isDenied({ sources }: Route, exchange: Exchange): boolean {
  if (!sources) return false
  const last = headerOf(exchange.request.headers, 'X-Forwarded-For')?.split(',').at(-1)?.trim()
  const ip = sources.remote && last ? last : clientOf(exchange)
  const within = sources.prefixes.some((text) => {
    const prefix = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`)
    return prefix !== undefined && contains(prefix, ip as Ip)
  })
  return within !== sources.allow
}

function locationOf(action: RedirectAction, { path }: Route, { request, connection }: Exchange, { name }: VirtualHost): string {
  const now = connection.tls ? 'https' : 'http'
  const scheme = action.scheme ?? now
  const given = headerOf(request.headers, 'Host') ?? name
  // A port of the request stays, but for the usual one of a scheme that changes (processRequestHost).
  const usual = now === 'https' ? /:443$/ : /:80$/
  const kept = action.port === undefined ? (scheme === now ? given : given.replace(usual, '')) : given.replace(/:\d*$/, '')
  const bare = action.host ?? kept
  const port = action.port === undefined ? '' : `:${action.port}`
  const [from = '', query] = [request.target.split('?', 1)[0], queryOf(request)]
  const replaced = action.prefix === undefined ? from : action.prefix + from.slice(matchedLength(path))
  const to = action.path ?? (action.regexRewrite ? substituted(from, action.regexRewrite) : replaced)
  return `${scheme}://${bare}${port}${to}${query === undefined ? '' : `?${query}`}`
}

function routed(envoy: Envoy, exchange: Exchange, route: Route, action: RouteAction, matched: readonly Matched[]): Decision {
  const respond = (status: number, why: string, body: string, flags: string, upstream?: Failure): RespondDecision => ({
    kind: 'respond',
    response: local(exchange, status, body),
    why,
    matched,
    log: [{ level: 'error', text: accessLog(exchange, status, flags, upstream), object: route.object }],
  })
  const upgrade = upgradeOf(exchange.request)
  if (upgrade !== undefined && !(upgrade === 'websocket' && action.websocket)) return respond(403, 'denied', '', '-')
  const last = exchange.tried.at(-1)
  if (last && !triesAgain(exchange.tried, action)) {
    const { status, body, flags, why } = FAILURES[last.kind]
    const retried = exchange.tried.length > 1 ? body.replace(' reset reason:', ' retried and the latest reset reason:') : body
    // Flags stand in the order in which they are set, and that the tries are used up is found out first.
    const exhausted = action.retry !== undefined && exchange.tried.length > action.retry.count
    return respond(status, why, retried, exhausted ? `URX,${flags}` : flags, last)
  }
  const weighted = clusterOf(action.clusters, exchange.connection.moment)
  const cluster = envoy.model.clusters.get(weighted?.cluster ?? '')
  if (!weighted || !cluster) return respond(503, 'no-endpoints', '', 'NC')
  const at = [...matched, { ...rowOf(envoy, 'clusters', cluster.name), object: cluster.object }]
  if (cluster.endpoints.length === 0) return { ...respond(503, 'no-endpoints', 'no healthy upstream', 'UH'), matched: at }
  return proxied(envoy, exchange, route, action, weighted, cluster, at)
}

const RESET = 'upstream connect error or disconnect/reset before headers.'

interface Answered {
  readonly status: number
  readonly body: string
  /** Response flags of the access log. */
  readonly flags: string
  readonly why: string
}

const FAILURES: Readonly<Record<Failure['kind'], Answered>> = {
  refused: {
    status: 503,
    body: `${RESET} reset reason: remote connection failure, transport failure reason: delayed connect error: Connection refused`,
    flags: 'UF',
    why: 'upstream-refused',
  },
  unreachable: {
    status: 503,
    body: `${RESET} reset reason: remote connection failure, transport failure reason: delayed connect error: No route to host`,
    flags: 'UF',
    why: 'upstream-refused',
  },
  timeout: { status: 503, body: `${RESET} reset reason: connection timeout`, flags: 'UF', why: 'upstream-timeout' },
  tls: {
    status: 503,
    body: `${RESET} reset reason: remote connection failure, transport failure reason: TLS_error:|268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end`,
    flags: 'UF',
    why: 'upstream-refused',
  },
  'read-timeout': { status: 504, body: 'upstream request timeout', flags: 'UT', why: 'upstream-timeout' },
  reset: { status: 503, body: `${RESET} reset reason: connection termination`, flags: 'UC', why: 'upstream-refused' },
  closed: { status: 503, body: `${RESET} reset reason: connection termination`, flags: 'UC', why: 'upstream-refused' },
}

/** Without a retry policy a request has one try. */
function triesAgain(tried: readonly Failure[], { retry }: RouteAction): boolean {
  const last = tried.at(-1)
  if (!retry || !last || tried.length > retry.count) return false
  const words: readonly string[] =
    last.response !== undefined
      ? ['5xx', 'gateway-error', ...(last.response.status === 503 ? ['unavailable'] : [])]
      : last.kind === 'reset' || last.kind === 'closed'
        ? ['5xx', 'gateway-error', 'reset']
        : last.kind === 'read-timeout'
          ? ['5xx', 'gateway-error']
          : ['5xx', 'gateway-error', 'connect-failure', 'reset', 'reset-before-request']
  return retry.on.some((each) => words.includes(each.trim()))
}

const accessLog = ({ request, connection }: Exchange, status: number, flags: string, upstream: Failure | undefined): string =>
  `"${request.method} ${request.target} HTTP/${request.version}" ${status} ${flags} "${connection.peer}" "${hostOf(request)}" "${
    upstream ? joinHostPort(upstream.dial.address, upstream.dial.port) : '-'
  }"`

/** stream_idle_timeout where nobody says, five minutes. */
const STREAM_IDLE = 300

/** Seconds that Contour lets a connection take: `--timeouts connect-timeout`, 2s. */
const CONNECT_TIMEOUT = 2

function dialOf(cluster: Cluster, index: number, fallback: Ip): Dial {
  const endpoint = cluster.endpoints[index]
  const http2 = cluster.protocol === 'h2' || cluster.protocol === 'h2c'
  const tls = cluster.protocol === 'tls' || cluster.protocol === 'h2'
  return {
    address: endpoint?.address ?? fallback,
    port: endpoint?.port ?? 0,
    upstream: cluster.name,
    connectTimeout: CONNECT_TIMEOUT,
    version: http2 ? '2' : '1.1',
    ...(tls && { tls: http2 ? { alpn: ['h2'] } : {} }),
  }
}

function proxied(
  envoy: Envoy,
  exchange: Exchange,
  route: Route,
  action: RouteAction,
  weighted: WeightedCluster,
  cluster: Cluster,
  matched: readonly Matched[],
): EnvoyDecision {
  const { request, connection } = exchange
  const client = clientOf(exchange)
  const { index, balance, remember, cookie } = pick(cluster, request, client, connection.moment)
  const upgrade = upgradeOf(request) !== undefined
  const dial = dialOf(cluster, index, client)
  const to: Dial = {
    ...dial,
    ...(action.timeout > 0 && !upgrade && { readTimeout: action.timeout }),
    ...(upgrade ? { idleTimeout: STREAM_IDLE } : { keepAlive: cluster.name }),
  }
  const object = cluster.endpoints[index]?.object
  const row = {
    ...rowOf(envoy, 'endpoints', `${cluster.serviceName} ${joinHostPort(to.address, to.port)}`),
    ...(object && { object }),
  }
  const sent = sentOn(exchange, route, action, weighted, to)
  const mirrors = action.mirrors.flatMap((name) => {
    const other = envoy.model.clusters.get(name)
    if (!other || other.endpoints.length === 0) return []
    const copy = { ...sent, headers: withHeader(sent.headers, 'host', `${headerOf(sent.headers, 'host') ?? ''}-shadow`) }
    return [{ to: dialOf(other, pick(other, request, client, connection.moment).index, client), request: copy }]
  })
  return {
    kind: 'proxy',
    to,
    request: sent,
    balance,
    remember,
    matched: [...matched, row],
    changes: [weighted.responseHeaders, route.responseHeaders],
    setCookie: cookie,
    ...(mirrors.length > 0 && { mirrors }),
  }
}

function sentOn(exchange: Exchange, route: Route, action: RouteAction, weighted: WeightedCluster, to: Dial): HttpRequest {
  const { request } = exchange
  const [path = '', query] = [request.target.split('?', 1)[0], queryOf(request)]
  const written = rewritten(route, action, path)
  let headers = requestHeaders(exchange, clientOf(exchange), action.timeout)
  if (written !== path) headers = withHeader(headers, 'x-envoy-original-path', request.target)
  for (const change of [weighted.requestHeaders, route.requestHeaders]) headers = changedBy(headers, change)
  if (action.hostRewrite !== undefined) headers = withHeader(headers, 'host', action.hostRewrite)
  return { ...request, target: query === undefined ? written : `${written}?${query}`, version: to.version ?? '1.1', headers }
}

/** prefix_rewrite puts its text in the place of what the route's prefix matched. */
function rewritten({ path: match }: Route, { prefixRewrite, regexRewrite }: RouteAction, path: string): string {
  if (regexRewrite) return substituted(path, regexRewrite)
  if (prefixRewrite === undefined) return path
  const rest = match.kind === 'regex' ? '' : path.slice(matchedLength(match))
  return `${prefixRewrite}${rest}` || '/'
}

/** A prefix by elements is written without its last slash. */
const matchedLength = ({ kind, value }: Route['path']): number => (kind === 'segment' ? value.replace(/\/+$/, '') : value).length

const substituted = (path: string, { pattern, substitution }: RegexRewrite): string => path.replace(new RegExp(pattern), () => substitution)

function changedBy(headers: Headers, change: HeaderChange | undefined): Headers {
  let changed = headers
  for (const name of change?.remove ?? []) changed = withoutHeader(changed, name)
  for (const [name, value] of change?.set ?? []) changed = withHeader(changed, name.toLowerCase(), value)
  for (const [name, value] of change?.add ?? []) changed = [...changed, [name.toLowerCase(), value]]
  return changed
}

/** What Envoy makes of an upstream's answer: names in small letters, its own name, the time that it took. */
export function changed(response: HttpResponse, { request, connection }: Exchange, decision: ProxyDecision): HttpResponse {
  const { changes = [], setCookie } = decision as Partial<EnvoyDecision>
  let headers: Headers = response.headers.map(([name, value]) => [name.toLowerCase(), value] as const)
  if (response.status !== 101) for (const name of ['connection', 'keep-alive', 'proxy-connection']) headers = withoutHeader(headers, name)
  if (headerOf(headers, 'date') === undefined) headers = [...headers, ['date', httpDate(connection.moment.now)]]
  headers = withHeader(headers, 'x-envoy-upstream-service-time', String(Math.round((response.delay ?? 0) * 1000)))
  headers = withHeader(headers, 'server', 'envoy')
  for (const change of changes) headers = changedBy(headers, change)
  if (setCookie !== undefined) headers = appendCookie(headers, setCookie)
  return { ...response, version: request.version, headers }
}

const appendCookie = (headers: Headers, cookie: string): Headers => [...headers, ['set-cookie', cookie]]
