/**
 * ingress-nginx (kubernetes/ingress-nginx, v1.11): a controller that writes nginx.conf and tells nginx' Lua which endpoints there are. Left out: external authentication, mirrors,
 * ModSecurity, snippets, FastCGI, custom error pages (their annotations are named in the log). The 404 of the default backend is answered at once, where nginx asks itself on port 8181.
 */
import type { Pod } from '../../api/pod.ts'
import { type IngressController, ingressControllerOf } from '../../cluster/ingress-controller.ts'
import type { HttpVersion } from '../http.ts'
import { Remembered } from '../ingress/remembered.ts'
import type {
  Accepted,
  Acceptance,
  ClientHello,
  DatagramDecision,
  HelloDecision,
  Program,
  Running,
  Stream,
  StreamDecision,
  World,
} from '../program.ts'
import { page } from './answers.ts'
import { hostPort } from './directives.ts'
import type { Model, ServerCertificate, StreamService } from './model.ts'
import { nginxConf } from './nginx-conf.ts'
import { answer, changed, type Nginx } from './request.ts'
import { serverFor } from './route.ts'
import { type Settings, settingsOf } from './settings.ts'
import { backendsFile, CONF, isCatchAll, listenersOf, passwordFiles, tablesOf } from './tables.ts'
import { translate } from './translate.ts'

const programs = new Remembered<Pod, Running>()

export const INGRESS_NGINX: Program = {
  name: 'ingress-nginx',
  fidelity: 'ingress-nginx',
  runsIn: ({ place }) => place.kind === 'pod' && ingressControllerOf(place.pod)?.implementation === 'ingress-nginx',
  configure: ({ cluster, place }: World) => {
    const pod = place.kind === 'pod' ? place.pod : undefined
    const controller = pod && ingressControllerOf(pod)
    if (!pod || !controller) return NOTHING
    const { Ingress, IngressClass, Service, EndpointSlice, Secret, ConfigMap } = cluster.objects
    const inputs = [Ingress, IngressClass, Service, EndpointSlice, Secret, ConfigMap, cluster.config.site]
    return programs.get(pod, inputs, () => runningOf(controller, cluster))
  },
}

const NOTHING: Running = {
  configured: { files: [], tables: [], listeners: [], log: [] },
  accept: () => ({ kind: 'close', reset: true, why: 'no-controller' }),
}

function runningOf(controller: IngressController, cluster: World['cluster']): Running {
  const settings = settingsOf(cluster, controller)
  const model = translate(cluster, controller, settings)
  const conf = nginxConf(model, settings, true)
  const listeners = listenersOf(model, settings)
  const nginx: Nginx = { model, settings, places: conf.places }
  return {
    configured: {
      files: [
        { name: CONF, text: conf.text, syntax: 'nginx', change: 'reload' },
        backendsFile(model),
        ...passwordFiles(model),
        { name: 'nginx-without-lua.conf', text: nginxConf(model, settings, false).text, syntax: 'nginx' },
      ],
      tables: tablesOf(model, listeners, conf.places),
      listeners,
      log: model.log,
    },
    accept: (connection) => accept(nginx, connection),
    hello: (hello, connection) => greet(nginx, hello, connection),
    request: (exchange) => answer(nginx, exchange),
    response: (response, exchange, decision) => changed(nginx, response, exchange, decision),
    redial: (stream) => redial(nginx, stream),
    datagram: (datagram) => datagramTo(nginx, datagram),
  }
}

/** What nginx of a cluster would do, for who asks about its configuration rather than its pod. */
export const nginxModel = (
  controller: IngressController,
  cluster: World['cluster'],
): { readonly model: Model; readonly settings: Settings } => {
  const settings = settingsOf(cluster, controller)
  return { model: translate(cluster, controller, settings), settings }
}

