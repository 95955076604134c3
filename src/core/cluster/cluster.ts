import { PersistentMap } from '../base/persistent-map.ts'
import type { ApiObject, Kind, OfKind } from '../api/object.ts'
import type { ClusterConfig } from './config.ts'

/** The objects of one kind in one namespace, by name. A change costs nothing that grows with their number. */
export type Shard<K extends Kind> = PersistentMap<OfKind<K>>
/** By namespace (`''` for cluster-scoped kinds). */
export type Shards<K extends Kind> = ReadonlyMap<string, Shard<K>>

/** Every object of the cluster at one instant. An immutable value: identity means equality, for memoising and for undo. */
export interface Cluster {
  readonly revision: number
  readonly config: ClusterConfig
  readonly objects: { readonly [K in Kind]: Shards<K> }
}

export type Change =
  | { readonly op: 'put'; readonly object: ApiObject }
  | { readonly op: 'delete'; readonly kind: Kind; readonly namespace: string; readonly name: string }

/** A record, so that a kind that is forgotten here does not compile. */
const EVERY_KIND: Readonly<Record<Kind, true>> = {
  Node: true,
  Namespace: true,
  Pod: true,
  Deployment: true,
  ReplicaSet: true,
  DaemonSet: true,
  StatefulSet: true,
  Job: true,
  Service: true,
  Endpoints: true,
  EndpointSlice: true,
  Ingress: true,
  IngressClass: true,
  ConfigMap: true,
  Secret: true,
  GatewayClass: true,
  Gateway: true,
  HTTPRoute: true,
  GRPCRoute: true,
  TLSRoute: true,
  TCPRoute: true,
  UDPRoute: true,
  ReferenceGrant: true,
  BackendTLSPolicy: true,
  IngressRoute: true,
  IngressRouteTCP: true,
  IngressRouteUDP: true,
  Middleware: true,
  TraefikService: true,
  HTTPProxy: true,
  ContourConfiguration: true,
  ContourDeployment: true,
  BackendConfig: true,
  FrontendConfig: true,
  KongPlugin: true,
  KongClusterPlugin: true,
  KongConsumer: true,
}

/** All kinds; those that stand in `first` before the others, those in `last` behind them, both in their order. */
export function kindsInOrder(first: readonly Kind[] = [], last: readonly Kind[] = []): readonly Kind[] {
  const placed = new Set([...first, ...last])
  const others = (Object.keys(EVERY_KIND) as Kind[]).filter((kind) => !placed.has(kind))
  return [...first, ...others, ...last]
}

export function emptyCluster(config: ClusterConfig): Cluster {
  return {
    revision: 0,
    config,
    objects: Object.fromEntries(kindsInOrder().map((kind) => [kind, new Map()])) as unknown as Cluster['objects'],
  }
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
  const byShard = new Map<Kind, Map<string, { readonly key: string; readonly value?: ApiObject }[]>>()
  for (const change of changes) {
    const kind = change.op === 'put' ? change.object.kind : change.kind
    const namespace = change.op === 'put' ? namespaceOf(change.object) : change.namespace
    let shards = byShard.get(kind)
    if (!shards) byShard.set(kind, (shards = new Map()))
    let shard = shards.get(namespace)
    if (!shard) shards.set(namespace, (shard = []))
    shard.push(change.op === 'put' ? { key: change.object.metadata.name, value: change.object } : { key: change.name })
  }
  const objects: Record<string, ReadonlyMap<string, PersistentMap<ApiObject>>> = { ...cluster.objects }
  for (const [kind, shards] of byShard) {
    const changed = new Map(objects[kind])
    for (const [namespace, own] of shards) changed.set(namespace, (changed.get(namespace) ?? NONE).with(own))
    objects[kind] = changed
  }
  return { ...cluster, revision: cluster.revision + 1, objects: objects as Cluster['objects'] }
}

const NONE = new PersistentMap<ApiObject>()
