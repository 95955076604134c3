/**
 * One request through Google's load balancers: URL map, backend service, endpoint. External ones are GFEs, internal ones Envoys, which answer failures in other words. Approximate: thousands of proxies
 * go round by themselves, so the next endpoint is drawn; of zones and rates nothing is known. Left out: Cloud CDN, Armor, IAP, X-Cloud-Trace-Context.
 */
import { sha256Hex } from '../../base/sha256.ts'
import type { Scope } from '../../cluster/cloud/frontends.ts'
import type { GceBalancer, GceHostRule, GcePathRule } from '../../cluster/cloud/gce.ts'
import type { GceBackend } from '../../cluster/cloud/gce-backend.ts'
import type { Target } from '../../cluster/cloud/targets.ts'
import { joinHostPort } from '../../net/ip.ts'
import {
  appendedHeader,
  cookiesOf,
  headerOf,
  type Headers,
  hostOf,
  type HttpRequest,
  type HttpResponse,
  pathOf,
  respond,
  upgradeOf,
  withHeader,
} from '../http.ts'
import type { Decision, Dial, Exchange, Failure, HealthCheck, Matched, ProxyDecision, RespondDecision } from '../program.ts'
import { balanced, type Draw, drawn, type Words } from './draw.ts'
import type { Place } from './rows.ts'

export interface Gce {
  readonly balancer: GceBalancer
  readonly scope: Scope
  readonly row: Place
  readonly ids: {
    readonly host: (rule: GceHostRule) => string
    readonly path: (rule: GceHostRule, path: GcePathRule) => string
    readonly fallback: string
  }
}

/** A star stands for any number of labels; the name itself comes first, then the longest pattern. */
export function hostRuleFor(rules: readonly GceHostRule[], host: string): GceHostRule | undefined {
  const wild = rules
    .filter(
      ({ host: pattern }) => pattern.startsWith('*') && pattern !== '*' && host.endsWith(pattern.slice(1)) && host.length >= pattern.length,
    )
    .toSorted((a, b) => b.host.length - a.host.length)
  return rules.find(({ host: name }) => name === host) ?? wild[0] ?? rules.find(({ host: name }) => name === '*')
}

/** `/foo/*` is everything that begins with `/foo/`; any other path is itself alone. */
export const pathHolds = (pattern: string, path: string): boolean =>
  pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path

const lengthOf = ({ path }: GcePathRule): number => path.replace(/\*$/, '').length

/** The longest that holds. */
export const pathRuleFor = ({ paths }: GceHostRule, path: string): GcePathRule | undefined =>
  paths.filter((rule) => pathHolds(rule.path, path)).toSorted((a, b) => lengthOf(b) - lengthOf(a))[0]

export function answer(gce: Gce, exchange: Exchange): Decision {
  const { request, connection } = exchange
  const { balancer, ids, row } = gce
  if (balancer.redirect !== undefined && !connection.tls) return redirected(gce, exchange, balancer.redirect)
  const [host, path] = [hostOf(request), pathOf(request)]
  const hostRule = hostRuleFor(balancer.hostRules, host)
  const pathRule = hostRule && pathRuleFor(hostRule, path)
  const backend = pathRule?.backend ?? balancer.defaultBackend
  const nearly = hostRule?.paths
    .filter((rule) => rule !== pathRule)
    .map((rule) => ({ row: ids.path(hostRule, rule), failed: `path ${rule.path}` }))
  const matched: readonly Matched[] = [
    ...(hostRule ? [row('hosts', ids.host(hostRule))] : []),
    {
      ...row('routes', hostRule && pathRule ? ids.path(hostRule, pathRule) : ids.fallback),
      ...(nearly && nearly.length > 0 && { considered: nearly }),
    },
  ]
  if (!backend) return answered(404, 'no-route', NOT_FOUND, request, matched, 'text/plain; charset=utf-8')
  const through = [...matched, row('upstreams', backend.name)]
  const last = exchange.tried.at(-1)
  if (last && !mayRetry(exchange)) return failedWith(gce, last, request, through)
  const draw = drawn({
    program: 'gce',
    upstream: backend.name,
    targets: backend.targets,
    excluded: exchange.tried.map(({ dial }) => joinHostPort(dial.address, dial.port)),
    moment: connection.moment,
    check: (target) => checkOf(backend, target),
    ...stickiness(backend, exchange),
  })
  if (!draw) return last ? failedWith(gce, last, request, through) : unwell(gce, request, through)
  return proxied(gce, exchange, backend, draw, through)
}

