/**
 * One request through an Application Gateway v2: the first listener for the host, the first path that fits, backend settings, a member of the pool. A path without a star comes before those with one, whose order counts.
 * Approximate: one instance stands for several, each of which goes round by itself. Left out: rewrites, WAF, custom error pages, draining.
 */
import { sha256Hex } from '../../base/sha256.ts'
import type { AppGw, AppGwAction, AppGwListener, AppGwPathRule } from '../../cluster/cloud/agic.ts'
import { type AppGwSettings, DEFAULT_SETTINGS } from '../../cluster/cloud/agic-backend.ts'
import type { Target } from '../../cluster/cloud/targets.ts'
import { joinHostPort } from '../../net/ip.ts'
import {
  appendedHeader,
  cookiesOf,
  headerOf,
  type Headers,
  hostOf,
  type HttpResponse,
  pathOf,
  queryOf,
  upgradeOf,
  withHeader,
} from '../http.ts'
import type { Decision, Dial, Exchange, Failure, HealthCheck, Matched, ProxyDecision, RespondDecision } from '../program.ts'
import { globHolds } from './alb-match.ts'
import { balanced, type Draw, drawn, type Words } from './draw.ts'
import { pagesOf } from './nginx-page.ts'
import { endpointId, type Place } from './rows.ts'

export interface Gateway {
  readonly model: AppGw
  readonly place: Place
}

export const SERVER = 'Microsoft-Azure-Application-Gateway/v2'
const page = pagesOf(SERVER, true)

/** In the order of their rules' priorities. */
export const listenerFor = ({ listeners }: AppGw, port: number, host: string): AppGwListener | undefined =>
  listeners.find((each) => each.port === port && (each.hosts.length === 0 || each.hosts.some((pattern) => globHolds(pattern, host))))

/** Without case: a path as it is before any with a star, and of those the first. */
export function pathRuleFor({ rules }: AppGwListener, path: string): AppGwPathRule | undefined {
  const lower = path.toLowerCase()
  const exact = rules.find((rule) => !rule.path.endsWith('*') && rule.path.toLowerCase() === lower)
  return exact ?? rules.find((rule) => rule.path.endsWith('*') && lower.startsWith(rule.path.slice(0, -1).toLowerCase()))
}

export const ruleId = (listener: AppGwListener, rule: AppGwPathRule | undefined): string =>
  `url-${listener.hash} ${rule?.name ?? 'default'}`

export function answer(gateway: Gateway, exchange: Exchange): Decision {
  const { model, place } = gateway
  const { request, connection } = exchange
  const listener = listenerFor(model, connection.localPort, hostOf(request))
  if (!listener) return page(404, 'no-route', exchange, [])
  const rule = pathRuleFor(listener, pathOf(request))
  const object = rule?.object ?? listener.defaultFrom
  const nearly = listener.rules
    .filter((each) => each !== rule)
    .map((each) => ({ row: ruleId(listener, each), failed: `path ${each.path}` }))
  const matched: readonly Matched[] = [
    place('listeners', `fl-${listener.hash}`),
    { ...place('routes', ruleId(listener, rule)), ...(object && { object }), ...(nearly.length > 0 && { considered: nearly }) },
  ]
  const action: AppGwAction = rule?.action ?? listener.defaultAction
  switch (action.kind) {
    case 'redirect':
      return redirected(action.port, exchange, matched)
    case 'none':
      // The default pool, which has no members.
      return page(502, 'no-endpoints', exchange, [...matched, place('upstreams', DEFAULT_SETTINGS)])
    case 'backend': {
      const settings = model.settings.get(action.settings)
      return settings ? forwarded(gateway, settings, rule, exchange, matched) : page(502, 'no-endpoints', exchange, matched)
    }
  }
}

function redirected(port: number, exchange: Exchange, matched: readonly Matched[]): RespondDecision {
  const { request } = exchange
  const location = `https://${hostOf(request)}${port === 443 ? '' : `:${port}`}${request.target}`
  return page(301, 'redirect', exchange, matched, [['Location', location]])
}

const turnKey = (name: string): string => `rr ${name}`
const token = (settings: string, address: string): string => sha256Hex(`${settings} ${address}`, 32)

function forwarded(
  gateway: Gateway,
  settings: AppGwSettings,
  rule: AppGwPathRule | undefined,
  exchange: Exchange,
  matched: readonly Matched[],
): Decision {
  const { request, connection, tried } = exchange
  const through = [...matched, { ...gateway.place('upstreams', settings.name), object: settings.service }]
  const last = tried.at(-1)
  // It tries one more member, and then no other.
  if (last && tried.length > 1) return failedWith(last, exchange, through)
  const cookie = settings.cookie === undefined ? undefined : cookiesOf(request).get(settings.cookie)
  const draw = drawn({
    program: 'application-gateway',
    upstream: settings.pool,
    targets: settings.targets,
    excluded: tried.map(({ dial }) => joinHostPort(dial.address, dial.port)),
    moment: connection.moment,
    check: (target) => checkOf(settings, target),
    last: Number(connection.moment.memory.get(turnKey(settings.name)) ?? -1),
    ...(cookie !== undefined && { sticky: (address: string) => token(settings.name, address) === cookie }),
  })
  if (draw) return proxied(gateway, exchange, settings, rule, draw, through)
  return last ? failedWith(last, exchange, through) : page(502, 'no-endpoints', exchange, through)
}

