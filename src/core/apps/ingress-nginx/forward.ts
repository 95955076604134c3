/** A request as nginx sends it on: headers of the location's proxy_set_header lines, the rewritten target, the cookie of affinity. */
import { type Header, type Headers, headerOf, headersOf, hostOf, type HttpRequest, queryOf, upgradeOf } from '../http.ts'
import { httpDate } from '../ingress/http-date.ts'
import { requestId } from '../ingress/request-id.ts'
import type { Dial } from '../program.ts'
import { needsRewrite, CUSTOM_DEFAULT, type Upstream } from './model.ts'
import type { At } from './request.ts'
import { rewritten } from './route.ts'
import { isCatchAll } from './tables.ts'

/** sticky.lua should_set_cookie and set_cookie: only where the location's path is one that asked for affinity. */
export function affinityCookie({ server, location, exchange }: At, { affinity, cookieLocations }: Upstream, value: string): Headers {
  if (!affinity) return []
  const host = isCatchAll(server) ? server.hostname : hostOf(exchange.request)
  const paths = cookieLocations.get(host) ?? cookieLocations.get(`*${host.slice(Math.max(0, host.indexOf('.')))}`) ?? []
  if (!paths.includes(location.ingressPath)) return []
  const secure = affinity.secure ?? exchange.connection.tls !== undefined
  const parts = [
    `${affinity.cookie}=${value}`,
    ...(affinity.expires ? [`Expires=${cookieDate(exchange.connection.moment.now + Number(affinity.expires))}`] : []),
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
export function sentOn(at: At, to: Dial): HttpRequest {
  const { request, connection } = at.exchange
  const { annotations } = at.location
  const { settings } = at.nginx
  const host = at.host
  const upgrade = upgradeOf(request)
  const own = (settings.useProxyProtocol ? connection.proxied?.destinationPort : undefined) ?? connection.localPort
  const port =
    (settings.useForwardedHeaders ? headerOf(request.headers, 'X-Forwarded-Port') : undefined) ??
    String(own === settings.ports.https ? 443 : own)
  const full = settings.useForwardedHeaders && settings.computeFullForwardedFor
  const before = headersOf(request.headers, 'X-Forwarded-For').join(', ')
  const set: readonly Header[] = [
    ['Host', annotations.upstreamVhost || host],
    ['Upgrade', upgrade ?? ''],
    ['Connection', upgrade ? 'upgrade' : settings.upstreamKeepAlive > 0 ? '' : 'close'],
    ['X-Request-ID', headerOf(request.headers, 'X-Request-ID') ?? requestId(connection, at.uri)],
    ['X-Real-IP', at.remote],
    ['X-Forwarded-For', full && before ? `${before}, ${connection.proxied?.source ?? connection.peer}` : at.remote],
    ['X-Forwarded-Host', host],
    ['X-Forwarded-Port', port],
    ['X-Forwarded-Proto', at.scheme],
    ['X-Forwarded-Scheme', at.scheme],
    ['X-Scheme', at.scheme],
    ['X-Original-Forwarded-For', headersOf(request.headers, settings.forwardedForHeader).join(', ')],
    ['X-Original-Forwarded-Host', headerOf(request.headers, 'X-Forwarded-Host') ?? ''],
    ['Proxy', ''],
    ...(annotations.auth ? [['Authorization', ''] as const] : []),
    ...(at.location.backend.startsWith(CUSTOM_DEFAULT) ? instead(at) : []),
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

/** What tells a custom default backend why it was asked. */
function instead({ location, exchange }: At): Headers {
  const { ingress, service, port } = location
  return [
    ['X-Code', '503'],
    ['X-Format', headerOf(exchange.request.headers, 'Accept') ?? ''],
    ['X-Namespace', ingress?.metadata.namespace ?? ''],
    ['X-Ingress-Name', ingress?.metadata.name ?? ''],
    ['X-Service-Name', service],
    ['X-Service-Port', port],
  ]
}

/** ngx.cookie_time: as httpDate, but for hyphens and a year of two digits. */
const cookieDate = (now: number): string => httpDate(now).replace(/(\d+) (\w+) \d\d(\d\d)/, '$1-$2-$3')