/** To the serving port, unless BackendConfig names another. */
const checkOf = ({ healthCheck, timeoutSec }: GceBackend, { address, port }: Target): HealthCheck => ({
  address,
  port: healthCheck.from === 'BackendConfig' && healthCheck.port !== 'USE_SERVING_PORT' ? healthCheck.port : port,
  tls: healthCheck.type !== 'HTTP',
  path: healthCheck.requestPath,
  host: address,
  statuses: '200',
  timeout: Math.min(timeoutSec, 15),
})

/** What GKE's default backend says (cmd/404-server-with-metrics). */
const NOT_FOUND = 'response 404 (backend NotFound), service rules for the path non-existent \n'

const VIA = '1.1 google'

function answered(
  status: number,
  why: string,
  body: string,
  { version, method }: HttpRequest,
  matched: readonly Matched[],
  type: string,
): RespondDecision {
  const made = respond(
    status,
    body,
    [
      ['Content-Type', type],
      ['Via', VIA],
    ],
    version,
  )
  return { kind: 'respond', response: method === 'HEAD' ? { ...made, body: '' } : made, why, matched }
}

/** A GFE tries once more where nothing can have happened yet, unless the request may not be repeated. */
const mayRetry = ({ request, tried }: Exchange): boolean => {
  const [first, ...more] = tried
  const unsent = first?.kind === 'refused' || first?.kind === 'unreachable' || first?.kind === 'timeout'
  return more.length === 0 && unsent && (request.method === 'GET' || request.method === 'HEAD')
}

const HTML = 'text/html; charset=UTF-8'

/** Whatever goes wrong with a backend is 502 at a GFE. */
const SERVER_ERROR = `
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>502 Server Error</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: Server Error</h1>
<h2>The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.</h2>
<h2></h2>
</body></html>
`

const unwell = ({ scope }: Gce, request: HttpRequest, matched: readonly Matched[]): RespondDecision =>
  scope === 'internal'
    ? answered(503, 'no-endpoints', 'no healthy upstream', request, matched, 'text/plain')
    : answered(502, 'no-endpoints', SERVER_ERROR, request, matched, HTML)

function failedWith({ scope }: Gce, { kind }: Failure, request: HttpRequest, matched: readonly Matched[]): RespondDecision {
  const late = kind === 'read-timeout'
  const why = late || kind === 'timeout' ? 'upstream-timeout' : 'upstream-refused'
  if (scope === 'external') return answered(502, why, SERVER_ERROR, request, matched, HTML)
  if (late) return answered(504, why, 'upstream request timeout', request, matched, 'text/plain')
  const text = `upstream connect error or disconnect/reset before headers. reset reason: ${kind === 'timeout' ? 'connection timeout' : 'connection failure'}`
  return answered(503, why, text, request, matched, 'text/plain')
}

function redirected({ row, balancer }: Gce, { request }: Exchange, status: number): RespondDecision {
  const location = `https://${headerOf(request.headers, 'Host')?.replace(/:\d+$/, '') ?? ''}${request.target}`
  const title = `${status} ${status === 301 ? 'Moved' : 'Redirect'}`
  const body = `<HTML><HEAD><meta http-equiv="content-type" content="${HTML}">\n<TITLE>${title}</TITLE></HEAD><BODY>\n<H1>${title}</H1>\nThe document has moved\n<A HREF="${location}">here</A>.\r\n</BODY></HTML>\r\n`
  const made = answered(
    status,
    'redirect',
    body,
    request,
    [row('listeners', `${balancer.ingress.metadata.namespace ?? ''}/${balancer.ingress.metadata.name} http`)],
    HTML,
  )
  return { ...made, response: { ...made.response, headers: [['Location', location], ...made.response.headers] } }
}

