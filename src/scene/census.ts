import type { Node } from '../core/api/node.ts'
import type { Pod } from '../core/api/pod.ts'
import { type Cluster, list } from '../core/cluster/cluster.ts'
import { type Ip, ipNumber, parseIp } from '../core/net/ip.ts'
import { MACHINE_CORDONED, MACHINE_READY, POD_FINISHED, POD_HOST_NETWORK, POD_READY, POD_TERMINATING } from './scene.ts'

/** Who lives where, in the order in which they are drawn when nothing was drawn before. */
export interface Census {
  readonly nodes: readonly Node[]
  /** Per node, by address: bridge IPAM hands addresses out in order, so that newcomers come last. */
  readonly pods: readonly (readonly Pod[])[]
  /** Pods that no node of this cluster has. */
  readonly waiting: readonly Pod[]
}

export function takeCensus(cluster: Cluster): Census {
  const nodes = [...list(cluster, 'Node')]
  const rooms = new Map<string, Pod[]>(nodes.map((node) => [node.metadata.name, []]))
  const waiting: Pod[] = []
  for (const pod of list(cluster, 'Pod')) (rooms.get(pod.spec.nodeName ?? '') ?? waiting).push(pod)
  return { nodes, pods: [...rooms.values()].map(byAddress), waiting }
}

function byAddress(pods: readonly Pod[]): readonly Pod[] {
  let before = -Infinity
  for (const pod of pods) {
    const rank = rankOf(pod)
    if (rank < before) return sorted(pods)
    before = rank
  }
  return pods
}

function sorted(pods: readonly Pod[]): readonly Pod[] {
  const ranked = pods.map((pod) => ({ pod, rank: rankOf(pod) }))
  // Two Infinities have no difference: compare, do not subtract.
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0))
  return ranked.map(({ pod }) => pod)
}

/** Pods on the host's network share its address and stand first; pods without an address stand last. */
function rankOf({ spec, status }: Pod): number {
  if (spec.hostNetwork) return -1
  return status.podIP?.includes('.') ? ipNumber(status.podIP as Ip) : Infinity
}

const namespaceOf = (pod: Pod): string => pod.metadata.namespace ?? 'default'
export const podId = (pod: Pod): string => `pod/${namespaceOf(pod)}/${pod.metadata.name}`

/** `podId(pod) === id`, without making a string: asked of every pod of the cluster. */
export function hasId(pod: Pod, id: string): boolean {
  const namespace = namespaceOf(pod)
  const { name } = pod.metadata
  return id.length === namespace.length + name.length + 5 && id.endsWith(name) && id.startsWith(namespace, 4)
}

function isReady(pod: Pod): boolean {
  for (const condition of pod.status.conditions ?? []) if (condition.type === 'Ready') return condition.status === 'True'
  return pod.status.phase === 'Running'
}

export function podFlags(pod: Pod): number {
  const finished = pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
  return (
    (!finished && isReady(pod) ? POD_READY : 0) |
    (pod.metadata.deletionTimestamp ? POD_TERMINATING : 0) |
    (pod.spec.hostNetwork ? POD_HOST_NETWORK : 0) |
    (finished ? POD_FINISHED : 0)
  )
}

export function nodeFlags(node: Node): number {
  const ready = node.status.conditions?.find((condition) => condition.type === 'Ready')
  return (!ready || ready.status === 'True' ? MACHINE_READY : 0) | (node.spec.unschedulable ? MACHINE_CORDONED : 0)
}

export function nodeAddress(node: Node): string {
  const addresses = node.status.addresses ?? []
  return (
    (addresses.find((address) => address.type === 'InternalIP') ?? addresses.find((address) => parseIp(address.address)))?.address ?? ''
  )
}

const ROLE = 'node-role.kubernetes.io/'
export function nodeRole(node: Node): string {
  const roles = Object.keys(node.metadata.labels ?? {}).filter((label) => label.startsWith(ROLE))
  return roles
    .map((label) => label.slice(ROLE.length))
    .filter(Boolean)
    .join(', ')
}
