/**
 * pkg/controller/garbagecollector, as far as deleting goes: what we made for an owner goes with it. Objects of a live dump stay when their owner is not
 * part of the dump: it was there.
 */
import type { ApiObject, Kind } from '../api/object.ts'
import type { Change, Cluster } from '../cluster/cluster.ts'
import { isOurUid } from '../cluster/uid.ts'
import type { Controller } from './controller.ts'

const OWNED: readonly Kind[] = ['ReplicaSet', 'Pod', 'EndpointSlice', 'Endpoints']
const OWNERS = new Set<string>(['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'Job', 'Service'])

export const garbageCollector: Controller = {
  name: 'garbage-collector',
  reads: ['Pod', 'ReplicaSet', 'EndpointSlice', 'Endpoints', 'Deployment', 'DaemonSet', 'StatefulSet', 'Job', 'Service'],
  scope: 'namespace',
  reconcile: (cluster, namespace) =>
    OWNED.flatMap((kind) => {
      const shard: ReadonlyMap<string, ApiObject> | undefined = cluster.objects[kind].get(namespace)
      return [...(shard?.values() ?? [])]
        .filter((object) => isLeftBehind(cluster, namespace, object))
        .map(({ metadata }): Change => ({ op: 'delete', kind, namespace, name: metadata.name }))
    }),
}

function isLeftBehind(cluster: Cluster, namespace: string, { metadata }: ApiObject): boolean {
  const owner = metadata.ownerReferences?.find((each) => each.controller)
  if (!owner || !isOurUid(metadata.uid) || !OWNERS.has(owner.kind)) return false
  const shard: ReadonlyMap<string, ApiObject> | undefined = cluster.objects[owner.kind as Kind].get(namespace)
  return shard?.get(owner.name)?.metadata.uid !== owner.uid
}
