/** A target group for a Service's port (aws-load-balancer-controller pkg/ingress/model_build_target_group.go): node ports of nodes (`instance`) or pods (`ip`). Annotations of the Service come before those of the Ingress. */
import type { Ingress } from '../../api/ingress.ts'
import type { Service, ServicePort } from '../../api/service.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import { sha256Hex } from '../../base/sha256.ts'
import { type Cluster, get } from '../cluster.ts'
import { type Annotations, PREFIX } from './alb-actions.ts'
import { nodeTargets, podTargets, servicePort, type Target } from './targets.ts'

export interface AlbTargetGroup {
  readonly name: string
  readonly targetType: 'instance' | 'ip'
  readonly protocol: 'HTTP' | 'HTTPS'
  readonly version: 'HTTP1' | 'HTTP2' | 'GRPC'
  readonly port: number
  readonly healthCheck: { readonly path: string; readonly port: string; readonly protocol: string; readonly matcher: string }
  /** Seconds for which a cookie of the balancer's leads back to the same target. */
  readonly sticky: number | undefined
  readonly algorithm: string
  readonly service: { readonly kind: 'Service'; readonly namespace: string; readonly name: string }
  readonly targets: readonly Target[]
}

export function targetGroup(
  cluster: Cluster,
  group: string,
  ingress: Ingress,
  service: Service,
  asked: string,
  defaultType: string,
): Result<AlbTargetGroup, string> {
  const { namespace = '', name } = service.metadata
  const number = /^\d+$/.test(asked) ? Number(asked) : undefined
  const port = servicePort(service, number === undefined ? { name: asked } : { number })
  if (!port) return fail(`unable to find port ${asked} on service ${namespace}/${name}`)
  const annotations: Annotations = { ...ingress.metadata.annotations, ...service.metadata.annotations }
  const say = (key: string, other: string): string => annotations[PREFIX + key] ?? other
  const targetType = say('target-type', defaultType)
  if (targetType !== 'instance' && targetType !== 'ip') return fail(`unknown targetType: ${targetType}`)
  const protocol = say('backend-protocol', 'HTTP')
  if (protocol !== 'HTTP' && protocol !== 'HTTPS') return fail(`backend protocol must be within [HTTP, HTTPS]: ${protocol}`)
  const version = say('backend-protocol-version', 'HTTP1')
  if (version !== 'HTTP1' && version !== 'HTTP2' && version !== 'GRPC')
    return fail(`backend protocol version must be within [HTTP1, HTTP2, GRPC]: ${version}`)
  const own = portOf(targetType, port)
  if (own === 0)
    return fail(
      targetType === 'ip'
        ? 'TargetGroup port is empty. Are you using the correct service type?'
        : "TargetGroup port is empty. When using Instance targets, your service be must of type 'NodePort' or 'LoadBalancer'",
    )
  const attributes = attributesOf(annotations)
  const grpc = version === 'GRPC'
  return ok({
    name: nameOf(
      [
        group,
        ingress.metadata.namespace ?? '',
        ingress.metadata.name,
        service.metadata.uid ?? '',
        asked,
        own,
        targetType,
        protocol,
        version,
      ],
      service,
    ),
    targetType,
    protocol,
    version,
    port: own,
    healthCheck: {
      path: say('healthcheck-path', grpc ? '/AWS.ALB/healthcheck' : '/'),
      port: say('healthcheck-port', 'traffic-port'),
      protocol: say('healthcheck-protocol', protocol),
      matcher: say('success-codes', grpc ? '12' : '200'),
    },
    sticky:
      attributes.get('stickiness.enabled') === 'true' && (attributes.get('stickiness.type') ?? 'lb_cookie') === 'lb_cookie'
        ? Number(attributes.get('stickiness.lb_cookie.duration_seconds') ?? 86400)
        : undefined,
    algorithm: attributes.get('load_balancing.algorithm.type') ?? 'round_robin',
    service: { kind: 'Service', namespace, name },
    targets: targetsOf(cluster, service, port, targetType, annotations),
  })
}

/** Of nodes those that `target-node-labels` asks for. */
function targetsOf(
  cluster: Cluster,
  service: Service,
  port: ServicePort,
  targetType: 'instance' | 'ip',
  annotations: Annotations,
): readonly Target[] {
  if (targetType === 'ip') return podTargets(cluster, service, port, { podless: false, unready: false })
  const wanted = pairs(annotations[`${PREFIX}target-node-labels`])
  return (nodeTargets(cluster, service, port) ?? []).filter(({ object }) => {
    const labels = get(cluster, 'Node', '', object?.name ?? '')?.metadata.labels ?? {}
    return [...wanted].every(([key, value]) => labels[key] === value)
  })
}

/** A named target port may be another number for each pod, so the group says 1. */
const portOf = (targetType: string, { nodePort = 0, targetPort, port }: ServicePort): number =>
  targetType === 'instance' ? nodePort : typeof targetPort === 'string' ? 1 : (targetPort ?? port)

/** `a=b,c=d`. */
const pairs = (text = ''): ReadonlyMap<string, string> =>
  new Map(
    text.split(',').flatMap((each) => {
      const at = each.indexOf('=')
      return at > 0 ? [[each.slice(0, at).trim(), each.slice(at + 1).trim()] as const] : []
    }),
  )

const attributesOf = (annotations: Annotations): ReadonlyMap<string, string> => pairs(annotations[`${PREFIX}target-group-attributes`])

function nameOf(parts: readonly (string | number)[], { metadata }: Service): string {
  const plain = (text = ''): string => text.replace(/[^A-Za-z0-9]/g, '').slice(0, 8)
  return `k8s-${plain(metadata.namespace)}-${plain(metadata.name)}-${sha256Hex(parts.join(''), 10)}`
}
