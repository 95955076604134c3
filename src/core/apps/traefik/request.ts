/**
 * From an entry point's request to a server: routers by priority, middlewares, services (pkg/server/router, pkg/server/service, v3). Left out: health checks, retries, buffering, HTTP/3. What
 * fails is not tried again: Traefik retries only where a middleware says so.
 */
import type { EntryPoint } from '../../cluster/traefik.ts'
import { contains, parseCidr } from '../../net/cidr.ts'
import { type Ip, parseIp } from '../../net/ip.ts'
import {
  byteLength,
  headerOf,
  type Headers,
  headersOf,
  type HttpRequest,
  type HttpResponse,
  upgradeOf,
  withHeader,
  withoutHeader,
} from '../http.ts'
import type { Balance, Decision, Dial, Exchange, LogLine, Matched, ProxyDecision, Remember, RespondDecision } from '../program.ts'
import { httpDate } from '../ingress/http-date.ts'
import { internal } from './api.ts'
import { pick } from './balance.ts'
import { firstInternal } from './first-api.ts'
import { atEntryPoint } from './first-frontend.ts'
import { error, plain, requestHeaders, responseHeaders, withoutHopByHop } from './go-http.ts'
import { applied, expanded, type Passing, returned } from './middleware.ts'
import type { Dynamic, MiddlewareConfig, Router, Server, Service } from './model.ts'
import type { TcpRoute } from './ports.ts'
import { failing, type Rule } from './rule.ts'

export const DYNAMIC = 'dynamic configuration'

/** A router that can be used, on the entry points that it is on. */
export interface Route {
  readonly router: Router
  readonly rule: Rule
  readonly priority: number
  readonly entryPoints: readonly string[]
  readonly middlewares: readonly MiddlewareConfig[]
}

export interface Traefik {
  readonly dynamic: Dynamic
  readonly routes: readonly Route[]
  readonly tcpRoutes: readonly TcpRoute[]
  readonly places: ReadonlyMap<string, number>
  readonly version: 1 | 2 | 3
  readonly hostname: string
  readonly dashboard: boolean
  /** Of the image: `v1.7.34`, `3.3.6`. */
  readonly tag: string
  readonly codename: string
  readonly entryPoints: readonly EntryPoint[]
  readonly defaultEntryPoints: readonly string[]
  /** v1: `kubernetes`, `file`; later `KubernetesIngress` and so on. */
  readonly providers: readonly string[]
  /** Routers that cannot be used, by name. */
  readonly problems: ReadonlyMap<string, string>
  /** v1: how often a server is tried that cannot be reached; 0: once for each. */
  readonly retry?: number
}

interface Returning extends ProxyDecision {
  readonly returning: readonly MiddlewareConfig[]
  readonly added: Headers
}

export function answer(traefik: Traefik, entryPoint: EntryPoint, exchange: Exchange): Decision {
  const { connection } = exchange
  const peer = connection.proxied?.source ?? connection.peer
  const secure = connection.tls !== undefined
  const { now } = connection.moment
  const request = forwarded(traefik, entryPoint, exchange, peer)
  const considered: { readonly row: string; readonly failed: string }[] = []
  const refused = atTheDoor(entryPoint, { request: exchange.request, remote: peer, secure, now })
  if (refused) return refused
  for (const route of traefik.routes) {
    if (!route.entryPoints.includes(entryPoint.name)) continue
    if ((route.router.tls || entryPoint.tls) !== secure) continue
    const failed = failing(route.rule, { request: exchange.request, remote: peer })
    if (failed !== undefined) {
      considered.push({ row: route.router.name, failed })
      continue
    }
    return routed(traefik, entryPoint, route, exchange, { request, remote: peer, secure, now }, considered)
  }
  const response = error(exchange.request, 404, '404 page not found', now)
  return { kind: 'respond', response, why: 'no-route', matched: considered.length > 0 ? [{ table: 'routers', row: '', considered }] : [] }
}

/** What v1's entry points do to every request, route or no route. */
function atTheDoor({ name, moves, allowed }: EntryPoint, passing: Passing): RespondDecision | undefined {
  const configs: readonly MiddlewareConfig[] = [
    ...(moves ? [{ redirectRegex: moves }] : []),
    ...(allowed ? [{ ipAllowList: { sourceRange: allowed } }] : []),
  ]
  for (const config of configs) {
    const said = applied(config, passing)
    if (said.kind === 'respond')
      return { kind: 'respond', response: said.response, why: said.why, matched: [{ table: 'entrypoints', row: name }] }
  }
  return undefined
}

