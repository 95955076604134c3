import type { ParentReference } from '../api/gateway.ts'
import type { Ingress } from '../api/ingress.ts'
import { resolvedName } from '../cluster/cloud/frontends.ts'
import { type Cluster, get, list } from '../cluster/cluster.ts'
import { ingressControllers, takes } from '../cluster/ingress-controller.ts'

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
}

/** The first object that names the host, one with an address before one without. */
export function virtualHost(cluster: Cluster, host: string): VirtualHost | undefined {
  let without: VirtualHost | undefined
  for (const found of virtualHosts(cluster, host.toLowerCase())) {
    if (found.address !== undefined) return found
    without ??= found
  }
  return without
}

function* virtualHosts(cluster: Cluster, host: string): Generator<VirtualHost> {
  for (const ingress of list(cluster, 'Ingress')) {
    const { metadata, spec, status } = ingress
    if (spec.rules?.some((rule) => covers(rule.host, host)))
      yield found('Ingress', metadata, numbered(cluster, status?.loadBalancer?.ingress?.[0]) ?? edgeRouter(cluster, ingress))
  }
  for (const { metadata, spec, status } of list(cluster, 'HTTPProxy'))
    if (covers(spec.virtualhost?.fqdn, host)) yield found('HTTPProxy', metadata, status?.loadBalancer?.ingress?.[0])
  for (const kind of ['HTTPRoute', 'GRPCRoute', 'TLSRoute'] as const)
    for (const { metadata, spec } of list(cluster, kind))
      if (spec.hostnames?.some((name) => covers(name, host)))
        yield found(kind, metadata, gatewayAddress(cluster, metadata.namespace, spec.parentRefs))
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
): VirtualHost {
  const address = at?.ip ?? at?.hostname
  return { kind, namespace, name, ...(address !== undefined && { address }) }
}

function gatewayAddress(cluster: Cluster, namespace = '', parents: readonly ParentReference[] = []): Address | undefined {
  for (const parent of parents) {
    const gateway = get(cluster, 'Gateway', parent.namespace ?? namespace, parent.name)
    const ip = gateway?.status?.addresses?.find(({ value }) => value !== undefined)?.value
    if (ip !== undefined) return { ip }
  }
  return undefined
}
