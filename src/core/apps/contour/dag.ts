/** Contour's graph while it is built (internal/dag): virtual hosts by name, clusters made once, routes put in Envoy's order at the end (internal/sorter). */
import type { Service, ServicePort } from '../../api/service.ts'
import { type Cluster as Kubernetes, get } from '../../cluster/cluster.ts'
import { sha1 } from '../../base/sha1.ts'
import { endpointsOf } from '../ingress/backend.ts'
import { certificateOf } from '../ingress/certificate.ts'
import type { Certificate, LogLine, ObjectRef } from '../program.ts'
import type { Cluster, HashPolicy, LbPolicy, Model, PathMatch, Route, StreamHost } from './model.ts'

interface Host {
  readonly routes: Map<string, Route>
  certificate?: Certificate
}

export interface ClusterOptions {
  readonly lbPolicy?: LbPolicy
  readonly hash?: readonly HashPolicy[]
  readonly protocol?: Cluster['protocol']
}

export class Dag {
  readonly kubernetes: Kubernetes
  readonly #http = new Map<string, Host>()
  readonly #https = new Map<string, Host>()
  readonly #streams = new Map<string, StreamHost>()
  readonly #clusters = new Map<string, Cluster>()
  readonly #log: LogLine[] = []

  constructor(kubernetes: Kubernetes) {
    this.kubernetes = kubernetes
  }

  say(level: LogLine['level'], text: string, object: ObjectRef): void {
    this.#log.push({ level, text, object })
  }

  /** A later route with the same conditions takes the place of an earlier one. */
  addRoute(host: string, route: Route): void {
    put(this.#http, host).routes.set(conditionsOf(route), route)
  }

  addSecureRoute(host: string, route: Route): void {
    this.#https.get(host)?.routes.set(conditionsOf(route), route)
  }

  secure(host: string, certificate: Certificate): void {
    put(this.#https, host).certificate = certificate
  }

  isSecure(host: string): boolean {
    return this.#https.has(host)
  }

  addStream(stream: StreamHost): void {
    this.#streams.set(stream.name, stream)
    if (stream.certificate) this.#https.delete(stream.name)
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
    return {
      http: hosts(this.#http).map(([name, { routes }]) => ({ name, routes: ordered(routes) })),
      https: hosts(this.#https).flatMap(([name, { routes, certificate }]) =>
        certificate ? [{ name, routes: ordered(routes), certificate }] : [],
      ),
      streams: [...this.#streams.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
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

/** `projectcontour.io/upstream-protocol.h2c: "80,grpc"` on the Service, or appProtocol. */
function protocolOf({ metadata }: Service, { name, port, appProtocol }: ServicePort): Cluster['protocol'] {
  for (const protocol of ['h2', 'h2c', 'tls'] as const) {
    const listed = (metadata.annotations?.[`projectcontour.io/upstream-protocol.${protocol}`] ?? '').split(',').map((each) => each.trim())
    if (listed.includes(String(port)) || (name !== undefined && listed.includes(name))) return protocol
  }
  return appProtocol === 'kubernetes.io/h2c' ? 'h2c' : 'http'
}

const RANK: Readonly<Record<PathMatch['kind'], number>> = { exact: 0, regex: 1, segment: 2, prefix: 2 }

/** Exact paths, then regular expressions, then prefixes; the longer first; with equal paths the one with more conditions. */
const ordered = (routes: ReadonlyMap<string, Route>): readonly Route[] =>
  [...routes.values()].toSorted((a, b) => {
    const [left, right] = [a.path, b.path]
    if (RANK[left.kind] !== RANK[right.kind]) return RANK[left.kind] - RANK[right.kind]
    if (left.value.length !== right.value.length) return right.value.length - left.value.length
    if (left.value !== right.value) return left.value > right.value ? -1 : 1
    if (left.kind !== right.kind) return left.kind === 'segment' ? -1 : 1
    return b.headers.length - a.headers.length || b.query.length - a.query.length
  })
