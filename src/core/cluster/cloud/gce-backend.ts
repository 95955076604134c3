/**
 * A backend service of Google's load balancers for a Service's port (ingress-gce pkg/controller/translator, pkg/backends, pkg/healthchecks): network endpoint groups whose endpoints are pods, or
 * the instance group of all nodes at the node port. Left out: transparent health checks, traffic scaling, zones (a group stands for all).
 */
import type { BackendConfig } from '../../api/gke.ts'
import type { IngressBackend } from '../../api/ingress.ts'
import type { Service, ServicePort } from '../../api/service.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import { type Cluster, get } from '../cluster.ts'
import { INSTANCE_GROUP, instanceBackendName, negName } from './gce-names.ts'
import { nodeTargets, podTargets, probePath, servicePort, type Target } from './targets.ts'

export interface GceBackend {
  readonly name: string
  readonly neg: boolean
  /** The group that it sends to. */
  readonly group: string
  readonly protocol: 'HTTP' | 'HTTPS' | 'HTTP2'
  readonly service: { readonly kind: 'Service'; readonly namespace: string; readonly name: string }
  readonly port: number
  readonly targets: readonly Target[]
  readonly healthCheck: GceHealthCheck
  readonly affinity: 'NONE' | 'CLIENT_IP' | 'GENERATED_COOKIE'
  readonly cookieTtl: number
  readonly timeoutSec: number
  readonly requestHeaders: readonly string[]
  readonly responseHeaders: readonly string[]
}

export interface GceHealthCheck {
  readonly type: string
  readonly requestPath: string
  readonly port: 'USE_SERVING_PORT' | number
  readonly intervalSec: number
  readonly unhealthyThreshold: number
  readonly from: 'default' | 'readinessProbe' | 'BackendConfig'
}

const quoted = (namespace: string, name: string): string => `"${namespace}/${name}"`

/** In the controller's words where it cannot be made. `internal`: such balancers take NEGs alone. */
export function gceBackend(
  cluster: Cluster,
  namespace: string,
  { service: named }: IngressBackend,
  internal: boolean,
): Result<GceBackend, string> {
  if (!named) return fail('Ingress Backend is not a service')
  const service = get(cluster, 'Service', namespace, named.name)
  if (!service) return fail(`could not find service ${quoted(namespace, named.name)}`)
  const port = servicePort(service, named.port ?? {})
  const asked = named.port?.name || String(named.port?.number ?? '')
  if (!port) return fail(`could not find port "${asked}" in service ${quoted(namespace, named.name)}`)
  const { type = 'ClusterIP' } = service.spec
  const neg = negAnnotation(service)
  if (!neg && type !== 'NodePort' && type !== 'LoadBalancer')
    return fail(`service ${quoted(namespace, named.name)} is type "${type}", expected "NodePort" or "LoadBalancer" when not using NEGs`)
  const protocol = protocolOf(service, port)
  if (!protocol.ok) return protocol
  const config = backendConfigOf(cluster, service, port, asked)
  if (!config.ok) return config
  return ok(backendOf(cluster, service, port, { neg: neg || internal, protocol: protocol.value, config: config.value }))
}

/** `cloud.google.com/neg: '{"ingress": true}'`. What cannot be read is nothing. */
export function negAnnotation({ metadata }: Service): boolean {
  const value = jsonOf(metadata.annotations?.['cloud.google.com/neg'])
  return typeof value === 'object' && value !== null && 'ingress' in value && value.ingress === true
}

function jsonOf(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const texts = (value: unknown): Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).filter((each): each is [string, string] => typeof each[1] === 'string'))
    : {}

const PROTOCOLS = ['HTTP', 'HTTPS', 'HTTP2'] as const

function protocolOf({ metadata }: Service, port: ServicePort): Result<GceBackend['protocol'], string> {
  const { annotations = {} } = metadata
  const text = annotations['cloud.google.com/app-protocols'] ?? annotations['service.alpha.kubernetes.io/app-protocols']
  const value = jsonOf(text)
  const refused = (why: string): Result<GceBackend['protocol'], string> =>
    fail(
      `could not parse "service.alpha.kubernetes.io/app-protocols" annotation on service ${quoted(metadata.namespace ?? '', metadata.name)}, err: ${why}`,
    )
  if (text !== undefined && value === undefined) return refused('invalid character in JSON')
  const named = texts(value)[port.name ?? '']
  const found = PROTOCOLS.find((each) => each === (named ?? 'HTTP'))
  return found ? ok(found) : refused(`invalid port application protocol: ${named ?? ''}`)
}

