/**
 * What GKE's ingress controller makes of Ingresses (kubernetes/ingress-gce): it runs beside the API server, not as a pod, and programs Google's load balancers. An Ingress becomes a URL map
 * with a forwarding rule for each protocol; one that holds a mistake becomes nothing, and what it was before stays. Left out: multi-cluster and regional external classes, static addresses
 * (one is given whatever its name), managed certificates' own life, SSL policies.
 */
import { INGRESS_CLASS_ANNOTATION, type Ingress, type IngressPath } from '../../api/ingress.ts'
import { latin1 } from '../../api/base64.ts'
import { secretBytes } from '../../api/secret.ts'
import { parseCertificate, pemBlock } from '../../api/x509.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import { type Cluster, get, list } from '../cluster.ts'
import type { Scope } from './frontends.ts'
import { type GceBackend, gceBackend } from './gce-backend.ts'

export interface GceBalancer {
  readonly ingress: Ingress
  readonly scope: Scope
  readonly hostRules: readonly GceHostRule[]
  /** Undefined: the default backend that GKE brings along. */
  readonly defaultBackend: GceBackend | undefined
  readonly http: boolean
  readonly secrets: readonly string[]
  /** Names of certificates that are not in the cluster. */
  readonly preShared: readonly string[]
  /** Status with which everything on port 80 is sent to https. */
  readonly redirect?: number
  /** In the controller's words; with one of them nothing is programmed. */
  readonly errors: readonly string[]
  /** Told, and passed over. */
  readonly warnings: readonly string[]
}

export interface GceHostRule {
  readonly host: string
  readonly paths: readonly GcePathRule[]
}

export interface GcePathRule {
  readonly path: string
  readonly backend: GceBackend
  /** `spec.rules[0].http.paths[1]`. */
  readonly field: string
}

/** pkg/utils IsGCEIngress: the annotation decides; without one, an Ingress that names no class either. spec.ingressClassName is not its own. */
export function gceScope({ metadata, spec }: Ingress): Scope | undefined {
  const annotation = metadata.annotations?.[INGRESS_CLASS_ANNOTATION] ?? ''
  if (annotation === '') return spec.ingressClassName === undefined ? 'external' : undefined
  return annotation === 'gce' ? 'external' : annotation === 'gce-internal' ? 'internal' : undefined
}

const made = new WeakMap<object, { readonly inputs: readonly unknown[]; readonly balancers: readonly GceBalancer[] }>()

/** Of every Ingress that is GKE's own. The same list while nothing changes that it is made of. */
export function gceBalancers(cluster: Cluster): readonly GceBalancer[] {
  const { Ingress: ingresses, Service, EndpointSlice, Pod, Node, Secret, BackendConfig, FrontendConfig } = cluster.objects
  if (cluster.config.site.cloud !== 'gce') return NONE
  const inputs = [Service, EndpointSlice, Pod, Node, Secret, BackendConfig, FrontendConfig]
  const known = made.get(ingresses)
  if (known?.inputs.every((each, i) => each === inputs[i])) return known.balancers
  const balancers = [...list(cluster, 'Ingress')].flatMap((ingress) => {
    const scope = gceScope(ingress)
    return scope ? [translate(cluster, ingress, scope)] : []
  })
  made.set(ingresses, { inputs, balancers })
  return balancers
}

const NONE: readonly GceBalancer[] = []

function translate(cluster: Cluster, ingress: Ingress, scope: Scope): GceBalancer {
  const { namespace = '', annotations = {} } = ingress.metadata
  const errors: string[] = []
  const backends = new Map<string, Result<GceBackend, string>>()
  const backendOf = (backend: IngressPath['backend']): GceBackend | undefined => {
    const key = JSON.stringify(backend)
    let found = backends.get(key)
    if (!found) backends.set(key, (found = gceBackend(cluster, namespace, backend, scope === 'internal')))
    if (found.ok) return found.value
    errors.push(found.error)
    return undefined
  }
  const hostRules = hostRulesOf(ingress, backendOf, errors)
  const own = ingress.spec.defaultBackend
  const system = get(cluster, 'Service', 'kube-system', 'default-http-backend')
  const named = system?.spec.ports?.[0]
  const fallback =
    system && named
      ? gceBackend(cluster, 'kube-system', { service: { name: system.metadata.name, port: { number: named.port } } }, scope === 'internal')
      : undefined
  const defaultBackend = own ? backendOf(own) : fallback?.ok ? fallback.value : undefined
  if (errors.length > 0) errors.splice(0, errors.length, `Translation failed: invalid ingress spec: ${[...new Set(errors)].join('; ')}`)
  else errors.push(...pathProblems(hostRules))
  const http = annotations['kubernetes.io/ingress.allow-http'] !== 'false'
  const warnings: string[] = []
  const redirect = redirectOf(cluster, ingress, warnings)
  const secrets = secretsOf(cluster, ingress)
  if (!secrets.ok) errors.push(`Error syncing to GCP: ${secrets.error}`)
  const balancer = {
    ingress,
    scope,
    hostRules,
    defaultBackend,
    http,
    secrets: secrets.ok ? secrets.value : [],
    preShared: (annotations['ingress.gcp.kubernetes.io/pre-shared-cert'] ?? annotations['networking.gke.io/managed-certificates'] ?? '')
      .split(',')
      .flatMap((each) => each.trim() || []),
    ...(redirect !== undefined && { redirect }),
    warnings,
  }
  return { ...balancer, errors: [...errors, ...frontendProblems(balancer)] }
}

