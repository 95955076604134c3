/**
 * HAProxy Technologies' ingress controller (haproxytech/kubernetes-ingress, v3): writes haproxy.cfg and map files; servers of a backend change in place as long as there are free slots. Left out:
 * custom resources, authentication, rate limits, CORS, snippets, health checks (annotations that are not read are named in the log).
 */
import type { Pod } from '../../api/pod.ts'
import { type IngressController, ingressControllerOf } from '../../cluster/ingress-controller.ts'
import { joinHostPort } from '../../net/ip.ts'
import { Remembered } from '../ingress/remembered.ts'
import { bestFor } from '../ingress/certificate.ts'
import type {
  Accepted,
  Acceptance,
  ClientHello,
  Configured,
  HelloDecision,
  Listener,
  MatchTable,
  Program,
  Running,
  Stream,
  StreamDecision,
  World,
} from '../program.ts'
import { pick } from './balance.ts'
import { CFG, haproxyCfg, mapFiles, rowOf } from './haproxy-cfg.ts'
import type { Backend, Model, TcpService } from './model.ts'
import { answer, changed, type Haproxy } from './request.ts'
import { type Settings, settingsOf } from './settings.ts'
import { translate } from './translate.ts'

const programs = new Remembered<Pod, Running>()

export const HAPROXY: Program = {
  name: 'haproxy',
  fidelity: 'haproxy',
  runsIn: ({ place }) => place.kind === 'pod' && ingressControllerOf(place.pod)?.implementation === 'haproxy',
  configure: ({ cluster, place }: World) => {
    const pod = place.kind === 'pod' ? place.pod : undefined
    const controller = pod && ingressControllerOf(pod)
    if (!pod || !controller)
      return {
        configured: { files: [], tables: [], listeners: [], log: [] },
        accept: () => ({ kind: 'close', reset: true, why: 'no-controller' }),
      }
    const { Ingress, IngressClass, Service, EndpointSlice, Secret, ConfigMap } = cluster.objects
    return programs.get(pod, [Ingress, IngressClass, Service, EndpointSlice, Secret, ConfigMap], () => runningOf(controller, cluster))
  },
}

function runningOf(controller: IngressController, cluster: World['cluster']): Running {
  const settings = settingsOf(cluster, controller)
  const model = translate(cluster, controller, settings)
  const cfg = haproxyCfg(model, settings)
  const haproxy: Haproxy = { model, settings, places: cfg.places }
  const listeners = [...listenersOf(settings), ...model.tcp.map(({ name, port }): Listener => ({ protocol: 'tcp', port, purpose: name }))]
  const configured: Configured = {
    files: [{ name: CFG, text: cfg.text, syntax: 'haproxy', change: 'reload', inPlace: ['server SRV_'] }, ...mapFiles(model)],
    tables: tablesOf(model, listeners, cfg.places),
    listeners,
    log: model.log,
  }
  return {
    configured,
    accept: (connection) => accept(haproxy, connection),
    hello: (hello, connection) => greet(haproxy, hello, connection),
    request: (exchange) => answer(haproxy, exchange),
    response: (response, exchange, decision) => changed(response, exchange, decision),
    redial: (stream) => redial(haproxy, stream),
  }
}

const listenersOf = ({ http, https, httpOff, httpsOff, healthz }: Settings): readonly Listener[] => [
  ...(httpOff ? [] : [{ protocol: 'tcp', port: http, purpose: 'http' } as const]),
  ...(httpsOff ? [] : [{ protocol: 'tcp', port: https, purpose: 'https' } as const]),
  { protocol: 'tcp', port: healthz, purpose: 'healthz' },
]

/** Without a certificate, and with nothing to pass through, port https speaks HTTP: `bind` without `ssl`. */
function accept({ model, settings }: Haproxy, connection: Accepted): Acceptance {
  const { localPort } = connection
  const service = model.tcp.find(({ port }) => port === localPort)
  if (service) return service.ssl ? { kind: 'tls' } : { kind: 'proxy', ...tcpTo(model, service, connection) }
  const header = settings.proxyHeader && localPort !== settings.healthz ? { proxyHeader: 'required' as const } : {}
  const tls = localPort === settings.https && (model.certificates.length > 0 || model.sni.size > 0)
  return tls ? { kind: 'tls', ...header } : { kind: 'http', keepAlive: 60, ...header }
}

