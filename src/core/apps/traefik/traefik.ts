/**
 * Traefik, v3 and what v2 shares with it, and v1.7's Kubernetes provider. Its configuration follows the objects in place: nothing is reloaded, balancers of changed services begin anew. Left out: ACME,
 * TLS options and stores, middlewares of TCP, plugins, metrics.
 */
import type { Container, Pod } from '../../api/pod.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { parseToml } from '../../api/toml.ts'
import { fileSeen } from '../../cluster/files.ts'
import { gatewayControllerOf } from '../../cluster/gateway-controller.ts'
import { type EntryPoint, TRAEFIK_IMAGE, type TraefikSettings } from '../../cluster/traefik.ts'
import { traefikSettingsIn } from '../../cluster/traefik-file.ts'
import { isFor } from '../ingress/certificate.ts'
import { Remembered } from '../ingress/remembered.ts'
import type { Accepted, Acceptance, Certificate, ClientHello, HelloDecision, Program, Running, World } from '../program.ts'
import { crdProvider } from './crd.ts'
import { crdPortsProvider } from './crd-ports.ts'
import { firstProvider } from './first.ts'
import { fileCertificates } from './first-certificates.ts'
import { fileProvider } from './first-file.ts'
import { parseFirstRule } from './first-rule.ts'
import { gatewayProvider } from './gateway.ts'
import { error } from './go-http.ts'
import { ingressProvider } from './ingress.ts'
import { expanded } from './middleware.ts'
import { Building, type Dynamic, type MiddlewareConfig, type Router } from './model.ts'
import { objectsOf } from './objects.ts'
import { datagramTo, matchedRow, tcpRouteFor, tcpRoutesOf, tcpRoutesOn, tcpStreamTo } from './ports.ts'
import { answer, changed, DYNAMIC, type Route, type Traefik } from './request.ts'
import { parseRule, RuleError } from './rule.ts'
import { listenersOf, tablesOf } from './tables.ts'
import { dynamicYaml, rulesToml } from './text.ts'

const programs = new Remembered<Pod, Running>()

const containerOf = (pod: Pod): Container | undefined => pod.spec.containers.find(({ image }) => TRAEFIK_IMAGE.test(image ?? ''))

export const TRAEFIK: Program = {
  name: 'traefik',
  fidelity: 'traefik',
  runsIn: ({ place }) => place.kind === 'pod' && containerOf(place.pod) !== undefined,
  configure: ({ cluster, place }: World) => {
    const pod = place.kind === 'pod' ? place.pod : undefined
    const container = pod && containerOf(pod)
    if (!pod || !container) return NOTHING
    const { Ingress, IngressClass, Service, EndpointSlice, Secret, Node, IngressRoute, Middleware, TraefikService } = cluster.objects
    const { Gateway, GatewayClass, HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, ReferenceGrant, BackendTLSPolicy, Namespace } = cluster.objects
    const { IngressRouteTCP, IngressRouteUDP, ConfigMap } = cluster.objects
    const ingress = [
      Ingress,
      IngressClass,
      Service,
      EndpointSlice,
      Secret,
      Node,
      IngressRoute,
      Middleware,
      TraefikService,
      IngressRouteTCP,
      IngressRouteUDP,
    ]
    const inputs = [
      ...ingress,
      Gateway,
      GatewayClass,
      HTTPRoute,
      GRPCRoute,
      TLSRoute,
      TCPRoute,
      ReferenceGrant,
      BackendTLSPolicy,
      ConfigMap,
      Namespace,
    ]
    const settings = traefikSettingsIn(cluster, pod, container)
    return programs.get(pod, [...inputs, settings], () => runningOf(cluster, pod, container, settings))
  },
}

const NOTHING: Running = {
  configured: { files: [], tables: [], listeners: [], log: [] },
  accept: () => ({ kind: 'close', reset: true, why: 'no-controller' }),
}

