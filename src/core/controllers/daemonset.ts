/** pkg/controller/daemon: one pod for every node that would take it, pinned by node affinity and bound by the scheduler. */
import type { Node } from '../api/node.ts'
import type { Pod, PodSpec } from '../api/pod.ts'
import type { DaemonSet } from '../api/workload.ts'
import { type Change, type Cluster, list } from '../cluster/cluster.ts'
import { isOurUid } from '../cluster/uid.ts'
import type { Controller } from './controller.ts'
import { generatedName, templateHash } from './names.ts'
import { acceptsNode, untoleratedTaint } from './node-affinity.ts'
import { podFrom } from './pod-template.ts'
import { isActive, podsIn, podsOwnedBy } from './pods.ts'

const REVISION = 'controller-revision-hash'

export const daemonset: Controller = {
  name: 'daemonset',
  reads: ['DaemonSet', 'Pod', 'Node'],
  scope: 'namespace',
  reconcile: (cluster, namespace) =>
    [...(cluster.objects.DaemonSet.get(namespace)?.values() ?? [])].flatMap((each) => reconcile(cluster, each)),
}

function reconcile(cluster: Cluster, owner: DaemonSet): Change[] {
  const namespace = owner.metadata.namespace ?? ''
  const shard = podsIn(cluster, namespace)
  const revision = templateHash(owner.spec.template)
  const wanted = new Map<string, Node>()
  const spec = withDaemonTolerations(owner.spec.template.spec)
  for (const node of list(cluster, 'Node'))
    if (acceptsNode(spec, node) && !untoleratedTaint(spec, node)) wanted.set(node.metadata.name, node)
  const changes: Change[] = []
  const leaving = new Set<string>()
  for (const pod of podsOwnedBy(shard, owner.metadata.uid ?? '').filter(isActive)) {
    const nodeName = pod.spec.nodeName ?? pinnedTo(pod.spec) ?? ''
    if (wanted.has(nodeName) && !isOutdated(pod, revision)) wanted.delete(nodeName)
    else {
      leaving.add(pod.metadata.name)
      changes.push({ op: 'delete', kind: 'Pod', namespace, name: pod.metadata.name })
    }
  }
  const base = `${owner.metadata.name}-`
  for (const nodeName of wanted.keys()) {
    const { name } = generatedName(
      base,
      `DaemonSet/${namespace}/${owner.metadata.name}/${nodeName}/${revision}`,
      (each) => shard.has(each) && !leaving.has(each),
    )
    const pod = podFrom(owner.spec.template, owner, name, base, { [REVISION]: revision })
    changes.push({ op: 'put', object: { ...pod, spec: pinned(spec, nodeName) } })
  }
  return changes
}

/** The revision labels of a live dump are the server's own: those pods stay. */
const isOutdated = ({ metadata }: Pod, revision: string): boolean =>
  isOurUid(metadata.uid) && metadata.labels?.[REVISION] !== undefined && metadata.labels[REVISION] !== revision

/** AddOrUpdateDaemonPodTolerations: daemons stay where other pods must leave. */
function withDaemonTolerations(spec: PodSpec): PodSpec {
  const added = [
    ...['not-ready', 'unreachable'].map((name) => ({ name, effect: 'NoExecute' })),
    ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((name) => ({ name, effect: 'NoSchedule' })),
    ...(spec.hostNetwork ? [{ name: 'network-unavailable', effect: 'NoSchedule' }] : []),
  ].map(({ name, effect }) => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists', effect }))
  return { ...spec, tolerations: [...(spec.tolerations ?? []), ...added] }
}

interface Pin {
  readonly nodeAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: {
      readonly nodeSelectorTerms?: readonly { readonly matchFields?: readonly { readonly values?: readonly string[] }[] }[]
    }
  }
}

/** ReplaceDaemonSetPodNodeNameNodeAffinity. The template's own terms have been heeded by then and give way. */
function pinned(spec: PodSpec, nodeName: string): PodSpec {
  const affinity = spec.affinity as { readonly nodeAffinity?: object } | undefined
  const nodeSelectorTerms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }]
  return {
    ...spec,
    affinity: {
      ...affinity,
      nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
    },
  }
}

const pinnedTo = ({ affinity }: PodSpec): string | undefined =>
  (affinity as Pin | undefined)?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.[0]?.matchFields?.[0]
    ?.values?.[0]
