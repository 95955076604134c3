/**
 * Contour and its Envoy (projectcontour/contour v1.30, envoyproxy/envoy v1.31): Contour reads objects and serves xDS, Envoy carries the traffic. Envoy's pods ask the Contour that their
 * bootstrap names; without one they listen on nothing. Left out: Gateway API, rate limits, authorisation, JWT, CORS, health checks, global configuration by ContourConfiguration.
 */
import type { Pod } from '../../api/pod.ts'
import { ingressesOf } from '../../cluster/ingress-controller.ts'
import { contourFor, type Contour } from '../../cluster/contour.ts'
import { proxyForest } from '../../cluster/http-proxy.ts'
import { Remembered } from '../ingress/remembered.ts'
import type {
  Accepted,
  ClientHello,
  Configured,
  HelloDecision,
  Listener,
  Program,
  Running,
  Stream,
  StreamDecision,
  World,
} from '../program.ts'
import { clusterOf, pick } from './balance.ts'
import { Dag } from './dag.ts'
import { filesOf } from './files.ts'
import { addProxies } from './http-proxy.ts'
import { addIngresses } from './ingress.ts'
import { hostFor } from './match.ts'
import type { Model, StreamHost } from './model.ts'
import { answer, changed, type Envoy, rowOf } from './request.ts'
import { tablesOf } from './tables.ts'

const programs = new Remembered<Pod, Running>()

export const ENVOY: Program = {
  name: 'envoy',
  runsIn: ({ cluster, place }) => place.kind === 'pod' && contourFor(cluster, place.pod) !== undefined,
  configure: ({ cluster, place }: World) => {
    const pod = place.kind === 'pod' ? place.pod : undefined
    const contour = pod && contourFor(cluster, pod)
    if (!pod || !contour) return EMPTY
    const { Ingress, IngressClass, Service, EndpointSlice, Secret, HTTPProxy } = cluster.objects
    const inputs = [Ingress, IngressClass, Service, EndpointSlice, Secret, HTTPProxy, contour.controller?.pod]
    return programs.get(pod, inputs, () => runningOf(contour, cluster))
  },
}

const EMPTY: Running = {
  configured: { files: [], tables: [], listeners: [], log: [] },
  accept: () => ({ kind: 'close', reset: true, why: 'no-controller' }),
}

function runningOf(contour: Contour, cluster: World['cluster']): Running {
  const { httpPort, httpsPort } = contour
  const model = modelOf(contour, cluster)
  const { files, places } = filesOf(model, contour)
  const envoy: Envoy = { model, places, httpPort, httpsPort }
  const listeners = listenersOf(envoy)
  const log = contour.controller ? model.log : [NO_CONTOUR]
  const configured: Configured = { files, tables: tablesOf(model, listeners, places), listeners, log }
  return {
    configured,
    accept: ({ localPort }) => (localPort === httpsPort ? { kind: 'tls' } : { kind: 'http', keepAlive: 60, versions: ['1.0', '1.1', '2'] }),
    hello: (hello, connection) => greet(envoy, hello, connection),
    request: (exchange) => answer(envoy, exchange),
    response: (response, exchange, decision) => changed(response, exchange, decision),
    redial: (stream) => redial(envoy, stream),
  }
}

const NO_CONTOUR = { level: 'warning', text: 'StreamListeners gRPC config stream to contour closed: no healthy upstream' } as const

function modelOf({ controller }: Contour, cluster: World['cluster']): Model {
  const dag = new Dag(cluster)
  if (!controller) return dag.model()
  addIngresses(dag, ingressesOf(cluster, controller))
  addProxies(dag, proxyForest(cluster, controller))
  return dag.model()
}

/** A listener without virtual hosts is not sent: nothing listens until the first Ingress comes. */
function listenersOf({ model, httpPort, httpsPort }: Envoy): readonly Listener[] {
  const secure = model.https.length + model.streams.length > 0
  return [
    ...(model.http.length > 0 ? [{ protocol: 'tcp', port: httpPort, purpose: 'ingress_http' } as const] : []),
    ...(secure ? [{ protocol: 'tcp', port: httpsPort, purpose: 'ingress_https' } as const] : []),
  ]
}

/** A filter chain by server name. Where none fits the connection is closed without an alert. */
function greet(envoy: Envoy, hello: ClientHello, connection: Accepted): HelloDecision {
  const name = (hello.serverName ?? '').toLowerCase()
  const { https, streams } = envoy.model
  const found = hostFor<{ readonly name: string }>([...streams, ...https], name)
  const matched = found ? [rowOf(envoy, 'listeners', 'ingress_https'), rowOf(envoy, 'filter_chains', found.name)] : []
  const stream = streams.find((each) => each === found)
  const secure = https.find((each) => each === found)
  if (stream) {
    const to = streamTo(envoy, stream, connection)
    return stream.certificate
      ? { kind: 'terminate', certificate: stream.certificate, alpn: [], stream: to, matched }
      : { kind: 'passthrough', ...to, matched }
  }
  if (!secure) return { kind: 'passthrough', to: undefined, why: 'no-filter-chain', matched: [rowOf(envoy, 'listeners', 'ingress_https')] }
  return { kind: 'terminate', certificate: secure.certificate, alpn: ['h2', 'http/1.1'], versions: ['2', '1.1', '1.0'], matched }
}

function streamTo({ model }: Envoy, { clusters, object }: StreamHost, { peer, moment }: Accepted): StreamDecision {
  const cluster = model.clusters.get(clusterOf(clusters, moment)?.cluster ?? '')
  if (!cluster || cluster.endpoints.length === 0) return { to: undefined, why: 'no-endpoints' }
  const { index, balance, remember } = pick(cluster, undefined, peer, moment)
  const endpoint = cluster.endpoints[index]
  const to = endpoint && { address: endpoint.address, port: endpoint.port, upstream: cluster.name, connectTimeout: 2 }
  return { to, balance, remember, matched: [{ table: 'clusters', row: cluster.name, object }] }
}

/** tcp_proxy tries once (max_connect_attempts). */
const redial = (_: Envoy, { tried }: Stream): StreamDecision => ({
  to: undefined,
  why: tried.at(-1)?.kind === 'timeout' ? 'upstream-timeout' : 'upstream-refused',
})
