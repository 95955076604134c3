/** One request through nginx: server, location, what the location says before it proxies, and the upstream's endpoint. */
import { contains, parseCidr } from '../../net/cidr.ts'
import { type Ip, parseIp } from '../../net/ip.ts'
import { type Header, type Headers, headerOf, headersOf, hostOf, type HttpRequest, type HttpResponse, queryOf, upgradeOf } from '../http.ts'
import type { Decision, Dial, Exchange, Failure, LogLine, Matched, ProxyDecision, RespondDecision } from '../program.ts'
import { page, passedOn } from './answers.ts'
import { pick, type Picked } from './balance.ts'
import { hasCertificate, hostPort, passOf, redirectsToHttps } from './directives.ts'
import { DEFAULT_UPSTREAM, type Location, type Model, type Server, type Upstream } from './model.ts'
import { locationFor, matchedRows, normalUri, rewritten, serverFor } from './route.ts'
import type { Settings } from './settings.ts'
import { CONF, isCatchAll } from './tables.ts'
import { needsRewrite } from './translate.ts'
import { DEFAULT_PORT } from './upstreams.ts'

export interface Nginx {
  readonly model: Model
  readonly settings: Settings
  readonly places: ReadonlyMap<string, number>
}

/** A request where it is in nginx: what its variables hold. */
interface At {
  readonly nginx: Nginx
  readonly exchange: Exchange
  readonly server: Server
  readonly location: Location
  readonly uri: string
  readonly matched: readonly Matched[]
  readonly scheme: string
  readonly remote: Ip
}

/** A decision with what the answer will be given on its way back. */
interface NginxDecision extends ProxyDecision {
  readonly added: Headers
}

