/** One request through nginx, phase by phase: server, location, rewriting, limits, access, and then the upstream's endpoint. */
import { type Ip, parseIp } from '../../net/ip.ts'
import { byteLength, type Headers, headerOf, headersOf, hostOf, type HttpResponse, queryOf, upgradeOf } from '../http.ts'
import { credentialsOf, isPassword } from '../ingress/htpasswd.ts'
import { isWithin } from '../ingress/source-range.ts'
import type { Decision, Dial, Exchange, Failure, LogLine, Matched, Passed, ProxyDecision, RespondDecision } from '../program.ts'
import { page, passedOn } from './answers.ts'
import { pick, type Picked } from './balance.ts'
import { corsHeaders } from './cors.ts'
import { hostPort, passOf, redirectsToHttps } from './directives.ts'
import { affinityCookie, sentOn } from './forward.ts'
import { limit, zonesOf } from './limits.ts'
import { DEFAULT_UPSTREAM, type Location, type Model, type Server, type Upstream } from './model.ts'
import { locationFor, matchedRows, normalUri, serverFor } from './route.ts'
import type { Settings } from './settings.ts'
import { CONF, isCatchAll } from './tables.ts'
import { DEFAULT_PORT } from './upstreams.ts'

export interface Nginx {
  readonly model: Model
  readonly settings: Settings
  readonly places: ReadonlyMap<string, number>
}

/** A request where it is in nginx: what its variables hold. */
export interface At {
  readonly nginx: Nginx
  readonly exchange: Exchange
  readonly server: Server
  readonly location: Location
  readonly uri: string
  readonly matched: readonly Matched[]
  readonly scheme: string
  /** $best_http_host. */
  readonly host: string
  readonly remote: Ip
  /** Headers that answers get in place of the upstream's own. */
  readonly set: Headers
}

/** A decision with what the answer will be given on its way back: in place of what it has, and besides. */
interface NginxDecision extends ProxyDecision {
  readonly set: Headers
  readonly added: Headers
}

/** An answer of nginx' own. */
interface Own {
  readonly status: number
  readonly why: string
  readonly location?: string
  readonly headers?: Headers
  readonly log?: readonly LogLine[]
}

/** ignore_invalid_headers and underscores_in_headers: what is left of the request's headers. */
function withValidHeaders(exchange: Exchange, { underscores }: Settings): Exchange {
  const valid = underscores ? /^[\w-]+$/ : /^[A-Za-z0-9-]+$/
  const { request } = exchange
  if (request.headers.every(([name]) => valid.test(name))) return exchange
  return { ...exchange, request: { ...request, headers: request.headers.filter(([name]) => valid.test(name)) } }
}

export function answer(nginx: Nginx, given: Exchange): Decision {
  const exchange = withValidHeaders(given, nginx.settings)
  const { request, connection } = exchange
  const { ports } = nginx.settings
  const own = (answer: Own, matched: readonly Matched[] = [], set: Headers = []): RespondDecision => ({
    kind: 'respond',
    response: page(answer.status, request, nginx.settings, connection.moment.now, answer.location, [...set, ...(answer.headers ?? [])]),
    why: answer.why,
    matched,
    ...(answer.log && { log: answer.log }),
  })
  const uri = normalUri(request.target)
  if (connection.localPort === ports.health) return own({ status: uri === '/healthz' ? 200 : 404, why: 'server' })
  if (connection.localPort === DEFAULT_PORT) return own({ status: 404, why: 'no-route' })
  const host = hostOf(request)
  if (uri === undefined || (request.version === '1.1' && headersOf(request.headers, 'Host').length !== 1))
    return own({ status: 400, why: 'bad-request' })
  const server = serverFor(nginx.model, host)
  const secure = connection.tls !== undefined
  // Stands in the server, before any location is looked for.
  const entered = uri === '/' ? server.locations.find(({ annotations }) => annotations.appRoot !== '') : undefined
  if (entered) {
    const to = `${secure ? 'https' : 'http'}://${headerOf(request.headers, 'Host') ?? server.hostname}${entered.annotations.appRoot}`
    return own({ status: 302, why: 'redirect', location: to }, matchedRows(server, entered, nginx.places, CONF))
  }
  if (isCatchAll(server) && uri.startsWith('/healthz')) return own({ status: 200, why: 'server' })
  const found = locationFor(server, uri)
  if (!found) return own({ status: 404, why: 'no-route' }, [{ table: 'servers', row: server.hostname }])
  const { location } = found
  const at: At = {
    nginx,
    exchange,
    server,
    location,
    uri,
    matched: matchedRows(server, location, nginx.places, CONF),
    scheme: schemeOf(nginx.settings, exchange),
    host: bestHost(nginx.settings, exchange, server),
    remote: remoteOf(nginx.settings, exchange),
    set: headersOfLocation(nginx.settings, location, secure),
  }
  const early = found.addSlash ? slashAdded(at, host) : undefined
  const first = tooLarge(at) ?? early
  if (first) return own(first, at.matched, at.set)
  const cors = location.annotations.cors && corsHeaders(location.annotations.cors, request)
  const rewritten = { ...at, set: [...at.set, ...(cors ?? [])] }
  const stopped = rewritePhase(rewritten, cors !== undefined)
  if (stopped) return own(stopped, at.matched, rewritten.set)
  // A request that is tried again was counted when it came.
  const counted =
    exchange.tried.length > 0 ? undefined : limit(zonesOf(location), location.annotations.limits, at.remote, connection.moment)
  if (counted?.kind === 'refused') return own(refused(at, counted.zone, counted.excess), at.matched, rewritten.set)
  const remember = counted?.remember ?? []
  const forbidden = accessPhase(at)
  const decision = forbidden
    ? own(forbidden, at.matched, rewritten.set)
    : proxy(rewritten, (what, matched) => own(what, matched, rewritten.set))
  return { ...decision, remember: [...remember, ...(decision.remember ?? [])] }
}

