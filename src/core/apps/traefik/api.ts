/**
 * What v2 and v3 answer by themselves (pkg/api, pkg/api/dashboard, pkg/provider/traefik): the API over the running configuration, ping, and where the dashboard would be. Approximate: entry points show what
 * is simulated of them; routers have no observability; a search looks at names and rules.
 */
import { type Headers, type HttpRequest, type HttpResponse, pathOf } from '../http.ts'
import { goJson, rendered } from './first-api.ts'
import { error, own } from './go-http.ts'
import type { Middleware, Router, Service, TcpRouter, UdpRouter } from './model.ts'
import type { Traefik } from './request.ts'
import { queryValues } from './rule.ts'

type Json = { readonly [key: string]: unknown }

/** `service`: api@internal has the dashboard below /dashboard/, dashboard@internal is it alone. */
export function internal(traefik: Traefik, service: string, request: HttpRequest, now: number): HttpResponse {
  const path = pathOf(request)
  const missing = error(request, 404, '404 page not found', now)
  if (service === 'ping@internal') return own(request, 200, 'OK', now)
  if (service === 'noop@internal') return error(request, 418, "I'm a teapot", now)
  if (service === 'dashboard@internal') return path === '/' || path === '/index.html' ? page(request, now) : missing
  if (request.method !== 'GET') return request.method === 'HEAD' ? missing : own(request, 405, '', now)
  if (traefik.dashboard && path === '/') return found(request, '/dashboard/', now)
  if (traefik.dashboard && path === '/dashboard/') return page(request, now)
  if (path === '/api/version')
    return rendered(request, { Version: traefik.tag, Codename: traefik.codename, startDate: '2026-01-01T00:00:00Z' }, now)
  const answer = answerOf(traefik, path, request)
  if (!answer) return missing
  if ('message' in answer) return error(request, answer.status, goJson({ message: answer.message }), now)
  const headers: Headers = [
    ['Content-Type', 'application/json'],
    ...(answer.next === undefined ? [] : [['X-Next-Page', String(answer.next)] as const]),
  ]
  return own(request, 200, `${goJson(answer.value)}\n`, now, headers)
}

const PAGE =
  '<!DOCTYPE html><html><head><title>Traefik Proxy</title><meta charset="utf-8"><script>window.APIURL = "/api/"</script></head><body><div id="root"></div></body></html>\n'

const page = (request: HttpRequest, now: number): HttpResponse =>
  own(request, 200, PAGE, now, [
    ['Content-Type', 'text/html; charset=utf-8'],
    ['Content-Security-Policy', "frame-src 'self' https://traefik.io https://*.traefik.io;"],
  ])

const found = (request: HttpRequest, to: string, now: number): HttpResponse =>
  own(request, 302, `<a href="${to}">Found</a>.\n\n`, now, [
    ['Location', to],
    ['Content-Type', 'text/html; charset=utf-8'],
  ])

type Answer = { readonly value: unknown; readonly next?: number } | { readonly status: number; readonly message: string }

function answerOf(traefik: Traefik, path: string, request: HttpRequest): Answer | undefined {
  if (path === '/api/rawdata') return { value: rawData(traefik) }
  if (path === '/api/overview') return { value: overview(traefik) }
  const [, api, first = '', second = '', ...rest] = path.split('/')
  if (api !== 'api') return undefined
  const [list, id] = first === 'entrypoints' ? [entryPoints(traefik), second] : [listOf(traefik, first, second), rest.join('/')]
  const kind = first === 'entrypoints' ? 'entry point' : second.replace(/s$/, '')
  if (!list) return undefined
  if (id === '') return paged(list, request)
  const name = decodeURIComponentOr(id)
  const one = list.find((each) => each['name'] === name)
  return one ? { value: one } : { status: 404, message: `${kind} not found: ${name}` }
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (failure) {
    if (failure instanceof URIError) return text
    throw failure
  }
}

