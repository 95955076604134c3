/** The Kubernetes Ingress provider (pkg/provider/kubernetes/ingress/kubernetes.go, v3): an Ingress becomes routers, its backends services with the pods' own addresses. */
import { INGRESS_CLASS_ANNOTATION, type Ingress, type IngressBackend, type IngressPath, type IngressRule } from '../../api/ingress.ts'
import { sha256Hex } from '../../base/sha256.ts'
import { type IngressProviderOptions, TRAEFIK_INGRESS_CONTROLLER } from '../../cluster/traefik.ts'
import { certificateOf } from '../ingress/certificate.ts'
import { portText } from '../ingress/backend.ts'
import type { ObjectRef } from '../program.ts'
import { type RouterAnnotations, routerAnnotations, serviceAnnotations } from './annotations.ts'
import { refOfService, schemeOf, serverAt, serversOf } from './endpoints.ts'
import { type Building, normalize, quoted, type Router, type Server, type Service } from './model.ts'
import type { Objects } from './objects.ts'

const PROVIDER = '@kubernetes'
/** math.MinInt32: after everything else. */
export const LAST = -2147483648

export function ingressProvider(objects: Objects, options: IngressProviderOptions, out: Building): void {
  for (const ingress of objects.ingresses) if (isOurs(objects, options, ingress)) load(objects, options, ingress, out)
}

/** Classes count by name once they are this controller's; without a class the annotation decides, and no annotation is one too. */
function isOurs(
  objects: Objects,
  { ingressClass, disableIngressClassLookup, disableClusterScopeResources }: IngressProviderOptions,
  { metadata, spec }: Ingress,
): boolean {
  if (spec.ingressClassName !== undefined)
    return (
      !disableIngressClassLookup &&
      !disableClusterScopeResources &&
      objects.ingressClasses.some(
        (each) =>
          each.spec.controller === TRAEFIK_INGRESS_CONTROLLER &&
          each.metadata.name === spec.ingressClassName &&
          (ingressClass === '' || each.metadata.name === ingressClass),
      )
    )
  const annotation = metadata.annotations?.[INGRESS_CLASS_ANNOTATION] ?? ''
  return annotation === ingressClass || (ingressClass === '' && annotation === 'traefik')
}

const refOf = ({ metadata }: Ingress, field?: string): ObjectRef => ({
  kind: 'Ingress',
  namespace: metadata.namespace ?? 'default',
  name: metadata.name,
  ...(field !== undefined && { field }),
})

function load(objects: Objects, options: IngressProviderOptions, ingress: Ingress, out: Building): void {
  const annotations = routerAnnotations(ingress.metadata.annotations)
  const namespace = ingress.metadata.namespace ?? 'default'
  certificates(objects, ingress, out)
  const { rules = [], defaultBackend } = ingress.spec
  if (rules.length === 0 && defaultBackend) loadDefault(objects, options, ingress, defaultBackend, annotations, out)
  const routers = new Map<string, Router[]>()
  rules.forEach((rule, i) =>
    rule.http?.paths.forEach((path, j) => {
      const at = refOf(ingress, `spec.rules[${i}].http.paths[${j}]`)
      const { backend } = path
      if (backend.resource) return out.error('Resource backends are not supported', at)
      if (!backend.service) return out.error('Missing service definition', at)
      const service = `${normalize(`${namespace}-${backend.service.name}-${portText(backend.service.port ?? {})}`)}${PROVIDER}`
      if (!out.services.has(service)) {
        const made = loadService(objects, options, namespace, backend, service)
        if (typeof made === 'string') return out.error(`${made}: ${namespace}/${backend.service.name}`, at)
        out.services.set(service, made)
      }
      const rt = routerOf(options, rule, path, annotations, service, at)
      if (typeof rt === 'string') return out.error(`Skipping path. ${rt}`, at)
      const key = normalize(`${namespace}-${ingress.metadata.name}-${rule.host ?? ''}${path.path ?? ''}`)
      routers.set(key, [...(routers.get(key) ?? []), rt])
    }),
  )
  for (const [key, same] of routers)
    for (const each of same) {
      const name = `${same.length === 1 ? key : `${key}-${sha256Hex(each.rule, 20)}`}${PROVIDER}`
      out.routers.set(name, { ...each, name })
    }
}

function loadDefault(
  objects: Objects,
  options: IngressProviderOptions,
  ingress: Ingress,
  backend: IngressBackend,
  annotations: RouterAnnotations,
  out: Building,
): void {
  const object = refOf(ingress, 'spec.defaultBackend')
  const service = `default-backend${PROVIDER}`
  if (out.services.has(service)) return out.error('The default backend already exists.', object)
  if (backend.resource) return out.error('Resource is not supported for default backend', object)
  if (!backend.service) return out.error('Default backend is missing service definition', object)
  const made = loadService(objects, options, ingress.metadata.namespace ?? 'default', backend, service)
  if (typeof made === 'string') return out.error(`${made}: ${ingress.metadata.namespace ?? 'default'}/${backend.service.name}`, object)
  const name = `default-router${PROVIDER}`
  const { entryPoints, middlewares, tls } = annotations
  out.services.set(service, made)
  out.routers.set(name, { name, rule: 'PathPrefix("/")', syntax: 'v3', priority: LAST, entryPoints, middlewares, tls, service, object })
}