function routed(
  traefik: Traefik,
  entryPoint: EntryPoint,
  { router, middlewares }: Route,
  exchange: Exchange,
  passing: Passing,
  considered: NonNullable<Matched['considered']>,
): Decision {
  const matched: Matched[] = [{ ...rowOf(traefik, 'routers', router.name, router.object), considered }]
  let { request } = passing
  const passed: MiddlewareConfig[] = []
  for (const each of middlewares) {
    const config = atEntryPoint(each, traefik.entryPoints, entryPoint.name)
    if (!config) continue
    const said = applied(config, { ...passing, request })
    if (said.kind === 'respond') return { kind: 'respond', response: returned(passed, said.response, request), why: said.why, matched }
    passed.push(config)
    ;({ request } = said)
  }
  return served(traefik, traefik.dynamic.services.get(router.service), {
    exchange,
    passing,
    request,
    passed,
    matched,
    remember: [],
    added: [],
    ...(router.frontend && { passHostHeader: router.frontend.passHostHeader }),
  })
}

const rowOf = ({ places }: Traefik, table: string, row: string, object: Router['object']): Matched => {
  const line = places.get(`${table} ${row}`)
  return { table, row, ...(line !== undefined && { at: { file: DYNAMIC, line } }), ...(object && { object }) }
}

interface Serving {
  readonly exchange: Exchange
  readonly passing: Passing
  readonly request: HttpRequest
  readonly passed: readonly MiddlewareConfig[]
  readonly matched: readonly Matched[]
  readonly remember: Remember
  readonly added: Headers
  readonly mirrors?: readonly string[]
  /** v1: the frontend's word, before the service's. */
  readonly passHostHeader?: boolean
  /** How a weighted service chose among services. */
  readonly chosen?: Balance
}

const respond = (
  { matched, passed, request, remember }: Serving,
  response: HttpResponse,
  why: string,
  log: readonly LogLine[] = [],
): RespondDecision => ({
  kind: 'respond',
  response: returned(passed, response, request),
  why,
  matched,
  remember,
  ...(log.length > 0 && { log }),
})

function served(traefik: Traefik, service: Service | undefined, serving: Serving): Decision {
  const { exchange, passing } = serving
  const { now } = passing
  if (!service) return respond(serving, error(exchange.request, 404, '404 page not found', now), 'no-route')
  const at: Serving = {
    ...serving,
    matched: [...serving.matched, rowOf(traefik, 'services', service.name, 'object' in service ? service.object : undefined)],
  }
  switch (service.kind) {
    case 'internal':
      return respond(at, own(traefik, service.name, at.request, now), 'server')
    case 'mirroring': {
      const names = mirrored(service, at)
      return served(traefik, traefik.dynamic.services.get(service.service), { ...at, ...names })
    }
    case 'weighted': {
      const found = pick(`wrr ${service.name}`, service.services, service.sticky, at.request, exchange.connection.moment)
      const chosen = found && service.services[found.index]
      if (!found || !chosen) {
        // Gateway API: no backend at all is 500, where a list of servers that is empty is 503.
        const status = service.services.length === 0 && service.name.endsWith('@kubernetesgateway') ? 500 : 503
        return respond(
          at,
          error(exchange.request, status, status === 500 ? 'Internal Server Error' : 'no available server', now),
          'no-endpoints',
        )
      }
      const balance: Balance = {
        algorithm: 'wrr',
        upstream: service.name,
        endpoints: service.services.map(({ name, weight }) => ({ address: name, weight })),
        chosen: found.index,
        ...(found.why !== undefined && { why: found.why }),
      }
      const on: Serving = {
        ...at,
        remember: [...at.remember, ...found.remember],
        added: found.cookie ? [...at.added, found.cookie] : at.added,
        ...(service.services.length > 1 && { chosen: balance }),
      }
      if (chosen.grpcStatus) return respond(on, unmade(exchange.request, chosen.grpcStatus, now), 'invalid-backend')
      if (chosen.status !== undefined) return respond(on, plain(exchange.request, chosen.status, now), 'invalid-backend')
      return served(traefik, traefik.dynamic.services.get(chosen.name), on)
    }
    case 'loadBalancer':
      return balanced(traefik, service, at)
  }
}

/** A status of gRPC as Traefik writes it: as JSON, which no caller of gRPC reads. */
function unmade(request: HttpRequest, status: object, now: number): HttpResponse {
  const body = JSON.stringify(status)
  const made = plain(request, 200, now)
  return {
    ...made,
    headers: [['Content-Type', 'application/json'], ...withHeader(made.headers, 'Content-Length', String(byteLength(body)))],
    body,
  }
}

