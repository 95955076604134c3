import type { Node } from '../core/api/node.ts'
import type { Pod } from '../core/api/pod.ts'
import { type Cluster, list } from '../core/cluster/cluster.ts'
import { parseIp } from '../core/net/ip.ts'
import { appOf, hueOf } from './hue.ts'
import { ipv4Number } from './pod-names.ts'
import { MACHINE_CORDONED, MACHINE_READY, POD_FINISHED, POD_HOST_NETWORK, POD_READY, POD_TERMINATING } from './scene.ts'

/**
 * Who lives where, in the order in which they are drawn when nothing was drawn before. Pods lie far apart in memory: each of them is looked at
 * once, and everything after that reads columns.
 */
export interface Census {
  readonly nodes: readonly Node[]
  readonly pods: PodFacts
  /** Pods by node, and within it by address: bridge IPAM hands addresses out in order, so that newcomers come last. Then those that wait. */
  readonly order: Uint32Array
  /** `nodes.length + 2` offsets into `order`; the last room is the tray. */
  readonly start: Uint32Array
}

/** Columns in the cluster's order. */
export interface PodFacts {
  readonly count: number
  readonly names: readonly string[]
  readonly namespaces: readonly string[]
  readonly namespace: Uint32Array
  readonly address: Uint32Array
  readonly odd: ReadonlyMap<number, string>
  readonly hue: Uint16Array
  readonly flags: Uint8Array
  readonly containers: Uint8Array
}

export function takeCensus(cluster: Cluster): Census {
  const nodes = [...list(cluster, 'Node')]
  const rooms = new Map(nodes.map((node, i) => [node.metadata.name, i]))
  let count = 0
  for (const shard of cluster.objects.Pod.values()) count += shard.size
  const room = new Uint32Array(count)
  const pods = factsOf(cluster, count, room, rooms)
  const start = new Uint32Array(nodes.length + 2)
  for (let i = 0; i < count; i++) start[(room[i] ?? 0) + 1] = (start[(room[i] ?? 0) + 1] ?? 0) + 1
  for (let r = 0; r <= nodes.length; r++) start[r + 1] = (start[r + 1] ?? 0) + (start[r] ?? 0)
  const order = new Uint32Array(count)
  const next = start.slice()
  for (let i = 0; i < count; i++) {
    const r = room[i] ?? 0
    order[next[r] ?? 0] = i
    next[r] = (next[r] ?? 0) + 1
  }
  for (let r = 0; r < nodes.length; r++) byRank(order, start[r] ?? 0, start[r + 1] ?? 0, pods)
  return { nodes, pods, order, start }
}

function factsOf(cluster: Cluster, count: number, room: Uint32Array, rooms: ReadonlyMap<string, number>): PodFacts {
  const names: string[] = []
  const namespaces: string[] = []
  const numbers = new Map<string, number>()
  const [namespace, address] = [new Uint32Array(count), new Uint32Array(count)]
  const [hue, flags, containers] = [new Uint16Array(count), new Uint8Array(count), new Uint8Array(count)]
  const odd = new Map<number, string>()
  for (const shard of cluster.objects.Pod.values()) {
    for (const pod of shard.values()) {
      const { metadata, spec, status } = pod
      const i = names.push(metadata.name) - 1
      const owner = namespaceOf(pod)
      let number = numbers.get(owner)
      if (number === undefined) numbers.set(owner, (number = namespaces.push(owner) - 1))
      namespace[i] = number
      room[i] = (spec.nodeName === undefined ? undefined : rooms.get(spec.nodeName)) ?? rooms.size
      if (status.podIP) {
        const value = ipv4Number(status.podIP)
        if (value) address[i] = value
        else odd.set(i, status.podIP)
      }
      hue[i] = hueOf(appOf(metadata))
      flags[i] = podFlags(pod)
      containers[i] = Math.min(255, spec.containers.length)
    }
  }
  return { count, names, namespaces, namespace, address, odd, hue, flags, containers }
}

/** Pods on the host's network share its address and stand first; pods without an IPv4 address stand last. */
export const podRank = (flags: number, address: number): number => ((flags & POD_HOST_NETWORK) !== 0 ? -1 : address || Infinity)

const rankOf = ({ flags, address }: PodFacts, pod: number): number => podRank(flags[pod] ?? 0, address[pod] ?? 0)

function byRank(order: Uint32Array, from: number, to: number, pods: PodFacts): void {
  let before = -Infinity
  for (let k = from; k < to; k++) {
    const rank = rankOf(pods, order[k] ?? 0)
    if (rank < before) {
      // Two Infinities have no difference, and equals keep the cluster's order.
      order.subarray(from, to).sort((a, b) => {
        const [p, q] = [rankOf(pods, a), rankOf(pods, b)]
        return p < q ? -1 : p > q ? 1 : a - b
      })
      return
    }
    before = rank
  }
}

export const namespaceOf = (pod: Pod): string => pod.metadata.namespace ?? 'default'

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

/** kubelet's default of `maxPods`, for nodes that do not say. */
const MAX_PODS = 110

export function nodeCapacity(node: Node): number {
  const pods = Number(node.status.allocatable?.['pods'])
  return Number.isInteger(pods) && pods > 0 ? pods : MAX_PODS
}

const ROLE = 'node-role.kubernetes.io/'
export function nodeRole(node: Node): string {
  const roles = Object.keys(node.metadata.labels ?? {}).filter((label) => label.startsWith(ROLE))
  return roles
    .map((label) => label.slice(ROLE.length))
    .filter(Boolean)
    .join(', ')
}
