/** One request through HAProxy: the maps, the rules of the route, the backend's server. */
import { type Ip, joinHostPort } from '../../net/ip.ts'
import {
  byteLength,
  type Headers,
  headersOf,
  hostOf,
  type HttpRequest,
  type HttpResponse,
  pathOf,
  queryOf,
  reasonOf,
  upgradeOf,
  withHeader,
  withoutHeader,
} from '../http.ts'
import type { Decision, Dial, Exchange, Failure, Matched, ProxyDecision, RespondDecision } from '../program.ts'
import { isWithin } from '../ingress/source-range.ts'
import { pick } from './balance.ts'
import { CFG } from './haproxy-cfg.ts'
import { type Backend, LOCAL_DEFAULT, type Model, type Route, type Rule } from './model.ts'
import type { Settings } from './settings.ts'

export interface Haproxy {
  readonly model: Model
  readonly settings: Settings
  readonly places: ReadonlyMap<string, number>
}

/** `timeout tunnel 1h`. */
const TUNNEL = 3600

interface HaproxyDecision extends ProxyDecision {
  readonly added: Headers
}

/** As `http-request set-var` computes it: a host that is known at all is not looked for under no host. */
export function routeFor({ hosts, routes }: Model, host: string, path: string): Route | undefined {
  const dot = host.indexOf('.')
  const match = hosts.includes(host) ? host : dot >= 0 && hosts.includes(host.slice(dot)) ? host.slice(dot) : ''
  const key = match + path
  const exact = (map: Route['map']): Route | undefined => routes.find((each) => each.map === map && each.key === key)
  const prefixes = routes.filter((each) => each.map === 'path-prefix' && key.startsWith(each.key))
  return exact('path-exact') ?? exact('path-prefix-exact') ?? prefixes.toSorted((a, b) => b.key.length - a.key.length)[0]
}

const BODIES: Readonly<Record<number, string>> = {
  403: 'Request forbidden by administrative rules.',
  502: 'The server returned an invalid or incomplete response.',
  503: 'No server is available to handle this request.',
  504: "The server didn't respond in time.",
}

function page(status: number, request: HttpRequest, headers: Headers = []): HttpResponse {
  const text = BODIES[status]
  const body = text === undefined ? '' : `<html><body><h1>${status} ${reasonOf({ status })}</h1>\n${text}\n</body></html>\n`
  const own: Headers =
    text === undefined
      ? []
      : [
          ['cache-control', 'no-cache'],
          ['content-type', 'text/html'],
        ]
  return {
    status,
    version: request.version,
    headers: [['content-length', String(byteLength(body))], ...own, ...headers],
    body: request.method === 'HEAD' ? '' : body,
  }
}

export function answer(haproxy: Haproxy, exchange: Exchange): Decision {
  const { model, settings } = haproxy
  const { request, connection } = exchange
  const respond = (status: number, why: string, matched: readonly Matched[] = [], headers: Headers = []): RespondDecision => ({
    kind: 'respond',
    response: page(status, request, headers),
    why,
    matched,
  })
  if (connection.localPort === settings.healthz) return respond(pathOf(request) === '/healthz' ? 200 : 503, 'server')
  const host = hostOf(request)
  const route = routeFor(model, host, pathOf(request))
  const backend = model.backends.get(route?.backend ?? model.defaultBackend ?? '')
  const matched = matchedRows(haproxy, exchange, route, backend)
  for (const rule of route?.rules ?? []) {
    const early = beforeBackend(rule, exchange, host)
    if (early)
      return respond(
        early.status,
        early.why,
        [...matched, ruleRow(haproxy, rule)],
        early.location === undefined ? [] : [['location', early.location]],
      )
  }
  if (!backend) return respond(404, 'no-route', matched)
  if (backend.servers.length === 0) return respond(503, 'no-endpoints', matched)
  const last = exchange.tried.at(-1)
  if (last && !triesAgain(exchange.tried)) {
    const status = last.kind === 'read-timeout' ? 504 : last.kind === 'reset' || last.kind === 'closed' ? 502 : 503
    return {
      ...respond(status, status === 504 ? 'upstream-timeout' : 'upstream-refused', matched),
      log: [{ level: 'error', text: logLine(exchange, backend, last, status) }],
    }
  }
  return proxied(haproxy, exchange, backend, route?.rules ?? [], matched, last?.dial)
}

