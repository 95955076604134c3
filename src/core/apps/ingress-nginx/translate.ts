/** From objects to the model of nginx's configuration: getConfiguration of internal/ingress/controller/controller.go. */
import type { Ingress, IngressPath } from '../../api/ingress.ts'
import { type Cluster, get } from '../../cluster/cluster.ts'
import { type IngressController, ingressesOf } from '../../cluster/ingress-controller.ts'
import { latin1 } from '../../api/base64.ts'
import { secretBytes } from '../../api/secret.ts'
import { parseIp } from '../../net/ip.ts'
import { endpointsOf, serviceOf } from '../ingress/backend.ts'
import { isSimulated, usersOf } from '../ingress/htpasswd.ts'
import { type Annotations, annotationsOf } from './annotations.ts'
import { mergeCanaries } from './canaries.ts'
import {
  needsRewrite,
  AUTH_FILES,
  CUSTOM_DEFAULT,
  DEFAULT_SERVER,
  DEFAULT_UPSTREAM,
  type Location,
  Log,
  type Model,
  type PassthroughBackend,
  refOfIngress,
  type Server,
  type StreamService,
  type Upstream,
} from './model.ts'
import { regexOf } from './route.ts'
import { hostOfRule, serversOf } from './servers.ts'
import type { Settings } from './settings.ts'
import { DEFAULT_PORT, type Translation, upstreamsOf } from './upstreams.ts'

const NOTHING: Ingress = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: '' }, spec: {} }

export function translate(cluster: Cluster, controller: IngressController, settings: Settings): Model {
  const log = new Log()
  const { prefix, validates, refusesSnippets, defaults } = settings
  const rules = { prefix, validates, refusesSnippets }
  const ingresses = ingressesOf(cluster, controller).flatMap((given) => {
    const ingress = withNginxPaths(given)
    const key = `${ingress.metadata.namespace ?? ''}/${ingress.metadata.name}`
    const read = withHeaders(cluster, settings, annotationsOf(ingress, { ...rules, ingress: key }, defaults))
    const annotations = withUsers(cluster, settings, ingress, read)
    const object = refOfIngress(ingress, 'metadata.annotations')
    for (const name of annotations.unread) log.warn(`annotation ${prefix}/${name} is not simulated`, object)
    for (const text of annotations.problems) log.warn(text, object)
    // Of an Ingress that it refuses the controller knows nothing further.
    if (annotations.refused !== undefined) log.error(annotations.refused, object)
    return annotations.refused === undefined ? [{ ingress, annotations }] : []
  })
  for (const key of settings.unread) log.warn(`ConfigMap key ${key} is not simulated`)
  const translation: Translation = { cluster, settings, ingresses, log }
  const upstreams = upstreamsOf(translation)
  const servers = serversOf(translation, upstreams, annotationsOf(NOTHING, { ...rules, ingress: '' }, defaults))
  overlaps(translation)
  mergeCanaries(translation, upstreams, servers, hostOfRule)
  customDefaults(translation, upstreams, servers)
  const sorted = [...servers.values()].toSorted((a, b) => (a.hostname < b.hostname ? -1 : 1))
  for (const server of sorted) server.locations = withoutRefused(log, server, finished(server.locations))
  const certificate = servers.get(DEFAULT_SERVER)?.certificate
  return {
    servers: sorted,
    upstreams,
    streams: [...streamsOf(translation, 'tcp'), ...streamsOf(translation, 'udp')],
    passthrough: sorted.flatMap((server) => passthroughOf(translation, server)),
    defaultCertificate: certificate ?? { certificate: { subject: '', issuer: '', names: [] }, name: '' },
    log: log.lines,
  }
}

/** custom-headers: of a ConfigMap, as far as the administrator allows them. */
function withHeaders(cluster: Cluster, { allowedHeaders }: Settings, annotations: Annotations): Annotations {
  const { customHeaders } = annotations
  if (customHeaders === '') return annotations
  const [namespace = '', name = ''] = customHeaders.split('/')
  const found = get(cluster, 'ConfigMap', namespace, name)
  const headers = Object.entries(found?.data ?? {})
  const forbidden = headers.find(([header]) => !allowedHeaders.includes(header))?.[0]
  const why = !found
    ? `unable to find configMap "${customHeaders}"`
    : forbidden === undefined
      ? undefined
      : `header ${forbidden} is not allowed, defined allowed headers inside global-allowed-response-headers [${allowedHeaders.join(' ')}]`
  if (why === undefined) return { ...annotations, responseHeaders: headers }
  return deniedFor(annotations, why)
}

function deniedFor(annotations: Annotations, why: string): Annotations {
  const denied = `location denied, reason: ${why}`
  const problems = [...annotations.problems, `error reading Ingress annotation: ${denied}`]
  return { ...annotations, denied: annotations.denied ?? denied, problems }
}

