import type { EndpointSlice } from '../core/api/endpointslice.ts'
import { SERVICE_NAME_LABEL } from '../core/api/endpointslice.ts'
import type { Gateway } from '../core/api/gateway.ts'
import { INGRESS_CLASS_ANNOTATION, type Ingress } from '../core/api/ingress.ts'
import type { Node } from '../core/api/node.ts'
import type { Pod } from '../core/api/pod.ts'
import type { Service } from '../core/api/service.ts'
import { type Cluster, list } from '../core/cluster/cluster.ts'
import { table } from './terminal.ts'

/** Nodes, pods, Services, Ingresses and Gateways as `kubectl get` would show them; `wide` adds what `-o wide` adds. */
export function clusterTables(cluster: Cluster, wide: boolean): string {
  const pods = [...list(cluster, 'Pod')]
  const perNode = new Map<string, number>()
  for (const { spec } of pods) if (spec.nodeName) perNode.set(spec.nodeName, (perNode.get(spec.nodeName) ?? 0) + 1)
  const nodes = [...list(cluster, 'Node')].map((node) => nodeRow(node, perNode.get(node.metadata.name) ?? 0))
  const services = [...list(cluster, 'Service')].map((service) => serviceRow(service, endpointsOf(cluster, service), wide))
  return [
    section(['NODE', 'INTERNAL-IP', 'POD-CIDR', 'PODS'], nodes),
    section(
      ['NAMESPACE', 'POD', 'READY', 'STATUS', 'IP', 'NODE', ...(wide ? ['PORTS', 'LABELS'] : [])],
      pods.map((pod) => podRow(pod, wide)),
    ),
    section(
      ['NAMESPACE', 'SERVICE', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT(S)', wide ? 'ENDPOINTS' : 'READY', ...(wide ? ['SELECTOR'] : [])],
      services,
    ),
    section(['NAMESPACE', 'INGRESS', 'CLASS', 'HOSTS', 'ADDRESS', 'PORTS'], [...list(cluster, 'Ingress')].map(ingressRow)),
    section(['NAMESPACE', 'GATEWAY', 'CLASS', 'ADDRESS', 'PROGRAMMED'], [...list(cluster, 'Gateway')].map(gatewayRow)),
  ]
    .filter(Boolean)
    .join('\n')
}

const section = (headings: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0 ? '' : table(headings, rows)

function nodeRow({ metadata, spec, status }: Node, pods: number): string[] {
  const address = status.addresses?.find(({ type }) => type === 'InternalIP')?.address
  return [metadata.name, address ?? '<none>', spec.podCIDR ?? '<none>', String(pods)]
}

function podRow({ metadata, spec, status }: Pod, wide: boolean): string[] {
  const ready = status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false
  const unscheduled = status.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False')
  const state = metadata.deletionTimestamp ? 'Terminating' : (unscheduled?.message ?? status.phase ?? 'Pending')
  const ports = spec.containers.flatMap(({ ports: each }) => each ?? []).map((port) => `${port.containerPort}/${port.protocol ?? 'TCP'}`)
  return [
    metadata.namespace ?? '',
    metadata.name,
    ready ? 'yes' : 'no',
    state,
    status.podIP ?? '<none>',
    spec.nodeName ?? '<none>',
    ...(wide ? [ports.join(',') || '<none>', pairs(metadata.labels)] : []),
  ]
}

function serviceRow({ metadata, spec, status }: Service, endpoints: readonly string[], wide: boolean): string[] {
  const type = spec.type ?? 'ClusterIP'
  const external = [...(status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? ''), ...(spec.externalIPs ?? [])]
  const ports = (spec.ports ?? []).map((port) => `${port.port}${port.nodePort ? `:${port.nodePort}` : ''}/${port.protocol ?? 'TCP'}`)
  const outside =
    type === 'ExternalName' ? (spec.externalName ?? '') : external.join(',') || (type === 'LoadBalancer' ? '<pending>' : '<none>')
  const behind = wide ? endpoints.join(',') || '<none>' : String(endpoints.length)
  return [
    metadata.namespace ?? '',
    metadata.name,
    type,
    spec.clusterIP ?? '<none>',
    outside,
    ports.join(',') || '<none>',
    behind,
    ...(wide ? [pairs(spec.selector)] : []),
  ]
}

/** As kubectl prints them: three hosts at most, 443 where there is TLS. */
function ingressRow({ metadata, spec, status }: Ingress): string[] {
  const hosts = (spec.rules ?? []).flatMap(({ host }) => host ?? [])
  const more = hosts.length > 3 ? ` + ${hosts.length - 3} more...` : ''
  return [
    metadata.namespace ?? '',
    metadata.name,
    spec.ingressClassName ?? metadata.annotations?.[INGRESS_CLASS_ANNOTATION] ?? '<none>',
    hosts.length === 0 ? '*' : `${hosts.slice(0, 3).join(',')}${more}`,
    (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '').join(',') || '<none>',
    spec.tls && spec.tls.length > 0 ? '80, 443' : '80',
  ]
}

function gatewayRow({ metadata, spec, status }: Gateway): string[] {
  return [
    metadata.namespace ?? '',
    metadata.name,
    spec.gatewayClassName,
    (status?.addresses ?? []).map(({ value }) => value ?? '').join(',') || '<none>',
    status?.conditions?.find(({ type }) => type === 'Programmed')?.status ?? '<none>',
  ]
}

function endpointsOf(cluster: Cluster, { metadata }: Service): string[] {
  const addresses = new Set<string>()
  for (const slice of cluster.objects.EndpointSlice.get(metadata.namespace ?? '')?.values() ?? [])
    if (slice.metadata.labels?.[SERVICE_NAME_LABEL] === metadata.name) for (const address of readyAddresses(slice)) addresses.add(address)
  return [...addresses]
}

const readyAddresses = ({ endpoints, ports }: EndpointSlice): string[] =>
  (endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) =>
      addresses.flatMap((address) => (ports?.length ? ports.map(({ port }) => `${address}:${port ?? '*'}`) : [address])),
    )

const pairs = (labels: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || '<none>'
