import type { Kind, OfKind } from '../core/api/object.ts'
import type { Pod } from '../core/api/pod.ts'
import type { Service } from '../core/api/service.ts'
import { type Cluster, list } from '../core/cluster/cluster.ts'
import type { TreeGroup, TreeItem } from './protocol.ts'

/** Kinds in the order that a person looks for them; slices and their kin last. */
const ORDER: readonly Kind[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'ReplicaSet',
  'Pod',
  'Service',
  'Ingress',
  'IngressRoute',
  'IngressRouteTCP',
  'IngressRouteUDP',
  'Middleware',
  'TraefikService',
  'HTTPProxy',
  'Gateway',
  'HTTPRoute',
  'GRPCRoute',
  'TLSRoute',
  'TCPRoute',
  'UDPRoute',
  'ReferenceGrant',
  'BackendTLSPolicy',
  'ContourConfiguration',
  'ContourDeployment',
  'BackendConfig',
  'FrontendConfig',
  'KongPlugin',
  'KongConsumer',
  'EndpointSlice',
  'Endpoints',
  'ConfigMap',
  'Secret',
]

const CLASSES = ['IngressClass', 'GatewayClass', 'KongClusterPlugin'] as const

/** The cluster as groups with counts: nodes, the outside, then every namespace by kind. Items come by `listGroup`, a page at a time. */
export function groupsOf(cluster: Cluster): readonly TreeGroup[] {
  const groups: TreeGroup[] = [
    { id: '/External', namespace: '', kind: 'External', count: cluster.config.site.hosts.length },
    { id: '/Node', namespace: '', kind: 'Node', count: cluster.objects.Node.get('')?.size ?? 0 },
  ]
  for (const kind of CLASSES) {
    const classes = cluster.objects[kind].get('')?.size ?? 0
    if (classes > 0) groups.push({ id: `/${kind}`, namespace: '', kind, count: classes })
  }
  for (const namespace of namespacesOf(cluster)) {
    for (const kind of ORDER) {
      const count = cluster.objects[kind].get(namespace)?.size ?? 0
      if (count > 0) groups.push({ id: `${namespace}/${kind}`, namespace, kind, count })
    }
  }
  return groups
}

/** `default` first, as kubectl's own default; the rest by name. */
function namespacesOf(cluster: Cluster): readonly string[] {
  const names = new Set<string>()
  for (const kind of ORDER) for (const namespace of cluster.objects[kind].keys()) names.add(namespace)
  return [...names].toSorted((a, b) => Number(b === 'default') - Number(a === 'default') || (a < b ? -1 : 1))
}

export function listGroup(cluster: Cluster, group: string, offset: number, limit: number): readonly TreeItem[] {
  const slash = group.lastIndexOf('/')
  const namespace = group.slice(0, slash)
  const kind = group.slice(slash + 1)
  if (kind === 'External') {
    return cluster.config.site.hosts.slice(offset, offset + limit).map((host) => ({
      id: `external/${host.name}`,
      name: host.name,
      detail: host.interfaces[0]?.address.split('/')[0] ?? '',
      state: 'none',
    }))
  }
  const shard = cluster.objects[kind as Kind]?.get(namespace)
  if (!shard) return []
  const items: TreeItem[] = []
  let index = 0
  for (const object of shard.values()) {
    if (index++ < offset) continue
    if (items.length >= limit) break
    items.push(itemOf(object))
  }
  return items
}

/** `pod/default/web-1`; cluster-scoped kinds have no namespace in it. */
export function idOf(object: OfKind<Kind>): string {
  const { namespace, name } = object.metadata
  return namespace === undefined ? `${object.kind.toLowerCase()}/${name}` : `${object.kind.toLowerCase()}/${namespace}/${name}`
}

/** The same of an object that is only named. */
export const idOfRef = ({ kind, namespace, name }: { readonly kind: string; readonly namespace: string; readonly name: string }): string =>
  namespace === '' ? `${kind.toLowerCase()}/${name}` : `${kind.toLowerCase()}/${namespace}/${name}`

export function itemOf(object: OfKind<Kind>): TreeItem {
  return { id: idOf(object), name: object.metadata.name, detail: detailOf(object), state: stateOfObject(object) }
}

function detailOf(object: OfKind<Kind>): string {
  switch (object.kind) {
    case 'Pod':
      return object.status.podIP ?? ''
    case 'Node':
      return object.status.addresses?.find((a) => a.type === 'InternalIP')?.address ?? ''
    case 'Service':
      return serviceDetail(object)
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
      return `×${object.spec.replicas ?? 1}`
    case 'Ingress':
      return [...new Set((object.spec.rules ?? []).map(({ host }) => host ?? '*'))].join(' ')
    case 'IngressClass':
      return object.spec.controller
    case 'GatewayClass':
      return object.spec.controllerName
    case 'HTTPRoute':
    case 'GRPCRoute':
    case 'TLSRoute':
      return (object.spec.hostnames ?? []).join(' ')
    case 'Gateway':
      return object.spec.gatewayClassName
    case 'EndpointSlice':
      return String(object.endpoints?.length ?? 0)
    default:
      return ''
  }
}

function serviceDetail(service: Service): string {
  if (service.spec.type === 'ExternalName') return service.spec.externalName ?? ''
  return service.spec.clusterIP ?? ''
}

export const podReady = (pod: Pod): boolean => pod.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false

function stateOfObject(object: OfKind<Kind>): TreeItem['state'] {
  if (object.kind !== 'Pod') return 'none'
  if (object.metadata.deletionTimestamp !== undefined) return 'terminating'
  if (object.spec.nodeName === undefined || object.status.phase === 'Pending') return 'pending'
  return podReady(object) ? 'ready' : 'not-ready'
}

export function totalsOf(cluster: Cluster): { readonly nodes: number; readonly pods: number; readonly services: number } {
  const count = (kind: Kind) => [...cluster.objects[kind].values()].reduce((sum, shard) => sum + shard.size, 0)
  return { nodes: count('Node'), pods: count('Pod'), services: count('Service') }
}

/** The object that a tree id names. */
export function objectById(cluster: Cluster, id: string): OfKind<Kind> | undefined {
  const parts = id.split('/')
  const kind = KIND_BY_ID.get(parts[0] ?? '')
  if (!kind) return undefined
  const [namespace, name] = parts.length === 2 ? ['', parts[1]] : [parts[1], parts[2]]
  return name === undefined || namespace === undefined ? undefined : cluster.objects[kind].get(namespace)?.get(name)
}

const KIND_BY_ID: ReadonlyMap<string, Kind> = new Map(
  [...ORDER, ...CLASSES, 'Node' as const, 'Namespace' as const].map((kind) => [kind.toLowerCase(), kind]),
)

/** Label of an EndpointSlice: whose it is. */
export const SERVICE_NAME = 'kubernetes.io/service-name'

/** EndpointSlices of a Service, by the label that says whose they are. */
export function* slicesOf(cluster: Cluster, namespace: string, service: string) {
  for (const slice of cluster.objects.EndpointSlice.get(namespace)?.values() ?? []) {
    if (slice.metadata.labels?.[SERVICE_NAME] === service) yield slice
  }
}

export function podsOnNode(cluster: Cluster, node: string): Pod[] {
  return [...list(cluster, 'Pod')].filter((pod) => pod.spec.nodeName === node)
}
