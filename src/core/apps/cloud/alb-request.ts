/**
 * One request through an Application Load Balancer: the first rule of the listener whose conditions hold, its action, a target. Approximate: one machine stands for the balancer's several, each of which goes
 * round by itself; least outstanding requests and weighted random are drawn by lot. Left out: retries of HTTP/2 streams, slow start, zones, connection logs.
 */
import { sha256Hex } from '../../base/sha256.ts'
import type { AlbGroup, AlbListener } from '../../cluster/cloud/alb.ts'
import type { AlbAction, AlbForward } from '../../cluster/cloud/alb-actions.ts'
import type { AlbRule } from '../../cluster/cloud/alb-rules.ts'
import type { AlbTargetGroup } from '../../cluster/cloud/alb-target-group.ts'
import type { Target } from '../../cluster/cloud/targets.ts'
import { joinHostPort } from '../../net/ip.ts'
import {
  appendedHeader,
  cookiesOf,
  headerOf,
  type Headers,
  hostOf,
  type HttpResponse,
  isGrpc,
  pathOf,
  queryOf,
  respond,
  upgradeOf,
  withHeader,
} from '../http.ts'
import { httpDate } from '../ingress/http-date.ts'
import type { Decision, Dial, Exchange, Failure, HealthCheck, Matched, ProxyDecision, Remember, RespondDecision } from '../program.ts'
import { conditionText, holds } from './alb-match.ts'
import { balanced, type Draw, drawn, type Words } from './draw.ts'
import { pagesOf } from './nginx-page.ts'
import { endpointId, type Place } from './rows.ts'

export interface Alb {
  readonly group: AlbGroup
  readonly listener: AlbListener
  readonly place: Place
}

export const SERVER = 'awselb/2.0'
const page = pagesOf(SERVER, false)
export const listenerId = ({ id }: AlbGroup, { protocol, port }: Pick<AlbListener, 'protocol' | 'port'>): string =>
  `${id} ${protocol}:${port}`
export const ruleId = (group: AlbGroup, listener: AlbListener, rule: AlbRule | undefined): string =>
  `${listenerId(group, listener)} ${rule?.priority ?? 'default'}`

export function answer(alb: Alb, exchange: Exchange): Decision {
  const { group, listener, place } = alb
  const { request, connection } = exchange
  const nearly: { readonly row: string; readonly failed: string }[] = []
  const rule = listener.rules.find((each) => {
    const failed = each.conditions.find((condition) => !holds(condition, request, connection.peer))
    if (failed) nearly.push({ row: ruleId(group, listener, each), failed: conditionText(failed) })
    return !failed
  })
  const object = rule?.object ?? listener.defaultFrom
  const matched: readonly Matched[] = [
    place('listeners', listenerId(group, listener)),
    { ...place('routes', ruleId(group, listener, rule)), ...(object && { object }), ...(nearly.length > 0 && { considered: nearly }) },
  ]
  const action = rule?.action ?? listener.defaultAction
  switch (action.type) {
    case 'fixed-response':
      return fixed(action, exchange, matched)
    case 'redirect':
      return redirected(action, exchange, matched)
    case 'forward':
      return forwarded(alb, action, exchange, matched)
  }
}

function fixed(
  { status, contentType, body }: Extract<AlbAction, { type: 'fixed-response' }>,
  { request }: Exchange,
  matched: readonly Matched[],
): RespondDecision {
  const made = respond(
    status,
    body,
    [
      ['Server', SERVER],
      ['Content-Type', `${contentType}; charset=utf-8`],
    ],
    request.version,
  )
  return {
    kind: 'respond',
    response: request.method === 'HEAD' ? { ...made, body: '' } : made,
    why: status === 404 ? 'no-route' : 'fixed-response',
    matched,
  }
}

