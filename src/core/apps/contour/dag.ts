/** Contour's graph while it is built (internal/dag): virtual hosts by name, clusters made once, routes put in Envoy's order at the end (internal/sorter). */
import type { Service, ServicePort } from '../../api/service.ts'
import { type Cluster as Kubernetes, get } from '../../cluster/cluster.ts'
import type { EnvoyPort } from '../../cluster/contour-listeners.ts'
import { sha1 } from '../../base/sha1.ts'
import { endpointsOf } from '../ingress/backend.ts'
import { certificateOf } from '../ingress/certificate.ts'
import type { Certificate, LogLine, ObjectRef } from '../program.ts'
import type { Cluster, EnvoyListener, HashPolicy, LbPolicy, Model, Route, StreamHost } from './model.ts'
import { ordered } from './order.ts'

/** Where Envoy listens for Ingresses and HTTPProxies. */
export interface Ports {
  readonly httpPort: number
  readonly httpsPort: number
}

interface Host {
  readonly routes: Map<string, Route>
  certificate?: Certificate
}

/** A listener while its hosts are collected. */
interface Draft {
  readonly name: string
  readonly port: number
  readonly protocol: EnvoyPort['protocol']
  readonly config: string
  readonly prefix: string
  readonly websockets: boolean
  readonly http: Map<string, Host>
  readonly https: Map<string, Host>
  readonly streams: Map<string, StreamHost>
  proxy?: StreamHost
}

export interface ClusterOptions {
  readonly lbPolicy?: LbPolicy
  readonly hash?: readonly HashPolicy[]
  readonly protocol?: Cluster['protocol']
}

export class Dag {
  readonly kubernetes: Kubernetes
  readonly #listeners: readonly Draft[]
  readonly #clusters = new Map<string, Cluster>()
  readonly #log: LogLine[] = []

  /** With a Gateway its ports are the listeners; else there are two, for requests and for TLS. */
  constructor(kubernetes: Kubernetes, { httpPort, httpsPort }: Ports, gateway?: readonly EnvoyPort[]) {
    this.kubernetes = kubernetes
    const empty = () => ({ http: new Map<string, Host>(), https: new Map<string, Host>(), streams: new Map<string, StreamHost>() })
    this.#listeners = gateway
      ? gateway.map(({ name, containerPort, protocol }) => ({
          name,
          port: containerPort,
          protocol,
          config: name,
          prefix: name,
          websockets: true,
          ...empty(),
        }))
      : [
          { name: 'ingress_http', port: httpPort, protocol: 'http', config: 'ingress_http', prefix: 'http', websockets: false, ...empty() },
          { name: 'ingress_https', port: httpsPort, protocol: 'https', config: 'https', prefix: 'https', websockets: false, ...empty() },
        ]
  }

