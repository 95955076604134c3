/** Pods of one namespace by owner and by label, computed once per state of the namespace and kept as long as it. */
import { type Labels, matchesLabels, matchesSelector } from '../api/selector.ts'
import type { LabelSelector, OwnerReference } from '../api/meta.ts'
import type { Pod } from '../api/pod.ts'
import type { Cluster } from '../cluster/cluster.ts'

type Shard = ReadonlyMap<string, Pod>

const NONE: Shard = new Map()
const NO_PODS: readonly Pod[] = []
const owners = new WeakMap<Shard, ReadonlyMap<string, readonly Pod[]>>()
const pairs = new WeakMap<Shard, ReadonlyMap<string, readonly Pod[]>>()

export const podsIn = (cluster: Cluster, namespace: string): Shard => cluster.objects.Pod.get(namespace) ?? NONE

export const controllerOf = (pod: Pod): OwnerReference | undefined => pod.metadata.ownerReferences?.find((each) => each.controller)

/** Pods whose controller has this uid, in order of creation. */
export function podsOwnedBy(shard: Shard, uid: string): readonly Pod[] {
  let index = owners.get(shard)
  if (!index) owners.set(shard, (index = group(shard, (pod) => [controllerOf(pod)?.uid ?? ''])))
  return index.get(uid) ?? NO_PODS
}

/** Pods that carry all labels, in order of creation; the rarest label decides how many are looked at. An empty selector selects every pod. */
export function podsWithLabels(shard: Shard, selector: Labels): readonly Pod[] {
  const wanted = Object.entries(selector)
  if (wanted.length === 0) return [...shard.values()]
  const index = labelIndex(shard)
  let rarest: readonly Pod[] | undefined
  for (const [key, value] of wanted) {
    const found = index.get(`${key}=${value}`) ?? NO_PODS
    if (!rarest || found.length < rarest.length) rarest = found
  }
  if (wanted.length === 1) return rarest ?? NO_PODS
  return (rarest ?? NO_PODS).filter((pod) => matchesLabels(selector, pod.metadata.labels))
}

export function podsSelected(shard: Shard, selector: LabelSelector): readonly Pod[] {
  return podsWithLabels(shard, selector.matchLabels ?? {}).filter((pod) => matchesSelector(selector, pod.metadata.labels))
}

function labelIndex(shard: Shard): ReadonlyMap<string, readonly Pod[]> {
  let index = pairs.get(shard)
  if (!index)
    pairs.set(shard, (index = group(shard, (pod) => Object.entries(pod.metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`))))
  return index
}

function group(shard: Shard, keysOf: (pod: Pod) => readonly string[]): ReadonlyMap<string, readonly Pod[]> {
  const index = new Map<string, Pod[]>()
  for (const pod of shard.values())
    for (const key of keysOf(pod)) {
      const list = index.get(key)
      if (list) list.push(pod)
      else index.set(key, [pod])
    }
  return index
}

/** Counts towards its owner's replicas: not finished, not on its way out. */
export const isActive = ({ status, metadata }: Pod): boolean =>
  status.phase !== 'Succeeded' && status.phase !== 'Failed' && metadata.deletionTimestamp === undefined

export const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false
