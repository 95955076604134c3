/** From objects to routes and backends (pkg/ingress, pkg/service, pkg/route of haproxytech/kubernetes-ingress, v3). */
import type { Ingress, IngressBackend, IngressPath } from '../../api/ingress.ts'
import { type Cluster, get } from '../../cluster/cluster.ts'
import { type IngressController, ingressesOf } from '../../cluster/ingress-controller.ts'
import { secretBytes } from '../../api/secret.ts'
import { parseIp } from '../../net/ip.ts'
import { endpointsOf, portText, serviceOf, servicePortOf, type UpstreamEndpoint } from '../ingress/backend.ts'
import { certificateOf } from '../ingress/certificate.ts'
import type { LogLine, ObjectRef } from '../program.ts'
import { isTrue, ownAnnotations, secondsOf, unreadIn, valueOf, type Values } from './annotations.ts'
import type { Backend, Model, Route, TcpService } from './model.ts'
import { rulesOf } from './rules.ts'
import type { Settings } from './settings.ts'

interface Translating {
  readonly cluster: Cluster
  readonly settings: Settings
  readonly backends: Map<string, Backend>
  readonly hosts: Set<string>
  readonly routes: Route[]
  readonly sni: Map<string, Route>
  readonly certificates: Map<string, Model['certificates'][number]>
  readonly log: LogLine[]
}

export function translate(cluster: Cluster, controller: IngressController, settings: Settings): Model {
  const at: Translating = {
    cluster,
    settings,
    backends: new Map(),
    hosts: new Set(),
    routes: [],
    sni: new Map(),
    certificates: new Map(),
    log: [],
  }
  for (const name of unreadIn(settings.values)) at.log.push({ level: 'warning', text: `ConfigMap key ${name} is not simulated` })
  let defaultBackend = settings.defaultService === '' ? undefined : ofController(at)
  const [namespace = '', secret = ''] = settings.certificate.split('/')
  if (secret !== '') addCertificate(at, namespace, secret, undefined)
  for (const ingress of ingressesOf(cluster, controller)) defaultBackend = ofIngress(at, ingress) ?? defaultBackend
  const tcp = tcpServices(at)
  return {
    ...at,
    tcp,
    hosts: [...at.hosts].sort(),
    // The map files are sorted, and of two equal keys the first counts.
    routes: at.routes.toSorted((a, b) => (a.key + a.backend < b.key + b.backend ? -1 : 1)),
    defaultBackend,
    certificates: [...at.certificates.values()].toSorted((a, b) => (a.file < b.file ? -1 : 1)),
  }
}

const refOf = ({ metadata }: Ingress, field?: string): ObjectRef => ({
  kind: 'Ingress',
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  ...(field !== undefined && { field }),
})

function ofController(at: Translating): string | undefined {
  const [namespace = '', name = ''] = at.settings.defaultService.split('/')
  const port = serviceOf(at.cluster, namespace, name)?.spec.ports?.[0]
  const made = port
    ? backendOf(at, namespace, { name, port: { number: port.port } }, {}, false)
    : `service '${namespace}/${name}' does not exist`
  if (typeof made !== 'string') return made.name
  at.log.push({ level: 'error', text: `default service: ${made}` })
  return undefined
}

