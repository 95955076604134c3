/**
 * What v1.7 answers by itself: /api, /health, /ping and the way to the dashboard (api/handler.go, api/dashboard.go, types/types.go). Approximate: /health counts nothing, for a request's answer leaves no
 * trace in a program that only passes it on; the dashboard's page is drawn elsewhere, here is where it would be.
 */
import { headerOf, type HttpRequest, type HttpResponse, pathOf } from '../http.ts'
import { BEGIN, httpDate } from '../ingress/http-date.ts'
import { FILE } from './first-file.ts'
import { error, own } from './go-http.ts'
import type { MiddlewareConfig, Router, Service } from './model.ts'
import type { Traefik } from './request.ts'

type Json = { readonly [key: string]: unknown }

export function firstInternal(traefik: Traefik, request: HttpRequest, now: number): HttpResponse {
  const path = pathOf(request)
  const missing = (): HttpResponse => error(request, 404, '404 page not found', now)
  if (path === '/ping') return own(request, 200, 'OK', now)
  if (request.method !== 'GET') return missing()
  if (path === '/health') return rendered(request, health(now), now)
  if (path === '/api/version') return rendered(request, { Version: traefik.tag, Codename: traefik.codename }, now)
  if (path === '/api' || path.startsWith('/api/')) {
    const found = within(providersOf(traefik), path)
    return found === undefined ? missing() : rendered(request, found, now)
  }
  if (!traefik.dashboard) return missing()
  const prefix = headerOf(request.headers, 'X-Forwarded-Prefix') ?? ''
  if (path === '/') return redirected(request, `${/^https?:/.test(prefix) ? '' : prefix}/dashboard/`, now)
  if (path === '/dashboard/status') return redirected(request, '/dashboard/', now)
  if (path === '/dashboard/') return own(request, 200, PAGE, now, [['Content-Type', 'text/html; charset=utf-8']])
  return missing()
}

const PAGE =
  '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Traefik</title><base href="/dashboard/"></head>\n<body><app-root></app-root></body>\n</html>\n'

/** http.Redirect: a GET gets a sentence with it. */
function redirected(request: HttpRequest, to: string, now: number): HttpResponse {
  return own(request, 302, `<a href="${to}">Found</a>.\n\n`, now, [
    ['Location', to],
    ['Content-Type', 'text/html; charset=utf-8'],
  ])
}

/** unrolled/render: no line feed at the end; < > & as Go's encoder writes them. */
export const rendered = (request: HttpRequest, value: unknown, now: number): HttpResponse =>
  own(request, 200, goJson(value), now, [['Content-Type', 'application/json; charset=UTF-8']])

export const goJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)

/** `/api/providers/kubernetes/backends/NAME/servers/NAME`: every step is a key. */
function within(providers: Json, path: string): unknown {
  if (path === '/api' || path === '/api/providers') return providers
  const [, , first, ...steps] = path.split('/')
  if (first !== 'providers') return undefined
  let value: unknown = providers
  for (const [i, step] of steps.entries()) {
    const key = i === 0 && step === 'rest' ? 'web' : decoded(step)
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Json)[key]
  }
  return value
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch (failure) {
    if (failure instanceof URIError) return step
    throw failure
  }
}

const sorted = (entries: readonly (readonly [string, unknown])[]): Json =>
  Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))

/** Frontends and backends by provider, names without what tells providers apart. */
export function providersOf({ dynamic, defaultEntryPoints, providers }: Traefik): Json {
  const of = (provider: string): Json => {
    const ours = (name: string): boolean => !name.endsWith('@internal') && name.endsWith(FILE) === (provider === 'file')
    const bare = (name: string): string => (name.endsWith(FILE) ? name.slice(0, -FILE.length) : name)
    const backends = [...dynamic.services].flatMap(([name, service]) =>
      ours(name) && service.kind === 'loadBalancer' ? [[bare(name), backendJson(service)] as const] : [],
    )
    const frontends = [...dynamic.routers].flatMap(([name, router]) =>
      ours(name) ? [[bare(name), frontendJson(router, bare(router.service), defaultEntryPoints)] as const] : [],
    )
    return { ...(backends.length > 0 && { backends: sorted(backends) }), ...(frontends.length > 0 && { frontends: sorted(frontends) }) }
  }
  return sorted(providers.map((name) => [name, of(name)] as const).filter(([, value]) => Object.keys(value).length > 0))
}

function backendJson({ servers, sticky, name }: Extract<Service, { readonly kind: 'loadBalancer' }>): Json {
  const named = servers.map(
    ({ url, object, weight = 1 }, i) => [object?.name ?? (name.endsWith(FILE) ? `server${i + 1}` : url), { url, weight }] as const,
  )
  return {
    ...(named.length > 0 && { servers: sorted(named) }),
    loadBalancer: { method: 'wrr', ...(sticky && { stickiness: { ...(sticky.cookie?.name && { cookieName: sticky.cookie.name }) } }) },
  }
}

function frontendJson({ entryPoints, frontend }: Router, backend: string, defaults: readonly string[]): Json {
  const { routes = [], priority = 0, passHostHeader = true, middlewares = [] } = frontend ?? {}
  const redirect = middlewares.map(redirectJson).find((each) => each !== undefined)
  const allowed = middlewares.find(({ ipAllowList }) => ipAllowList)?.ipAllowList?.sourceRange
  return {
    entryPoints: entryPoints.length > 0 ? entryPoints : defaults,
    backend,
    routes: sorted(routes.map(({ name, rule }) => [name, { rule }] as const)),
    ...(passHostHeader && { passHostHeader }),
    priority,
    basicAuth: null,
    ...(allowed && { whiteList: { sourceRange: allowed } }),
    ...(redirect && { redirect }),
  }
}

function redirectJson({ toEntryPoint: to, redirectRegex: by }: MiddlewareConfig): Json | undefined {
  if (to) return { entryPoint: to.name, ...(to.permanent && { permanent: true }) }
  return by && { regex: by.regex, replacement: by.replacement, ...(by.permanent && { permanent: true }) }
}

/** thoas/stats, all of it at zero. */
const health = (now: number): Json => ({
  pid: 1,
  uptime: `${now}s`,
  uptime_sec: now,
  time: httpDate(now),
  unixtime: Math.floor(now) + BEGIN,
  status_code_count: {},
  total_status_code_count: {},
  count: 0,
  total_count: 0,
  total_response_time: '0s',
  total_response_time_sec: 0,
  average_response_time: '0s',
  average_response_time_sec: 0,
})