/** auth-secret: a file of users in one key, or a key for each. */
function withUsers(cluster: Cluster, { validates }: Settings, { metadata }: Ingress, annotations: Annotations): Annotations {
  const { auth } = annotations
  if (!auth || auth.secret === '') return annotations
  const own = metadata.namespace ?? ''
  const [first = '', second] = auth.secret.split('/')
  const [namespace, name] = second === undefined ? [own, first] : [first, second]
  if (validates && namespace !== own) return deniedFor(annotations, 'cross namespace usage of secrets is not allowed')
  const secret = get(cluster, 'Secret', namespace, name)
  const key = `${namespace}/${name}`
  if (!secret) return deniedFor(annotations, `unexpected error reading secret ${key}: no object matching key "${key}" in local store`)
  const bytes = (each: string): string | undefined => {
    const found = secretBytes(secret, each)
    return found && latin1(found)
  }
  const text = auth.kind === 'auth-file' ? bytes('auth') : undefined
  if (auth.kind === 'auth-file' && text === undefined)
    return deniedFor(annotations, `the secret ${name} does not contain a key with value auth`)
  const users = text === undefined ? new Map(Object.keys(secret.data ?? {}).map((each) => [each, bytes(each) ?? ''])) : usersOf(text)
  const unknown = [...users].filter(([, kept]) => !isSimulated(kept)).map(([user]) => `the password of user ${user} is not simulated`)
  const file = `${AUTH_FILES}/${own}-${metadata.uid ?? ''}-${secret.metadata.uid ?? ''}.passwd`
  return { ...annotations, auth: { ...auth, users, file }, problems: [...annotations.problems, ...unknown] }
}

/** SetDefaultNGINXPathType: what is left to the implementation is a prefix here, and no path is all of them. */
function withNginxPaths(ingress: Ingress): Ingress {
  const { rules } = ingress.spec
  if (!rules) return ingress
  const typed = ({ path, pathType, backend }: IngressPath): IngressPath => ({
    path: path || '/',
    pathType: pathType === 'ImplementationSpecific' ? 'Prefix' : pathType,
    backend,
  })
  return {
    ...ingress,
    spec: { ...ingress.spec, rules: rules.map((rule) => (rule.http ? { ...rule, http: { paths: rule.http.paths.map(typed) } } : rule)) },
  }
}

/**
 * What nginx would refuse the file for: a location that stands twice, where locations are no regular expressions; an expression that cannot be compiled, where they are. The controller then keeps the file
 * before this one; here such a location is left out, and the log says what nginx said.
 */
function withoutRefused(log: Log, server: Server, locations: readonly Location[]): Location[] {
  const seen = new Set<string>()
  const expressions = locations.some((each) => needsRewrite(each) || each.annotations.useRegex)
  return locations.filter((location) => {
    const { path, pathType, ingress, field } = location
    const key = `${pathType === 'Exact' ? '= ' : ''}"${path}"`
    const refused = expressions
      ? regexOf(path, true)
        ? undefined
        : `pcre2_compile() failed in "^${path}"`
      : seen.has(key)
        ? `duplicate location "${path}"`
        : undefined
    seen.add(key)
    if (refused === undefined) return true
    const text = `Unexpected failure reloading the backend: exit status 1: nginx: [emerg] ${refused} in server ${server.hostname}`
    log.error(text, ingress && refOfIngress(ingress, field))
    return false
  })
}

/** default-backend: in place of a Service without endpoints, where it has some itself. */
function customDefaults({ cluster }: Translation, upstreams: Map<string, Upstream>, servers: ReadonlyMap<string, Server>): void {
  for (const { locations } of servers.values())
    for (const location of locations) {
      const { annotations, ingress, backend } = location
      const upstream = upstreams.get(backend)
      if (annotations.defaultBackend === '' || !upstream || upstream.name === DEFAULT_UPSTREAM || upstream.endpoints.length > 0) continue
      const namespace = ingress?.metadata.namespace ?? ''
      const service = serviceOf(cluster, namespace, annotations.defaultBackend)
      const port = service?.spec.ports?.[0]
      const endpoints = service && port ? endpointsOf(cluster, service, port) : []
      if (endpoints.length === 0) continue
      const name = `${CUSTOM_DEFAULT}${namespace}-${annotations.defaultBackend}`
      upstreams.set(name, { ...upstream, name, endpoints, service: { kind: 'Service', namespace, name: annotations.defaultBackend } })
      location.backend = name
    }
}