/** The default backend that the Ingress names: the last one holds for everybody. */
function ofIngress(at: Translating, ingress: Ingress): string | undefined {
  const { namespace = '', name, annotations } = ingress.metadata
  const own = ownAnnotations(annotations)
  const { defaultBackend, tls = [], rules = [] } = ingress.spec
  const say = (text: string, field: string): void => {
    at.log.push({ level: 'error', text: `Ingress '${namespace}/${name}': ${text}`, object: refOf(ingress, field) })
  }
  for (const each of unreadIn(own))
    at.log.push({ level: 'warning', text: `annotation ${each} is not simulated`, object: refOf(ingress, 'metadata.annotations') })
  const fallback = defaultBackend?.service ? backendOf(at, namespace, defaultBackend.service, own, false) : undefined
  if (typeof fallback === 'string') say(`default backend: ${fallback}`, 'spec.defaultBackend')
  for (const { secretName } of tls) if (secretName) addCertificate(at, namespace, secretName, ingress)
  const through = isTrue(valueOf('ssl-passthrough', own, at.settings.values))
  const added = rulesOf(own, at.settings, tls.length > 0, (text) => say(text, 'metadata.annotations'))
  rules.forEach(({ host = '', http }, i) => {
    if (!http)
      at.log.push({ level: 'warning', text: `Ingress HTTP rules for [${host}] do not exist`, object: refOf(ingress, `spec.rules[${i}]`) })
    http?.paths.forEach((path, j) => {
      const field = `spec.rules[${i}].http.paths[${j}]`
      if (!path.backend.service) {
        const text = `backend in ingress '${namespace}/${name}' should have service but none found`
        at.log.push({ level: 'error', text, object: refOf(ingress, field) })
        return
      }
      const backend = backendOf(at, namespace, path.backend.service, own, through)
      if (typeof backend === 'string') return say(backend, field)
      if (host === '' && !path.path) return say(`neither Host nor Path are provided for backend ${backend.name},`, field)
      const route = { backend: backend.name, rules: added, object: refOf(ingress, field) }
      addRoute(at, host, path, route, through)
    })
  })
  return typeof fallback === 'object' ? fallback.name : undefined
}

/** `PORT: namespace/service:port[:ssl]` (pkg/handler/tcp-services.go). */
function tcpServices(at: Translating): readonly TcpService[] {
  const [namespace = '', name = ''] = at.settings.tcpServices.split('/')
  const data = get(at.cluster, 'ConfigMap', namespace, name)?.data ?? {}
  return Object.entries(data).flatMap(([key, value]): readonly TcpService[] => {
    if (key === 'log-format-tcp') return []
    const object: ObjectRef = { kind: 'ConfigMap', namespace, name, field: `data[${key}]` }
    const refuse = (text: string): readonly TcpService[] => {
      at.log.push({ level: 'error', text, object })
      return []
    }
    const [reference = '', port, option] = value.split(':')
    const [of = '', service, ...rest] = reference.split('/')
    if (port === undefined) return refuse(`incorrect format '${value}', 'ServiceName:ServicePort' is required`)
    if (service === undefined || rest.length > 0)
      return refuse(`incorrect Service Name '${reference}'. Should be in 'ServiceNS/ServiceName' format`)
    if (!serviceOf(at.cluster, of, service)) return refuse(`tcp-services: service '${of}/${service}' not found`)
    if (!/^\d+$/.test(port)) return refuse(`strconv.ParseInt: parsing "${port}": invalid syntax`)
    const backend = backendOf(at, of, { name: service, port: { number: Number(port) } }, {}, true)
    if (typeof backend === 'string') at.log.push({ level: 'error', text: `TCP frontend 'tcp-${key}': update failed: ${backend}`, object })
    const own = typeof backend === 'string' ? undefined : backend.name
    return [{ name: `tcp-${key}`, port: Number(key), backend: own, ssl: option === 'ssl', object }]
  })
}

/** A wildcard is kept from its first dot, and looked for when the whole host is not there. */
function addRoute(
  at: Translating,
  host: string,
  { path = '', pathType }: IngressPath,
  route: Pick<Route, 'backend' | 'rules' | 'object'>,
  through: boolean,
): void {
  const own = host.startsWith('*') ? host.slice(1) : host
  if (own !== '') at.hosts.add(own)
  const add = (map: Route['map'], rest: string): void => {
    at.routes.push({ map, key: own + rest, ...route })
  }
  const bare = path.replace(/\/$/, '')
  if (pathType === 'Exact') add('path-exact', path)
  else if (bare === '') add('path-prefix', '/')
  else {
    add('path-prefix-exact', bare)
    add('path-prefix', pathType === 'Prefix' ? `${bare}/` : bare)
  }
  if (through && own !== '' && !at.sni.has(own)) at.sni.set(own, { map: 'path-prefix', key: own, ...route })
}

