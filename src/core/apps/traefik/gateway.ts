/** The Gateway API provider (pkg/provider/kubernetes/gateway, v3): listeners belong to entry points, a rule's matches become routers whose priorities stand for the API's precedence. */
import type { HTTPRouteMatch, NamedMatch, RouteFilter } from '../../api/gateway.ts'
import { sha256Hex } from '../../base/sha256.ts'
import { type Cluster, get } from '../../cluster/cluster.ts'
import { attached, type AttachedListener } from '../../cluster/gateway.ts'
import type { GatewayController } from '../../cluster/gateway-controller.ts'
import { type Backend, backendOf, refOfRoute, type RouteRow, routeRows } from '../gateway/routes.ts'
import { certificateOf } from '../ingress/certificate.ts'
import { refOfService, schemeOf, serverAt, serversOf } from './endpoints.ts'
import { strictPrefix } from './ingress.ts'
import { type Building, type MiddlewareConfig, normalize, quoted, type Server, type Service } from './model.ts'
import type { Objects } from './objects.ts'

const PROVIDER = '@kubernetesgateway'

interface Making {
  readonly cluster: Cluster
  readonly objects: Objects
  readonly nativeLB: boolean
  readonly out: Building
}

export function gatewayProvider(cluster: Cluster, objects: Objects, controller: GatewayController, nativeLB: boolean, out: Building): void {
  const making: Making = { cluster, objects, nativeLB, out }
  const state = attached(cluster, controller)
  for (const { gateway, listener, problems } of state.listeners)
    for (const { message } of problems)
      out.error(`Gateway Not Accepted: ${message}`, {
        kind: 'Gateway',
        namespace: gateway.metadata.namespace ?? 'default',
        name: gateway.metadata.name,
        field: `spec.listeners[${gateway.spec.listeners.indexOf(listener)}]`,
      })
  for (const listener of state.listeners) if (listener.problems.length === 0) certificates(making, listener)
  for (const row of routeRows(cluster, state)) router(making, row)
  for (const { route, on, hostnames } of state.attachments)
    if (route.kind === 'TLSRoute' || route.kind === 'TCPRoute') streamRoute(making, route, on, hostnames)
}

function certificates({ cluster, out }: Making, { certificates: refs }: AttachedListener): void {
  for (const { namespace, name } of refs) {
    const secret = get(cluster, 'Secret', namespace, name)
    const certificate = secret && certificateOf(secret)
    if (certificate?.ok) out.certificates.set(`${namespace}-${name}`, certificate.value)
  }
}

const nameOf = ({ on, route, ruleIndex }: Pick<RouteRow, 'on' | 'route' | 'ruleIndex'>): string => {
  const { name, namespace = 'default' } = on.gateway.metadata
  const own = `${route.kind.toLowerCase()}-${route.metadata.namespace ?? 'default'}-${route.metadata.name}`
  return normalize(`${own}-gw-${namespace}-${name}-ep-${on.entryPoint}-${ruleIndex}`)
}

function router(making: Making, row: RouteRow): void {
  const { out } = making
  const { rule, priority } = row.call ? callRule(row.hostnames, row.call) : ruleOf(row.hostnames, row.match)
  const key = `${nameOf(row)}-${sha256Hex(rule, 20)}`
  const name = `${key}${PROVIDER}`
  const middlewares = filtersOf(making, row.filters, key, row)
  const service = `${key}-wrr${PROVIDER}`
  const broken = typeof middlewares === 'string'
  if (broken) out.error(`Unable to load ${row.route.kind} filters: ${middlewares}`, row.object)
  const services = broken
    ? [{ name: `invalid-${row.route.kind.toLowerCase()}-filter${PROVIDER}`, weight: 1, ...failing(row) }]
    : row.backends.map((backend, i) => weightedOf(making, row, key, backend, i))
  out.services.set(service, { kind: 'weighted', name: service, services, object: row.object })
  out.routers.set(name, {
    name,
    rule,
    syntax: 'v3',
    priority: row.call ? priority : priority + row.ruleCount - row.ruleIndex,
    entryPoints: [row.on.entryPoint],
    middlewares: broken ? [] : middlewares,
    service,
    tls: row.on.listener.protocol === 'HTTPS',
    object: row.object,
  })
}

type WeightedPart = Extract<Service, { readonly kind: 'weighted' }>['services'][number]

/** What is answered in place of a backend. */
const failing = ({ call }: RouteRow): Pick<WeightedPart, 'status' | 'grpcStatus'> =>
  call ? { grpcStatus: { code: 14, message: 'Service Unavailable' } } : { status: 500 }