function matchedRows(
  { places }: Haproxy,
  { connection }: Exchange,
  route: Route | undefined,
  backend: Backend | undefined,
): readonly Matched[] {
  const name = backend?.name ?? LOCAL_DEFAULT
  const line = places.get(`backend ${name}`)
  const at = line === undefined ? {} : { at: { file: CFG, line } }
  const frontend = connection.tls ? 'https' : 'http'
  const first = places.get(`frontend ${frontend}`)
  return [
    { table: 'frontends', row: frontend, ...(first !== undefined && { at: { file: CFG, line: first } }) },
    ...(route ? [{ table: 'routes', row: `${route.map} ${route.key}`, object: route.object }] : []),
    { table: 'backends', row: name, ...at, ...(backend && { object: backend.service }) },
  ]
}

function ruleRow({ places }: Haproxy, { id }: Rule): Matched {
  const line = places.get(`rule ${id}`)
  return { table: 'rules', row: id, ...(line !== undefined && { at: { file: CFG, line } }) }
}

function beforeBackend(
  rule: Rule,
  { request, connection }: Exchange,
  host: string,
): { readonly status: number; readonly why: string; readonly location?: string } | undefined {
  const secure = connection.tls !== undefined
  if (!rule.frontends.includes(secure ? 'https' : 'http')) return undefined
  if (rule.kind === 'deny')
    return isWithin(connection.proxied?.source ?? connection.peer, rule.prefixes) === rule.unless
      ? undefined
      : { status: 403, why: 'denied' }
  if (rule.kind === 'ssl-redirect') return { status: rule.code, why: 'redirect', location: `https://${host}:${rule.port}${request.target}` }
  if (rule.kind === 'redirect')
    return { status: rule.code, why: 'redirect', location: `${secure ? 'https' : 'http'}://${rule.host}${request.target}` }
  return undefined
}

/** `retries 3`: the same server again after a connection that failed; a request that was sent is not repeated. */
const RETRIES = 3

function triesAgain(tried: readonly Failure[]): boolean {
  const kind = tried.at(-1)?.kind
  return (kind === 'refused' || kind === 'unreachable' || kind === 'timeout' || kind === 'tls') && tried.length <= RETRIES
}

/** Termination states of HAProxy's log: who ended the session, and when. */
const STATES: Readonly<Record<Failure['kind'], string>> = {
  refused: 'SC--',
  unreachable: 'SC--',
  timeout: 'sC--',
  tls: 'SC--',
  'read-timeout': 'sH--',
  reset: 'SH--',
  closed: 'SH--',
}

const logLine = ({ request, connection }: Exchange, { name }: Backend, { kind, dial }: Failure, status: number): string =>
  `${joinHostPort(connection.peer, connection.peerPort)} ${connection.tls ? 'https~' : 'http'} ${name}/${joinHostPort(dial.address, dial.port)} ${status} ${STATES[kind]} "${request.method} ${request.target}"`

