/**
 * The Kubernetes provider of v1.7 (provider/kubernetes/kubernetes.go, annotations.go): frontends named by host and path, backends with the pods' addresses. An Ingress is left at its first mistake
 * in TLS or in its default backend, rules and all. Annotations that are not simulated are named in the log.
 */
import { INGRESS_CLASS_ANNOTATION, type Ingress, type IngressBackend, type IngressPath } from '../../api/ingress.ts'
import type { Service as ServiceObject, ServicePort } from '../../api/service.ts'
import type { IngressProviderOptions } from '../../cluster/traefik.ts'
import { certificateOf } from '../ingress/certificate.ts'
import type { ObjectRef } from '../program.ts'
import { firstAnnotations, unreadAnnotations } from './first-annotations.ts'
import { addFrontend, type FirstRoute } from './first-frontend.ts'
import { refOfService, serversOf } from './endpoints.ts'
import type { Building, Server } from './model.ts'
import type { Objects } from './objects.ts'

export const GLOBAL_FRONTEND = 'global-default-frontend'
const GLOBAL_BACKEND = 'global-default-backend'

export function firstProvider(objects: Objects, options: IngressProviderOptions, out: Building): void {
  const { ingressClass } = options
  for (const ingress of objects.ingresses) {
    const own = ingress.metadata.annotations?.[INGRESS_CLASS_ANNOTATION] ?? ''
    if (ingressClass === '' ? own !== '' && own !== 'traefik' : own !== ingressClass) continue
    load(objects, options, ingress, out)
  }
}

const nameOf = ({ metadata }: Ingress): string => `${metadata.namespace ?? 'default'}/${metadata.name}`

function load(objects: Objects, options: IngressProviderOptions, ingress: Ingress, out: Building): void {
  const { namespace = 'default', name } = ingress.metadata
  const refOf = (field: string): ObjectRef => ({ kind: 'Ingress', namespace, name, field })
  for (const key of unreadAnnotations(ingress.metadata.annotations))
    out.warn(`annotation ${key} is not simulated`, refOf('metadata.annotations'))
  const tls = certificates(objects, ingress, out)
  if (tls !== undefined) return out.error(`Error configuring TLS for ingress ${nameOf(ingress)}: ${tls}`, refOf('spec.tls'))
  const { defaultBackend, rules = [] } = ingress.spec
  if (defaultBackend) {
    const problem = globalBackend(objects, options, ingress, defaultBackend, out)
    if (problem !== undefined)
      return out.error(`Error creating global backend for ingress ${nameOf(ingress)}: ${problem}`, refOf('spec.defaultBackend'))
  }
  rules.forEach(({ host = '', http }, i) => {
    if (!http) return out.warn('Error in ingress: HTTP is nil', refOf(`spec.rules[${i}]`))
    http.paths.forEach((path, j) => loadPath(objects, options, ingress, host, path, refOf(`spec.rules[${i}].http.paths[${j}]`), out))
  })
}

/** Who names a Secret that cannot be used gets nothing at all. */
function certificates(objects: Objects, ingress: Ingress, out: Building): string | undefined {
  const namespace = ingress.metadata.namespace ?? 'default'
  for (const { secretName } of ingress.spec.tls ?? []) {
    if (!secretName) continue
    const key = `${namespace}/${secretName}`
    if (out.certificates.has(key)) continue
    const secret = objects.secret(namespace, secretName)
    if (!secret) return `secret ${key} does not exist`
    const missing = ['tls.crt', 'tls.key'].filter((each) => secret.data?.[each] === undefined)
    if (missing.length > 0) return `secret ${key} is missing the following TLS data entries: ${missing.join(', ')}`
    const empty = ['tls.crt', 'tls.key'].filter((each) => secret.data?.[each] === '')
    if (empty.length > 0) return `secret ${key} contains the following empty TLS data entries: ${empty.join(', ')}`
    const certificate = certificateOf(secret)
    if (certificate.ok) out.certificates.set(key, certificate.value)
    else out.error(`Unable to add certificate ${key}: ${certificate.error}`, { kind: 'Secret', namespace, name: secretName })
  }
  return undefined
}

function globalBackend(
  objects: Objects,
  options: IngressProviderOptions,
  ingress: Ingress,
  { service: wanted }: IngressBackend,
  out: Building,
): string | undefined {
  const namespace = ingress.metadata.namespace ?? 'default'
  if (out.routers.has(GLOBAL_FRONTEND)) return `duplicate frontend: ${GLOBAL_FRONTEND}`
  if (out.services.has(GLOBAL_BACKEND)) return `duplicate backend: ${GLOBAL_BACKEND}`
  const key = `${namespace}/${wanted?.name ?? ''}`
  const service = wanted && objects.service(namespace, wanted.name)
  addBackend(out, GLOBAL_BACKEND, service, [])
  if (!wanted || !service) return `service not found for ${key}`
  const port = portOf(service, wanted)
  if (port && service.spec.type !== 'ExternalName' && !hasSubsets(objects, service)) return `endpoints not available for ${key}`
  // The scheme goes by the pods' port, and by what the Ingress says.
  const bySlice = port ? serversOf(objects.slices(namespace, wanted.name), port, 'http', 'ready') : []
  const secure = (wanted.port?.name ?? '').startsWith('https')
  const servers =
    port && service.spec.type === 'ExternalName'
      ? [outside(service, port, undefined)]
      : bySlice.map((each) => (secure || each.url.endsWith(':443') ? { ...each, url: each.url.replace(/^http:/, 'https:') } : each))
  addBackend(out, GLOBAL_BACKEND, service, servers)
  const annotations = firstAnnotations(ingress.metadata.annotations)
  const object: ObjectRef = { kind: 'Ingress', namespace, name: ingress.metadata.name, field: 'spec.defaultBackend' }
  addFrontend(out, options, {
    name: GLOBAL_FRONTEND,
    backend: GLOBAL_BACKEND,
    path: '/',
    annotations,
    routes: [{ name: '/', rule: 'PathPrefix:/' }],
    object,
  })
  return undefined
}