/** The webhook would have refused the younger one; where it is not asked, nginx has the older one's location. */
function overlaps({ ingresses, log }: Translation): void {
  const holders = new Map<string, Ingress>()
  for (const { ingress, annotations } of ingresses) {
    if (annotations.canary) continue
    ingress.spec.rules?.forEach(({ host, http }, i) =>
      http?.paths.forEach(({ path, pathType }, j) => {
        const key = `${hostOfRule(host)} ${path || '/'} ${pathType}`
        const holder = holders.get(key)
        if (!holder) holders.set(key, ingress)
        else if (holder !== ingress)
          log.warn(
            `host "${hostOfRule(host)}" and path "${path || '/'}" is already defined in ingress ${holder.metadata.namespace ?? ''}/${holder.metadata.name}`,
            refOfIngress(ingress, `spec.rules[${i}].http.paths[${j}]`),
          )
      }),
    )
  }
}

/**
 * Longer paths first, then updateServerLocations: nginx compares prefixes letter by letter, so a Prefix path becomes one with a slash at its end and, for
 * the path itself, an exact one. Regular expressions stay as they are.
 */
function finished(locations: readonly Location[]): Location[] {
  const sorted = locations
    .toSorted((a, b) => (a.path === b.path ? 0 : a.path > b.path ? -1 : 1))
    .toSorted((a, b) => b.path.length - a.path.length)
  const exact = new Set(sorted.flatMap(({ path, pathType }) => (pathType === 'Exact' ? [path] : [])))
  return sorted.flatMap((location) => {
    const { path, pathType, annotations } = location
    if (path === '/' || pathType !== 'Prefix' || needsRewrite(location) || annotations.useRegex) return [location]
    const prefix: Location = { ...location, path: path.endsWith('/') ? path : `${path}/` }
    return exact.has(path) ? [prefix] : [prefix, { ...location, pathType: 'Exact' }]
  })
}

/** `PORT: namespace/service:port[:PROXY][:PROXY]` of the ConfigMaps for TCP and UDP. */
function streamsOf({ cluster, settings, log }: Translation, protocol: 'tcp' | 'udp'): readonly StreamService[] {
  const [ns = '', configMap = ''] = (protocol === 'tcp' ? settings.tcpServices : settings.udpServices).split('/')
  const data = get(cluster, 'ConfigMap', ns, configMap)?.data ?? {}
  const { http, https, status, health } = settings.ports
  const reserved = new Set([http, https, 442, health, DEFAULT_PORT, 10245, status, 10247])
  const upper = protocol.toUpperCase()
  const found = Object.entries(data).flatMap(([key, value]): StreamService[] => {
    const port = Number(key)
    const [reference = '', servicePort, decode = '', encode = ''] = value.split(':')
    const [namespace = '', name = ''] = reference.split('/')
    const refused = (text: string): [] => {
      log.warn(text, { kind: 'ConfigMap', namespace: ns, name: configMap, field: `data[${key}]` })
      return []
    }
    if (!/^\d+$/.test(key)) return refused(`"${key}" is not a valid ${upper} port number`)
    if (reserved.has(port))
      return refused(`Port ${port} cannot be used for ${upper} stream services. It is reserved for the Ingress controller.`)
    if (servicePort === undefined) return refused(`Invalid Service reference "${value}" for ${upper} port ${port}`)
    const service = serviceOf(cluster, namespace, name)
    if (!service) return refused(`Error getting Service "${reference}": no object matching key "${reference}" in local store`)
    const own = service.spec.ports?.find(
      (each) => [String(each.port), each.name].includes(servicePort) && (each.protocol ?? 'TCP') === upper,
    )
    const endpoints = own ? endpointsOf(cluster, service, own, own.protocol === 'UDP' ? 'UDP' : 'TCP') : []
    if (endpoints.length === 0) return refused(`Service "${reference}" does not have any active Endpoint for ${upper} port ${servicePort}`)
    const proxy = (word: string): boolean => protocol === 'tcp' && word.toUpperCase() === 'PROXY'
    const object = { kind: 'Service', namespace, name }
    return [
      {
        protocol,
        port,
        name: `${protocol}-${namespace}-${name}-${servicePort}`,
        object,
        endpoints,
        decode: proxy(decode),
        encode: proxy(encode),
      },
    ]
  })
  return found.toSorted((a, b) => a.port - b.port)
}

/** TLS that is not opened goes to the cluster IP: the controller itself passes it on, and knows no endpoints. */
function passthroughOf({ cluster, settings, log }: Translation, server: Server): readonly PassthroughBackend[] {
  if (!server.passthrough || !settings.passthrough) return []
  const root = server.locations.find(({ path, isDefault }) => path === '/' && !isDefault)
  if (!root?.ingress) {
    log.warn(`Server "${server.hostname}" has no default backend, ignoring SSL Passthrough.`)
    return []
  }
  const namespace = root.ingress.metadata.namespace ?? ''
  const service = serviceOf(cluster, namespace, root.service)
  const port = service?.spec.ports?.find((each) => [String(each.port), each.name].includes(root.port))
  const address = parseIp(service?.spec.clusterIP ?? '')
  if (!port || !address) return []
  return [{ hostname: server.hostname, address, port: port.port, upstream: root.backend, object: refOfIngress(root.ingress, root.field) }]
}
