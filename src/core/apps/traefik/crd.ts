/** The Kubernetes CRD provider (pkg/provider/kubernetes/crd, v3): IngressRoute, Middleware, TraefikService. Left out: IngressRouteTCP and UDP, TLSOption, ServersTransport, parentRefs. */
import { INGRESS_CLASS_ANNOTATION } from '../../api/ingress.ts'
import type { IngressRoute, TraefikMiddleware, TraefikRoute, TraefikService, TraefikServiceRef } from '../../api/traefik.ts'
import { sha256Hex } from '../../base/sha256.ts'
import { type Cluster, list } from '../../cluster/cluster.ts'
import type { TraefikSettings } from '../../cluster/traefik.ts'
import { certificateOf } from '../ingress/certificate.ts'
import type { ObjectRef } from '../program.ts'
import { refOfService, schemeOf, serverAt, serversOf } from './endpoints.ts'
import { type Building, normalize, type Service } from './model.ts'
import { type Objects, watched } from './objects.ts'

const PROVIDER = '@kubernetescrd'

interface Crd {
  readonly objects: Objects
  readonly options: NonNullable<TraefikSettings['crd']>
  readonly out: Building
}

export function crdProvider(cluster: Cluster, objects: Objects, options: NonNullable<TraefikSettings['crd']>, out: Building): void {
  const crd: Crd = { objects, options, out }
  const own = <T extends { readonly metadata: { readonly namespace?: string } }>(all: Iterable<T>): readonly T[] =>
    [...all].filter(({ metadata }) => watched(options.namespaces, metadata.namespace))
  for (const each of own(list(cluster, 'Middleware'))) middleware(each, out)
  for (const each of own(list(cluster, 'TraefikService'))) traefikService(crd, each)
  for (const each of own(list(cluster, 'IngressRoute'))) {
    const annotation = each.metadata.annotations?.[INGRESS_CLASS_ANNOTATION] ?? ''
    if (annotation === options.ingressClass || (options.ingressClass === '' && annotation === 'traefik')) ingressRoute(crd, each)
  }
}

const keyOf = (namespace: string | undefined, name: string): string => `${normalize(`${namespace ?? 'default'}-${name}`)}${PROVIDER}`

const refOf = ({ kind, metadata }: IngressRoute | TraefikMiddleware | TraefikService, field?: string): ObjectRef => ({
  kind,
  namespace: metadata.namespace ?? 'default',
  name: metadata.name,
  ...(field !== undefined && { field }),
})

const SIMULATED: ReadonlySet<string> = new Set(
  'addPrefix stripPrefix stripPrefixRegex replacePath replacePathRegex redirectScheme redirectRegex headers ipAllowList ipWhiteList chain'.split(
    ' ',
  ),
)

function middleware(each: TraefikMiddleware, out: Building): void {
  const name = keyOf(each.metadata.namespace, each.metadata.name)
  for (const field of Object.keys(each.spec ?? {}))
    if (!SIMULATED.has(field))
      out.warn(`middleware ${field} of ${name} is not simulated: requests pass it unchanged`, refOf(each, `spec.${field}`))
  const chain = each.spec?.chain?.middlewares?.map((ref) => ({ name: referenceOf(each.metadata.namespace, ref) }))
  out.middlewares.set(name, { name, config: { ...each.spec, ...(chain && { chain: { middlewares: chain } }) }, object: refOf(each) })
}

/** A name with `@` is another provider's own. */
const referenceOf = (parent: string | undefined, { name, namespace }: { readonly name: string; readonly namespace?: string }): string =>
  name.includes('@') ? name : keyOf(namespace ?? parent, name)

function ingressRoute(crd: Crd, each: IngressRoute): void {
  const { out, objects } = crd
  const { namespace = 'default', name } = each.metadata
  const secretName = each.spec.tls?.secretName
  if (secretName) {
    const secret = objects.secret(namespace, secretName)
    const certificate = secret && certificateOf(secret)
    if (!certificate) out.error(`Error configuring TLS: secret ${namespace}/${secretName} does not exist`, refOf(each, 'spec.tls'))
    else if (certificate.ok) out.certificates.set(`${namespace}-${secretName}`, certificate.value)
    else out.error(`Error configuring TLS: ${certificate.error}`, refOf(each, 'spec.tls'))
  }
  each.spec.routes.forEach((route, i) => {
    const at = refOf(each, `spec.routes[${i}]`)
    if (route.kind && route.kind !== 'Rule')
      return out.error(`Unsupported match kind: ${route.kind}. Only "Rule" is supported for now.`, at)
    if (route.match === '') return out.error('Empty match rule', at)
    const key = `${normalize(`${namespace}-${name}-${sha256Hex(route.match, 20)}`)}${PROVIDER}`
    const foreign = (route.middlewares ?? []).find(
      (ref) => ref.namespace && ref.namespace !== namespace && !crd.options.allowCrossNamespace,
    )
    if (foreign)
      return out.error(`Failed to create middleware keys: middleware ${foreign.name} is not in the IngressRoute namespace ${namespace}`, at)
    const service = routeService(crd, route, namespace, key, at)
    if (service === undefined) return undefined
    out.routers.set(key, {
      name: key,
      rule: route.match,
      syntax: (route.syntax ?? crd.options.defaultRuleSyntax) === 'v2' ? 'v2' : 'v3',
      ...(route.priority ? { priority: route.priority } : {}),
      entryPoints: each.spec.entryPoints ?? [],
      middlewares: (route.middlewares ?? []).map((ref) => referenceOf(namespace, ref)),
      service,
      tls: each.spec.tls !== undefined,
      object: at,
    })
    return undefined
  })
}

