/**
 * Contour and its Envoy (projectcontour/contour v1.30, envoyproxy/envoy v1.31): Contour reads objects and serves xDS, Envoy carries the traffic. Envoy's pods ask the Contour that their
 * bootstrap names; without one they listen on nothing. Left out: rate limits, authorisation, JWT, CORS, health checks, and of ContourConfiguration all but its Gateway.
 */
import type { Pod } from '../../api/pod.ts'
import { ingressesOf } from '../../cluster/ingress-controller.ts'
import { contourFor, type Contour } from '../../cluster/contour.ts'
import { contourAttached } from '../../cluster/gateway.ts'
import { gatewayControllers } from '../../cluster/gateway-controller.ts'
import { proxyForest } from '../../cluster/http-proxy.ts'
import { Remembered } from '../ingress/remembered.ts'
import type {
  Acceptance,
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
import { chainId, filesOf } from './files.ts'
import { addGateway } from './gateway.ts'
import { addProxies } from './http-proxy.ts'
import { addIngresses } from './ingress.ts'
import { hostFor } from './match.ts'
import type { Model, StreamHost } from './model.ts'
import { answer, changed, type Envoy, listenerAt, rowOf } from './request.ts'
import { tablesOf } from './tables.ts'

const programs = new Remembered<Pod, Running>()

export const ENVOY: Program = {
  name: 'envoy',
  fidelity: 'contour',
  runsIn: ({ cluster, place }) => place.kind === 'pod' && contourFor(cluster, place.pod) !== undefined,
  configure: ({ cluster, place }: World) => {
    const pod = place.kind === 'pod' ? place.pod : undefined
    const contour = pod && contourFor(cluster, pod)
    if (!pod || !contour) return EMPTY
    const { Ingress, IngressClass, Service, EndpointSlice, Secret, HTTPProxy, ConfigMap, ContourConfiguration } = cluster.objects
    const { Gateway, GatewayClass, HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, ReferenceGrant, BackendTLSPolicy, Namespace } = cluster.objects
    const own = [Ingress, IngressClass, Service, EndpointSlice, Secret, HTTPProxy, ConfigMap, ContourConfiguration]
    const api = [Gateway, GatewayClass, HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, ReferenceGrant, BackendTLSPolicy, Namespace]
    const inputs = [...own, ...api, contour.controller?.pod]
    return programs.get(pod, inputs, () => runningOf(contour, cluster))
  },
}

const EMPTY: Running = {
  configured: { files: [], tables: [], listeners: [], log: [] },
  accept: () => ({ kind: 'close', reset: true, why: 'no-controller' }),
}

function runningOf(contour: Contour, cluster: World['cluster']): Running {
  const model = modelOf(contour, cluster)
  const { files, places } = filesOf(model)
  const envoy: Envoy = { model, places }
  const listeners = model.listeners.map(({ name, port }): Listener => ({ protocol: 'tcp', port, purpose: name }))
  const log = contour.controller ? model.log : [NO_CONTOUR]
  const configured: Configured = { files, tables: tablesOf(model, listeners, places), listeners, log }
  return {
    configured,
    accept: (connection) => accept(envoy, connection),
    hello: (hello, connection) => greet(envoy, hello, connection),
    request: (exchange) => answer(envoy, exchange),
    response: (response, exchange, decision) => changed(response, exchange, decision),
    redial: (stream) => redial(envoy, stream),
  }
}

function accept(envoy: Envoy, connection: Accepted): Acceptance {
  const on = listenerAt(envoy, connection.localPort)
  if (!on) return { kind: 'close', reset: true, why: 'no-listener' }
  if (on.proxy) {
    const { matched = [], ...stream } = streamTo(envoy, on.proxy, connection)
    const rows = [rowOf(envoy, 'listeners', on.name), rowOf(envoy, 'filter_chains', chainId(on, on.proxy.name)), ...matched]
    return { kind: 'proxy', ...stream, matched: rows }
  }
  return on.hosts.length > 0 ? { kind: 'http', keepAlive: 60, versions: ['1.0', '1.1', '2'] } : { kind: 'tls' }
}

const NO_CONTOUR = { level: 'warning', text: 'StreamListeners gRPC config stream to contour closed: no healthy upstream' } as const

function modelOf({ controller, httpPort, httpsPort }: Contour, cluster: World['cluster']): Model {
  const gateway = controller && gatewayControllers(cluster).find(({ only, pod }) => only && pod === controller.pod)
  const state = gateway && contourAttached(cluster, gateway)
  const dag = new Dag(cluster, { httpPort, httpsPort }, state?.gateway && state.ports)
  if (!controller) return dag.model()
  const [ingresses, forest] = [ingressesOf(cluster, controller), proxyForest(cluster, controller)]
  if (dag.homeless !== undefined && ingresses.length + forest.roots.length > 0)
    dag.say('error', `error identifying listener: ${dag.homeless}`)
  addIngresses(dag, ingresses)
  addProxies(dag, forest)
  if (state) addGateway(dag, state)
  return dag.model()
}

/** A filter chain by server name. Where none fits the connection is closed without an alert. */
function greet(envoy: Envoy, hello: ClientHello, connection: Accepted): HelloDecision {
  const name = (hello.serverName ?? '').toLowerCase()
  const on = listenerAt(envoy, connection.localPort)
  if (!on) return { kind: 'passthrough', to: undefined, why: 'no-listener' }
  const found = hostFor<{ readonly name: string }>([...on.streams, ...on.secure], name)
  const matched = [rowOf(envoy, 'listeners', on.name), ...(found ? [rowOf(envoy, 'filter_chains', chainId(on, found.name))] : [])]
  const stream = on.streams.find((each) => each === found)
  const secure = on.secure.find((each) => each === found)
  if (stream) {
    const to = streamTo(envoy, stream, connection)
    return stream.certificate
      ? { kind: 'terminate', certificate: stream.certificate, alpn: [], stream: to, matched }
      : { kind: 'passthrough', ...to, matched }
  }
  if (!secure) return { kind: 'passthrough', to: undefined, why: 'no-filter-chain', matched }
  return { kind: 'terminate', certificate: secure.certificate, alpn: ['h2', 'http/1.1'], versions: ['2', '1.1', '1.0'], matched }
}

/** tcp_proxy's idle_timeout as Contour sets it. */
const TCP_IDLE = 9001

function streamTo({ model }: Envoy, { clusters, object }: StreamHost, { peer, moment }: Accepted): StreamDecision {
  const cluster = model.clusters.get(clusterOf(clusters, moment)?.cluster ?? '')
  if (!cluster || cluster.endpoints.length === 0) return { to: undefined, why: 'no-endpoints' }
  const { index, balance, remember } = pick(cluster, undefined, peer, moment)
  const endpoint = cluster.endpoints[index]
  const to = endpoint && {
    address: endpoint.address,
    port: endpoint.port,
    upstream: cluster.name,
    connectTimeout: 2,
    idleTimeout: TCP_IDLE,
  }
  return { to, balance, remember, matched: [{ table: 'clusters', row: cluster.name, object }] }
}

/** tcp_proxy tries once (max_connect_attempts). */
const redial = (_: Envoy, { tried }: Stream): StreamDecision => ({
  to: undefined,
  why: tried.at(-1)?.kind === 'timeout' ? 'upstream-timeout' : 'upstream-refused',
})