/** Every so many requests of a hundred, evenly. */
function mirrored(
  service: Extract<Service, { readonly kind: 'mirroring' }>,
  { exchange, remember }: Serving,
): Pick<Serving, 'mirrors' | 'remember'> {
  const key = `mirror ${service.name}`
  const total = Number(exchange.connection.moment.memory.get(key) ?? 0) + 1
  const due = ({ percent }: { readonly percent: number }): boolean =>
    Math.floor((total * percent) / 100) > Math.floor(((total - 1) * percent) / 100)
  return { mirrors: service.mirrors.filter(due).map(({ name }) => name), remember: [...remember, [key, total]] }
}

const own = (traefik: Traefik, service: string, request: HttpRequest, now: number): HttpResponse =>
  traefik.version === 1 ? firstInternal(traefik, request, now) : internal(traefik, service, request, now)

function balanced(traefik: Traefik, service: Extract<Service, { readonly kind: 'loadBalancer' }>, serving: Serving): Decision {
  const { exchange, passing } = serving
  const last = exchange.tried.at(-1)
  if (last && !again(traefik, service, exchange)) {
    const timedOut = last.kind === 'timeout' || last.kind === 'read-timeout'
    const status = timedOut ? 504 : last.kind === 'tls' ? 500 : 502
    const log: LogLine = { level: 'error', text: `${status} ${FAILURES[last.kind]}: dial tcp ${last.dial.address}:${last.dial.port}` }
    return respond(serving, plain(exchange.request, status, passing.now), timedOut ? 'upstream-timeout' : 'upstream-refused', [log])
  }
  const middlewares = expanded(traefik.dynamic, service.middlewares) ?? []
  let { request } = serving
  for (const config of middlewares) {
    const said = applied(config, { ...passing, request })
    if (said.kind === 'respond') return respond(serving, said.response, said.why)
    ;({ request } = said)
  }
  const candidates = service.servers.map(({ url, weight = 1, fenced }) => ({ name: url, weight, ...(fenced && { fenced }) }))
  const found = pick(`wrr ${service.name}`, candidates, service.sticky, request, exchange.connection.moment)
  const server = found && service.servers[found.index]
  if (!found || !server) {
    const text = traefik.version === 1 ? 'Service Unavailable' : 'no available server'
    const response = traefik.version === 1 ? plain(exchange.request, 503, passing.now) : error(exchange.request, 503, text, passing.now)
    return respond(serving, response, 'no-endpoints')
  }
  const to = dialOf(server, service.name, request)
  if (!to)
    return respond(serving, plain(exchange.request, 502, passing.now), 'upstream-unknown', [
      { level: 'error', text: `502 Bad Gateway: dial tcp: lookup ${server.url}: no such host` },
    ])
  const balance: Balance = {
    algorithm: 'wrr',
    upstream: service.name,
    endpoints: service.servers.map(({ url, weight = 1, object, fenced }) => ({
      address: url,
      weight,
      ...(object && { object }),
      ...(fenced && { state: 'fenced' }),
    })),
    chosen: found.index,
    ...(found.why !== undefined && { why: found.why }),
  }
  const sent = sentOn(request, serving.passHostHeader ?? service.passHostHeader, server, to)
  const decision: Returning = {
    kind: 'proxy',
    to,
    request: sent,
    balance: serving.chosen && service.servers.length === 1 ? serving.chosen : balance,
    remember: [...serving.remember, ...found.remember],
    matched: [
      ...serving.matched,
      { table: 'servers', row: `${service.name} ${server.url}`, ...(server.object && { object: server.object }) },
    ],
    returning: [...serving.passed, ...middlewares],
    added: found.cookie ? [...serving.added, found.cookie] : serving.added,
    ...mirrorsOf(traefik, serving, sent),
  }
  return decision
}

/** v1's [retry]: another server where one cannot be reached; what has answered is not asked again. */
const again = ({ retry }: Traefik, { servers }: Extract<Service, { readonly kind: 'loadBalancer' }>, { tried }: Exchange): boolean =>
  retry !== undefined &&
  tried.length < (retry > 0 ? retry : servers.length) &&
  ['refused', 'unreachable', 'timeout'].includes(tried.at(-1)?.kind ?? '')