function accept({ model, settings }: Nginx, connection: Accepted): Acceptance {
  const plain = page(497, { method: 'GET', version: '1.1' }, settings, connection.moment.now)
  const { ports, useProxyProtocol, keepAlive } = settings
  const proxied = useProxyProtocol ? { proxyHeader: 'required' as const } : {}
  const stream = model.streams.find(({ protocol, port }) => protocol === 'tcp' && port === connection.localPort)
  if (stream)
    return {
      kind: 'proxy',
      ...streamTo(stream, settings.streamTimeout, connection, 0),
      ...(stream.decode && { proxyHeader: 'required' as const }),
    }
  if (connection.localPort === ports.https) return { kind: 'tls', plain, ...proxied }
  const own = connection.localPort === ports.http ? proxied : {}
  const versions: readonly HttpVersion[] = settings.clearHttp2 ? ['1.1', '1.0', '2'] : ['1.1', '1.0']
  return { kind: 'http', versions, keepAlive, ...own }
}

/** Three tries in all, each with the next endpoint. */
const STREAM_TRIES = 3

function streamTo(stream: StreamService, idleTimeout: number, { moment }: Accepted, tried: number): StreamDecision {
  if (stream.endpoints.length === 0) return { to: undefined, why: 'no-endpoints' }
  const key = `stream ${stream.name}`
  const chosen = (Number(moment.memory.get(key) ?? -1) + 1 + tried) % stream.endpoints.length
  const endpoint = stream.endpoints[chosen]
  const to = endpoint && {
    address: endpoint.address,
    port: endpoint.port,
    upstream: stream.name,
    connectTimeout: 60,
    idleTimeout,
    ...(stream.encode && { proxyHeader: 1 as const }),
  }
  const endpoints = stream.endpoints.map((each) => ({ address: hostPort(each), ...(each.object && { object: each.object }) }))
  return { to, balance: { algorithm: 'round_robin', upstream: stream.name, endpoints, chosen }, remember: [[key, chosen]] }
}

/** `proxy_responses 1` and `proxy_timeout 600s`, the controller's defaults: a session is over with the first answer. */
function datagramTo({ model, settings }: Nginx, datagram: Accepted): DatagramDecision {
  const stream = model.streams.find(({ protocol, port }) => protocol === 'udp' && port === datagram.localPort)
  const { streamTimeout: idle, streamResponses: responses } = settings
  return { ...(stream ? streamTo(stream, idle, datagram, 0) : { to: undefined, why: 'no-stream' }), idle, responses }
}

function redial({ model, settings }: Nginx, { connection, tried }: Stream): StreamDecision {
  const stream = model.streams.find(({ protocol, port }) => protocol === 'tcp' && port === connection.localPort)
  return stream && tried.length < STREAM_TRIES
    ? streamTo(stream, settings.streamTimeout, connection, 0)
    : { to: undefined, why: 'upstream-refused' }
}

/** certificate.lua: by the name that the client sent, then by its wildcard, else the default one. No name is refused. */
function greet({ model, settings, places }: Nginx, { serverName }: ClientHello, { localPort }: Accepted): HelloDecision {
  const host = (serverName ?? '').toLowerCase()
  const through = localPort === settings.ports.https ? model.passthrough.find(({ hostname }) => hostname === host) : undefined
  if (through)
    return {
      kind: 'passthrough',
      to: { address: through.address, port: through.port, upstream: through.upstream },
      matched: [{ table: 'servers', row: through.hostname, object: through.object }],
    }
  const server = serverFor(model, host)
  const own: ServerCertificate = (isCatchAll(server) ? undefined : server.certificate) ?? model.defaultCertificate
  const line = places.get(`server ${server.hostname}`)
  return {
    kind: 'terminate',
    certificate: own.certificate,
    alpn: settings.useHttp2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    versions: settings.useHttp2 ? ['2', '1.1', '1.0'] : ['1.1', '1.0'],
    matched: [{ table: 'servers', row: server.hostname, ...(line !== undefined && { at: { file: CONF, line } }) }],
  }
}