function frontendProblems({ ingress, scope, http, secrets, preShared }: Omit<GceBalancer, 'errors'>): readonly string[] {
  const https = secrets.length + preShared.length > 0
  if (!http && !https)
    return [
      'Error syncing to GCP: error running load balancer syncing routine: invalid configuration: both HTTP and HTTPS are disabled (kubernetes.io/ingress.allow-http is false and there is no valid TLS configuration); your Ingress will not be able to serve any traffic',
    ]
  const fixed = ingress.metadata.annotations?.['kubernetes.io/ingress.regional-static-ip-name'] !== undefined
  if (scope === 'internal' && http && https && !fixed)
    return [
      'gce-internal Ingress class must be configured with a static-ip to use both HTTP and HTTPS served on the same IP. Please configure a static-ip with Purpose=SHARED_LOADBALANCER_VIP and attach it to the ingress with the kubernetes.io/ingress.regional-static-ip-name annotation.',
    ]
  return []
}

/** A host's later rule takes the place of one before it; of equal paths the later one counts (pkg/utils PutPathRulesForHost). */
function hostRulesOf(
  ingress: Ingress,
  backendOf: (backend: IngressPath['backend']) => GceBackend | undefined,
  errors: string[],
): readonly GceHostRule[] {
  const rules = new Map<string, GceHostRule>()
  for (const [i, { host = '', http }] of (ingress.spec.rules ?? []).entries()) {
    if (!http) continue
    const paths = new Map<string, GcePathRule>()
    for (const [j, each] of http.paths.entries()) {
      const backend = backendOf(each.backend)
      const patterns = pathsOf(each)
      if (!patterns.ok) errors.push(patterns.error)
      if (!backend || !patterns.ok) continue
      for (const path of patterns.value) {
        paths.delete(path)
        paths.set(path, { path, backend, field: `spec.rules[${i}].http.paths[${j}]` })
      }
    }
    const name = host === '' ? '*' : host.toLowerCase()
    rules.delete(name)
    rules.set(name, { host: name, paths: [...paths.values()] })
  }
  return [...rules.values()]
}

/** pkg/controller/translator validateAndGetPaths: ImplementationSpecific is taken as it is, so `/` means `/` alone and `/*` everything. */
function pathsOf({ path = '', pathType }: IngressPath): Result<readonly string[], string> {
  if (pathType === 'ImplementationSpecific') return ok([path === '' ? '/*' : path])
  const kind = pathType === 'Exact' ? 'exact' : 'prefix'
  if (path === '') return fail(`failed to validate ${kind} path type due to empty path`)
  if (path !== '/' && path.includes('*')) return fail(`failed to validate ${kind} path ${path} due to invalid wildcard`)
  if (pathType === 'Exact') return ok([path])
  if (path === '/') return ok(['/*'])
  const bare = path.endsWith('/') ? path.slice(0, -1) : path
  return ok([bare, `${bare}/*`])
}

/** The API of URL maps: a star stands at the end, behind a slash. */
const pathProblems = (rules: readonly GceHostRule[]): readonly string[] =>
  rules.flatMap(({ paths }, i) =>
    paths.flatMap(({ path }, j) =>
      /^\/([^*?#]*\/)?(\*|[^*?#]*)$/.test(path)
        ? []
        : [
            `Error syncing to GCP: error running load balancer syncing routine: googleapi: Error 400: Invalid value for field 'resource.pathMatchers[${i}].pathRules[${j}].paths[0]': '${path}'. Invalid path pattern, invalid`,
          ],
    ),
  )

const UNPARSED =
  'error running load balancer syncing routine: googleapi: Error 400: The SSL certificate could not be parsed., sslCertificateCouldNotParseCert'

/** All or nothing: a Secret that is not there, or lacks a key, stops the whole (pkg/translator NewEnv, ToTLSCerts). */
function secretsOf(cluster: Cluster, { metadata, spec }: Ingress): Result<readonly string[], string> {
  const { namespace = '' } = metadata
  const names = [...new Set((spec.tls ?? []).flatMap(({ secretName }) => secretName || []))]
  for (const name of names) {
    const secret = get(cluster, 'Secret', namespace, name)
    if (!secret) return fail(`error initializing translator env: secrets "${name}" not found`)
    const crt = secretBytes(secret, 'tls.crt')
    if (!crt) return fail(`secret "${name}" does not specify cert as string data`)
    if (!secretBytes(secret, 'tls.key')) return fail(`secret "${name}" does not specify private key as string data`)
    const block = pemBlock(latin1(crt), /^CERTIFICATE$/)
    if (!block || !parseCertificate(block.bytes)) return fail(UNPARSED)
  }
  return ok(names)
}

const STATUSES: Readonly<Record<string, number>> = {
  MOVED_PERMANENTLY_DEFAULT: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
}

function redirectOf(cluster: Cluster, { metadata }: Ingress, warnings: string[]): number | undefined {
  const name = metadata.annotations?.['networking.gke.io/v1beta1.FrontendConfig']
  if (!name) return undefined
  const found = get(cluster, 'FrontendConfig', metadata.namespace ?? '', name)
  if (!found) warnings.push('Error: no FrontendConfig for Ingress exists.')
  const { enabled, responseCodeName } = found?.spec?.redirectToHttps ?? {}
  return enabled ? (STATUSES[responseCodeName || 'MOVED_PERMANENTLY_DEFAULT'] ?? 301) : undefined
}

/** Each once, in the order in which they are named. */
export function backendsOf({ hostRules, defaultBackend }: GceBalancer): readonly GceBackend[] {
  const found = new Map<string, GceBackend>()
  for (const backend of [defaultBackend, ...hostRules.flatMap(({ paths }) => paths.map((rule) => rule.backend))])
    if (backend) found.set(backend.name, backend)
  return [...found.values()]
}