/** Everything that its providers say, together. */
export function dynamicOf(cluster: Cluster, pod: Pod, settings: TraefikSettings): Dynamic {
  const out = new Building()
  const { ingress, crd, gateway, version, api, notes, fileProvider: wanted } = settings
  for (const { level, text } of notes)
    out.log.push({ level, text, ...(settings.configFile?.object && { object: settings.configFile.object }) })
  if (ingress)
    (version === 1 ? firstProvider : ingressProvider)(objectsOf(cluster, ingress.namespaces, ingress.labelSelector), ingress, out)
  const container = containerOf(pod)
  const shown =
    version === 1 && container && settings.configFile?.table
      ? fileCertificates(cluster, pod, container, settings.configFile.table, out)
      : undefined
  if (wanted) fromFile(cluster, pod, settings, out)
  if (crd) crdProvider(cluster, objectsOf(cluster, crd.namespaces), crd, out)
  if (crd) crdPortsProvider(cluster, objectsOf(cluster, crd.namespaces), crd, out)
  const controller = gatewayControllerOf(pod)
  if (gateway && controller) gatewayProvider(cluster, objectsOf(cluster, gateway.namespaces), controller, gateway.nativeLBByDefault, out)
  for (const name of ['api@internal', 'dashboard@internal', 'ping@internal', 'noop@internal'])
    out.services.set(name, { kind: 'internal', name })
  for (const router of internalRouters(settings)) out.routers.set(router.name, router)
  if (api.insecure && api.dashboard && version !== 1) for (const [name, config] of DASHBOARD) out.middlewares.set(name, { name, config })
  for (const each of settings.entryPoints) if (each.redirect) redirection(settings, each, out)
  if (api.insecure && version !== 1) out.log.push({ level: 'warning', text: 'The API is served without authentication (api.insecure)' })
  return { ...out.value, ...(shown && { defaultCertificate: shown }) }
}

/** v1: rules that stand in traefik.toml, or in the file that it names. */
function fromFile(cluster: Cluster, pod: Pod, { configFile, fileProvider: wanted }: TraefikSettings, out: Building): void {
  const name = wanted?.filename
  if (name === undefined) return configFile?.table ? fileProvider(configFile.table, out) : undefined
  const container = containerOf(pod)
  const seen = container && fileSeen(cluster, pod, container, name)
  if (seen?.kind !== 'text') return out.error(`Error using file configuration backend: open ${name}: no such file or directory`)
  const read = parseToml(seen.text)
  if (!read.ok)
    return out.error(`Error reading configuration file ${name}: Near line ${read.error.line}: ${read.error.message}`, seen.object)
  return fileProvider(read.value, out)
}

function internalRouters({ api, ping, version }: TraefikSettings): readonly Router[] {
  const on = (name: string, rule: string, service: string, entryPoint: string, priority: number): Router => ({
    name: `${name}@internal`,
    rule,
    syntax: 'v3',
    priority,
    entryPoints: [entryPoint],
    middlewares: [],
    service: `${service}@internal`,
    tls: false,
  })
  const most = 2147483646
  const own = api.entryPoint ?? 'traefik'
  const pinged = ping === undefined ? [] : [on('ping', 'PathPrefix(`/ping`)', 'ping', ping, most + 1)]
  if (!api.insecure) return pinged
  if (version === 1) {
    const pages = api.dashboard ? ' || Path(`/`) || PathPrefix(`/dashboard/`)' : ''
    return [on('api', `PathPrefix(\`/api\`) || Path(\`/health\`)${pages}`, 'api', own, most), ...pinged]
  }
  const dashboard = on('dashboard', 'PathPrefix(`/`)', 'dashboard', own, most - 1)
  return [
    on('api', 'PathPrefix(`/api`)', 'api', own, most),
    ...(api.dashboard ? [{ ...dashboard, middlewares: [...DASHBOARD.keys()] }] : []),
    ...pinged,
  ]
}

/** From the root to the page, and the page's own address off its path. */
const DASHBOARD: ReadonlyMap<string, MiddlewareConfig> = new Map([
  [
    'dashboard_redirect@internal',
    {
      redirectRegex: { regex: String.raw`^(http:\/\/(\[[\w:.]+\]|[\w\._-]+)(:\d+)?)\/$`, replacement: '${1}/dashboard/', permanent: true },
    },
  ],
  ['dashboard_stripprefix@internal', { stripPrefix: { prefixes: ['/dashboard/', '/dashboard'] } }],
])

/** `http.redirections`: a router before all others on its entry point. */
function redirection({ entryPoints }: TraefikSettings, { name, redirect }: EntryPoint, out: Building): void {
  if (!redirect) return
  const [, literal] = /^:(\d+)$/.exec(redirect.to) ?? []
  const port = literal ?? String(entryPoints.find((each) => each.name === redirect.to)?.port ?? '')
  const middleware = `redirect-${name}-to-${redirect.to}@internal`
  out.middlewares.set(middleware, {
    name: middleware,
    config: { redirectScheme: { scheme: redirect.scheme, port, permanent: redirect.permanent } },
  })
  const router = `${name}-to-${redirect.to}@internal`
  out.routers.set(router, {
    name: router,
    rule: 'HostRegexp(`^.+$`)',
    syntax: 'v3',
    priority: 2147483646,
    entryPoints: [name],
    middlewares: [middleware],
    service: 'noop@internal',
    tls: false,
  })
}