function proxied(
  haproxy: Haproxy,
  exchange: Exchange,
  backend: Backend,
  rules: readonly Rule[],
  matched: readonly Matched[],
  again: Dial | undefined,
): HaproxyDecision {
  const { connection, request } = exchange
  const client = connection.proxied?.source ?? connection.peer
  const picked = pick(backend, request, client, connection.moment)
  const before = again ? backend.servers.findIndex(({ address, port }) => address === again.address && port === again.port) : -1
  const server = backend.servers[before >= 0 ? before : picked.index]
  const to: Dial = {
    address: server?.address ?? client,
    port: server?.port ?? 0,
    upstream: backend.name,
    connectTimeout: haproxy.settings.timeoutConnect,
    readTimeout: backend.timeoutServer,
    idleTimeout: TUNNEL,
    version: backend.http2 ? '2' : '1.1',
    ...(backend.ssl && { tls: {} }),
    ...(backend.proxyHeader && { proxyHeader: backend.proxyHeader }),
    ...(!backend.proxyHeader && !upgradeOf(request) && { keepAlive: backend.name }),
  }
  const row = {
    table: 'servers',
    row: `${backend.name} ${joinHostPort(to.address, to.port)}`,
    ...(server?.object && { object: server.object }),
  }
  const changing = rules.filter(({ kind }) => kind === 'rewrite' || kind === 'set-host' || kind === 'request-header')
  const added: Headers = [
    ...(picked.setCookie === undefined ? [] : ([['set-cookie', picked.setCookie]] as const)),
    ...rules.flatMap((rule) => (rule.kind === 'response-header' ? [[rule.name.toLowerCase(), rule.value] as const] : [])),
  ]
  const sent = sentOn(exchange, backend, rules, client, to)
  return {
    kind: 'proxy',
    to,
    request: sent,
    balance: picked.balance,
    remember: again ? [] : picked.remember,
    matched: [...matched, ...changing.map((rule) => ruleRow(haproxy, rule)), row],
    added,
  }
}

const lower = (headers: Headers): Headers => headers.map(([name, value]) => [name.toLowerCase(), value] as const)

/** HAProxy writes names in small letters, whatever letters they came in. */
function sentOn({ request, connection }: Exchange, backend: Backend, rules: readonly Rule[], client: Ip, to: Dial): HttpRequest {
  let headers = withoutHeader(lower(request.headers), 'keep-alive')
  if (!upgradeOf(request)) headers = withoutHeader(headers, 'connection')
  if (connection.tls) headers = withHeader(headers, 'x-forwarded-proto', 'https')
  let path = pathOf(request)
  for (const rule of rules) {
    if (rule.kind === 'set-host') headers = withHeader(headers, 'host', rule.value)
    if (rule.kind === 'request-header') headers = withHeader(headers, rule.name.toLowerCase(), rule.value)
    if (rule.kind === 'rewrite') path = replaced(path, rule.match, rule.format)
  }
  if (backend.forwardedFor) headers = [...headers, ['x-forwarded-for', client]]
  if (backend.cookie) headers = withoutCookie(headers, backend.cookie)
  const query = queryOf(request)
  return { ...request, target: query === undefined ? path : `${path}?${query}`, version: to.version ?? '1.1', headers }
}

/** `replace-path`: a pattern that JavaScript cannot read replaces nothing. */
function replaced(path: string, match: string, format: string): string {
  try {
    return path.replace(new RegExp(match), () => {
      const found = new RegExp(match).exec(path) ?? []
      return format.replace(/\\(\d)/g, (_, digit: string) => found[Number(digit)] ?? '')
    })
  } catch (error) {
    if (error instanceof SyntaxError) return path
    throw error
  }
}

/** `cookie … indirect`: the server does not see the cookie that is the proxy's own. */
function withoutCookie(headers: Headers, cookie: string): Headers {
  const kept = headersOf(headers, 'cookie').flatMap((value) =>
    value
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => !pair.startsWith(`${cookie}=`)),
  )
  return kept.length > 0 ? withHeader(headers, 'cookie', kept.join('; ')) : withoutHeader(headers, 'cookie')
}

export function changed(response: HttpResponse, { request }: Exchange, decision: ProxyDecision): HttpResponse {
  const { added = [] } = decision as Partial<HaproxyDecision>
  const own = response.status === 101 ? lower(response.headers) : withoutHeader(lower(response.headers), 'connection')
  return {
    ...response,
    version: request.version,
    headers: [...own.filter(([name]) => (name !== 'set-cookie' ? !added.some(([other]) => other === name) : true)), ...added],
  }
}