function weightedOf(making: Making, row: RouteRow, key: string, backend: Backend, index: number): WeightedPart {
  const name = `${normalize(`${key}-svc-${backend.namespace}-${backend.ref.name}-${index}`)}${PROVIDER}`
  const made = backend.target
    ? serviceOf(making, name, row, backend, filtersOf(making, backend.filters, `${key}-svc-${index}`, row))
    : backend.problem
  if (made === undefined || typeof made === 'string') {
    making.out.error(made ?? 'no backend', row.object)
    return { name, weight: backend.weight, ...failing(row) }
  }
  making.out.services.set(name, made)
  return { name, weight: backend.weight }
}

const PROTOCOLS: Readonly<Record<string, string>> = {
  'kubernetes.io/h2c': 'h2c',
  http: 'http',
  'kubernetes.io/ws': 'http',
  https: 'https',
  'kubernetes.io/wss': 'https',
}

/** A backend of a GRPCRoute speaks h2c unless its Service says https. */
const CALL_PROTOCOLS: Readonly<Record<string, string>> = { 'kubernetes.io/h2c': 'h2c', https: 'https' }

function serviceOf(
  making: Making,
  name: string,
  { call }: RouteRow,
  { target, serverName }: Backend,
  middlewares: readonly string[] | string,
): Service | string {
  if (!target) return 'no backend'
  if (typeof middlewares === 'string') return middlewares
  const { service, port } = target
  const { appProtocol } = port
  const usual = call ? 'h2c' : schemeOf(port)
  const stated = appProtocol === undefined ? usual : (call ? CALL_PROTOCOLS : PROTOCOLS)[appProtocol.toLowerCase()]
  const scheme = serverName === undefined ? stated : 'https'
  if (scheme === undefined) return `unsupported application protocol ${appProtocol ?? ''}`
  const slices = making.objects.slices(service.metadata.namespace ?? 'default', service.metadata.name)
  if (!making.nativeLB && slices.length === 0) return 'getting endpointslices: endpointslices not found'
  const servers = making.nativeLB ? [serverAt(service.spec.clusterIP ?? '', port.port, scheme)] : serversOf(slices, port, scheme, 'ready')
  return {
    kind: 'loadBalancer',
    name,
    servers: servers.map((each) => (serverName === undefined ? each : { ...each, serverName })),
    passHostHeader: true,
    middlewares,
    object: refOfService(service),
  }
}

/** Names of middlewares; a text where one of them is not supported. */
function filtersOf({ out }: Making, filters: readonly RouteFilter[], parent: string, row: RouteRow): readonly string[] | string {
  const names: string[] = []
  for (const [i, filter] of filters.entries()) {
    if (filter.type === 'ExtensionRef') {
      const { group, kind, name } = filter.extensionRef ?? {}
      if (group !== 'traefik.io' || kind !== 'Middleware')
        return `unsupported filter extension ref ${group ?? ''}/${kind ?? ''}/${name ?? ''}`
      names.push(`${normalize(`${row.route.metadata.namespace ?? 'default'}-${name ?? ''}`)}@kubernetescrd`)
      continue
    }
    const config = middlewareOf(filter, row)
    if (!config) return `unsupported filter ${filter.type}`
    const name = `${parent}-${filter.type.toLowerCase()}-${i}${PROVIDER}`
    out.middlewares.set(name, { name, config, object: row.object })
    names.push(name)
  }
  return names
}

/** Of a GRPCRoute's filters Traefik has but the first of these. */
function middlewareOf(filter: RouteFilter, { match, call }: RouteRow): MiddlewareConfig | undefined {
  const { requestHeaderModifier, responseHeaderModifier, requestRedirect, urlRewrite, cors } = filter
  const pathPrefix = match.path?.value ?? '/'
  if (filter.type === 'RequestHeaderModifier' && requestHeaderModifier) return { requestHeaderModifier }
  if (call) return undefined
  if (filter.type === 'ResponseHeaderModifier' && responseHeaderModifier) return { responseHeaderModifier }
  if (filter.type === 'RequestRedirect' && requestRedirect) return { requestRedirect: { ...requestRedirect, pathPrefix } }
  if (filter.type === 'CORS' && cors) return { cors }
  if (filter.type !== 'URLRewrite' || !urlRewrite) return undefined
  const { hostname, path } = urlRewrite
  const full = path?.type === 'ReplaceFullPath'
  return {
    urlRewrite: {
      ...(hostname !== undefined && { hostname }),
      ...(path && { path: (full ? path.replaceFullPath : path.replacePrefixMatch) ?? '/' }),
      ...(path && !full && { pathPrefix }),
    },
  }
}

