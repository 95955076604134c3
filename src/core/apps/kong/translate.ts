/** Ingresses as Kong's controller reads them (Kong/kubernetes-ingress-controller v3, internal/dataplane/translator). Left out: plugins, consumers, its own kinds and Gateway API; KongIngress overrides. */
import type { Ingress, IngressPath, IngressServicePort } from '../../api/ingress.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import { get } from '../../cluster/cluster.ts'
import { type IngressController, ingressesOf } from '../../cluster/ingress-controller.ts'
import { endpointsOf, portText, serviceOf, servicePortOf } from '../ingress/backend.ts'
import { certificateOf } from '../ingress/certificate.ts'
import type { LogLine, ObjectRef } from '../program.ts'
import type { Model, Path, Route, Upstream } from './model.ts'

interface Translating {
  readonly cluster: Cluster
  readonly routes: Route[]
  readonly upstreams: Map<string, Upstream>
  readonly certificates: Model['certificates'][number][]
  readonly log: LogLine[]
}

const refOf = ({ metadata }: Ingress, field: string): ObjectRef => ({
  kind: 'Ingress',
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  field,
})

export function translate(cluster: Cluster, controller: IngressController): Model {
  const at: Translating = { cluster, routes: [], upstreams: new Map(), certificates: [], log: [] }
  let fallback: Ingress | undefined
  for (const ingress of ingressesOf(cluster, controller)) {
    addIngress(at, ingress)
    // One default backend for all: the oldest Ingress' that names one.
    if (ingress.spec.defaultBackend) fallback ??= ingress
  }
  const backend = fallback?.spec.defaultBackend
  if (fallback && backend) addRoute(at, fallback, '', { pathType: 'ImplementationSpecific', backend }, 'spec.defaultBackend')
  return { ...at, routes: at.routes.toSorted(firstTried) }
}

function addIngress(at: Translating, ingress: Ingress): void {
  const { namespace = '', annotations = {} } = ingress.metadata
  for (const name of Object.keys(annotations))
    if (name.startsWith('konghq.com/') && !READ.has(name.slice(11)))
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

const READ = new Set(['strip-path', 'preserve-host', 'protocols', 'https-redirect-status-code', 'methods', 'protocol', 'regex-priority'])

function addRoute(at: Translating, ingress: Ingress, host: string, path: IngressPath, field: string): void {
  const { service, resource } = path.backend
  if (!service) {
    const type = [resource?.apiGroup, resource?.kind].filter(Boolean).join('/')
    const whose =
      host === '' && field === 'spec.defaultBackend'
        ? 'default backend: unsupported'
        : `failed to get backend for ingress path "${path.path ?? '/'}": unknown`
    at.log.push({ level: 'error', text: `${whose} resource type ${type}`, object: refOf(ingress, field) })
    return
  }
  const { namespace = '', name, annotations = {} } = ingress.metadata
  const upstream = upstreamOf(at, namespace, service.name, service.port ?? {}, refOf(ingress, field))
  const say = (key: string): string => annotations[`konghq.com/${key}`] ?? ''
  const listed = (key: string): readonly string[] =>
    say(key)
      .split(',')
      .flatMap((each) => each.trim() || [])
  const protocols = listed('protocols')
  const common = {
    host: host.toLowerCase(),
    stripPath: say('strip-path') === 'true',
    preserveHost: say('preserve-host') !== 'false',
    protocols: protocols.length > 0 ? protocols : ['http', 'https'],
    redirectStatus: Number(say('https-redirect-status-code') || 426),
    methods: listed('methods').map((each) => each.toUpperCase()),
    regexPriority: Number(say('regex-priority') || 0),
    upstream,
    object: refOf(ingress, field),
  }
  const route = [namespace, name, service.name, host === '' ? '' : host, portText(service.port ?? {})].join('.')
  for (const each of pathsOf(path)) at.routes.push({ ...common, name: route, path: each })
}

/** A Prefix is two paths, for Kong's prefixes go letter by letter; what begins with `/~` is a regular expression where the type leaves it open. */
function pathsOf({ path = '', pathType }: IngressPath): readonly Path[] {
  const bare = path.replace(/\/+$/, '')
  if (pathType === 'Exact') return [{ regex: true, value: `${escaped(path)}$` }]
  if (pathType === 'Prefix')
    return bare === ''
      ? [{ regex: false, value: '/' }]
      : [
          { regex: false, value: `${bare}/` },
          { regex: true, value: `${escaped(bare)}$` },
        ]
  return path.startsWith('/~') ? [{ regex: true, value: path.slice(2) }] : [{ regex: false, value: path || '/' }]
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

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
  const asked = service?.metadata.annotations?.['konghq.com/protocol']
  const protocol = asked === 'https' || asked === 'grpc' || asked === 'grpcs' ? asked : 'http'
  at.upstreams.set(key, { name: key, targets, protocol, object: { kind: 'Service', namespace, name } })
  return key
}

/** The traditional router (kong/router/traditional.lua): more conditions first, plain hosts before wildcards, regular expressions by priority and before prefixes, longer paths first. */
function firstTried(a: Route, b: Route): number {
  const conditions = ({ host, methods }: Route): number => Number(host !== '') + Number(methods.length > 0)
  const isWild = ({ host }: Route): number => Number(host.includes('*'))
  return (
    conditions(b) - conditions(a) ||
    isWild(a) - isWild(b) ||
    Number(b.path.regex) - Number(a.path.regex) ||
    b.regexPriority - a.regexPriority ||
    b.path.value.length - a.path.value.length
  )
}