/** Where routers are that name none. */
function defaultsOf({ entryPoints, defaultEntryPoints }: TraefikSettings): readonly string[] {
  const marked = entryPoints.filter(({ asDefault }) => asDefault)
  return defaultEntryPoints ?? (marked.length > 0 ? marked : entryPoints.filter(({ name }) => name !== 'traefik')).map(({ name }) => name)
}

/** Routers whose rules can be read and whose middlewares are there, by priority; equal ones in the order of their names. */
export function routesOf(dynamic: Dynamic, settings: TraefikSettings, problem: (text: string, router: Router) => void): readonly Route[] {
  const defaults = defaultsOf(settings)
  const routes = [...dynamic.routers.values()].flatMap((router): readonly Route[] => {
    const middlewares = expanded(dynamic, router.middlewares)
    if (!middlewares) {
      const missing = router.middlewares.filter((name) => !dynamic.middlewares.has(name))
      problem(`middleware "${missing[0] ?? router.middlewares.join()}" does not exist`, router)
      return []
    }
    if (router.service !== '' && !dynamic.services.has(router.service)) {
      problem(`the service "${router.service}" does not exist`, router)
      return []
    }
    try {
      const rule = router.syntax === 'v1' ? parseFirstRule(router.rule) : parseRule(router.rule, router.syntax)
      return [
        {
          router,
          rule,
          priority: router.priority ?? router.rule.length,
          entryPoints: router.entryPoints.length > 0 ? router.entryPoints : defaults,
          middlewares,
        },
      ]
    } catch (failure) {
      if (!(failure instanceof RuleError)) throw failure
      problem(failure.message, router)
      return []
    }
  })
  return routes.toSorted((a, b) => b.priority - a.priority || (a.router.name < b.router.name ? -1 : 1))
}

function runningOf(cluster: Cluster, pod: Pod, { image = '' }: Container, settings: TraefikSettings): Running {
  const dynamic = dynamicOf(cluster, pod, settings)
  const log = [...dynamic.log]
  const problems = new Map<string, string>()
  const routes = routesOf(dynamic, settings, (text, { name, object, syntax }) => {
    problems.set(name, text)
    const line = syntax === 'v1' ? `${text}. Skipping frontend ${name}...` : `${text} routerName=${name}`
    log.push({ level: 'error', text: line, ...(object && { object }) })
  })
  const { version, api, entryPoints, configFile, retry } = settings
  const text = version === 1 ? rulesToml(dynamic) : dynamicYaml(dynamic)
  const traefik: Traefik = {
    dynamic,
    routes,
    tcpRoutes: tcpRoutesOf(dynamic, (problem, { name, object }) =>
      log.push({ level: 'error', text: `${problem} routerName=${name}`, ...(object && { object }) }),
    ),
    places: text.places,
    version,
    hostname: pod.metadata.name,
    dashboard: api.dashboard,
    ...releaseOf(image, version),
    entryPoints,
    defaultEntryPoints: defaultsOf(settings),
    providers: providersOf(settings),
    problems,
    ...(retry !== undefined && { retry }),
  }
  const entryPointOf = ({ localPort }: Accepted): EntryPoint | undefined => settings.entryPoints.find(({ port }) => port === localPort)
  return {
    configured: {
      files: [
        { name: DYNAMIC, text: text.text, syntax: version === 1 ? 'toml' : 'yaml', change: 'update' },
        ...(configFile?.text === undefined
          ? []
          : [
              {
                name: configFile.path,
                text: configFile.text,
                syntax: configFile.path.endsWith('toml') ? 'toml' : 'yaml',
                change: 'restart',
              } as const,
            ]),
      ],
      tables: tablesOf(traefik, settings),
      listeners: listenersOf(settings),
      log,
    },
    accept: (connection) => accept(traefik, entryPointOf(connection), connection),
    hello: (hello, connection) => greet(traefik, entryPointOf(connection), hello, connection),
    request: (exchange) => {
      const entryPoint = entryPointOf(exchange.connection)
      return entryPoint ? answer(traefik, entryPoint, exchange) : { kind: 'close', why: 'no-entry-point', matched: [] }
    },
    response: (response, exchange, decision) => changed(response, exchange, decision),
    datagram: (datagram) =>
      datagramTo(
        dynamic.udpRouters,
        settings.udpEntryPoints?.find(({ port }) => port === datagram.localPort),
        datagram,
      ),
  }
}

const CODENAMES: Readonly<Record<string, string>> = {
  '1.7': 'maroilles',
  '2.11': 'mimolette',
  '3.0': 'beaufort',
  '3.1': 'comte',
  '3.2': 'munster',
  '3.3': 'saintnectaire',
  '3.4': 'chaource',
  '3.5': 'chabichou',
  '3.6': 'ramequin',
}

