import type { ApiObject, Kind } from '../api/object.ts'
import type { Change, Cluster } from './cluster.ts'

/** What turns `before` into `after`. Shards and objects of the same identity are skipped, so the cost is that of what changed. */
export function diff(before: Cluster, after: Cluster): readonly Change[] {
  const changes: Change[] = []
  for (const kind of Object.keys(after.objects) as Kind[]) {
    const old: ReadonlyMap<string, ReadonlyMap<string, ApiObject>> = before.objects[kind]
    const now: ReadonlyMap<string, ReadonlyMap<string, ApiObject>> = after.objects[kind]
    if (old === now) continue
    for (const [namespace, shard] of now) {
      const was = old.get(namespace)
      if (was === shard) continue
      for (const object of shard.values()) if (was?.get(object.metadata.name) !== object) changes.push({ op: 'put', object })
    }
    for (const [namespace, was] of old) {
      const shard = now.get(namespace)
      if (was === shard) continue
      for (const name of was.keys()) if (!shard?.has(name)) changes.push({ op: 'delete', kind, namespace, name })
    }
  }
  return changes
}