const COOKIE = 'GCLB'
/** What the cookie says of an endpoint. */
const token = (address: string): string => sha256Hex(address, 16)

function stickiness(
  { affinity }: GceBackend,
  { request, connection }: Exchange,
): { readonly by?: string; readonly sticky?: (address: string) => boolean } {
  if (affinity === 'CLIENT_IP') return { by: connection.peer }
  if (affinity !== 'GENERATED_COOKIE') return {}
  const cookie = cookiesOf(request).get(COOKIE)?.replaceAll('"', '')
  return cookie === undefined ? {} : { sticky: (address) => token(address) === cookie }
}

export const WORDS: Words = { well: 'HEALTHY', unwell: 'UNHEALTHY' }

function proxied(gce: Gce, exchange: Exchange, backend: GceBackend, draw: Draw, through: readonly Matched[]): ProxyDecision {
  const { request, connection } = exchange
  const { target } = draw
  const { protocol, timeoutSec, name } = backend
  const address = joinHostPort(target.address, target.port)
  const to: Dial = {
    address: target.address,
    port: target.port,
    upstream: name,
    version: protocol === 'HTTP2' ? '2' : '1.1',
    connectTimeout: 10,
    readTimeout: timeoutSec,
    ...(protocol !== 'HTTP' && { tls: protocol === 'HTTP2' ? { alpn: ['h2'] } : {} }),
    ...(!upgradeOf(request) && { keepAlive: `${name} ${address}` }),
  }
  const balance = balanced(draw, { algorithm: backend.affinity === 'NONE' ? 'RATE' : backend.affinity, upstream: name, words: WORDS })
  const matched = [...through, gce.row('endpoints', `${name} ${address}`)]
  const headers = forwarded(request, backend, { peer: connection.peer, local: connection.local, secure: connection.tls !== undefined })
  return { kind: 'proxy', to, request: { ...request, version: to.version ?? '1.1', headers }, balance, matched }
}

/** The client and the balancer's own address are appended; the load balancer names itself in Via. */
function forwarded(
  request: HttpRequest,
  backend: GceBackend,
  { peer, local, secure }: { readonly peer: string; readonly local: string; readonly secure: boolean },
): Headers {
  let headers = appendedHeader(request.headers, 'X-Forwarded-For', `${peer}, ${local}`)
  headers = withHeader(headers, 'X-Forwarded-Proto', secure ? 'https' : 'http')
  headers = appendedHeader(headers, 'Via', VIA)
  if (!upgradeOf(request)) headers = withHeader(headers, 'Connection', 'Keep-Alive')
  for (const each of backend.requestHeaders) headers = withHeader(headers, ...custom(each, { peer, local }))
  return headers
}

/** `X-Client: {client_ip_address}`; of its variables those that are known here. */
function custom(text: string, { peer, local }: { readonly peer: string; readonly local: string }): readonly [string, string] {
  const at = text.indexOf(':')
  const value = text.slice(at + 1).trim()
  return [text.slice(0, at).trim(), value.replaceAll('{client_ip_address}', peer).replaceAll('{server_ip_address}', local)]
}

export function passed(gce: Gce, response: HttpResponse, { request, connection }: Exchange, { to }: ProxyDecision): HttpResponse {
  const backend = [gce.balancer.defaultBackend, ...gce.balancer.hostRules.flatMap(({ paths }) => paths.map((path) => path.backend))].find(
    (each) => each?.name === to.upstream,
  )
  let headers: Headers = appendedHeader(response.headers, 'Via', VIA)
  for (const each of backend?.responseHeaders ?? [])
    headers = withHeader(headers, ...custom(each, { peer: connection.peer, local: connection.local }))
  const cookie = cookiesOf(request).get(COOKIE)?.replaceAll('"', '')
  const own = token(joinHostPort(to.address, to.port))
  if (backend?.affinity === 'GENERATED_COOKIE' && cookie !== own) {
    const age = backend.cookieTtl > 0 ? `; Max-Age=${backend.cookieTtl}` : ''
    headers = [...headers, ['Set-Cookie', `${COOKIE}="${own}"${age}; Path=/; HttpOnly`]]
  }
  return { ...response, version: request.version, headers }
}