const FAILURES = {
  refused: 'Bad Gateway: connect: connection refused',
  unreachable: 'Bad Gateway: connect: no route to host',
  timeout: 'Gateway Timeout: i/o timeout',
  'read-timeout': 'Gateway Timeout: timeout awaiting response headers',
  reset: 'Bad Gateway: connection reset by peer',
  closed: 'Bad Gateway: EOF',
  tls: 'Internal Server Error: tls: failed to verify certificate',
} as const

/** Traefik's transport: 30 seconds to connect, connections kept 90 seconds. */
function dialOf({ url, serverName }: Server, upstream: string, request: HttpRequest): Dial | undefined {
  const [, scheme = 'http', bracketed, bare, port = ''] = /^([a-z0-9]+):\/\/(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(url) ?? []
  const address = parseIp(bracketed ?? bare ?? '')
  if (!address) return undefined
  const secure = scheme === 'https'
  return {
    address,
    port: Number(port),
    upstream,
    connectTimeout: 30,
    version: scheme === 'h2c' ? '2' : '1.1',
    ...(secure && { tls: { alpn: ['h2', 'http/1.1'], ...(serverName !== undefined && { serverName }) } }),
    ...(!upgradeOf(request) && { keepAlive: upstream }),
  }
}

function mirrorsOf(traefik: Traefik, { mirrors = [] }: Serving, request: HttpRequest): Pick<ProxyDecision, 'mirrors'> {
  const copies = mirrors.flatMap((name) => {
    const service = traefik.dynamic.services.get(name)
    const [server] = service?.kind === 'loadBalancer' ? service.servers : []
    const to = server && dialOf(server, name, request)
    return to ? [{ to, request }] : []
  })
  return copies.length > 0 ? { mirrors: copies } : {}
}

const FORWARDED = [
  'X-Forwarded-Proto',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Server',
  'X-Forwarded-Uri',
  'X-Forwarded-Method',
  'X-Forwarded-Prefix',
  'X-Real-Ip',
]

const trusts = (trusted: EntryPoint['trusted'], peer: Ip): boolean =>
  trusted === 'everybody' ||
  trusted.some((text) => {
    const range = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`)
    return range !== undefined && contains(range, peer)
  })

/** pkg/middlewares/forwardedheaders: what strangers say of themselves is taken away, then the truth is told. */
function forwarded({ hostname }: Traefik, { trusted }: EntryPoint, { request, connection }: Exchange, peer: Ip): HttpRequest {
  const kept = trusts(trusted, peer) ? request.headers : FORWARDED.reduce<Headers>(withoutHeader, request.headers)
  const host = headerOf(request.headers, 'Host') ?? ''
  const secure = connection.tls !== undefined
  const websocket = upgradeOf(request) === 'websocket'
  const scheme = websocket ? (secure ? 'wss' : 'ws') : secure ? 'https' : 'http'
  const [, port = secure ? '443' : '80'] = /:(\d+)$/.exec(host) ?? []
  let headers = kept
  const unless = (name: string, value: string): void => {
    if (!headerOf(headers, name)) headers = withHeader(headers, name, value)
  }
  unless('X-Real-Ip', peer)
  unless('X-Forwarded-Proto', scheme)
  unless('X-Forwarded-Port', port)
  if (host !== '') unless('X-Forwarded-Host', host)
  headers = withHeader(headers, 'X-Forwarded-For', [...headersOf(headers, 'X-Forwarded-For'), peer].join(', '))
  return { ...request, headers: withHeader(headers, 'X-Forwarded-Server', hostname) }
}

function sentOn(request: HttpRequest, passHostHeader: boolean, { url }: Server, to: Dial): HttpRequest {
  const upgrade = upgradeOf(request)
  const bare = withoutHopByHop(request.headers)
  const host = passHostHeader ? bare : withHeader(bare, 'Host', url.replace(/^[a-z0-9]+:\/\//, ''))
  const headers: Headers = upgrade ? [...host, ['Connection', 'Upgrade'], ['Upgrade', upgrade]] : host
  return { ...request, version: to.version ?? '1.1', headers: requestHeaders(headers) }
}

export function changed(response: HttpResponse, { request, connection }: Exchange, decision: ProxyDecision): HttpResponse {
  const { returning = [], added = [] } = decision as Partial<Returning>
  const kept = response.status === 101 ? response.headers : withoutHopByHop(response.headers)
  const dated: Headers = headerOf(kept, 'Date') === undefined ? [...kept, ['Date', httpDate(connection.moment.now)]] : kept
  const out = returned(returning, { ...response, headers: [...dated, ...added] }, request)
  return { ...out, version: request.version, headers: responseHeaders(out.headers) }
}
