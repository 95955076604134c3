import { sha256Hex } from '../base/sha256.ts'
import type { Pod } from '../api/pod.ts'
import { type Cluster, get } from '../cluster/cluster.ts'
import type { NetnsId } from '../kernel/interface.ts'

/** Whose network namespace it is. */
export type Owner =
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'pod'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'host'; readonly name: string }

/** Names of namespaces are file names in /run/netns and short in every display, so a pod's is cut. */
const LENGTH = 48

const plainName = (pod: Pod): string => `p-${namespaceOfPod(pod)}-${pod.metadata.name}`.slice(0, LENGTH)
const namespaceOfPod = (pod: Pod): string => pod.metadata.namespace ?? 'default'
const marked = (pod: Pod): string => `${plainName(pod)}~${sha256Hex(`${namespaceOfPod(pod)}/${pod.metadata.name}`, 8)}`

/**
 * The namespace that a pod's processes run in: its node's with hostNetwork, else its own, if it has a sandbox. Cut names of two pods may be the same
 * (replicas with long names); then all but the first in the cluster's order carry a hash.
 */
export function netnsOf(cluster: Cluster, pod: Pod): NetnsId | undefined {
  if (!isSandboxed(pod)) return undefined
  if (pod.spec.hostNetwork) return pod.spec.nodeName as NetnsId
  const plain = plainName(pod)
  return (podsNamed(cluster, plain)[0] === pod ? plain : marked(pod)) as NetnsId
}

export function netnsOfPod(cluster: Cluster, namespace: string, name: string): NetnsId | undefined {
  const pod = get(cluster, 'Pod', namespace, name)
  return pod && netnsOf(cluster, pod)
}

export function ownerOf(cluster: Cluster, netns: NetnsId): Owner | undefined {
  if (get(cluster, 'Node', '', netns)) return { kind: 'node', name: netns }
  if (cluster.config.site.hosts.some((host) => host.name === netns)) return { kind: 'host', name: netns }
  const pod = podOf(cluster, netns)
  return pod && { kind: 'pod', namespace: namespaceOfPod(pod), name: pod.metadata.name }
}

/** The pod whose own namespace this is. */
export function podOf(cluster: Cluster, netns: NetnsId): Pod | undefined {
  const [plain = ''] = netns.split('~')
  const named = podsNamed(cluster, plain)
  return plain === netns ? named[0] : named.find((pod, i) => i > 0 && marked(pod) === netns)
}

/** Whether kubelet has made a sandbox for it: placed, addressed and not over. */
export const isSandboxed = ({ spec, status }: Pod): boolean =>
  spec.nodeName !== undefined &&
  (spec.hostNetwork === true || status.podIP !== undefined) &&
  status.phase !== 'Succeeded' &&
  status.phase !== 'Failed'

/**
 * Pods with a namespace of their own whose cut name is `name`: those whose name fits first, then in the cluster's order. Finds them from the name, since an index of all pods would cost
 * milliseconds at each change: every hyphen may be the one between namespace and name.
 */
function podsNamed(cluster: Cluster, name: string): readonly Pod[] {
  if (!name.startsWith('p-')) return []
  const whole: Pod[] = []
  const cut: Pod[] = []
  for (const [namespace, shard] of cluster.objects.Pod) {
    const head = `p-${namespace}-`
    const mayBeCut = name.length === LENGTH && (head.length >= LENGTH ? head.startsWith(name) : name.startsWith(head))
    if (mayBeCut) cut.push(...(cutNames(shard).get(name) ?? []))
    const pod = name.startsWith(head) ? shard.get(name.slice(head.length)) : undefined
    if (pod) whole.push(pod)
  }
  return [...whole, ...cut].filter((pod) => !pod.spec.hostNetwork && isSandboxed(pod))
}

const cutIndexes = new WeakMap<ReadonlyMap<string, Pod>, ReadonlyMap<string, readonly Pod[]>>()

/** The pods of one namespace whose names do not fit, by what is left of them. */
function cutNames(shard: ReadonlyMap<string, Pod>): ReadonlyMap<string, readonly Pod[]> {
  const known = cutIndexes.get(shard)
  if (known) return known
  const index = new Map<string, Pod[]>()
  for (const pod of shard.values()) {
    if (namespaceOfPod(pod).length + pod.metadata.name.length + 3 <= LENGTH) continue
    const name = plainName(pod)
    const others = index.get(name)
    if (others) others.push(pod)
    else index.set(name, [pod])
  }
  cutIndexes.set(shard, index)
  return index
}