/** The backend of a Service's port, made once; what is wrong otherwise. */
function backendOf(
  at: Translating,
  namespace: string,
  { name, port = {} }: NonNullable<IngressBackend['service']>,
  ingress: Values,
  tcp: boolean,
): Backend | string {
  const service = serviceOf(at.cluster, namespace, name)
  if (!service) return `service '${namespace}/${name}' does not exist`
  const found = servicePortOf(service, port)
  if (!found) return `service ${name}: no service port matching '${portText(port)}'`
  const key = `${namespace}_svc_${name}_${found.name || found.port}`
  const known = at.backends.get(key)
  if (known) return known
  const own = ownAnnotations(service.metadata.annotations)
  const say = (annotation: string): string => valueOf(annotation, own, ingress, at.settings.values)
  const servers =
    service.spec.type === 'ExternalName' ? external(service.spec.externalName ?? '', found.port) : endpointsOf(at.cluster, service, found)
  if (servers.length === 0)
    at.log.push({
      level: 'warning',
      text: `Ingress '${namespace}/${name}': no available endpoints`,
      object: { kind: 'Service', namespace, name },
    })
  const per = Number(say('scale-server-slots') || say('server-slots') || say('servers-increment') || 42)
  const slots = Math.max(1, Math.ceil(servers.length / per)) * per
  const made: Backend = {
    name: key,
    tcp,
    service: { kind: 'Service', namespace, name },
    balance: say('load-balance') || 'roundrobin',
    cookie: valueOf('cookie-persistence', own, at.settings.values).split(/\s+/)[0] ?? '',
    servers,
    slots,
    ssl: isTrue(say('server-ssl')) || say('server-proto') === 'h2-ssl',
    http2: say('server-proto') === 'h2',
    proxyHeader: proxyHeaderOf(say('send-proxy-protocol')),
    forwardedFor: !tcp && say('forwarded-for') !== 'false',
    timeoutServer: secondsOf(say('timeout-server'), 50),
  }
  at.backends.set(key, made)
  return made
}

const proxyHeaderOf = (text: string): 1 | 2 | undefined => (text === '' ? undefined : text.includes('v2') ? 2 : 1)

function external(name: string, port: number): readonly UpstreamEndpoint[] {
  const address = parseIp(name)
  return address ? [{ address, port }] : []
}

/**
 * HAProxy loads every file of its folder: with one that it cannot read it refuses the whole configuration, and the one before it goes on. Here the others stand, and the log says so. The certificate of the
 * ConfigMap comes first (`0_`), for the first is shown where none fits.
 */
function addCertificate(at: Translating, namespace: string, name: string, ingress: Ingress | undefined): void {
  const file = `${ingress ? '' : '0_'}${namespace}_${name}.pem`
  if (at.certificates.has(file)) return
  const secret = get(at.cluster, 'Secret', namespace, name)
  const object: ObjectRef = ingress ? refOf(ingress, 'spec.tls') : { kind: 'Secret', namespace, name }
  if (!secret) {
    const whose = ingress ? `Ingress '${ingress.metadata.namespace ?? ''}/${ingress.metadata.name}'` : 'default certificate'
    at.log.push({ level: 'warning', text: `${whose}: secret '${namespace}/${name}' does not exist`, object })
    return
  }
  if (!secretBytes(secret, 'tls.crt') || !secretBytes(secret, 'tls.key')) {
    at.log.push({ level: 'error', text: `certificate or private key missing in ${namespace}/${name}`, object })
    return
  }
  const read = certificateOf(secret)
  if (read.ok) at.certificates.set(file, { file, certificate: read.value })
  else
    at.log.push({
      level: 'error',
      text: `config : 'bind *:${at.settings.https}' in section 'frontend' : unable to load certificate from file '/etc/haproxy/certs/frontend/${file}'.`,
      object,
    })
}
