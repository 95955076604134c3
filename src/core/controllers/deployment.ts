/**
 * pkg/controller/deployment: a ReplicaSet per revision of the template. Rollouts take no time here: the new revision has all replicas at once and the old
 * ones none, whatever `strategy` says; a paused deployment still keeps its count.
 */
import { matchesSelector } from '../api/selector.ts'
import type { Pod } from '../api/pod.ts'
import type { Deployment, PodTemplate, ReplicaSet } from '../api/workload.ts'
import type { Change, Cluster } from '../cluster/cluster.ts'
import { uidOf } from '../cluster/uid.ts'
import type { Controller } from './controller.ts'
import { stableText, templateHash } from './names.ts'
import { ownerReference } from './pod-template.ts'
import { controllerOf, podsIn, podsSelected } from './pods.ts'

const HASH_LABEL = 'pod-template-hash'

export const deployment: Controller = {
  name: 'deployment',
  reads: ['Deployment', 'ReplicaSet', 'Pod'],
  scope: 'namespace',
  reconcile: (cluster, namespace) => {
    const deployments = cluster.objects.Deployment.get(namespace)
    if (!deployments) return []
    const byOwner = replicaSetsByOwner(cluster, namespace)
    return [...deployments.values()].flatMap((each) => reconcile(cluster, each, byOwner.get(each.metadata.uid ?? '') ?? []))
  },
}

function replicaSetsByOwner(cluster: Cluster, namespace: string): ReadonlyMap<string, readonly ReplicaSet[]> {
  const found = new Map<string, ReplicaSet[]>()
  for (const each of cluster.objects.ReplicaSet.get(namespace)?.values() ?? []) {
    const uid = each.metadata.ownerReferences?.find(({ controller }) => controller)?.uid ?? ''
    found.set(uid, [...(found.get(uid) ?? []), each])
  }
  return found
}

function reconcile(cluster: Cluster, owner: Deployment, owned: readonly ReplicaSet[]): Change[] {
  const text = templateText(owner.spec.template)
  const current = owned.find((each) => templateText(each.spec.template) === text)
  const changes: Change[] = []
  for (const each of owned) {
    const replicas = each === current ? owner.spec.replicas : 0
    if (each.spec.replicas !== replicas)
      changes.push({ op: 'put', object: { ...each, spec: { ...each.spec, ...(replicas !== undefined && { replicas }) } } })
  }
  if (current) return changes
  const lost = owned.length === 0 ? podsOfLostReplicaSet(cluster, owner) : undefined
  return [...changes, { op: 'put', object: lost ? recovered(owner, lost) : created(cluster, owner) }]
}

/** The revision's label aside, two templates are one revision when they say the same. */
function templateText(template: PodTemplate): string {
  const known = texts.get(template)
  if (known !== undefined) return known
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {}
  const text = stableText({ labels, annotations: template.metadata?.annotations ?? {}, spec: template.spec })
  texts.set(template, text)
  return text
}

const texts = new WeakMap<PodTemplate, string>()

function created(cluster: Cluster, owner: Deployment): ReplicaSet {
  const base = templateHash(templateText(owner.spec.template))
  const taken = (name: string): boolean => cluster.objects.ReplicaSet.get(owner.metadata.namespace ?? '')?.has(name) ?? false
  let hash = base
  for (let collision = 1; taken(`${owner.metadata.name}-${hash}`); collision++) hash = templateHash(`${base}#${collision}`)
  const name = `${owner.metadata.name}-${hash}`
  return replicaSet(owner, name, uidOf('ReplicaSet', owner.metadata.namespace ?? '', name), hash)
}

function replicaSet(owner: Deployment, name: string, uid: string, hash: string): ReplicaSet {
  const { selector, template, replicas = 1 } = owner.spec
  const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: owner.metadata.namespace ?? '', uid, labels, ownerReferences: [ownerReference(owner)] },
    spec: {
      replicas,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  }
}

/** A dump may hold a deployment and its pods without the ReplicaSet between them: the pods' owner references say what it was. */
function podsOfLostReplicaSet(cluster: Cluster, { metadata, spec }: Deployment): Pod | undefined {
  const known = cluster.objects.ReplicaSet.get(metadata.namespace ?? '')
  return podsSelected(podsIn(cluster, metadata.namespace ?? ''), spec.selector).find((pod) => {
    const owner = controllerOf(pod)
    return (
      owner?.kind === 'ReplicaSet' &&
      !known?.has(owner.name) &&
      pod.metadata.labels?.[HASH_LABEL] !== undefined &&
      matchesSelector(spec.selector, pod.metadata.labels)
    )
  })
}

function recovered(owner: Deployment, pod: Pod): ReplicaSet {
  const reference = controllerOf(pod)
  return replicaSet(owner, reference?.name ?? '', reference?.uid ?? '', pod.metadata.labels?.[HASH_LABEL] ?? '')
}