/** What header filters put into every answer of a location. The controller's Lua asks for HTTPS alone, not whether there is a certificate. */
const headersOfLocation = ({ hsts }: Settings, { annotations }: Location, secure: boolean): Headers => [
  ...(secure && hsts ? ([['Strict-Transport-Security', hsts]] as const) : []),
  ...annotations.responseHeaders,
]

/** Whose name the request is for: with use-forwarded-headers what the proxy before this one says. */
function bestHost({ useForwardedHeaders }: Settings, { request }: Exchange, server: Server): string {
  const forwarded = useForwardedHeaders ? headerOf(request.headers, 'X-Forwarded-Host')?.split(',')[0] : undefined
  return forwarded ?? headerOf(request.headers, 'Host') ?? server.hostname
}

function slashAdded({ exchange: { request, connection }, server, uri }: At, host: string): Own {
  const query = queryOf(request)
  const to = `${connection.tls ? 'https' : 'http'}://${host || server.hostname}${uri}/${query === undefined ? '' : `?${query}`}`
  return { status: 301, why: 'redirect', location: to }
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** client_max_body_size, which is asked as soon as the location is known. Zero is no limit. */
function tooLarge(at: At): Own | undefined {
  const [, digits = '0', unit = ''] = /^(\d+)([kmg]?)$/i.exec(at.location.annotations.bodySize) ?? []
  const most = Number(digits) * (UNITS[unit.toLowerCase()] ?? 1)
  const size = byteLength(at.exchange.request.body)
  if (most === 0 || size <= most) return undefined
  return { status: 413, why: 'denied', log: [lineOf(at, `client intended to send too large body: ${size} bytes`)] }
}

/** real_ip: whom PROXY header or, where the ConfigMap says so, X-Forwarded-For name; every peer is trusted. */
function remoteOf(settings: Settings, { request, connection }: Exchange): Ip {
  const peer = connection.proxied?.source ?? connection.peer
  if (!settings.useForwardedHeaders || settings.useProxyProtocol) return peer
  const [first = ''] = headersOf(request.headers, settings.forwardedForHeader).flatMap((value) => value.split(','))
  return parseIp(first.trim()) ?? peer
}

function schemeOf(settings: Settings, { request, connection }: Exchange): string {
  const own = connection.tls ? 'https' : 'http'
  if (settings.useForwardedHeaders) return headerOf(request.headers, 'X-Forwarded-Proto') ?? own
  return connection.proxied?.destinationPort === 443 && settings.useProxyProtocol ? 'https' : own
}

/** Directives of the rewrite module first, then what Lua does in the same phase: the redirect to https, and 503 where there is no balancer. */
function rewritePhase(at: At, cors: boolean): Own | undefined {
  const { nginx, exchange, server, location, scheme, host } = at
  const { annotations } = location
  if (annotations.denied !== undefined) return { status: 503, why: 'denied' }
  if (cors && exchange.request.method === 'OPTIONS') return { status: 204, why: 'server' }
  if (annotations.redirect)
    return { status: annotations.redirect.code, why: 'redirect', location: filled(annotations.redirect.url, at, host) }
  if (scheme === 'http' && redirectsToHttps(server, location)) {
    const { target } = exchange.request
    const kept = annotations.preserveTrailingSlash || !target.endsWith('/') ? target : target.slice(0, -1)
    return { status: nginx.settings.redirectCode, why: 'redirect', location: `https://${host.replace(/:.*$/, '')}${kept}` }
  }
  const upstream = nginx.model.upstreams.get(location.backend)
  return upstream && upstream.endpoints.length > 0 ? undefined : { status: 503, why: 'no-endpoints' }
}

/** Lines of `deny` come first; with one of `allow`, all others are denied. */
function accessPhase(at: At): Own | undefined {
  const { allow, deny } = at.location.annotations
  if (isWithin(at.remote, deny) || (allow.length > 0 && !isWithin(at.remote, allow)))
    return { status: 403, why: 'denied', log: [lineOf(at, 'access forbidden by rule')] }
  return authPhase(at) ?? (passOf(at.location) ? undefined : { status: 501, why: 'unsupported' })
}

/** ngx_http_auth_basic_module.c: a client that says nothing is asked without a word in the log. */
function authPhase(at: At): Own | undefined {
  const { auth } = at.location.annotations
  if (!auth) return undefined
  const [user = '', password] = credentialsOf(headerOf(at.exchange.request.headers, 'Authorization')) ?? []
  const kept = auth.users.get(user)
  if (kept !== undefined && password !== undefined && isPassword(kept, password)) return undefined
  const why = kept === undefined ? `user "${user}" was not found in "${auth.file}"` : `user "${user}": password mismatch`
  return {
    status: 401,
    why: 'denied',
    headers: [['WWW-Authenticate', `Basic realm="${auth.realm}"`]],
    ...(password !== undefined && { log: [lineOf(at, why)] }),
  }
}

const refused = (at: At, zone: string, excess: number): Own => ({
  status: at.nginx.settings.limitStatus,
  why: 'denied',
  log: [lineOf(at, `limiting requests, excess: ${(excess / 1000).toFixed(3)} by zone "${zone}"`)],
})

function filled(url: string, { exchange, uri, scheme }: At, host: string): string {
  const query = queryOf(exchange.request)
  const values: Readonly<Record<string, string>> = {
    request_uri: exchange.request.target,
    uri,
    host: host.replace(/:\d+$/, ''),
    http_host: host,
    scheme,
    args: query ?? '',
    is_args: query === undefined ? '' : '?',
  }
  return url.replace(/\$\{?([a-z_]+)\}?/g, (whole, name: string) => values[name] ?? whole)
}

function proxy(at: At, own: (what: Own, matched: readonly Matched[]) => RespondDecision): Decision {
  const { nginx, exchange, location, remote } = at
  const upstream = nginx.model.upstreams.get(location.backend)
  const matched: readonly Matched[] = [
    ...at.matched,
    { table: 'upstreams', row: location.backend, ...(upstream?.service && { object: upstream.service }) },
  ]
  if (!upstream) return own({ status: 503, why: 'no-endpoints' }, matched)
  if (isNotFound(upstream)) return own({ status: 404, why: 'no-route' }, matched)
  const last = exchange.tried.at(-1)
  if (last && !last.response && !triesAgain(at, last)) {
    const timedOut = last.kind === 'timeout' || last.kind === 'read-timeout'
    const why = timedOut ? 'upstream-timeout' : 'upstream-refused'
    return own({ status: timedOut ? 504 : 502, why, log: [errorLine(at, last)] }, matched)
  }
  const failed = exchange.tried.map(({ dial }) => hostPort(dial))
  const picked = pick(nginx.model, upstream, exchange.request, remote, exchange.connection.moment, failed)
  return picked ? decided(at, picked, matched) : own({ status: 503, why: 'no-endpoints' }, matched)
}

/** The default backend that nobody replaced: nginx' own server on loopback. */
const isNotFound = ({ name, service }: Upstream): boolean => name === DEFAULT_UPSTREAM && service === undefined

/** Zero tries are as many as it takes; somewhere there is an end. */
const MOST_TRIES = 10

/** ngx_http_upstream_test_next: whether this kind of failure, after so many, goes to the next. */
function triesAgain({ exchange, location, nginx }: At, { kind }: Failure): boolean {
  const { nextUpstream, tries } = location.annotations
  if (exchange.tried.length >= (tries > 0 ? tries : MOST_TRIES)) return false
  const reason = kind === 'timeout' || kind === 'read-timeout' ? 'timeout' : 'error'
  if (!nextUpstream.includes(reason)) return false
  const sent = kind === 'read-timeout' || kind === 'reset' || kind === 'closed'
  // The annotation's own non_idempotent is left out of the file (buildNextUpstream).
  return !sent || isIdempotent(exchange.request.method) || nginx.settings.retryNonIdempotent
}

const ERRORS: Readonly<Record<Failure['kind'], string>> = {
  refused: 'connect() failed (111: Connection refused) while connecting to upstream',
  unreachable: 'connect() failed (113: Host is unreachable) while connecting to upstream',
  timeout: 'upstream timed out (110: Operation timed out) while connecting to upstream',
  'read-timeout': 'upstream timed out (110: Operation timed out) while reading response header from upstream',
  reset: 'recv() failed (104: Connection reset by peer) while reading response header from upstream',
  closed: 'upstream prematurely closed connection while reading response header from upstream',
  tls: 'SSL_do_handshake() failed while SSL handshaking to upstream',
}

const errorLine = (at: At, { kind, dial }: Failure): LogLine =>
  lineOf(at, ERRORS[kind], ` upstream: "${passOf(at.location)?.scheme ?? 'http://'}${hostPort(dial)}${at.exchange.request.target}",`)

/** As nginx ends the lines of its error log. */
function lineOf({ exchange, server, remote }: At, what: string, upstream = ''): LogLine {
  const { method, target, version } = exchange.request
  const request = `${method} ${target} HTTP/${version === '2' ? '2.0' : version}`
  const host = headerOf(exchange.request.headers, 'Host') ?? ''
  const text = `${what}, client: ${remote}, server: ${server.hostname}, request: "${request}",${upstream} host: "${host}"`
  return { level: 'error', text }
}

function decided(at: At, { upstream, index, balance, remember, cookie }: Picked, matched: readonly Matched[]): NginxDecision {
  const { location, nginx, exchange } = at
  const { annotations } = location
  const endpoint = upstream.endpoints[index] ?? upstream.endpoints[0]
  const way = passOf(location)
  const secure = way?.scheme === 'https://' || way?.scheme === 'grpcs://' || (way?.scheme === '$scheme://' && at.scheme === 'https')
  const to: Dial = {
    address: endpoint?.address ?? at.remote,
    port: endpoint?.port ?? 0,
    upstream: upstream.name,
    connectTimeout: annotations.connectTimeout,
    readTimeout: annotations.readTimeout,
    version: way?.directive === 'grpc_pass' ? '2' : '1.1',
    ...(secure && { tls: {} }),
    ...(nginx.settings.upstreamKeepAlive > 0 && !upgradeOf(exchange.request) && { keepAlive: upstream.name }),
  }
  const row = { table: 'endpoints', row: `${upstream.name} ${hostPort(to)}`, ...(endpoint?.object && { object: endpoint.object }) }
  const added = cookie === undefined ? [] : affinityCookie(at, upstream, cookie)
  return { kind: 'proxy', to, request: sentOn(at, to), balance, remember, matched: [...matched, row], set: at.set, added }
}

/** proxy_next_upstream names statuses too: an answer with one of them is thrown away while there are tries left. */
export function changed(
  { model, settings }: Nginx,
  response: HttpResponse,
  { request, connection, tried }: Exchange,
  decision: ProxyDecision,
): HttpResponse | Passed {
  const { set = [], added = [] } = decision as Partial<NginxDecision>
  const uri = normalUri(request.target)
  const annotations = uri === undefined ? undefined : locationFor(serverFor(model, hostOf(request)), uri)?.location.annotations
  const more = annotations ? tried.length + 1 < (annotations.tries > 0 ? annotations.tries : MOST_TRIES) : false
  const again = annotations?.nextUpstream.includes(`http_${response.status}`) === true
  if (again && more && (isIdempotent(request.method) || settings.retryNonIdempotent)) return { response, retry: true }
  return passedOn(response, request, settings, connection.moment.now, set, added)
}

const isIdempotent = (method: string): boolean => !['POST', 'LOCK', 'PATCH'].includes(method)