/** By the image's tag; where it has none, the last release of that time. */
function releaseOf(image: string, version: 1 | 2 | 3): { readonly tag: string; readonly codename: string } {
  const [, stated] = /:v?(\d+(?:\.\d+)*)/.exec(image) ?? []
  const tag = stated ?? { 1: '1.7.34', 2: '2.11.0', 3: '3.3.0' }[version]
  const minor = tag.split('.').slice(0, 2).join('.')
  return { tag: version === 1 ? `v${tag}` : tag, codename: CODENAMES[minor] ?? 'cheddar' }
}

/** As /api names them. */
function providersOf({ version, ingress, crd, gateway, fileProvider: file }: TraefikSettings): readonly string[] {
  const [byFile, byIngress] = version === 1 ? ['file', 'kubernetes'] : ['File', 'KubernetesIngress']
  return [
    ...(file ? [byFile] : []),
    ...(ingress ? [byIngress] : []),
    ...(crd ? ['KubernetesCRD'] : []),
    ...(gateway ? ['KubernetesGateway'] : []),
  ]
}

/**
 * Traefik looks at a connection's first bytes and serves TLS and plain HTTP on the same port. Here one of them is expected: TLS where the entry point or its routers say so, or its port is one of
 * TLS' own.
 */
function speaksTls({ routes, tcpRoutes, defaultEntryPoints, version }: Traefik, { name, port, tls }: EntryPoint): boolean {
  if (tls || tcpRoutesOn(tcpRoutes, defaultEntryPoints, { name }, true).length > 0) return true
  if (name === 'traefik' || version === 1) return false
  const own = routes.filter(({ entryPoints }) => entryPoints.includes(name))
  return port === 443 || port === 8443 || (own.length > 0 && own.every(({ router }) => router.tls))
}

/** Without any of TLS, connections go to a router of TCP before anything is said on them. */
const hasTls = ({ routes, tcpRoutes, defaultEntryPoints }: Traefik, { name, tls }: EntryPoint): boolean =>
  tls ||
  tcpRoutesOn(tcpRoutes, defaultEntryPoints, { name }, true).length > 0 ||
  routes.some(({ router, entryPoints }) => router.tls && entryPoints.includes(name))

function accept(traefik: Traefik, entryPoint: EntryPoint | undefined, connection: Accepted): Acceptance {
  const { moment, peer } = connection
  if (!entryPoint) return { kind: 'close', reset: true, why: 'no-entry-point' }
  const { proxyProtocol } = entryPoint
  const believed =
    proxyProtocol === 'everybody' || proxyProtocol?.some((text) => text === peer || text.startsWith(`${peer}/`) || text.includes('/'))
  const header = proxyProtocol === undefined ? {} : { proxyHeader: believed ? ('optional' as const) : ('ignored' as const) }
  const plain = tcpRouteFor(tcpRoutesOn(traefik.tcpRoutes, traefik.defaultEntryPoints, entryPoint, false), { alpn: [] }, connection)
  if (plain && !hasTls(traefik, entryPoint)) return { kind: 'proxy', ...tcpStreamTo(plain.router, connection), ...header }
  if (!speaksTls(traefik, entryPoint)) return { kind: 'http', versions: ['1.1', '1.0', '2'], keepAlive: 180, ...header }
  const asked = { method: 'GET', target: '/', version: '1.1' as const, headers: [], body: '' }
  return { kind: 'tls', plain: error(asked, 404, '404 page not found', moment.now), ...header }
}

const DEFAULT_CERTIFICATE: Certificate = { subject: 'TRAEFIK DEFAULT CERT', issuer: 'TRAEFIK DEFAULT CERT', names: [] }

function greet(traefik: Traefik, entryPoint: EntryPoint | undefined, hello: ClientHello, connection: Accepted): HelloDecision {
  const host = (hello.serverName ?? '').toLowerCase()
  const certificate = certificateFor(traefik.dynamic, host)
  const found = entryPoint && tcpRouteFor(tcpRoutesOn(traefik.tcpRoutes, traefik.defaultEntryPoints, entryPoint, true), hello, connection)
  const matched = found ? matchedRow('tcp', found.router) : []
  const stream = found && tcpStreamTo(found.router, connection)
  if (stream && found.router.passthrough) return { kind: 'passthrough', ...stream, matched }
  const alpn = ['h2', 'http/1.1']
  return { kind: 'terminate', certificate, alpn, versions: ['2', '1.1', '1.0'], matched, ...(stream && { stream }) }
}

const certificateFor = ({ certificates, defaultCertificate = DEFAULT_CERTIFICATE }: Dynamic, host: string): Certificate =>
  certificates.find(({ names }) => names.some((name) => name.toLowerCase() === host)) ??
  certificates.find((each) => host !== '' && isFor(each, host)) ??
  defaultCertificate