const checkOf = ({ probe, protocol }: AppGwSettings, { address, port }: Target): HealthCheck => ({
  address,
  port: probe.port ?? port,
  tls: protocol === 'Https',
  path: probe.path,
  host: probe.host,
  statuses: probe.statusCodes,
  timeout: 30,
})

const failedWith = ({ kind }: Failure, exchange: Exchange, matched: readonly Matched[]): RespondDecision =>
  kind === 'read-timeout' ? page(504, 'upstream-timeout', exchange, matched) : page(502, 'upstream-refused', exchange, matched)

export const WORDS: Words = { well: 'Healthy', unwell: 'Unhealthy' }

function proxied(
  gateway: Gateway,
  exchange: Exchange,
  settings: AppGwSettings,
  rule: AppGwPathRule | undefined,
  draw: Draw,
  through: readonly Matched[],
): ProxyDecision {
  const { request, connection } = exchange
  const { target, stuck } = draw
  const address = joinHostPort(target.address, target.port)
  const serverName = settings.hostName ?? hostOf(request)
  const to: Dial = {
    address: target.address,
    port: target.port,
    upstream: settings.name,
    version: '1.1',
    connectTimeout: settings.requestTimeout,
    readTimeout: settings.requestTimeout,
    ...(settings.protocol === 'Https' && { tls: { serverName } }),
    ...(!upgradeOf(request) && { keepAlive: `${settings.name} ${address}` }),
  }
  const balance = balanced(draw, { algorithm: stuck ? 'cookie' : 'round robin', upstream: settings.pool, words: WORDS })
  const turn = Number(connection.moment.memory.get(turnKey(settings.name)) ?? -1) + 1
  return {
    kind: 'proxy',
    to,
    request: { ...request, target: rewritten(exchange, settings, rule), version: '1.1', headers: headersFor(exchange, settings) },
    balance,
    remember: stuck ? [] : [[turnKey(settings.name), turn]],
    matched: [...through, gateway.place('endpoints', endpointId(settings.pool, target))],
  }
}

/** "Override backend path": what the rule's path holds of the request's goes, and the prefix comes before the rest. */
function rewritten({ request }: Exchange, { path: prefix }: AppGwSettings, rule: AppGwPathRule | undefined): string {
  if (prefix === undefined) return request.target
  const query = queryOf(request)
  const held = rule ? rule.path.replace(/\*$/, '') : '/'
  const rest = pathOf(request).slice(held.length).replace(/^\/+/, '')
  return `${prefix.replace(/\/*$/, '/')}${rest}${query === undefined ? '' : `?${query}`}`
}

function headersFor({ request, connection }: Exchange, { hostName }: AppGwSettings): Headers {
  const { peer, peerPort, localPort, tls, moment } = connection
  const host = headerOf(request.headers, 'Host') ?? ''
  let headers: Headers = hostName === undefined ? request.headers : withHeader(request.headers, 'Host', hostName)
  headers = appendedHeader(headers, 'X-Forwarded-For', joinHostPort(peer, peerPort))
  headers = withHeader(headers, 'X-Forwarded-Proto', tls ? 'https' : 'http')
  headers = withHeader(headers, 'X-Forwarded-Port', String(localPort))
  headers = withHeader(headers, 'X-Original-Host', host)
  headers = withHeader(headers, 'X-Original-URL', request.target)
  return withHeader(headers, 'X-AppGW-Trace-Id', sha256Hex(`${moment.now} ${peer} ${peerPort} ${request.target}`, 32))
}

/** The cookie, and the same for requests of other sites. */
export function passed({ model }: Gateway, response: HttpResponse, { request }: Exchange, { to }: ProxyDecision): HttpResponse {
  const cookie = model.settings.get(to.upstream)?.cookie
  const value = token(to.upstream, joinHostPort(to.address, to.port))
  const known = cookie === undefined || cookiesOf(request).get(cookie) === value
  const more: Headers = known
    ? []
    : [
        ['Set-Cookie', `${cookie}CORS=${value}; Path=/; SameSite=None; Secure`],
        ['Set-Cookie', `${cookie}=${value}; Path=/`],
      ]
  return { ...response, version: request.version, headers: [...response.headers, ...more] }
}