/** A backend by this name gets more servers; it may have been made by another path, or another Ingress. */
function addBackend(out: Building, name: string, service: ServiceObject | undefined, servers: readonly Server[]): void {
  const before = out.services.get(name)
  const known = before?.kind === 'loadBalancer' ? before.servers : []
  const sticky = stickyOf(service)
  out.services.set(name, {
    kind: 'loadBalancer',
    name,
    servers: [...known.filter((each) => !servers.some(({ url }) => url === each.url)), ...servers],
    passHostHeader: true,
    middlewares: [],
    ...(sticky && { sticky }),
    ...(service && { object: refOfService(service) }),
  })
}

function stickyOf(service: ServiceObject | undefined): { readonly cookie: { readonly name?: string } } | undefined {
  const { affinity, cookieName } = firstAnnotations(service?.metadata.annotations)
  return affinity ? { cookie: { ...(cookieName && { name: cookieName }) } } : undefined
}

const portOf = ({ spec }: ServiceObject, { port }: NonNullable<IngressBackend['service']>): ServicePort | undefined =>
  (spec.ports ?? []).find((each) => each.port === port?.number || (each.name !== undefined && each.name !== '' && each.name === port?.name))

const hasSubsets = (objects: Objects, { metadata }: ServiceObject): boolean =>
  objects.slices(metadata.namespace ?? 'default', metadata.name).some(({ endpoints = [] }) => (endpoints ?? []).length > 0)

const schemeOf = (port: ServicePort): string => (port.port === 443 || (port.name ?? '').startsWith('https') ? 'https' : 'http')

/** A name outside, with its port unless it is that of the web. */
const outside = ({ spec }: ServiceObject, port: ServicePort, scheme: string | undefined): Server => ({
  url: `${scheme ?? schemeOf(port)}://${spec.externalName ?? ''}:${port.port}`,
})

function loadPath(
  objects: Objects,
  options: IngressProviderOptions,
  ingress: Ingress,
  host: string,
  { path = '', backend }: IngressPath,
  object: ObjectRef,
  out: Building,
): void {
  const namespace = ingress.metadata.namespace ?? 'default'
  const annotations = firstAnnotations(ingress.metadata.annotations)
  const { entryPoints, priority, protocol } = annotations
  const wanted = backend.service
  const plain = `${host}${path}` || (wanted?.name ?? '')
  const placed = entryPoints.length > 0 ? `${entryPoints.join('-')}_${plain}` : plain
  const name = priority > 0 ? `${priority}-${placed}` : placed
  const service = wanted && objects.service(namespace, wanted.name)
  if (!out.services.has(name)) addBackend(out, name, undefined, [])
  if (!wanted || !service) return out.error(`Service not found for ${namespace}/${wanted?.name ?? ''}`, object)
  const rule = annotations.ruleFor(path)
  if (!rule.ok) return out.error(`Failed to get rule for ingress ${nameOf(ingress)}: ${rule.error}`, object)
  const routes: FirstRoute[] = [
    ...(rule.value === '' ? [] : [{ name: path, rule: rule.value }]),
    ...(host === '' ? [] : [{ name: host, rule: ruleForHost(host) }]),
  ]
  if (routes.length === 0) routes.push({ name: '/', rule: 'PathPrefix:/' })
  addFrontend(out, options, { name, backend: name, path, annotations, routes, object })
  const port = portOf(service, wanted)
  const scheme = port && (protocol ?? schemeOf(port))
  if (scheme !== undefined && !['http', 'https', 'h2c'].includes(scheme))
    return out.error(
      `Invalid protocol ingress.kubernetes.io/protocol/${namespace} specified for Ingress ${ingress.metadata.name} - skipping`,
      object,
    )
  const servers = !port || !scheme ? [] : serversAt(objects, service, port, scheme, out, object)
  return addBackend(out, name, service, servers)
}

function serversAt(
  objects: Objects,
  service: ServiceObject,
  port: ServicePort,
  scheme: string,
  out: Building,
  object: ObjectRef,
): readonly Server[] {
  const { namespace = 'default', name } = service.metadata
  if (service.spec.type === 'ExternalName') return [outside(service, port, scheme)]
  if (!hasSubsets(objects, service)) out.warn(`Endpoints not available for ${namespace}/${name}`, object)
  return serversOf(objects.slices(namespace, name), port, scheme, 'ready')
}

const ruleForHost = (host: string): string =>
  host.includes('*') ? `HostRegexp:${host.replace('*', '{subdomain:[A-Za-z0-9-_]+}')}` : `Host:${host}`
