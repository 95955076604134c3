import type { Node } from '../api/node.ts'
import type { Pod } from '../api/pod.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { NetnsId } from '../kernel/interface.ts'
import { Memo } from './memo.ts'
import { netnsOf } from './netns-of.ts'
import { podIndex } from './pod-index.ts'

/** The pods that run on a node. */
export interface NodePods {
  /** With a namespace of their own, by namespace and name: the order of their cables. */
  readonly own: readonly { readonly pod: Pod; readonly netns: NetnsId }[]
  /** With hostNetwork. */
  readonly host: readonly Pod[]
}

const nobody: readonly Pod[] = []
const memo = new Memo<Node, NodePods>()
const sameCluster = new Memo<Node, NodePods>()

/** The same value for as long as the same pods run there under the same names. Most changes are of no pod at all: then nothing is looked at. */
export const nodePods = (cluster: Cluster, node: Node): NodePods =>
  sameCluster.get(node, [cluster.config, cluster.objects.Pod], () => lookedUp(cluster, node))

function lookedUp(cluster: Cluster, node: Node): NodePods {
  const pods = [...onNode(cluster, node)].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const host = pods.filter((pod) => pod.spec.hostNetwork)
  const own = pods.flatMap((pod) => {
    const netns = pod.spec.hostNetwork ? undefined : netnsOf(cluster, pod)
    return netns ? [{ pod, netns }] : []
  })
  return memo.get(node, [...pods, ...own.map(({ netns }) => netns)], () => ({ own, host }))
}

const onNode = (cluster: Cluster, node: Node): readonly Pod[] =>
  podIndex(cluster.config, cluster.objects.Pod).byNode.get(node.metadata.name) ?? nobody
const keyOf = ({ metadata }: Pod): string => `${metadata.namespace ?? 'default'}/${metadata.name}`

/** The nodes that have pods on their bridge; the bridge is made with the first. */
export const bridgedNodes = (cluster: Cluster): ReadonlySet<string> => podIndex(cluster.config, cluster.objects.Pod).bridged
export const hasBridge = (cluster: Cluster, node: Node): boolean => bridgedNodes(cluster).has(node.metadata.name)