/** Text and priority: exact paths first, then longer prefixes, then methods, headers, queries; a host by its length. */
export function ruleOf(hostnames: readonly string[], match: HTTPRouteMatch): { readonly rule: string; readonly priority: number } {
  const { path, method, headers = [], queryParams = [] } = match
  const value = path?.value ?? '/'
  const [pathRule, pathPriority] =
    path?.type === 'Exact'
      ? [`Path(${quoted(value)})`, 100_000]
      : path?.type === 'RegularExpression'
        ? [`PathRegexp(${quoted(value)})`, 10_000 + value.length * 100]
        : [strictPrefix(value), value === '/' ? 1 : 10_000 + value.length * 100]
  const rules = [
    pathRule,
    ...(method === undefined ? [] : [`Method(${quoted(method)})`]),
    ...headers.map(headerRule),
    ...queryParams.map(
      (each) => `${each.type === 'RegularExpression' ? 'QueryRegexp' : 'Query'}(${quoted(each.name)},${quoted(each.value)})`,
    ),
  ]
  const priority = pathPriority + (method === undefined ? 0 : 1000) + headers.length * 100 + queryParams.length * 10
  if (hostnames.length === 0) return { rule: rules.join(' && '), priority }
  return { rule: [hostRule(hostnames), ...rules].join(' && '), priority: priority + Math.max(...hostnames.map(({ length }) => length)) }
}

/** Service and method are a regular expression of the path, and the rule's own length is its priority. */
function callRule(
  hostnames: readonly string[],
  { method, headers = [] }: NonNullable<RouteRow['call']>,
): { readonly rule: string; readonly priority: number } {
  const part = (text: string | undefined): string => (!text ? '[^/]+' : method?.type === 'RegularExpression' ? text : escaped(text))
  const path = method ? `PathRegexp(${quoted(`/${part(method.service)}/${part(method.method)}`)})` : `PathPrefix(${quoted('/')})`
  const own = [path, ...headers.map(headerRule)].join(' && ')
  if (hostnames.length === 0) return { rule: own, priority: own.length }
  return { rule: `${hostRule(hostnames)} && ${own}`, priority: Math.max(...hostnames.map(({ length }) => length)) + own.length }
}

const headerRule = ({ type, name, value }: NamedMatch): string =>
  `${type === 'RegularExpression' ? 'HeaderRegexp' : 'Header'}(${quoted(name)},${quoted(value)})`

function hostRule(hostnames: readonly string[]): string {
  const hosts = hostnames.map((host) =>
    host.includes('*') ? `HostRegexp(${quoted(`^${escaped(host).replace('\\*\\.', '[a-z0-9-\\.]+\\.')}$`)})` : `Host(${quoted(host)})`,
  )
  return hosts.length === 1 ? (hosts[0] ?? '') : `(${hosts.join(' || ')})`
}

const escaped = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')

/** The longest server name comes first; who takes all of them has the length of the rule for a priority. */
function streamRoute(
  making: Making,
  route: Extract<RouteRow['route'], { readonly kind: 'TLSRoute' | 'TCPRoute' }>,
  on: AttachedListener,
  hostnames: readonly string[],
): void {
  const names = route.kind === 'TCPRoute' || hostnames.length === 0 ? ['*'] : hostnames
  const wild = (host: string): boolean => host !== '*' && host.startsWith('*')
  const rule = names
    .map((host) => (wild(host) ? `HostSNIRegexp(${quoted(`^[a-z0-9-\\.]+${escaped(host.slice(1))}$`)})` : `HostSNI(${quoted(host)})`))
    .join(' || ')
  const priority = Math.max(...names.map((host) => host.length - (wild(host) || host === '*' ? 1 : 0)))
  route.spec.rules.forEach((each, ruleIndex) => {
    const services = (each.backendRefs ?? []).map((ref) => {
      const { target, weight, namespace } = backendOf(making.cluster, route, ref)
      const servers: readonly Server[] = target
        ? serversOf(
            making.objects.slices(target.service.metadata.namespace ?? '', target.service.metadata.name),
            target.port,
            'tcp',
            'ready',
          )
        : []
      return { name: `${namespace}-${ref.name}-${ref.port ?? ''}`, weight, servers }
    })
    making.out.tcpRouters.push({
      name: `${nameOf({ on, route, ruleIndex })}${PROVIDER}`,
      rule,
      ...(priority > 0 && { priority }),
      entryPoints: [on.entryPoint],
      tls: on.listener.protocol === 'TLS',
      passthrough: on.listener.tls?.mode === 'Passthrough',
      services,
      object: refOfRoute(route, `spec.rules[${ruleIndex}]`),
    })
  })
}