/** Host for host, then the wildcard; TLS that passes through is not looked into. */
function greet({ model, settings }: Haproxy, hello: ClientHello, connection: Accepted): HelloDecision {
  const host = (hello.serverName ?? '').toLowerCase()
  const route =
    connection.localPort === settings.https ? (model.sni.get(host) ?? model.sni.get(host.slice(Math.max(0, host.indexOf('.'))))) : undefined
  const backend = route && model.backends.get(route.backend)
  if (backend)
    return {
      kind: 'passthrough',
      ...streamTo(backend, connection),
      matched: [{ table: 'backends', row: backend.name, object: route.object }],
    }
  const best = bestFor(
    model.certificates.map(({ certificate }) => certificate),
    host,
  )
  const byDefault =
    model.certificates.find(({ file }) => file === `0_${settings.certificate.replace('/', '_')}.pem`) ?? model.certificates[0]
  const found = best ?? byDefault?.certificate
  if (!found) return { kind: 'alert', description: 'handshake_failure' }
  const service = model.tcp.find(({ port }) => port === connection.localPort)
  if (service) return { kind: 'terminate', certificate: found, alpn: [], stream: tcpTo(model, service, connection) }
  return {
    kind: 'terminate',
    certificate: found,
    alpn: settings.alpn,
    versions: settings.alpn.includes('h2') ? ['2', '1.1', '1.0'] : ['1.1', '1.0'],
  }
}

function tcpTo({ backends }: Model, { name, backend, object }: TcpService, connection: Accepted): StreamDecision {
  const found = backends.get(backend ?? '')
  const decided: StreamDecision = found ? streamTo(found, connection) : { to: undefined, why: 'no-backend' }
  const rows = [
    { table: 'frontends', row: name, object },
    ...(found ? [{ table: 'backends', row: found.name, object: found.service }] : []),
  ]
  return { ...decided, matched: rows }
}

function streamTo(backend: Backend, { peer, moment }: Accepted): StreamDecision {
  if (backend.servers.length === 0) return { to: undefined, why: 'no-endpoints' }
  const { index, balance, remember } = pick(backend, undefined, peer, moment)
  const server = backend.servers[index]
  const to = server && {
    address: server.address,
    port: server.port,
    upstream: backend.name,
    ...(backend.proxyHeader && { proxyHeader: backend.proxyHeader }),
  }
  return { to, balance, remember }
}

function redial({ model }: Haproxy, { connection, hello, tried }: Stream): StreamDecision {
  const route = model.sni.get((hello?.serverName ?? '').toLowerCase())
  const service = model.tcp.find(({ port }) => port === connection.localPort)
  const backend = model.backends.get(service?.backend ?? route?.backend ?? '')
  return backend && tried.length <= 3 ? streamTo(backend, connection) : { to: undefined, why: 'upstream-refused' }
}

function tablesOf(model: Model, listeners: readonly Listener[], places: ReadonlyMap<string, number>): readonly MatchTable[] {
  const at = (key: string): { readonly at?: { readonly file: string; readonly line: number } } => {
    const line = places.get(key)
    return line === undefined ? {} : { at: { file: CFG, line } }
  }
  const backends = [...model.backends.values()]
  const rules = new Map(model.routes.flatMap((route) => route.rules).map((rule) => [rule.id, rule]))
  return [
    {
      id: 'frontends',
      columns: ['frontend', 'port'],
      rows: listeners.map(({ port, purpose }) => ({ id: purpose, cells: [purpose, String(port)], ...at(`frontend ${purpose}`) })),
    },
    {
      id: 'routes',
      columns: ['map', 'key', 'value'],
      rows: model.routes.map((route) => ({
        id: `${route.map} ${route.key}`,
        cells: [route.map, route.key, rowOf(route).slice(route.key.length + 1)],
        object: route.object,
        next: { table: 'backends', row: route.backend },
      })),
    },
    {
      id: 'rules',
      columns: ['id', 'rule'],
      rows: [...rules.values()].map(({ id, text }) => ({ id, cells: [id, text], ...at(`rule ${id}`) })),
    },
    {
      id: 'backends',
      columns: ['backend', 'balance', 'servers'],
      rows: backends.map(({ name, balance, service, servers }) => ({
        id: name,
        cells: [name, balance, String(servers.length)],
        object: service,
        ...at(`backend ${name}`),
      })),
    },
    {
      id: 'servers',
      columns: ['backend', 'server', 'address', 'object'],
      rows: backends.flatMap(({ name, servers }) =>
        servers.map((server, i) => {
          const address = joinHostPort(server.address, server.port)
          return {
            id: `${name} ${address}`,
            cells: [name, `SRV_${i + 1}`, address, server.object?.name ?? ''],
            ...(server.object && { object: server.object }),
          }
        }),
      ),
    },
  ]
}