/** Words in braces stand for what the request says; the port is always told. */
function redirected(action: Extract<AlbAction, { type: 'redirect' }>, exchange: Exchange, matched: readonly Matched[]): RespondDecision {
  const { request, connection } = exchange
  const words: Readonly<Record<string, string>> = {
    host: hostOf(request),
    path: pathOf(request).replace(/^\//, ''),
    port: String(connection.localPort),
    protocol: connection.tls ? 'https' : 'http',
    query: queryOf(request) ?? '',
  }
  const filled = (text: string): string => text.replace(/#\{(\w+)\}/g, (whole, word: string) => words[word] ?? whole)
  const query = filled(action.query)
  const location = `${filled(action.protocol).toLowerCase()}://${filled(action.host)}:${filled(action.port)}${filled(action.path)}${query === '' ? '' : `?${query}`}`
  return page(action.status, 'redirect', exchange, matched, [['Location', location]])
}

function forwarded(alb: Alb, action: Extract<AlbAction, { type: 'forward' }>, exchange: Exchange, matched: readonly Matched[]): Decision {
  const last = exchange.tried.at(-1)
  if (last) return failedWith(last, exchange, [...matched, alb.place('upstreams', last.dial.upstream)])
  const chosen = groupFor(action, exchange)
  const group = chosen && alb.group.targetGroups.get(chosen.name)
  if (!chosen || !group) return page(503, 'no-endpoints', exchange, matched)
  const through = [...matched, { ...alb.place('upstreams', group.name), object: group.service }]
  const draw = targetOf(group, exchange)
  if (!draw) return page(503, 'no-endpoints', exchange, through)
  return proxied(alb, exchange, group, draw, through)
}

/** The balancer gives up after ten seconds of connecting or sixty of silence; a target that refuses is a bad gateway. */
function failedWith({ kind }: Failure, exchange: Exchange, matched: readonly Matched[]): RespondDecision {
  const late = kind === 'timeout' || kind === 'read-timeout' || kind === 'unreachable'
  return late ? page(504, 'upstream-timeout', exchange, matched) : page(502, 'upstream-refused', exchange, matched)
}

const TG_COOKIE = 'AWSALBTG'
const COOKIE = 'AWSALB'
/** What a cookie says of a target or a group. The real ones are encrypted. */
const token = (text: string): string => sha256Hex(text, 40)

/** By weight; a cookie keeps to the group where the action says so. One with weight 0 gets nothing. */
function groupFor(
  { groups, stickiness }: Extract<AlbAction, { type: 'forward' }>,
  { request, connection }: Exchange,
): AlbForward | undefined {
  const usable = groups.filter(({ weight }) => weight > 0)
  const cookie = stickiness?.enabled ? cookiesOf(request).get(TG_COOKIE) : undefined
  const stuck = usable.find(({ name }) => token(name) === cookie)
  if (stuck || usable.length <= 1) return stuck ?? usable[0]
  const total = usable.reduce((sum, { weight }) => sum + weight, 0)
  const why = { kind: 'upstream', program: 'alb', upstream: 'ForwardConfig', endpoints: usable.map(({ name }) => name) } as const
  return usable[connection.moment.choose({ kind: 'branch', weights: usable.map(({ weight }) => weight / total), why })]
}

const turnKey = (name: string): string => `rr ${name}`

const checkOf = ({ healthCheck }: AlbTargetGroup, { address, port }: Target): HealthCheck => ({
  address,
  port: /^\d+$/.test(healthCheck.port) ? Number(healthCheck.port) : port,
  tls: healthCheck.protocol === 'HTTPS',
  path: healthCheck.path,
  host: joinHostPort(address, port),
  statuses: healthCheck.matcher,
  timeout: 5,
})

/** Where none is well the balancer takes them all for well. */
function targetOf(group: AlbTargetGroup, { request, connection: { moment } }: Exchange): Draw | undefined {
  const cookie = group.sticky === undefined ? undefined : cookiesOf(request).get(COOKIE)
  const last = Number(moment.memory.get(turnKey(group.name)) ?? -1)
  return drawn({
    program: 'alb',
    upstream: group.name,
    targets: group.targets,
    excluded: [],
    moment,
    // A call of gRPC is answered in its own codes, which objects have to stand for.
    ...(group.version !== 'GRPC' && { check: (target: Target) => checkOf(group, target) }),
    failOpen: true,
    ...(group.algorithm === 'round_robin' && { last }),
    ...(cookie !== undefined && { sticky: (address: string) => token(`${group.name} ${address}`) === cookie }),
  })
}

export const WORDS: Words = { well: 'healthy', unwell: 'unhealthy' }

function proxied(alb: Alb, exchange: Exchange, group: AlbTargetGroup, draw: Draw, through: readonly Matched[]): ProxyDecision {
  const { request, connection } = exchange
  const { target, stuck } = draw
  const address = joinHostPort(target.address, target.port)
  const version = group.version === 'HTTP1' ? '1.1' : '2'
  const to: Dial = {
    address: target.address,
    port: target.port,
    upstream: group.name,
    version,
    connectTimeout: 10,
    readTimeout: 60,
    ...(group.protocol === 'HTTPS' && { tls: version === '2' ? { alpn: ['h2'] } : {} }),
    ...(!upgradeOf(request) && !isGrpc(request) && { keepAlive: `${group.name} ${address}` }),
  }
  const turn = Number(connection.moment.memory.get(turnKey(group.name)) ?? -1) + 1
  const remember: Remember = stuck ? [] : [[turnKey(group.name), turn]]
  const balance = balanced(draw, { algorithm: stuck ? 'cookie' : group.algorithm, upstream: group.name, words: WORDS })
  const matched = [...through, alb.place('endpoints', endpointId(group.name, target))]
  return { kind: 'proxy', to, request: { ...request, version, headers: headersFor(exchange) }, balance, remember, matched }
}

function headersFor({ request, connection }: Exchange): Headers {
  const { peer, peerPort, localPort, tls, moment } = connection
  let headers = appendedHeader(request.headers, 'X-Forwarded-For', peer)
  headers = withHeader(headers, 'X-Forwarded-Proto', tls ? 'https' : 'http')
  headers = withHeader(headers, 'X-Forwarded-Port', String(localPort))
  if (headerOf(headers, 'X-Amzn-Trace-Id') !== undefined) return headers
  const id = sha256Hex(`${moment.now} ${peer} ${peerPort} ${request.target}`, 32)
  return withHeader(headers, 'X-Amzn-Trace-Id', `Root=1-${id.slice(0, 8)}-${id.slice(8)}`)
}

/** Cookies are given anew with each answer; the second of each pair is for requests of other sites. */
export function passed(
  { group, listener }: Alb,
  response: HttpResponse,
  { request, connection }: Exchange,
  { to, matched }: ProxyDecision,
): HttpResponse {
  const target = group.targetGroups.get(to.upstream)
  const route = matched.find(({ table }) => table === 'routes')?.row
  const action = listener.rules.find((rule) => ruleId(group, listener, rule) === route)?.action ?? listener.defaultAction
  const cookies: [string, string, number][] = []
  if (action.type === 'forward' && action.stickiness?.enabled) cookies.push([TG_COOKIE, token(to.upstream), action.stickiness.seconds])
  if (target?.sticky !== undefined) cookies.push([COOKIE, token(`${to.upstream} ${joinHostPort(to.address, to.port)}`), target.sticky])
  const secure = connection.tls ? '; Secure' : ''
  const headers: Headers = cookies.flatMap(([name, value, seconds]) => {
    const expires = `Expires=${httpDate(connection.moment.now + seconds)}; Path=/`
    return [
      ['Set-Cookie', `${name}=${value}; ${expires}`],
      ['Set-Cookie', `${name}CORS=${value}; ${expires}; SameSite=None${secure}`],
    ] as const
  })
  return { ...response, version: request.version, headers: [...response.headers, ...headers] }
}
