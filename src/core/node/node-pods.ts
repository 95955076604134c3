import type { Pod } from '../api/pod.ts'
import type { Shards } from '../cluster/cluster.ts'
import { isSandboxed } from './netns-of.ts'

const NOBODY: readonly Pod[] = []
const byShard = new WeakMap<ReadonlyMap<string, Pod>, ReadonlyMap<string, readonly Pod[]>>()
const byShards = new WeakMap<Shards<'Pod'>, Map<string, readonly Pod[]>>()

/** The pods that have a sandbox on a node, in the cluster's order. The same array for the same Pod objects of a cluster value. */
export function podsOnNode(pods: Shards<'Pod'>, node: string): readonly Pod[] {
  let nodes = byShards.get(pods)
  if (!nodes) byShards.set(pods, (nodes = new Map<string, readonly Pod[]>()))
  let found = nodes.get(node)
  if (!found) {
    found = [...pods.values()].flatMap((shard) => shardIndex(shard).get(node) ?? NOBODY)
    nodes.set(node, found)
  }
  return found
}

function shardIndex(shard: ReadonlyMap<string, Pod>): ReadonlyMap<string, readonly Pod[]> {
  const known = byShard.get(shard)
  if (known) return known
  const index = new Map<string, Pod[]>()
  for (const pod of shard.values()) {
    const node = pod.spec.nodeName
    if (node === undefined || !isSandboxed(pod)) continue
    const list = index.get(node)
    if (list) list.push(pod)
    else index.set(node, [pod])
  }
  byShard.set(shard, index)
  return index
}
