/**
 * The Kubernetes provider of v1.7 (provider/kubernetes/kubernetes.go): frontends named by host and path, backends with the pods' addresses. Approximate: annotations but the path matcher, priority
 * and prefix stripping are named in the log; rewrites, authentication and white lists are not simulated.
 */
import { INGRESS_CLASS_ANNOTATION, type Ingress, type IngressBackend } from '../../api/ingress.ts'
import type { IngressProviderOptions } from '../../cluster/traefik.ts'
import type { ObjectRef } from '../program.ts'
import { refOfService, serverAt, serversOf } from './endpoints.ts'
import { LAST } from './ingress.ts'
import type { Building, Service } from './model.ts'
import type { Objects } from './objects.ts'

const RULE_TYPES: ReadonlySet<string> = new Set(['PathPrefix', 'PathPrefixStrip', 'Path', 'PathStrip'])
const READ: ReadonlySet<string> = new Set(['rule-type', 'priority', INGRESS_CLASS_ANNOTATION])

export function firstProvider(objects: Objects, { ingressClass }: IngressProviderOptions, out: Building): void {
  for (const ingress of objects.ingresses) {
    const own = ingress.metadata.annotations?.[INGRESS_CLASS_ANNOTATION] ?? ''
    if (ingressClass === '' ? own === '' || own === 'traefik' : own === ingressClass) load(objects, ingress, out)
  }
}

const annotationOf = ({ metadata }: Ingress, name: string): string | undefined =>
  metadata.annotations?.[`traefik.ingress.kubernetes.io/${name}`] ?? metadata.annotations?.[`ingress.kubernetes.io/${name}`]

function load(objects: Objects, ingress: Ingress, out: Building): void {
  const namespace = ingress.metadata.namespace ?? 'default'
  const refOf = (field: string): ObjectRef => ({ kind: 'Ingress', namespace, name: ingress.metadata.name, field })
  for (const key of Object.keys(ingress.metadata.annotations ?? {})) {
    const [, name] = /^(?:traefik\.)?ingress\.kubernetes\.io\/(.+)$/.exec(key) ?? []
    if (name !== undefined && !READ.has(name)) out.warn(`annotation ${key} is not simulated`, refOf('metadata.annotations'))
  }
  const { defaultBackend, rules = [] } = ingress.spec
  if (defaultBackend) {
    if (out.routers.has('global-default-frontend')) out.error('duplicate frontend global-default-frontend', refOf('spec.defaultBackend'))
    else frontend(objects, ingress, 'global-default-frontend', ['PathPrefix:/'], defaultBackend, refOf('spec.defaultBackend'), out, LAST)
  }
  rules.forEach(({ host, http }, i) =>
    http?.paths.forEach(({ path, backend }, j) => {
      const at = refOf(`spec.rules[${i}].http.paths[${j}]`)
      const given = annotationOf(ingress, 'rule-type') ?? 'PathPrefix'
      if (!RULE_TYPES.has(given)) return out.error(`invalid rule type "${given}"`, at)
      const parts = [...(host ? [`Host:${host}`] : []), ...(path ? [`${given}:${path}`] : [])]
      const name = `${host ?? ''}${path ?? ''}`
      if (parts.length === 0 || out.routers.has(name)) return undefined
      const priority = Number(annotationOf(ingress, 'priority') ?? 0)
      return frontend(
        objects,
        ingress,
        name,
        parts,
        backend,
        at,
        out,
        priority > 0 ? priority : undefined,
        given.endsWith('Strip') ? path : undefined,
      )
    }),
  )
}

function frontend(
  objects: Objects,
  ingress: Ingress,
  name: string,
  parts: readonly string[],
  backend: IngressBackend,
  object: ObjectRef,
  out: Building,
  priority: number | undefined,
  strip?: string,
): void {
  const service = serviceOf(objects, ingress, name, backend, object, out)
  if (!service) return
  out.services.set(name, service)
  const middlewares = strip === undefined ? [] : [`${name}-strip`]
  if (strip !== undefined)
    out.middlewares.set(`${name}-strip`, { name: `${name}-strip`, config: { stripPrefix: { prefixes: [strip] } }, object })
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  out.routers.set(name, {
    name,
    rule: parts.join(';'),
    syntax: 'v1',
    priority: priority ?? length,
    entryPoints: [],
    middlewares,
    service: name,
    tls: false,
    object,
  })
}

/** A Service that is not there leaves no frontend; one without endpoints leaves an empty backend (503). */
function serviceOf(
  objects: Objects,
  ingress: Ingress,
  name: string,
  { service: wanted }: IngressBackend,
  object: ObjectRef,
  out: Building,
): Service | undefined {
  const namespace = ingress.metadata.namespace ?? 'default'
  const found = wanted && objects.service(namespace, wanted.name)
  if (!wanted || !found) {
    out.error(`Service not found for ${namespace}/${wanted?.name ?? ''}`, object)
    return undefined
  }
  const port = (found.spec.ports ?? []).find((each) => each.port === wanted.port?.number || (each.name && each.name === wanted.port?.name))
  if (!port) out.error(`Service port not found for ${namespace}/${wanted.name}`, object)
  const scheme = port && (port.port === 443 || (port.name ?? '').startsWith('https')) ? 'https' : 'http'
  const servers = !port
    ? []
    : found.spec.type === 'ExternalName'
      ? [serverAt(found.spec.externalName ?? '', port.port, scheme)]
      : serversOf(objects.slices(namespace, wanted.name), port, scheme, 'ready')
  return { kind: 'loadBalancer', name, servers, passHostHeader: true, middlewares: [], object: refOfService(found) }
}
