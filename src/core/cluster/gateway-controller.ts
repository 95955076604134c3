/** Which controllers of Gateways run in a cluster. Each is a pod whose image and arguments say so; what a GatewayClass names is what it takes. */
import type { Gateway, GatewayAddress, RouteKindName } from '../api/gateway.ts'
import type { Container, Pod } from '../api/pod.ts'
import { type Cluster, get, list } from './cluster.ts'
import { contourGatewayRef, CONTOUR_GATEWAY_CONTROLLER } from './contour-settings.ts'
import { ingressControllers } from './ingress-controller.ts'
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
  /** The one Gateway that it is for. Absent: it is for all of its classes. */
  readonly only?: { readonly namespace: string; readonly name: string }
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
    kinds: ['HTTPRoute', 'GRPCRoute', 'TLSRoute', ...(gateway.experimentalChannel ? (['TCPRoute'] as const) : [])],
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

/** A Contour is for the Gateway that its configuration names; what is in front of its Envoys is the Gateway's address. */
function contours(cluster: Cluster): readonly GatewayController[] {
  return ingressControllers(cluster).flatMap((each): readonly GatewayController[] => {
    const only = each.implementation === 'contour' ? contourGatewayRef(cluster, each) : undefined
    if (!only) return []
    const [namespace = '', name = ''] = (each.publishService ?? '').split('/')
    return [
      {
        implementation: 'contour',
        controllerName: CONTOUR_GATEWAY_CONTROLLER,
        pod: each.pod,
        kinds: ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute'],
        filters: ['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestRedirect', 'RequestMirror', 'URLRewrite'],
        only,
        addresses: () => (each.publishAddress ? [addressOf(each.publishAddress)] : addressesOfService(cluster, namespace, name)),
      },
    ]
  })
}

const controllers = new WeakMap<object, { readonly inputs: readonly unknown[]; readonly found: readonly GatewayController[] }>()

/** Every pod that controls Gateways. The same list for the same pods and settings. */
export function gatewayControllers(cluster: Cluster): readonly GatewayController[] {
  const { Pod, ConfigMap, ContourConfiguration, Service } = cluster.objects
  const inputs = [ConfigMap, ContourConfiguration, Service]
  const known = controllers.get(Pod)
  if (known?.inputs.every((each, i) => each === inputs[i])) return known.found
  const found = [...[...list(cluster, 'Pod')].flatMap((pod) => gatewayControllerOf(pod) ?? []), ...contours(cluster)]
  controllers.set(Pod, { inputs, found })
  return found
}

/** What a pod's image and arguments alone tell. */
export function gatewayControllerOf(pod: Pod): GatewayController | undefined {
  for (const container of pod.spec.containers)
    for (const recognise of KNOWN) {
      const found = recognise(container, pod)
      if (found) return found
    }
  return undefined
}

/** A controller's Gateways: those of its classes, or the one that it is for. */
export const gatewaysOf = (cluster: Cluster, { controllerName, only }: GatewayController): readonly Gateway[] =>
  only
    ? [get(cluster, 'Gateway', only.namespace, only.name)].filter((each) => each !== undefined)
    : [...list(cluster, 'Gateway')].filter(
        ({ spec }) => get(cluster, 'GatewayClass', '', spec.gatewayClassName)?.spec.controllerName === controllerName,
      )
