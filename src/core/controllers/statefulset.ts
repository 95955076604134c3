/**
 * pkg/controller/statefulset: pods with ordinals for names, and stable host names below the governing Service. Ordered start and stop take no time here.
 * Pods of an older revision are replaced, except those of a live dump, whose revision labels are the server's own.
 */
import type { Pod } from '../api/pod.ts'
import type { StatefulSet } from '../api/workload.ts'
import type { Change, Cluster } from '../cluster/cluster.ts'
import { isOurUid } from '../cluster/uid.ts'
import type { Controller } from './controller.ts'
import { templateHash } from './names.ts'
import { podFrom } from './pod-template.ts'
import { isActive, podsIn, podsOwnedBy } from './pods.ts'

const REVISION = 'controller-revision-hash'

export const statefulset: Controller = {
  name: 'statefulset',
  reads: ['StatefulSet', 'Pod'],
  scope: 'namespace',
  reconcile: (cluster, namespace) =>
    [...(cluster.objects.StatefulSet.get(namespace)?.values() ?? [])].flatMap((each) => reconcile(cluster, each)),
}

function reconcile(cluster: Cluster, owner: StatefulSet): Change[] {
  const namespace = owner.metadata.namespace ?? ''
  const shard = podsIn(cluster, namespace)
  const start = owner.spec.ordinals?.start ?? 0
  const wanted = new Map<string, number>()
  for (let ordinal = start; ordinal < start + (owner.spec.replicas ?? 1); ordinal++)
    wanted.set(`${owner.metadata.name}-${ordinal}`, ordinal)
  const revision = `${owner.metadata.name}-${templateHash(owner.spec.template)}`
  const changes: Change[] = []
  for (const pod of podsOwnedBy(shard, owner.metadata.uid ?? ''))
    if (!wanted.has(pod.metadata.name) && isActive(pod)) changes.push({ op: 'delete', kind: 'Pod', namespace, name: pod.metadata.name })
  for (const [name, ordinal] of wanted) {
    const existing = shard.get(name)
    if (existing && !isOutdated(existing, revision)) continue
    changes.push({ op: 'put', object: podOf(owner, name, ordinal, revision) })
  }
  return changes
}

const isOutdated = ({ metadata }: Pod, revision: string): boolean =>
  isOurUid(metadata.uid) && metadata.labels?.[REVISION] !== undefined && metadata.labels[REVISION] !== revision

function podOf(owner: StatefulSet, name: string, ordinal: number, revision: string): Pod {
  const pod = podFrom(owner.spec.template, owner, name, `${owner.metadata.name}-`, {
    'apps.kubernetes.io/pod-index': String(ordinal),
    [REVISION]: revision,
    'statefulset.kubernetes.io/pod-name': name,
  })
  return { ...pod, spec: { ...pod.spec, hostname: name, ...(owner.spec.serviceName && { subdomain: owner.spec.serviceName }) } }
}
