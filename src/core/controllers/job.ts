/** pkg/controller/job: as many pods at once as `parallelism`, never more than `completions`. Their work never ends here: time is not simulated yet. */
import type { Job } from '../api/workload.ts'
import type { Change, Cluster } from '../cluster/cluster.ts'
import type { Controller } from './controller.ts'
import { generatedName } from './names.ts'
import { podFrom } from './pod-template.ts'
import { isActive, podsIn, podsOwnedBy } from './pods.ts'

export const job: Controller = {
  name: 'job',
  reads: ['Job', 'Pod'],
  scope: 'namespace',
  reconcile: (cluster, namespace) => [...(cluster.objects.Job.get(namespace)?.values() ?? [])].flatMap((each) => reconcile(cluster, each)),
}

function reconcile(cluster: Cluster, owner: Job): Change[] {
  const namespace = owner.metadata.namespace ?? ''
  const shard = podsIn(cluster, namespace)
  const pods = podsOwnedBy(shard, owner.metadata.uid ?? '')
  const { parallelism = 1, completions = parallelism } = owner.spec
  const done = pods.filter(({ status }) => status.phase === 'Succeeded').length
  const active = pods.filter(isActive)
  const wanted = Math.max(0, Math.min(parallelism, completions - done))
  const changes: Change[] = active.slice(wanted).map(({ metadata }) => ({ op: 'delete', kind: 'Pod', namespace, name: metadata.name }))
  for (let missing = wanted - active.length, ordinal = 0; missing > 0; missing--) {
    const { name, next } = generatedName(
      `${owner.metadata.name}-`,
      `Job/${namespace}/${owner.metadata.name}`,
      (each) => shard.has(each),
      ordinal,
    )
    ordinal = next
    changes.push({ op: 'put', object: podFrom(owner.spec.template, owner, name, `${owner.metadata.name}-`, jobLabels(owner)) })
  }
  return changes
}

const jobLabels = ({ metadata: { name, uid = '' } }: Job): Readonly<Record<string, string>> => ({
  'batch.kubernetes.io/controller-uid': uid,
  'batch.kubernetes.io/job-name': name,
  'controller-uid': uid,
  'job-name': name,
})