  /** The listener of a name, or the only one of a protocol: where there are more, Contour does not know which an Ingress or HTTPProxy means. */
  #on(name: string | undefined, protocol: EnvoyPort['protocol']): Draft | undefined {
    const fit = this.#listeners.filter((each) => (name === undefined ? each.protocol === protocol : each.name === name))
    return fit.length === 1 ? fit[0] : undefined
  }

  /** Why Ingresses and HTTPProxies have nowhere to be; undefined where they have. */
  get homeless(): string | undefined {
    if (this.#on(undefined, 'http')) return undefined
    const none = this.#listeners.every(({ protocol }) => protocol !== 'http')
    return none ? 'no HTTP listener configured' : 'more than one HTTP listener configured'
  }

  say(level: LogLine['level'], text: string, object?: ObjectRef): void {
    this.#log.push({ level, text, ...(object && { object }) })
  }

  /** A later route with the same conditions takes the place of an earlier one. */
  addRoute(host: string, route: Route, listener?: string): void {
    const on = this.#on(listener, 'http')
    if (on) put(on.http, host).routes.set(conditionsOf(route), route)
  }

  addSecureRoute(host: string, route: Route, listener?: string): void {
    this.#on(listener, 'https')?.https.get(host)?.routes.set(conditionsOf(route), route)
  }

  secure(host: string, certificate: Certificate, listener?: string): void {
    const on = this.#on(listener, 'https')
    if (on) put(on.https, host).certificate = certificate
  }

  isSecure(host: string): boolean {
    return this.#on(undefined, 'https')?.https.has(host) ?? false
  }

  addStream(stream: StreamHost, listener?: string): void {
    const on = this.#on(listener, 'https')
    on?.streams.set(stream.name, stream)
    if (stream.certificate) on?.https.delete(stream.name)
  }

  /** All connections of a listener. */
  addProxy(stream: StreamHost, listener: string): void {
    const on = this.#on(listener, 'tcp')
    if (on) on.proxy = stream
  }

  /** What is wrong with a Secret is said; undefined then. */
  certificate(namespace: string, name: string, about: ObjectRef): Certificate | undefined {
    const secret = get(this.kubernetes, 'Secret', namespace, name)
    const read = secret && certificateOf(secret)
    if (read?.ok) return read.value
    const why = read ? read.error : 'Secret not found'
    this.say('error', `unresolved secret reference error="${why}" secret=${namespace}/${name}`, about)
    return undefined
  }

  cluster(service: Service, port: ServicePort, options: ClusterOptions = {}): string {
    const { namespace = '', name } = service.metadata
    const { lbPolicy = 'ROUND_ROBIN', hash = [], protocol = protocolOf(service, port) } = options
    const said = `${lbPolicy === 'ROUND_ROBIN' ? '' : lbPolicy}${protocol === 'http' ? '' : protocol}${hash.map((each) => each.kind + each.name).join('')}`
    const key = `${namespace}/${name}/${port.port}/${hex(sha1(said)).slice(0, 10)}`
    if (!this.#clusters.has(key))
      this.#clusters.set(key, {
        name: key,
        serviceName: `${namespace}/${name}${port.name ? `/${port.name}` : ''}`,
        endpoints: service.spec.type === 'ExternalName' ? [] : endpointsOf(this.kubernetes, service, port),
        lbPolicy,
        hash,
        protocol,
        object: { kind: 'Service', namespace, name },
      })
    return key
  }

  model(): Model {
    const hosts = (from: ReadonlyMap<string, Host>): readonly (readonly [string, Host])[] =>
      [...from].filter(([, { routes }]) => routes.size > 0).toSorted(([a], [b]) => (a < b ? -1 : 1))
    const listeners = this.#listeners.map(
      ({ name, port, config, prefix, websockets, http, https, streams, proxy }): EnvoyListener => ({
        name,
        port,
        config,
        prefix,
        websockets,
        hosts: hosts(http).map(([host, { routes }]) => ({ name: host, routes: ordered(routes.values()) })),
        secure: hosts(https).flatMap(([host, { routes, certificate }]) =>
          certificate ? [{ name: host, routes: ordered(routes.values()), certificate }] : [],
        ),
        streams: [...streams.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        ...(proxy && { proxy }),
      }),
    )
    return {
      listeners: listeners.filter(({ hosts: own, secure, streams, proxy }) => own.length + secure.length + streams.length > 0 || proxy),
      clusters: new Map([...this.#clusters].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      log: this.#log,
    }
  }
}

const hex = (bytes: ArrayLike<number>): string => Array.from(bytes, (each) => each.toString(16).padStart(2, '0')).join('')

function put(hosts: Map<string, Host>, name: string): Host {
  let host = hosts.get(name)
  if (!host) hosts.set(name, (host = { routes: new Map() }))
  return host
}

const conditionsOf = ({ path, headers, query }: Route): string => JSON.stringify([path, headers, query])

/** appProtocol, and where there is none, `projectcontour.io/upstream-protocol.h2c: "80,grpc"` on the Service. */
export function protocolOf({ metadata }: Service, { name, port, appProtocol }: ServicePort): Cluster['protocol'] {
  if (appProtocol !== undefined) return appProtocol === 'kubernetes.io/h2c' ? 'h2c' : appProtocol === 'https' ? 'tls' : 'http'
  for (const protocol of ['h2', 'h2c', 'tls'] as const) {
    const listed = (metadata.annotations?.[`projectcontour.io/upstream-protocol.${protocol}`] ?? '').split(',').map((each) => each.trim())
    if (listed.includes(String(port)) || (name !== undefined && listed.includes(name))) return protocol
  }
  return 'http'
}