export function answer(nginx: Nginx, exchange: Exchange): Decision {
  const { request, connection } = exchange
  const { ports } = nginx.settings
  const now = connection.moment.now
  const own = (status: number, why: string, matched: readonly Matched[] = [], location?: string): RespondDecision => ({
    kind: 'respond',
    response: page(status, request, nginx.settings, now, location),
    why,
    matched,
  })
  const uri = normalUri(request.target)
  if (connection.localPort === ports.health) return own(uri === '/healthz' ? 200 : 404, 'server')
  if (connection.localPort === DEFAULT_PORT) return own(404, 'no-route')
  const host = hostOf(request)
  if (uri === undefined || (request.version === '1.1' && headersOf(request.headers, 'Host').length !== 1)) return own(400, 'bad-request')
  const server = serverFor(nginx.model, host)
  if (isCatchAll(server) && uri.startsWith('/healthz')) return own(200, 'server')
  const found = locationFor(server, uri)
  if (!found) return own(404, 'no-route', [{ table: 'servers', row: server.hostname }])
  const { location } = found
  const matched = matchedRows(server, location, nginx.places, CONF)
  const scheme = schemeOf(nginx.settings, exchange)
  if (found.addSlash) {
    const query = queryOf(request)
    return own(
      301,
      'redirect',
      matched,
      `${connection.tls ? 'https' : 'http'}://${host || server.hostname}${uri}/${query === undefined ? '' : `?${query}`}`,
    )
  }
  const at: At = { nginx, exchange, server, location, uri, matched, scheme, remote: remoteOf(nginx.settings, exchange) }
  const early = beforeProxy(at)
  return early ? own(early.status, early.why, matched, early.location) : proxy(at, own)
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

interface Early {
  readonly status: number
  readonly why: string
  readonly location?: string
}

/** The rewrite phase, then the access phase; only then content. */
function beforeProxy(at: At): Early | undefined {
  const { nginx, exchange, server, location, uri, scheme, remote } = at
  const { annotations } = location
  const host = headerOf(exchange.request.headers, 'Host') ?? server.hostname
  if (annotations.appRoot && location.path === '/' && uri === '/')
    return { status: 302, why: 'redirect', location: `${exchange.connection.tls ? 'https' : 'http'}://${host}${annotations.appRoot}` }
  if (annotations.redirect)
    return { status: annotations.redirect.code, why: 'redirect', location: filled(annotations.redirect.url, at, host) }
  if (scheme === 'http' && redirectsToHttps(server, location)) {
    const { target } = exchange.request
    const kept = annotations.preserveTrailingSlash || !target.endsWith('/') ? target : target.slice(0, -1)
    return { status: nginx.settings.redirectCode, why: 'redirect', location: `https://${host.replace(/:\d+$/, '')}${kept}` }
  }
  const within = (prefixes: readonly string[]): boolean =>
    prefixes.some((text) => {
      const prefix = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`)
      return prefix !== undefined && contains(prefix, remote)
    })
  if (within(annotations.deny) || (annotations.allow.length > 0 && !within(annotations.allow))) return { status: 403, why: 'denied' }
  if (!passOf(location)) return { status: 501, why: 'unsupported' }
  return undefined
}

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

type Own = (status: number, why: string, matched: readonly Matched[], location?: string) => RespondDecision

function proxy(at: At, own: Own): Decision {
  const { nginx, exchange, location, remote } = at
  const upstream = nginx.model.upstreams.get(location.backend)
  const matched: readonly Matched[] = [
    ...at.matched,
    { table: 'upstreams', row: location.backend, ...(upstream?.service && { object: upstream.service }) },
  ]
  if (!upstream || upstream.endpoints.length === 0) return { ...own(503, 'no-endpoints', matched) }
  if (isNotFound(upstream)) return own(404, 'no-route', matched)
  const last = exchange.tried.at(-1)
  if (last && !triesAgain(at, last)) {
    const timedOut = last.kind === 'timeout' || last.kind === 'read-timeout'
    return { ...own(timedOut ? 504 : 502, timedOut ? 'upstream-timeout' : 'upstream-refused', matched), log: [errorLine(at, last)] }
  }
  const failed = exchange.tried.map(({ dial }) => hostPort(dial))
  const picked = pick(nginx.model, upstream, exchange.request, remote, exchange.connection.moment, failed)
  if (!picked) return own(503, 'no-endpoints', matched)
  return decided(at, picked, matched)
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
  const idempotent = !['POST', 'LOCK', 'PATCH'].includes(exchange.request.method)
  return !sent || idempotent || nextUpstream.includes('non_idempotent') || nginx.settings.retryNonIdempotent
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

function errorLine({ exchange, server, remote, location }: At, { kind, dial }: Failure): LogLine {
  const { method, target, version } = exchange.request
  const scheme = passOf(location)?.scheme ?? 'http://'
  const text = `${ERRORS[kind]}, client: ${remote}, server: ${server.hostname}, request: "${method} ${target} HTTP/${version === '2' ? '2.0' : version}", upstream: "${scheme}${hostPort(dial)}${target}", host: "${hostOf(exchange.request)}"`
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
  return { kind: 'proxy', to, request: sentOn(at, to), balance, remember, matched: [...matched, row], added }
}

/** sticky.lua should_set_cookie and set_cookie: only where the location's path is one that asked for affinity. */
function affinityCookie({ server, location, exchange }: At, { affinity, cookieLocations }: Upstream, value: string): Headers {
  if (!affinity) return []
  const host = isCatchAll(server) ? server.hostname : hostOf(exchange.request)
  const paths = cookieLocations.get(host) ?? cookieLocations.get(`*${host.slice(Math.max(0, host.indexOf('.')))}`) ?? []
  if (!paths.includes(location.ingressPath)) return []
  const secure = affinity.secure ?? exchange.connection.tls !== undefined
  const parts = [
    `${affinity.cookie}=${value}`,
    ...(affinity.maxAge ? [`Max-Age=${affinity.maxAge}`] : []),
    ...(affinity.domain ? [`Domain=${affinity.domain}`] : []),
    `Path=${affinity.path || location.ingressPath}`,
    ...(secure ? ['Secure'] : []),
    'HttpOnly',
    ...(affinity.sameSite ? [`SameSite=${affinity.sameSite}`] : []),
  ]
  return [['Set-Cookie', parts.join('; ')]]
}

/** The request as the location's proxy_set_header lines make it. Empty ones take a header away. */
function sentOn(at: At, to: Dial): HttpRequest {
  const { request, connection } = at.exchange
  const { annotations } = at.location
  const { settings } = at.nginx
  const host = headerOf(request.headers, 'Host') ?? at.server.hostname
  const upgrade = upgradeOf(request)
  const port =
    (settings.useForwardedHeaders ? headerOf(request.headers, 'X-Forwarded-Port') : undefined) ??
    String(connection.localPort === settings.ports.https ? 443 : connection.localPort)
  const full = settings.useForwardedHeaders && settings.computeFullForwardedFor
  const before = headersOf(request.headers, 'X-Forwarded-For').join(', ')
  const set: readonly Header[] = [
    ['Host', annotations.upstreamVhost || host],
    ['Upgrade', upgrade ?? ''],
    ['Connection', upgrade ? 'upgrade' : settings.upstreamKeepAlive > 0 ? '' : 'close'],
    ['X-Request-ID', headerOf(request.headers, 'X-Request-ID') ?? requestId(at)],
    ['X-Real-IP', at.remote],
    ['X-Forwarded-For', full && before ? `${before}, ${connection.peer}` : at.remote],
    ['X-Forwarded-Host', host],
    ['X-Forwarded-Port', port],
    ['X-Forwarded-Proto', at.scheme],
    ['X-Forwarded-Scheme', at.scheme],
    ['X-Scheme', at.scheme],
    ['X-Original-Forwarded-For', before],
    ['X-Original-Forwarded-Host', headerOf(request.headers, 'X-Forwarded-Host') ?? ''],
    ['Proxy', ''],
    ...(needsRewrite(at.location) && annotations.xForwardedPrefix ? [['X-Forwarded-Prefix', annotations.xForwardedPrefix] as const] : []),
  ]
  // ngx_http_proxy_create_request: its own first, then what the client sent and nobody set.
  const taken = new Set(['keep-alive', ...set.map(([name]) => name.toLowerCase())])
  const headers: Headers = [
    ...set.filter(([, value]) => value !== ''),
    ...request.headers.filter(([name]) => !taken.has(name.toLowerCase())),
  ]
  const target = needsRewrite(at.location) ? rewritten(at.location, at.uri, queryOf(request)) : request.target
  return { ...request, target, version: to.version ?? '1.1', headers }
}

/** 32 hexadecimal digits at random: of no consequence, so derived from when and who. */
function requestId({ exchange, uri }: At): string {
  const { peer, peerPort, moment } = exchange.connection
  const seed = `${peer} ${peerPort} ${moment.now} ${uri}`
  let [word, out] = [2166136261, '']
  for (let i = 0; i < 32; i++) {
    word = Math.imul(word ^ seed.charCodeAt(i % seed.length) ^ i, 16777619) >>> 0
    out += (word >>> 28).toString(16)
  }
  return out
}

export function changed(
  { model, settings }: Nginx,
  response: HttpResponse,
  { request, connection }: Exchange,
  decision: ProxyDecision,
): HttpResponse {
  const { added = [] } = decision as Partial<NginxDecision>
  const secure = connection.tls !== undefined && hasCertificate(serverFor(model, hostOf(request)))
  return passedOn(response, request, settings, connection.moment.now, secure, added)
}