/** One Service gives the router's own, several a weighted one; undefined where none could be made. */
function routeService(crd: Crd, { services = [] }: TraefikRoute, namespace: string, key: string, at: ObjectRef): string | undefined {
  const [only] = services
  if (!only) return ''
  if (services.length > 1) return weighted(crd, namespace, services, key, at) ? key : undefined
  if (only.kind === 'TraefikService') return referenceOf(namespace, only)
  return kept(crd, namespace, only, key, at)
}

/** The servers of a Service, kept under the name; undefined, and told, where there is nothing to make them of. */
function kept(crd: Crd, namespace: string, ref: TraefikServiceRef, name: string, at: ObjectRef): string | undefined {
  const made = serversLB(crd, namespace, ref, name)
  if (typeof made === 'string') {
    crd.out.error(made, at)
    return undefined
  }
  crd.out.services.set(name, made)
  return name
}

function weighted(
  crd: Crd,
  namespace: string,
  refs: readonly TraefikServiceRef[],
  key: string,
  at: ObjectRef,
  sticky?: TraefikServiceRef['sticky'],
): boolean {
  const services: { readonly name: string; readonly weight: number }[] = []
  for (const ref of refs) {
    const name = named(crd, namespace, ref, at)
    if (name === undefined) return false
    services.push({ name, weight: ref.weight ?? 1 })
  }
  crd.out.services.set(key, { kind: 'weighted', name: key, services, ...(sticky && { sticky }), object: at })
  return true
}

/** The service that a reference means, made where it is a Service of Kubernetes. */
function named(crd: Crd, parent: string, ref: TraefikServiceRef, at: ObjectRef): string | undefined {
  if (ref.kind === 'TraefikService') return referenceOf(parent, ref)
  const name = `${normalize(`${ref.namespace ?? parent}-${ref.name}${ref.port === undefined ? '' : `-${ref.port}`}`)}${PROVIDER}`
  return kept(crd, parent, ref, name, at)
}

function traefikService(crd: Crd, each: TraefikService): void {
  const key = keyOf(each.metadata.namespace, each.metadata.name)
  const namespace = each.metadata.namespace ?? 'default'
  const { weighted: parts, mirroring } = each.spec
  if (parts) return void weighted(crd, namespace, parts.services ?? [], key, refOf(each, 'spec.weighted'), parts.sticky)
  if (!mirroring) return crd.out.warn(`TraefikService ${key}: its kind is not simulated`, refOf(each))
  const at = refOf(each, 'spec.mirroring')
  const service = named(crd, namespace, mirroring, at)
  if (service === undefined) return undefined
  const mirrors = (mirroring.mirrors ?? []).flatMap((ref) => {
    const name = named(crd, namespace, ref, at)
    return name === undefined ? [] : [{ name, percent: ref.percent ?? 0 }]
  })
  crd.out.services.set(key, { kind: 'mirroring', name: key, service, mirrors, object: at })
  return undefined
}

/** buildServersLB; a text says why not. */
function serversLB({ objects, options }: Crd, parent: string, ref: TraefikServiceRef, name: string): Service | string {
  const namespace = ref.namespace ?? parent
  if (namespace !== parent && !options.allowCrossNamespace)
    return `service ${namespace}/${ref.name} not in the parent resource namespace ${parent}`
  const service = objects.service(namespace, ref.name)
  if (!service) return `kubernetes service not found: ${namespace}/${ref.name}`
  const ports = service.spec.ports ?? []
  const wanted = ref.port
  const port = wanted === undefined ? undefined : ports.find((each) => each.port === Number(wanted) || each.name === wanted)
  if (!port) return `service port not found: ${namespace}/${ref.name}:${wanted ?? 0}`
  if (service.spec.type === 'ExternalName' && !ref.nativeLB && !options.allowExternalNameServices)
    return `externalName services not allowed: ${namespace}/${ref.name}`
  const scheme = schemeOf(port, ref.scheme)
  const servers = ref.nativeLB
    ? [serverAt(service.spec.clusterIP ?? '', port.port, scheme)]
    : service.spec.type === 'ExternalName'
      ? [serverAt(service.spec.externalName ?? '', port.port, scheme)]
      : serversOf(objects.slices(namespace, ref.name), port, scheme)
  if (servers.length === 0 && !options.allowEmptyServices) return `subset not found for ${namespace}/${ref.name}`
  return {
    kind: 'loadBalancer',
    name,
    servers,
    passHostHeader: ref.passHostHeader ?? true,
    middlewares: [],
    ...(ref.sticky && { sticky: ref.sticky }),
    object: refOfService(service),
  }
}
