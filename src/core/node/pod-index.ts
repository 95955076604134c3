import type { Pod } from '../api/pod.ts'
import { PersistentMap } from '../base/persistent-map.ts'
import type { Shard, Shards } from '../cluster/cluster.ts'
import type { ClusterConfig } from '../cluster/config.ts'
import { isSandboxed } from './netns-of.ts'

/** Which pods have a sandbox on which node. The lists keep their identity as long as their pods do; their order says nothing. */
export interface PodIndex {
  readonly pods: Shards<'Pod'>
  readonly byNode: ReadonlyMap<string, readonly Pod[]>
  /** Nodes with at least one pod that has a namespace of its own. The same set for as long as its members are. */
  readonly bridged: ReadonlySet<string>
}

const indexes = new WeakMap<Shards<'Pod'>, PodIndex>()
/** The last index of the clusters with one configuration: the next is made from it, as a change touches few of very many pods. */
const lineages = new WeakMap<ClusterConfig, PodIndex>()

export function podIndex(config: ClusterConfig, pods: Shards<'Pod'>): PodIndex {
  const known = indexes.get(pods)
  if (known) return known
  const last = lineages.get(config)
  const index = last ? updated(last, pods) : grouped(pods)
  indexes.set(pods, index)
  lineages.set(config, index)
  return index
}

function grouped(pods: Shards<'Pod'>): PodIndex {
  const byNode = new Map<string, Pod[]>()
  for (const shard of pods.values()) for (const pod of shard.values()) add(byNode, pod)
  return { pods, byNode, bridged: new Set([...byNode.keys()].filter((node) => isBridged(byNode.get(node)))) }
}

const isBridged = (pods: readonly Pod[] | undefined): boolean => pods?.some((pod) => !pod.spec.hostNetwork) ?? false

function add(byNode: Map<string, Pod[]>, pod: Pod): void {
  const node = pod.spec.nodeName
  if (node === undefined || !isSandboxed(pod)) return
  const list = byNode.get(node)
  if (list) list.push(pod)
  else byNode.set(node, [pod])
}

function updated(last: PodIndex, pods: Shards<'Pod'>): PodIndex {
  const gone = new Set<Pod>()
  const come = new Map<string, Pod[]>()
  for (const namespace of new Set([...last.pods.keys(), ...pods.keys()])) {
    const [before, after] = [last.pods.get(namespace), pods.get(namespace)]
    if (before !== after) compare(before ?? NONE, after ?? NONE, gone, come)
  }
  if (gone.size === 0 && come.size === 0) return { ...last, pods }
  const byNode = new Map(last.byNode)
  const touched = new Set(come.keys())
  for (const pod of gone) if (pod.spec.nodeName !== undefined) touched.add(pod.spec.nodeName)
  for (const node of touched) {
    const list = [...(byNode.get(node) ?? []).filter((pod) => !gone.has(pod)), ...(come.get(node) ?? [])]
    if (list.length > 0) byNode.set(node, list)
    else byNode.delete(node)
  }
  return { pods, byNode, bridged: bridgedAfter(last.bridged, byNode, touched) }
}

function bridgedAfter(
  last: ReadonlySet<string>,
  byNode: ReadonlyMap<string, readonly Pod[]>,
  touched: ReadonlySet<string>,
): ReadonlySet<string> {
  const changed = [...touched].filter((node) => isBridged(byNode.get(node)) !== last.has(node))
  if (changed.length === 0) return last
  const bridged = new Set(last)
  for (const node of changed) if (!bridged.delete(node)) bridged.add(node)
  return bridged
}

const NONE: Shard<'Pod'> = new PersistentMap()

function compare(before: Shard<'Pod'>, after: Shard<'Pod'>, gone: Set<Pod>, come: Map<string, Pod[]>): void {
  for (const { key, from, to } of before.differences(after)) {
    if (from && after.get(key) !== from) gone.add(from)
    if (to && before.get(key) !== to) add(come, to)
  }
}
