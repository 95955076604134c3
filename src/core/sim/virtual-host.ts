import type { Gateway, ParentReference } from '../api/gateway.ts'
import type { Ingress } from '../api/ingress.ts'
import { resolvedName } from '../cluster/cloud/frontends.ts'
import { type Cluster, get, list } from '../cluster/cluster.ts'
import { gatewayControllers, gatewaysOf } from '../cluster/gateway-controller.ts'
import { type IngressController, ingressControllers, takes } from '../cluster/ingress-controller.ts'
import { type NodeEntry, nodeEntry } from './node-entry.ts'

/**
 * Who serves a name that no DNS here knows. In the field such names are records that somebody made by hand, or external-dns did; a person who tries a manifest
 * has neither, and gives curl the address with `--resolve`.
 */
export interface VirtualHost {
  readonly kind: 'Ingress' | 'HTTPRoute' | 'GRPCRoute' | 'TLSRoute' | 'HTTPProxy'
  readonly namespace: string
  readonly name: string
  /** As the status of the object, or of the Gateway that it hangs on, tells; absent while a controller or a load balancer is missing. */
  readonly address?: string
  /** Where the controller that serves it answers all the same: where there is no address, or one that does not take the URL's port. */
  readonly entry?: NodeEntry
  /** The address is a cluster IP: there is a way from inside the cluster. */
  readonly inside?: boolean
}

/** The first object that names the host, one with an address before one without. */
export function virtualHost(cluster: Cluster, host: string, port: number): VirtualHost | undefined {
  let without: VirtualHost | undefined
  for (const found of virtualHosts(cluster, host.toLowerCase(), port)) {
    if (found.address !== undefined) return found
    if (!without?.entry) without = found.entry ? found : (without ?? found)
  }
  return without
}

function* virtualHosts(cluster: Cluster, host: string, port: number): Generator<VirtualHost> {
  for (const ingress of list(cluster, 'Ingress'))
    if (ingress.spec.rules?.some((rule) => covers(rule.host, host))) yield ofIngress(cluster, ingress, port)
  for (const { metadata, spec, status } of list(cluster, 'HTTPProxy')) {
    if (!covers(spec.virtualhost?.fqdn, host)) continue
    const at = status?.loadBalancer?.ingress?.[0]
    const contours = at ? [] : ingressControllers(cluster).filter(({ implementation }) => implementation === 'contour')
    yield found('HTTPProxy', metadata, at, entryOf(cluster, contours, port))
  }
  for (const kind of ['HTTPRoute', 'GRPCRoute', 'TLSRoute'] as const)
    for (const { metadata, spec } of list(cluster, kind)) {
      if (!spec.hostnames?.some((name) => covers(name, host))) continue
      const gateways = gatewaysNamed(cluster, metadata.namespace, spec.parentRefs)
      const at = gatewayAddress(gateways)
      yield found(kind, metadata, at, at ? undefined : gatewayEntry(cluster, gateways, port))
    }
}

function ofIngress(cluster: Cluster, ingress: Ingress, port: number): VirtualHost {
  const { metadata, status } = ingress
  const stated = numbered(cluster, status?.loadBalancer?.ingress?.[0])
  const edge = edgeRouter(cluster, ingress)
  const takers = ingressControllers(cluster).filter((each) => takes(cluster, each, ingress) !== undefined)
  const entry = edge ? undefined : entryOf(cluster, takers, port)
  if (!stated) return found('Ingress', metadata, edge, entry)
  if (entry?.service?.spec.type !== 'NodePort' || entry.service.spec.externalIPs?.includes(stated.ip ?? ''))
    return found('Ingress', metadata, stated)
  const inside = entry.service.spec.clusterIP === stated.ip
  return inside || isNode(cluster, stated)
    ? { ...found('Ingress', metadata, stated, entry), ...(inside && { inside }) }
    : found('Ingress', metadata, stated)
}

/** A controller may write its nodes' addresses into the status, whatever the ports are that it has there. */
function isNode(cluster: Cluster, { ip }: Address): boolean {
  for (const { status } of list(cluster, 'Node')) if (status.addresses?.some(({ address }) => address === ip)) return true
  return false
}

function entryOf(
  cluster: Cluster,
  controllers: readonly Pick<IngressController, 'pod' | 'publishService'>[],
  port: number,
): NodeEntry | undefined {
  for (const { pod, publishService } of controllers) {
    const entry = nodeEntry(cluster, pod, publishService, port)
    if (entry) return entry
  }
  return undefined
}

function gatewayEntry(cluster: Cluster, gateways: readonly Gateway[], port: number): NodeEntry | undefined {
  const theirs = gatewayControllers(cluster).filter((each) => gatewaysOf(cluster, each).some((gateway) => gateways.includes(gateway)))
  const known = ingressControllers(cluster)
  return entryOf(
    cluster,
    theirs.map(({ pod }) => ({ pod, publishService: known.find((each) => each.pod === pod)?.publishService })),
    port,
  )
}

/** The node of a controller that takes the web's ports of its node, and publishes no address. */
function edgeRouter(cluster: Cluster, ingress: Ingress): Address | undefined {
  for (const controller of ingressControllers(cluster)) {
    const { spec, status } = controller.pod
    const onHost =
      spec.hostNetwork === true || spec.containers.some(({ ports = [] }) => ports.some(({ hostPort = 0 }) => WEB.has(hostPort)))
    if (onHost && status.hostIP !== undefined && takes(cluster, controller, ingress)) return { ip: status.hostIP }
  }
  return undefined
}

const WEB: ReadonlySet<number> = new Set([80, 443])

/** A wildcard stands for one label or more: what a controller makes of it is its own affair, here it is only about whom to ask. */
function covers(name: string | undefined, host: string): boolean {
  if (name === undefined) return false
  return name.startsWith('*.') ? host.endsWith(name.slice(1).toLowerCase()) : name.toLowerCase() === host
}

interface Address {
  readonly ip?: string
  readonly hostname?: string
}

/** --resolve takes addresses only: where a cloud's balancer has a name alone, it is looked up. */
function numbered(cluster: Cluster, at: Address | undefined): Address | undefined {
  const ip = at?.ip ?? resolvedName(cluster, at?.hostname ?? '')
  return ip === undefined ? at : { ip }
}

function found(
  kind: VirtualHost['kind'],
  { namespace = '', name }: { readonly namespace?: string; readonly name: string },
  at?: Address,
  entry?: NodeEntry,
): VirtualHost {
  const address = at?.ip ?? at?.hostname
  return { kind, namespace, name, ...(address !== undefined && { address }), ...(entry && { entry }) }
}

const gatewaysNamed = (cluster: Cluster, namespace = '', parents: readonly ParentReference[] = []): readonly Gateway[] =>
  parents.flatMap((parent) => get(cluster, 'Gateway', parent.namespace ?? namespace, parent.name) ?? [])

function gatewayAddress(gateways: readonly Gateway[]): Address | undefined {
  for (const gateway of gateways) {
    const ip = gateway.status?.addresses?.find(({ value }) => value !== undefined)?.value
    if (ip !== undefined) return { ip }
  }
  return undefined
}
