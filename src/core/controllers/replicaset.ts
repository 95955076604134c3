/** pkg/controller/replicaset: as many pods as asked for, no more; pods that fit and have no controller are adopted. */
import type { Pod } from '../api/pod.ts'
import type { ReplicaSet } from '../api/workload.ts'
import type { Change, Cluster } from '../cluster/cluster.ts'
import type { Controller } from './controller.ts'
import { generatedName } from './names.ts'
import { ownerReference, podFrom } from './pod-template.ts'
import { controllerOf, isActive, isReady, podsIn, podsOwnedBy, podsSelected } from './pods.ts'

export const replicaset: Controller = {
  name: 'replicaset',
  reads: ['ReplicaSet', 'Pod'],
  scope: 'namespace',
  reconcile: (cluster, namespace) => {
    const taken = new Set<string>()
    return [...(cluster.objects.ReplicaSet.get(namespace)?.values() ?? [])].flatMap((each) => reconcile(cluster, each, taken))
  },
}

function reconcile(cluster: Cluster, owner: ReplicaSet, taken: Set<string>): Change[] {
  const namespace = owner.metadata.namespace ?? ''
  const shard = podsIn(cluster, namespace)
  const adopted = podsSelected(shard, owner.spec.selector).filter(
    (pod) => isActive(pod) && !controllerOf(pod) && !taken.has(pod.metadata.name),
  )
  for (const pod of adopted) taken.add(pod.metadata.name)
  const pods = [...podsOwnedBy(shard, owner.metadata.uid ?? '').filter(isActive), ...adopted]
  const surplus = pods.length - (owner.spec.replicas ?? 1)
  const leaving = new Set(surplus > 0 ? firstToGo(pods).slice(0, surplus) : [])
  const changes: Change[] = adopted.filter((pod) => !leaving.has(pod)).map((pod) => ({ op: 'put', object: withOwner(pod, owner) }))
  for (const pod of leaving) changes.push({ op: 'delete', kind: 'Pod', namespace, name: pod.metadata.name })
  const base = `${owner.metadata.name}-`
  const isTaken = (name: string): boolean => shard.has(name) || taken.has(name)
  for (let missing = -surplus, ordinal = 0; missing > 0; missing--) {
    const { name, next } = generatedName(base, `${namespace}/${owner.metadata.name}`, isTaken, ordinal)
    ordinal = next
    taken.add(name)
    changes.push({ op: 'put', object: podFrom(owner.spec.template, owner, name, base) })
  }
  return changes
}

const withOwner = (pod: Pod, owner: ReplicaSet): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, ownerReferences: [...(pod.metadata.ownerReferences ?? []), ownerReference(owner)] },
})

/** ActivePodsWithRanks: not on a node, not running, not ready, sharing its node with most siblings, youngest. */
function firstToGo(pods: readonly Pod[]): readonly Pod[] {
  const siblings = new Map<string, number>()
  for (const { spec } of pods) siblings.set(spec.nodeName ?? '', (siblings.get(spec.nodeName ?? '') ?? 0) + 1)
  const ranks = pods.map((pod, age) => ({
    pod,
    rank: [
      pod.spec.nodeName ? 1 : 0,
      pod.status.phase === 'Running' ? 1 : 0,
      isReady(pod) ? 1 : 0,
      -(siblings.get(pod.spec.nodeName ?? '') ?? 0),
      -age,
    ],
  }))
  return ranks.sort((a, b) => compare(a.rank, b.rank)).map(({ pod }) => pod)
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return (a[i] ?? 0) - (b[i] ?? 0)
  return 0
}
