import type { ApiObject, Kind, OfKind } from '../api/object.ts'
import type { ClusterConfig } from './config.ts'

/** By namespace (`''` for cluster-scoped kinds), then by name. Two levels, so that a change copies one shard. */
export type Shards<K extends Kind> = ReadonlyMap<string, ReadonlyMap<string, OfKind<K>>>

/** Every object of the cluster at one instant. An immutable value: identity means equality, for memoising and for undo. */
export interface Cluster {
  readonly revision: number
  readonly config: ClusterConfig
  readonly objects: { readonly [K in Kind]: Shards<K> }
}

export type Change =
  | { readonly op: 'put'; readonly object: ApiObject }
  | { readonly op: 'delete'; readonly kind: Kind; readonly namespace: string; readonly name: string }

const KINDS: readonly Kind[] = [
  'Node',
  'Namespace',
  'Pod',
  'Deployment',
  'ReplicaSet',
  'DaemonSet',
  'StatefulSet',
  'Job',
  'Service',
  'Endpoints',
  'EndpointSlice',
  'Ingress',
  'IngressClass',
  'ConfigMap',
  'Secret',
  'GatewayClass',
  'Gateway',
  'HTTPRoute',
  'GRPCRoute',
  'TLSRoute',
  'TCPRoute',
  'UDPRoute',
  'ReferenceGrant',
  'IngressRoute',
  'IngressRouteTCP',
  'IngressRouteUDP',
  'Middleware',
  'TraefikService',
  'HTTPProxy',
  'ContourConfiguration',
  'ContourDeployment',
  'BackendConfig',
  'FrontendConfig',
]

export function emptyCluster(config: ClusterConfig): Cluster {
  return { revision: 0, config, objects: Object.fromEntries(KINDS.map((kind) => [kind, new Map()])) as unknown as Cluster['objects'] }
}

export const namespaceOf = (object: ApiObject): string => object.metadata.namespace ?? ''

export function get<K extends Kind>(cluster: Cluster, kind: K, namespace: string, name: string): OfKind<K> | undefined {
  return cluster.objects[kind].get(namespace)?.get(name)
}

/** All objects of a kind in order of namespace and insertion. */
export function* list<K extends Kind>(cluster: Cluster, kind: K): Generator<OfKind<K>> {
  for (const shard of cluster.objects[kind].values()) yield* shard.values()
}

/** Applies changes at once; shards that no change touches keep their identity, and so does the cluster when nothing changes. */
export function transact(cluster: Cluster, changes: readonly Change[]): Cluster {
  if (changes.length === 0) return cluster
  const objects: Record<string, Map<string, ReadonlyMap<string, ApiObject>>> = {}
  const copied = new Set<Map<string, ApiObject>>()
  for (const change of changes) {
    const kind = change.op === 'put' ? change.object.kind : change.kind
    const namespace = change.op === 'put' ? namespaceOf(change.object) : change.namespace
    const shards = (objects[kind] ??= new Map<string, ReadonlyMap<string, ApiObject>>(cluster.objects[kind]))
    let shard = shards.get(namespace) as Map<string, ApiObject> | undefined
    if (!shard || !copied.has(shard)) {
      shard = new Map(shard)
      copied.add(shard)
      shards.set(namespace, shard)
    }
    if (change.op === 'put') shard.set(change.object.metadata.name, change.object)
    else shard.delete(change.name)
  }
  return { ...cluster, revision: cluster.revision + 1, objects: { ...cluster.objects, ...objects } as Cluster['objects'] }
}
