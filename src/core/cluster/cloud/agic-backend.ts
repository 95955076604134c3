/**
 * Backend settings, pool and probe of an Ingress path (AGIC pkg/appgw: backendhttpsettings.go, backendaddresspools.go, health_probes.go): pods by address, those that are not ready too, for the gateway probes for itself.
 * Left out: liveness probes, trusted roots, clusters of gateways.
 */
import type { Ingress, IngressBackend, IngressPath } from '../../api/ingress.ts'
import type { Service, ServicePort } from '../../api/service.ts'
import { type Cluster, get } from '../cluster.ts'
import { podTargets, probePath, type Target } from './targets.ts'

export const PREFIX = 'appgw.ingress.kubernetes.io/'

export interface AppGwSettings {
  /** `bp-default-web-80-8080-shop`. */
  readonly name: string
  readonly pool: string
  readonly port: number
  readonly protocol: 'Http' | 'Https'
  /** Takes the place of what the rule's path holds of the request's. */
  readonly path?: string
  readonly hostName?: string
  /** The cookie's name; undefined: no affinity. */
  readonly cookie: string | undefined
  readonly requestTimeout: number
  readonly draining: number | undefined
  readonly probe: {
    readonly name: string
    readonly port?: number
    readonly host: string
    readonly path: string
    readonly interval: number
    readonly statusCodes: string
  }
  readonly service: { readonly kind: 'Service'; readonly namespace: string; readonly name: string }
  readonly targets: readonly Target[]
  /** Events on the Ingress. */
  readonly problems: readonly string[]
}

export interface SettingsOf {
  readonly cluster: Cluster
  readonly ingress: Ingress
  readonly backend: IngressBackend
  /** Absent for spec.defaultBackend. */
  readonly path?: IngressPath
  readonly host: string
}

export function settingsFor({ cluster, ingress, backend, path, host }: SettingsOf): AppGwSettings | undefined {
  if (!backend.service) return undefined
  const { namespace = '', name: ingressName, annotations = {} } = ingress.metadata
  const { name, port: asked = {} } = backend.service
  const service = get(cluster, 'Service', namespace, name)
  const said = asked.name || String(asked.number ?? 0)
  const found = service && portsOf(cluster, service, said)
  const problems = problemsOf(namespace, ingressName, name, service, said, found)
  const number = found?.[0]?.number ?? (asked.name ? 80 : (asked.number ?? 80))
  const say = (key: string): string | undefined => annotations[PREFIX + key]
  const whole = (key: string, other: number): number => (/^\d+$/.test(say(key) ?? '') ? Number(say(key)) : other)
  const targets = found?.[0] && service ? podTargets(cluster, service, found[0].port, { podless: true, unready: true }) : []
  const [prefix, hostName] = [say('backend-path-prefix'), say('backend-hostname')]
  return {
    name: `bp-${namespace}-${name}-${said}-${number}-${ingressName}`,
    pool: targets.length > 0 ? `pool-${namespace}-${name}-${said}-bp-${number}` : DEFAULT_POOL,
    port: number,
    protocol: protocolOf(say('backend-protocol'), number),
    ...(prefix !== undefined && { path: prefix }),
    ...(hostName !== undefined && { hostName }),
    cookie: isTrue(say('cookie-based-affinity'))
      ? isTrue(say('cookie-based-affinity-distinct-name'))
        ? `appgw-affinity-${namespace}-${name}`
        : 'ApplicationGatewayAffinity'
      : undefined,
    requestTimeout: whole('request-timeout', 30),
    draining: isTrue(say('connection-draining')) ? whole('connection-draining-timeout', 30) : undefined,
    probe: {
      name: path ? `pb-${namespace}-${name}-${said}-${ingressName}` : 'defaultprobe-Http',
      host: say('health-probe-hostname') ?? hostName ?? (host !== '' && !/[*?]/.test(host) ? host : 'localhost'),
      path: pathOf(say, path, service && found?.[0] && probePath(cluster, service, found[0].port)),
      ...(whole('health-probe-port', 0) > 0 && { port: whole('health-probe-port', 0) }),
      interval: whole('health-probe-interval', 30),
      statusCodes: say('health-probe-status-codes') ?? '200-399',
    },
    service: { kind: 'Service', namespace, name },
    targets,
    problems,
  }
}

export const DEFAULT_POOL = 'defaultaddresspool'
export const DEFAULT_SETTINGS = 'defaulthttpsetting'

const isTrue = (text: string | undefined): boolean => text === 'true'

/** The probe's path: an annotation, the pods' own readiness probe, the prefix that backends get, or the path of the rule. */
function pathOf(say: (key: string) => string | undefined, path: IngressPath | undefined, probed: string | undefined): string {
  const found = say('health-probe-path') || (path ? (probed ?? say('backend-path-prefix') ?? (path.path || '/')) : '/')
  return found.replace(/\*+$/, '')
}

function protocolOf(said: string | undefined, port: number): AppGwSettings['protocol'] {
  const asked = said?.toLowerCase()
  return asked === 'https' || (asked !== 'http' && port === 443) ? 'Https' : 'Http'
}

interface Resolved {
  readonly port: ServicePort
  readonly number: number
}

/** By number, name or target port; the lowest of several counts. */
function portsOf(cluster: Cluster, service: Service, said: string): readonly Resolved[] {
  return (service.spec.ports ?? [])
    .filter(
      ({ protocol = 'TCP', port, name, targetPort }) =>
        protocol === 'TCP' && (String(port) === said || name === said || (targetPort !== undefined && String(targetPort) === said)),
    )
    .flatMap((port): readonly Resolved[] => {
      const { targetPort = port.port } = port
      if (typeof targetPort === 'number') return [{ port, number: targetPort }]
      const numbers = podTargets(cluster, service, port, { podless: true, unready: true }).map((each) => each.port)
      return [...new Set(numbers)].map((number) => ({ port, number }))
    })
    .toSorted((a, b) => a.number - b.number)
}

/** What the controller logs and records as events. */
function problemsOf(
  namespace: string,
  ingress: string,
  name: string,
  service: Service | undefined,
  said: string,
  found: readonly Resolved[] | undefined,
): readonly string[] {
  const key = `${namespace}/${name}`
  if (!service)
    return [
      `Ingress ${namespace}/${ingress} references non existent Service ${key}. Please correct the Service section of your Kubernetes YAML`,
      `Code="ErrorServiceNotFound" Message="Service not found ${key}"`,
    ]
  if (!found || found.length === 0) return [`Code="ErrorUnableToResolveBackendPortFromServicePort" Message="No port matched ${key}"`]
  if (new Set(found.map(({ number }) => number)).size > 1)
    return [
      `Code="ErrorMultipleServiceBackendPortBinding" Message="service ${key} and service port ${said} has more than one service-backend port binding which is not an ideal scenario, choosing the smallest service-backend port ${found[0]?.number ?? 0}. Ports found ${found.map(({ number }) => number).join(',')}."`,
    ]
  return []
}