/** A text says why not. */
function routerOf(
  { strictPrefixMatching, defaultRuleSyntax }: IngressProviderOptions,
  { host }: IngressRule,
  { path, pathType }: IngressPath,
  annotations: RouterAnnotations,
  service: string,
  object: ObjectRef,
): Router | string {
  const { entryPoints, middlewares, priority, tls, ruleSyntax, pathMatcher } = annotations
  const v2 = (ruleSyntax ?? defaultRuleSyntax) === 'v2'
  const rules: string[] = []
  if (host)
    rules.push(
      v2 && host.startsWith('*.') ? `HostRegexp(${quoted(host.replace('*.', '{subdomain:[a-zA-Z0-9-]+}.'))})` : `Host(${quoted(host)})`,
    )
  if (path) {
    let matcher = 'PathPrefix'
    if (!pathType || pathType === 'ImplementationSpecific') {
      if (pathMatcher !== undefined && !['Path', 'PathPrefix', 'PathRegexp'].includes(pathMatcher))
        return `invalid router path matcher ${quoted(pathMatcher)}: must be one of Path, PathPrefix, PathRegexp`
      matcher = pathMatcher ?? matcher
    } else if (pathType === 'Exact') matcher = 'Path'
    rules.push(strictPrefixMatching && matcher === 'PathPrefix' ? strictPrefix(path) : `${matcher}(${quoted(path)})`)
  }
  return {
    name: '',
    rule: rules.join(' && '),
    syntax: v2 ? 'v2' : 'v3',
    ...(priority !== undefined && { priority }),
    entryPoints,
    middlewares,
    tls,
    service,
    object,
  }
}

/** By elements, as the specification has it. */
export function strictPrefix(path: string): string {
  if (path === '/') return 'PathPrefix("/")'
  const bare = path.endsWith('/') ? path.slice(0, -1) : path
  return `(Path(${quoted(bare)}) || PathPrefix(${quoted(`${bare}/`)}))`
}

function loadService(
  objects: Objects,
  options: IngressProviderOptions,
  namespace: string,
  backend: IngressBackend,
  name: string,
): Service | string {
  const found = objects.service(namespace, backend.service?.name ?? '')
  if (!found) return 'Cannot create service: service not found'
  const { type } = found.spec
  if (type === 'ExternalName' && !options.allowExternalNameServices) return 'Cannot create service: externalName services not allowed'
  const wanted = backend.service?.port ?? {}
  const port = (found.spec.ports ?? []).find((each) => wanted.number === each.port || (Boolean(each.name) && wanted.name === each.name))
  if (!port) return 'Cannot create service: service port not found'
  const annotations = serviceAnnotations(found.metadata.annotations)
  const scheme = schemeOf(port, annotations.scheme)
  const servers = ((): readonly Server[] | string => {
    if (annotations.nodePortLB && type === 'NodePort' && options.disableClusterScopeResources)
      return 'Cannot create service: nodes lookup is disabled'
    if (annotations.nodePortLB && type === 'NodePort')
      return objects.nodeAddresses.length > 0
        ? objects.nodeAddresses.map((address) => serverAt(address, port.nodePort ?? 0, scheme))
        : 'Cannot create service: no servers were generated'
    if (type === 'ExternalName') return [serverAt(found.spec.externalName ?? '', port.port, scheme)]
    if (annotations.nativeLB ?? options.nativeLBByDefault) {
      const { clusterIP } = found.spec
      return !clusterIP || clusterIP === 'None' ? 'Cannot create service: no clusterIP found' : [serverAt(clusterIP, port.port, scheme)]
    }
    return serversOf(objects.slices(namespace, found.metadata.name), port, scheme)
  })()
  if (typeof servers === 'string') return servers
  if (servers.length === 0 && !options.allowEmptyServices) return 'Skipping service: no endpoints found'
  return {
    kind: 'loadBalancer',
    name,
    servers,
    passHostHeader: annotations.passHostHeader,
    middlewares: annotations.middlewares,
    ...(annotations.sticky && { sticky: annotations.sticky }),
    object: refOfService(found),
  }
}

/** The first Secret that cannot be had ends it for this Ingress; a name is all that two Secrets share. */
function certificates(objects: Objects, ingress: Ingress, out: Building): void {
  const namespace = ingress.metadata.namespace ?? 'default'
  const at = refOf(ingress, 'spec.tls')
  for (const { secretName } of ingress.spec.tls ?? []) {
    if (!secretName || out.pairs.has(`${namespace}-${secretName}`)) continue
    const secret = objects.secret(namespace, secretName)
    if (!secret) return out.error(`Error configuring TLS: secret ${namespace}/${secretName} does not exist`, at)
    const missing = ['tls.crt', 'tls.key'].filter((key) => !secret.data?.[key])
    if (missing.length > 0)
      return out.error(
        `Error configuring TLS: secret ${namespace}/${secretName} is missing the following TLS data entries: ${missing.join(', ')}`,
        at,
      )
    out.pairs.add(`${namespace}-${secretName}`)
    const certificate = certificateOf(secret)
    if (certificate.ok) out.certificates.set(`${namespace}-${secretName}`, certificate.value)
    else out.error(`Unable to append certificate ${namespace}/${secretName} to store: ${certificate.error}`, at)
  }
}