/** `cloud.google.com/backend-config: '{"default": "a", "ports": {"http": "b"}}'`: by the port's name or number, else the default. */
function backendConfigOf(
  cluster: Cluster,
  { metadata }: Service,
  port: ServicePort,
  asked: string,
): Result<BackendConfig | undefined, string> {
  const { annotations = {}, namespace = '', name } = metadata
  const text = annotations['cloud.google.com/backend-config'] ?? annotations['beta.cloud.google.com/backend-config']
  if (text === undefined) return ok(undefined)
  const refused = (why: string): Result<BackendConfig | undefined, string> =>
    fail(`error getting BackendConfig for port "${asked}" on service ${quoted(namespace, name)}, err: ${why}`)
  const value = jsonOf(text)
  if (typeof value !== 'object' || value === null) return refused('BackendConfig annotation is invalid json')
  const ports = texts('ports' in value ? value.ports : undefined)
  const chosen = ports[port.name ?? ''] ?? ports[String(port.port)] ?? texts(value)['default']
  if (chosen === undefined) return Object.keys(ports).length > 0 ? ok(undefined) : refused("no BackendConfig's found in annotation")
  const found = get(cluster, 'BackendConfig', namespace, chosen)
  return found ? ok(found) : refused('no BackendConfig exists for service port.')
}

interface Settled {
  readonly neg: boolean
  readonly protocol: GceBackend['protocol']
  readonly config: BackendConfig | undefined
}

function backendOf(cluster: Cluster, service: Service, port: ServicePort, { neg, protocol, config }: Settled): GceBackend {
  const { namespace = '', name } = service.metadata
  const targets = neg ? podTargets(cluster, service, port, { podless: false, unready: false }) : (nodeTargets(cluster, service, port) ?? [])
  const own = neg ? negName(namespace, name, port.port) : instanceBackendName(port.nodePort ?? 0)
  const { timeoutSec, sessionAffinity, customRequestHeaders, customResponseHeaders } = config?.spec ?? {}
  const { affinityType, affinityCookieTtlSec = 0 } = sessionAffinity ?? {}
  return {
    name: own,
    neg,
    group: neg ? own : INSTANCE_GROUP,
    protocol,
    service: { kind: 'Service', namespace, name },
    port: port.port,
    targets,
    healthCheck: healthCheckOf(cluster, service, port, { neg, protocol, config }),
    affinity: affinityType === 'CLIENT_IP' || affinityType === 'GENERATED_COOKIE' ? affinityType : 'NONE',
    cookieTtl: affinityCookieTtlSec,
    timeoutSec: timeoutSec ?? 30,
    requestHeaders: customRequestHeaders?.headers ?? [],
    responseHeaders: customResponseHeaders?.headers ?? [],
  }
}

/** The readiness probe's path where it is one of the same port, else `/`; BackendConfig overrides each field. */
function healthCheckOf(cluster: Cluster, service: Service, port: ServicePort, { neg, protocol, config }: Settled): GceHealthCheck {
  const own = config?.spec?.healthCheck
  const probed = protocol === 'HTTP' ? probePath(cluster, service, port) : undefined
  return {
    type: own?.type ?? protocol,
    requestPath: own?.requestPath ?? probed ?? '/',
    port: own?.port ?? (neg ? 'USE_SERVING_PORT' : (port.nodePort ?? 0)),
    intervalSec: own?.checkIntervalSec ?? (neg ? 15 : 60),
    unhealthyThreshold: own?.unhealthyThreshold ?? (neg ? 2 : 10),
    from: own ? 'BackendConfig' : probed === undefined ? 'default' : 'readinessProbe',
  }
}

/** What the controller writes into the annotation `backends`: one that is well makes the whole well. */
export const healthState = ({ targets }: GceBackend): string =>
  targets.length === 0 ? 'Unknown' : targets.some(({ healthy }) => healthy) ? 'HEALTHY' : 'UNHEALTHY'