function paged(list: readonly Json[], request: HttpRequest): Answer {
  const asked = (name: string): string | undefined => queryValues(request, name)[0]
  const [search, status] = [asked('search')?.toLowerCase(), asked('status')]
  const kept = list.filter(
    (each) =>
      (!status || each['status'] === status) &&
      (!search || [each['name'], each['rule']].some((text) => typeof text === 'string' && text.toLowerCase().includes(search))),
  )
  const [perPage, page] = [Number(asked('per_page') ?? 100), Number(asked('page') ?? 1)]
  for (const [name, value] of Object.entries({ per_page: perPage, page }))
    if (!Number.isInteger(value) || value < 1) return { status: 400, message: `invalid request: ${name}: ${asked(name) ?? ''}` }
  const start = (page - 1) * perPage
  if (start !== 0 && start >= kept.length) return { status: 400, message: `invalid request: page: ${page}, per_page: ${perPage}` }
  return { value: kept.slice(start, start + perPage), next: page * perPage < kept.length ? page + 1 : 1 }
}

function listOf({ dynamic, ...traefik }: Traefik, layer: string, kind: string): readonly Json[] | undefined {
  const all = { dynamic, ...traefik }
  const named = <T>(values: Iterable<readonly [string, T]>, info: (each: T) => Json, type?: (each: T) => string): readonly Json[] =>
    [...values]
      .map(([name, each]) => ({ ...info(each), name, provider: name.split('@')[1] ?? '', ...(type && { type: type(each) }) }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  switch (`${layer}/${kind}`) {
    case 'http/routers':
      return named(dynamic.routers, (each) => routerInfo(all, each))
    case 'http/services':
      return named(
        dynamic.services,
        (each) => ({ ...serviceInfo(all, each), ...serverStatus(each) }),
        ({ kind: own }) => own.toLowerCase(),
      )
    case 'http/middlewares':
      return named(
        dynamic.middlewares,
        (each) => middlewareInfo(all, each),
        ({ config }) => (Object.keys(config)[0] ?? '').toLowerCase(),
      )
    case 'tcp/routers':
      return named(
        dynamic.tcpRouters.map((each) => [each.name, each] as const),
        tcpInfo,
      )
    case 'udp/routers':
      return named(
        dynamic.udpRouters.map((each) => [each.name, each] as const),
        udpInfo,
      )
    case 'tcp/services':
      return named(streamServices(dynamic.tcpRouters), (each) => each)
    case 'udp/services':
      return named(streamServices(dynamic.udpRouters), (each) => each)
    case 'tcp/middlewares':
      return []
    default:
      return undefined
  }
}

function routerInfo({ routes, problems, defaultEntryPoints }: Traefik, router: Router): Json {
  const { name, entryPoints: on, middlewares, service, rule, priority, tls } = router
  const problem = problems.get(name)
  const route = routes.find((each) => each.router === router)
  return {
    ...(on.length > 0 && { entryPoints: on }),
    ...(middlewares.length > 0 && { middlewares }),
    service,
    rule,
    priority: priority ?? rule.length,
    ...(tls && { tls: { options: 'default' } }),
    ...(problem !== undefined && { error: [problem] }),
    status: problem === undefined ? 'enabled' : 'disabled',
    using: route?.entryPoints ?? (on.length > 0 ? on : defaultEntryPoints),
  }
}

const usedBy = (names: readonly string[]): Json => (names.length > 0 ? { usedBy: names.toSorted() } : {})

function serviceInfo({ dynamic }: Traefik, service: Service): Json {
  const routers = [...dynamic.routers.values()].filter((each) => each.service === service.name).map(({ name }) => name)
  return { ...serviceConfig(service), status: 'enabled', ...usedBy(routers) }
}

function serviceConfig(service: Service): Json {
  switch (service.kind) {
    case 'loadBalancer': {
      const { servers, sticky, passHostHeader } = service
      return {
        loadBalancer: {
          ...(sticky && { sticky }),
          ...(servers.length > 0 && { servers: servers.map(({ url }) => ({ url })) }),
          strategy: 'wrr',
          passHostHeader,
          responseForwarding: { flushInterval: '100ms' },
        },
      }
    }
    case 'weighted':
      return {
        weighted: {
          services: service.services.map(({ name, weight }) => ({ name, weight })),
          ...(service.sticky && { sticky: service.sticky }),
        },
      }
    case 'mirroring':
      return { mirroring: { service: service.service, mirrors: service.mirrors } }
    case 'internal':
      return {}
  }
}

const serverStatus = (service: Service): Json =>
  service.kind === 'loadBalancer' && service.servers.length > 0
    ? { serverStatus: Object.fromEntries(service.servers.map(({ url }) => [url, 'UP'])) }
    : {}

function middlewareInfo({ dynamic }: Traefik, { name, config }: Middleware): Json {
  const routers = [...dynamic.routers.values()].filter(({ middlewares }) => middlewares.includes(name)).map((each) => each.name)
  return { ...config, status: 'enabled', ...usedBy(routers) }
}

const tcpInfo = ({ entryPoints: on, rule, tls, passthrough, services }: TcpRouter): Json => ({
  entryPoints: on,
  service: services[0]?.name ?? '',
  rule,
  ...(tls && { tls: { passthrough } }),
  status: 'enabled',
  using: on,
})

const udpInfo = ({ entryPoints: on, services }: UdpRouter): Json => ({
  entryPoints: on,
  service: services[0]?.name ?? '',
  status: 'enabled',
  using: on,
})

/** Those of connections and of datagrams: each weighs servers by their addresses. */
function streamServices(routers: readonly (TcpRouter | UdpRouter)[]): ReadonlyMap<string, Json> {
  const out = new Map<string, Json>()
  for (const { services } of routers)
    for (const { name, servers } of services) {
      const addresses = servers.map(({ url }) => ({ address: url.replace(/^\w+:\/\//, '') }))
      const used = routers.filter((each) => each.services.some((service) => service.name === name)).map((each) => each.name)
      out.set(name, { loadBalancer: { ...(addresses.length > 0 && { servers: addresses }) }, status: 'enabled', ...usedBy(used) })
    }
  return out
}

function rawData(traefik: Traefik): Json {
  const { routers, services, middlewares, tcpRouters, udpRouters } = traefik.dynamic
  const by = <T>(values: Iterable<readonly [string, T]>, info: (each: T) => Json): Json =>
    Object.fromEntries([...values].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, info(each)]))
  return {
    routers: by(routers, (each) => routerInfo(traefik, each)),
    ...(middlewares.size > 0 && { middlewares: by(middlewares, (each) => middlewareInfo(traefik, each)) }),
    services: by(services, (each) => ({ ...serviceInfo(traefik, each), ...serverStatus(each) })),
    ...(tcpRouters.length > 0 && {
      tcpRouters: by(
        tcpRouters.map((each) => [each.name, each] as const),
        tcpInfo,
      ),
      tcpServices: by(streamServices(tcpRouters), (each) => each),
    }),
    ...(udpRouters.length > 0 && {
      udpRouters: by(
        udpRouters.map((each) => [each.name, each] as const),
        udpInfo,
      ),
      udpServices: by(streamServices(udpRouters), (each) => each),
    }),
  }
}

function overview({ dynamic, problems, providers }: Traefik): Json {
  const section = (total: number, errors = 0): Json => ({ total, warnings: 0, errors })
  return {
    http: {
      routers: section(dynamic.routers.size, problems.size),
      services: section(dynamic.services.size),
      middlewares: section(dynamic.middlewares.size),
    },
    tcp: {
      routers: section(dynamic.tcpRouters.length),
      services: section(streamServices(dynamic.tcpRouters).size),
      middlewares: section(0),
    },
    udp: { routers: section(dynamic.udpRouters.length), services: section(streamServices(dynamic.udpRouters).size) },
    features: { tracing: '', metrics: '', accessLog: false },
    providers,
  }
}

const entryPoints = ({ entryPoints: all }: Traefik): readonly Json[] =>
  all
    .map(({ name, port, trusted, tls }) => ({
      address: `:${port}`,
      transport: { lifeCycle: { graceTimeOut: '10s' }, respondingTimeouts: { readTimeout: '1m0s', idleTimeout: '3m0s' } },
      forwardedHeaders: trusted === 'everybody' ? { insecure: true } : trusted.length > 0 ? { trustedIPs: trusted } : {},
      http: tls ? { tls: {} } : {},
      http2: { maxConcurrentStreams: 250 },
      name,
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
