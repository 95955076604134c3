/** Ingresses as Contour reads them (internal/dag/ingress_processor.go, internal/annotation, v1.30). Left out: rate limits, client certificates, delegation of certificates between namespaces. */
import type { Ingress, IngressPath, IngressRule } from '../../api/ingress.ts'
import { portText, serviceOf, servicePortOf } from '../ingress/backend.ts'
import type { ObjectRef } from '../program.ts'
import type { Dag } from './dag.ts'
import { secondsOf } from './duration.ts'
import type { PathMatch, Retry, Route, ValueMatch } from './model.ts'

const refOf = ({ metadata }: Ingress, field?: string): ObjectRef => ({
  kind: 'Ingress',
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  ...(field !== undefined && { field }),
})

/** Hosts with certificates come first, so that it does not matter which Ingress brings the certificate and which the route. */
export function addIngresses(dag: Dag, ingresses: readonly Ingress[]): void {
  for (const ingress of ingresses)
    (ingress.spec.tls ?? []).forEach(({ hosts = [], secretName = '' }, i) => {
      const certificate = dag.certificate(ingress.metadata.namespace ?? '', secretName, refOf(ingress, `spec.tls[${i}]`))
      if (certificate) for (const host of hosts) dag.secure(host, certificate)
    })
  for (const ingress of ingresses) {
    const { defaultBackend, rules = [] } = ingress.spec
    tellUnread(dag, ingress)
    if (defaultBackend)
      addRule(dag, ingress, { http: { paths: [{ pathType: 'ImplementationSpecific', backend: defaultBackend }] } }, 'spec.defaultBackend')
    rules.forEach((rule, i) => addRule(dag, ingress, rule, `spec.rules[${i}]`))
  }
}

function addRule(dag: Dag, ingress: Ingress, { host = '', http }: IngressRule, field: string): void {
  const name = host === '' ? '*' : host
  const paths = http?.paths ?? []
  paths.forEach((path, j) => {
    const object = refOf(ingress, field === 'spec.defaultBackend' ? field : `${field}.http.paths[${j}]`)
    const route = routeOf(dag, ingress, host, path, object)
    if (!route) return
    const { annotations = {} } = ingress.metadata
    const upgrade = annotations['ingress.kubernetes.io/force-ssl-redirect'] === 'true'
    if (upgrade) dag.addRoute(name, { ...route, action: { kind: 'redirect', scheme: 'https', status: 301 } })
    else if (annotations['kubernetes.io/ingress.allow-http'] !== 'false') dag.addRoute(name, route)
    if (name !== '*') dag.addSecureRoute(name, route)
  })
}

function routeOf(
  dag: Dag,
  ingress: Ingress,
  host: string,
  { path: given, pathType, backend }: IngressPath,
  object: ObjectRef,
): Route | undefined {
  const { namespace = '', annotations = {} } = ingress.metadata
  const name = backend.service?.name ?? ''
  const service = serviceOf(dag.kubernetes, namespace, name)
  const port = service && servicePortOf(service, backend.service?.port ?? {})
  if (!service || !port) {
    const why = service
      ? `port "${portText(backend.service?.port ?? {})}" on service "${namespace}/${name}" not matched`
      : `service "${namespace}/${name}" not found`
    // A port by name is looked up beforehand.
    const what = backend.service?.port?.name ? 'service is not found' : 'unresolved service reference'
    dag.say('error', `${what} error="${why}"`, object)
    return undefined
  }
  const path = pathMatch(given || '/', pathType)
  if (!path) {
    dag.say('error', `path regex is not valid regex="${given ?? ''}"`, object)
    return undefined
  }
  const websocket = (annotations['projectcontour.io/websocket-routes'] ?? '').split(',').some((each) => each.trim() === (given || '/'))
  const retry = retryOf(annotations)
  return {
    path,
    headers: host.startsWith('*.') ? [oneLabel(host)] : [],
    query: [],
    action: {
      kind: 'route',
      clusters: [{ cluster: dag.cluster(service, port), weight: 1 }],
      timeout: secondsOf(annotations['projectcontour.io/response-timeout'], 15),
      websocket,
      mirrors: [],
      ...(retry && { retry }),
    },
    object,
  }
}

function retryOf(annotations: Readonly<Record<string, string>>): Retry | undefined {
  const on = annotations['projectcontour.io/retry-on']
  return on ? { on: on.split(','), count: Number(annotations['projectcontour.io/num-retries'] ?? 1) || 1 } : undefined
}

/** What ImplementationSpecific means: a regular expression where it looks like one, else a prefix letter by letter. */
function pathMatch(path: string, pathType: IngressPath['pathType']): PathMatch | undefined {
  if (pathType === 'Exact') return { kind: 'exact', value: path }
  if (pathType === 'Prefix')
    return /^\/+$/.test(path) ? { kind: 'prefix', value: '/' } : { kind: 'segment', value: path.replace(/\/+$/, '') }
  if (!/[\^+*[\]%]/.test(path)) return { kind: 'prefix', value: path }
  return isPattern(path) ? { kind: 'regex', value: path } : undefined
}

export function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

/** Envoy's wildcard takes any number of labels; the Ingress' only one. */
const oneLabel = (host: string): ValueMatch => ({
  name: ':authority',
  kind: 'regex',
  value: `^[a-z0-9]([-a-z0-9]*[a-z0-9])?${host.slice(1).replaceAll('.', '\\.')}(:[0-9]+)?`,
  invert: false,
  ignoreCase: false,
})

const READ =
  /^(kubernetes\.io\/ingress\.(class|allow-http)|ingress\.kubernetes\.io\/force-ssl-redirect|projectcontour\.io\/(ingress\.class|websocket-routes|response-timeout|retry-on|num-retries|tls-minimum-protocol-version|tls-maximum-protocol-version))$/

function tellUnread(dag: Dag, ingress: Ingress): void {
  for (const name of Object.keys(ingress.metadata.annotations ?? {}))
    if (/^(projectcontour\.io|contour\.heptio\.com|ingress\.kubernetes\.io)\//.test(name) && !READ.test(name))
      dag.say('warning', `annotation ${name} is not simulated`, refOf(ingress, 'metadata.annotations'))
}
