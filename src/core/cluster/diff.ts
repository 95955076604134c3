import { PersistentMap } from '../base/persistent-map.ts'
import type { ApiObject, Kind } from '../api/object.ts'
import type { Change, Cluster } from './cluster.ts'

/** What turns `before` into `after`. What both share is skipped, so the cost is that of what changed. */
export function diff(before: Cluster, after: Cluster): readonly Change[] {
  const changes: Change[] = []
  for (const kind of Object.keys(after.objects) as Kind[]) {
    const old: Shards = before.objects[kind]
    const now: Shards = after.objects[kind]
    if (old === now) continue
    for (const [namespace, shard] of now) compare(kind, namespace, old.get(namespace) ?? NONE, shard, changes)
    for (const [namespace, was] of old) if (!now.has(namespace)) compare(kind, namespace, was, NONE, changes)
  }
  return changes
}

type Shards = ReadonlyMap<string, PersistentMap<ApiObject>>

const NONE = new PersistentMap<ApiObject>()

/** An object that only moved among the others is no change. */
function compare(kind: Kind, namespace: string, old: PersistentMap<ApiObject>, now: PersistentMap<ApiObject>, changes: Change[]): void {
  for (const { key, to } of old.differences(now)) {
    if (to === undefined) {
      if (!now.has(key)) changes.push({ op: 'delete', kind, namespace, name: key })
    } else if (old.get(key) !== to) changes.push({ op: 'put', object: to })
  }
}
