/** Which controllers of Gateways run in a cluster. Each is a pod whose image and arguments say so; what a GatewayClass names is what it takes. */
import type { Gateway, GatewayAddress, RouteKindName } from '../api/gateway.ts'
import type { Container, Pod } from '../api/pod.ts'
import { type Cluster, get, list } from './cluster.ts'
import { TRAEFIK_GATEWAY_CONTROLLER, TRAEFIK_IMAGE, traefikSettings } from './traefik.ts'

export type GatewayImplementation = 'traefik' | 'contour' | 'kong'

export interface GatewayController {
  readonly implementation: GatewayImplementation
  readonly controllerName: string
  readonly pod: Pod
  readonly kinds: readonly RouteKindName[]
  /** Filters that it has. */
  readonly filters: readonly string[]
  /** What listens for a listener; undefined where nothing does (PortUnavailable). Absent: it makes what it needs. */
  readonly entryPoint?: (port: number, protocol: string) => string | undefined
  /** What it writes into the status of its Gateways; undefined: nothing. */
  readonly addresses: (cluster: Cluster, gateway: Gateway) => readonly GatewayAddress[] | undefined
}

const KNOWN: readonly ((container: Container, pod: Pod) => GatewayController | undefined)[] = [traefik]

/** Its Gateways share the entry points of its pods; a listener is attached to the one with its port. */
function traefik(container: Container, pod: Pod): GatewayController | undefined {
  if (!TRAEFIK_IMAGE.test(container.image ?? '')) return undefined
  const { gateway, entryPoints } = traefikSettings(container)
  if (!gateway) return undefined
  return {
    implementation: 'traefik',
    controllerName: TRAEFIK_GATEWAY_CONTROLLER,
    pod,
    kinds: ['HTTPRoute', 'GRPCRoute', 'TLSRoute'],
    filters: ['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'URLRewrite', 'ExtensionRef', 'CORS'],
    entryPoint: (port, protocol) => entryPoints.find((each) => each.port === port && !(protocol === 'HTTP' && each.tls))?.name,
    addresses: (cluster) => {
      if (gateway.address !== undefined) return [addressOf(gateway.address)]
      const [namespace = '', name = ''] = (gateway.service ?? '').split('/')
      return gateway.service === undefined ? undefined : addressesOfService(cluster, namespace, name)
    },
  }
}

const addressOf = (value: string): GatewayAddress => ({ type: /^[\d.]+$|:/.test(value) ? 'IPAddress' : 'Hostname', value })

/** Addresses of a Service of type LoadBalancer. */
export function addressesOfService(cluster: Cluster, namespace: string, name: string): readonly GatewayAddress[] {
  const ingress = get(cluster, 'Service', namespace, name)?.status?.loadBalancer?.ingress ?? []
  return ingress.flatMap(({ ip, hostname }) => (ip !== undefined || hostname !== undefined ? [addressOf(ip ?? hostname ?? '')] : []))
}

const controllers = new WeakMap<object, readonly GatewayController[]>()

/** Every pod that controls Gateways. The same list for the same pods. */
export function gatewayControllers(cluster: Cluster): readonly GatewayController[] {
  const key = cluster.objects.Pod
  let found = controllers.get(key)
  if (!found) controllers.set(key, (found = [...list(cluster, 'Pod')].flatMap((pod) => gatewayControllerOf(pod) ?? [])))
  return found
}

export function gatewayControllerOf(pod: Pod): GatewayController | undefined {
  for (const container of pod.spec.containers)
    for (const recognise of KNOWN) {
      const found = recognise(container, pod)
      if (found) return found
    }
  return undefined
}
