/** Ingresses as Kong's controller reads them (Kong/kubernetes-ingress-controller v3, internal/dataplane/translator). Left out: KongIngress, KongUpstreamPolicy and the Gateway API. */
import type { Ingress, IngressPath, IngressServicePort } from '../../api/ingress.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { get } from '../../cluster/cluster.ts'
import { type IngressController, ingressesOf } from '../../cluster/ingress-controller.ts'
import { endpointsOf, portText, serviceOf, servicePortOf } from '../ingress/backend.ts'
import { certificateOf } from '../ingress/certificate.ts'
import type { LogLine, ObjectRef } from '../program.ts'
import type { Model, Path, Route, Upstream } from './model.ts'
import { consumersOf, globalPlugins, pluginsOf } from './plugins.ts'
import { unsimulated } from './transformers.ts'

interface Translating {
  readonly cluster: Cluster
  readonly routes: Route[]
  readonly upstreams: Map<string, Upstream>
  readonly certificates: Model['certificates'][number][]
  readonly log: LogLine[]
  readonly className: string
}

const refOf = ({ metadata }: Ingress, field: string): ObjectRef => ({
  kind: 'Ingress',
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  field,
})

export function translate(cluster: Cluster, controller: IngressController): Model {
  const at: Translating = { cluster, routes: [], upstreams: new Map(), certificates: [], log: [], className: controller.rules.annotation }
  let fallback: Ingress | undefined
  for (const ingress of ingressesOf(cluster, controller)) {
    addIngress(at, ingress)
    // One default backend for all: the oldest Ingress' that names one.
    if (ingress.spec.defaultBackend) fallback ??= ingress
  }
  const backend = fallback?.spec.defaultBackend
  if (fallback && backend) addRoute(at, fallback, '', { pathType: 'ImplementationSpecific', backend }, 'spec.defaultBackend')
  const [globals, consumers] = [globalPlugins(at), consumersOf(at)]
  const used = new Set([...at.routes, ...at.upstreams.values(), ...consumers].flatMap(({ plugins }) => plugins))
  for (const plugin of new Set([...globals, ...used]))
    for (const each of unsimulated(plugin))
      at.log.push({ level: 'warning', text: `${each} of plugin ${plugin.name} is not simulated`, object: plugin.object })
  return { ...at, globals, consumers, routes: at.routes.toSorted(firstTried) }
}

function addIngress(at: Translating, ingress: Ingress): void {
  const { namespace = '', annotations = {} } = ingress.metadata
  for (const name of Object.keys(annotations))
    if (/^konghq\.com\/(?!headers\.)/.test(name) && !READ.has(name.slice(11)))
      at.log.push({ level: 'warning', text: `annotation ${name} is not simulated`, object: refOf(ingress, 'metadata.annotations') })
  for (const [i, { hosts = [], secretName = '' }] of (ingress.spec.tls ?? []).entries()) {
    if (hosts.length === 0 || secretName === '') continue
    const secret = get(at.cluster, 'Secret', namespace, secretName)
    const read = secret && certificateOf(secret)
    // A name belongs to the first Secret that it is given for.
    const free = hosts.filter((each) => !at.certificates.some(({ host }) => host === each))
    if (read?.ok) at.certificates.push(...free.map((host) => ({ host, certificate: read.value })))
    else {
      const text = read ? 'failed to construct certificate from secret' : `Failed to fetch the secret (${namespace}/${secretName})`
      at.log.push({ level: 'error', text, object: refOf(ingress, `spec.tls[${i}]`) })
    }
  }
  for (const [i, { host = '', http }] of (ingress.spec.rules ?? []).entries())
    for (const [j, path] of (http?.paths ?? []).entries()) addRoute(at, ingress, host, path, `spec.rules[${i}].http.paths[${j}]`)
}

/** Annotations of Ingresses and of Services that are heeded, without prefix. */
const READ = new Set(
  'plugins strip-path preserve-host protocols https-redirect-status-code methods regex-priority regex-prefix host-aliases headers-separator tags request-buffering response-buffering'.split(
    ' ',
  ),
)
const READ_OF_SERVICE = new Set('plugins protocol path host-header connect-timeout read-timeout write-timeout retries tags'.split(' '))

function addRoute(at: Translating, ingress: Ingress, host: string, path: IngressPath, field: string): void {
  const { service, resource } = path.backend
  if (!service) {
    const type = [resource?.apiGroup, resource?.kind].filter(Boolean).join('/')
    const isDefault = field === 'spec.defaultBackend'
    const whose = isDefault ? 'default backend: unsupported' : `failed to get backend for ingress path "${path.path ?? '/'}": unknown`
    at.log.push({ level: 'error', text: `${whose} resource type ${type}`, object: refOf(ingress, field) })
    return
  }
  const { namespace = '', name, annotations = {} } = ingress.metadata
  const object = refOf(ingress, field)
  const upstream = upstreamOf(at, namespace, service.name, service.port ?? {}, object)
  const say = (key: string): string => annotations[`konghq.com/${key}`] ?? ''
  const listed = (key: string): readonly string[] =>
    say(key)
      .split(',')
      .flatMap((each) => each.trim() || [])
  const given = listed('methods')
  const bad = given.find((each) => !/^[A-Z]+$/.test(each))
  if (bad !== undefined) at.log.push({ level: 'error', text: `Invalid method ${bad}`, object })
  const forced = annotations['ingress.kubernetes.io/force-ssl-redirect'] === 'true'
  const own = listed('protocols')
  const known = own.every((each) => /^(http|https|grpc|grpcs|tcp|udp|tls|tls_passthrough|ws|wss)$/.test(each)) ? own : []
  const protocols = known.length > 0 ? known : forced ? ['https'] : ['http', 'https']
  const code = Number(say('https-redirect-status-code'))
  const common = {
    hosts: [...new Set([...(host === '' ? [] : [host.toLowerCase()]), ...listed('host-aliases')])],
    headers: headersOf(annotations),
    stripPath: say('strip-path') === 'true',
    preserveHost: say('preserve-host') !== 'false',
    protocols,
    redirectStatus: [426, 301, 302, 307, 308].includes(code) ? code : forced ? 302 : 426,
    methods: bad === undefined ? given : [],
    regexPriority: Number(say('regex-priority') || 0),
    upstream,
    plugins: pluginsOf(at, annotations, namespace, object),
    object,
  }
  const route = [namespace, name, service.name, host.replaceAll('*', '_'), portText(service.port ?? {})].join('.')
  for (const each of pathsOf(path, annotations['konghq.com/regex-prefix'] ?? '/~')) {
    if (each.regex && !isPattern(each.value))
      at.log.push({ level: 'error', text: `invalid paths: invalid regex: '${each.value}' in route ${route}`, object })
    else at.routes.push({ ...common, name: route, path: each })
  }
}

/** `konghq.com/headers.X-Name: a, b`: one of the values has to be there. */
function headersOf(annotations: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> {
  const separator = annotations['konghq.com/headers-separator'] ?? ','
  return new Map(
    Object.entries(annotations).flatMap(([key, value]) =>
      /^konghq\.com\/headers\../.test(key) && value !== ''
        ? [[key.slice(19), value.split(separator).map((each) => each.trim())] as const]
        : [],
    ),
  )
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

/** A Prefix is two paths, for Kong's prefixes go letter by letter; what begins with `/~` is a regular expression where the type leaves it open. */
function pathsOf({ path: given = '', pathType }: IngressPath, prefix: string): readonly Path[] {
  const path = given.replace(/\/+/g, '/')
  const bare = path.replace(/\/+$/, '')
  if (pathType === 'Exact') return [{ regex: true, value: `/${path.replace(/^\/+/, '')}$` }]
  if (pathType === 'Prefix')
    return bare === ''
      ? [{ regex: false, value: '/' }]
      : [
          { regex: false, value: `${bare}/` },
          { regex: true, value: `${bare}$` },
        ]
  return prefix !== '' && path.startsWith(prefix)
    ? [{ regex: true, value: path.slice(prefix.length) }]
    : [{ regex: false, value: path || '/' }]
}

function upstreamOf(at: Translating, namespace: string, name: string, port: IngressServicePort, object: ObjectRef): string {
  const key = `${name}.${namespace}.${portText(port)}.svc`
  if (at.upstreams.has(key)) return key
  const service = serviceOf(at.cluster, namespace, name)
  // Where no port has the name, a target port of that name will do.
  const found =
    service &&
    (servicePortOf(service, port) ?? (port.name ? service.spec.ports?.find(({ targetPort }) => targetPort === port.name) : undefined))
  if (!service) {
    const why = `failed to fetch Service ${namespace}/${name}: Service ${namespace}/${name} not found`
    at.log.push({ level: 'error', text: `failed to resolve Kubernetes Service for backend: ${why}`, object })
    at.log.push({ level: 'error', text: `can't add target for backend ${name}: no kubernetes service found`, object })
  } else if (!found) at.log.push({ level: 'error', text: "can't find port for backend kubernetes service: no suitable port found", object })
  const targets = service && found ? endpointsOf(at.cluster, service, found) : []
  if (service && found && targets.length === 0)
    at.log.push({ level: 'info', text: `No targets could be found for kubernetes service namespace=${namespace} name=${name}`, object })
  const own = service?.metadata.annotations ?? {}
  const owner = { kind: 'Service', namespace, name }
  for (const each of Object.keys(own))
    if (each.startsWith('konghq.com/') && !READ_OF_SERVICE.has(each.slice(11)))
      at.log.push({ level: 'warning', text: `annotation ${each} is not simulated`, object: owner })
  const say = (annotation: string): string => own[`konghq.com/${annotation}`] ?? ''
  const seconds = (annotation: string): number => (/^\d+$/.test(say(annotation)) ? Number(say(annotation)) / 1000 : 60)
  const asked = say('protocol')
  at.upstreams.set(key, {
    name: key,
    targets,
    protocol: asked === 'https' || asked === 'grpc' || asked === 'grpcs' ? asked : 'http',
    path: say('path') || '/',
    hostHeader: say('host-header'),
    connectTimeout: seconds('connect-timeout'),
    readTimeout: seconds('read-timeout'),
    retries: /^\d+$/.test(say('retries')) ? Number(say('retries')) : 5,
    plugins: pluginsOf(at, own, namespace, owner),
    object: owner,
  })
  return key
}

/** The traditional router (kong/router/traditional.lua): more conditions first, plain hosts before wildcards, regular expressions by priority and before prefixes, longer paths first. */
function firstTried(a: Route, b: Route): number {
  const conditions = ({ hosts, methods, headers }: Route): number =>
    Number(hosts.length > 0) + Number(methods.length > 0) + Number(headers.size > 0)
  const isWild = ({ hosts }: Route): number => Number(hosts.some((host) => host.includes('*')))
  return (
    conditions(b) - conditions(a) ||
    isWild(a) - isWild(b) ||
    Number(b.path.regex) - Number(a.path.regex) ||
    b.headers.size - a.headers.size ||
    b.regexPriority - a.regexPriority ||
    b.path.value.length - a.path.value.length
  )
}
