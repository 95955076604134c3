/**
 * pkg/scheduler in its default profile, as far as the network cares: filters NodeUnschedulable, NodeName, TaintToleration, NodeAffinity, NodePorts and the
 * number of pods; then the node with fewest pods of the same owner, then with fewest pods, then the first. Resources, pod (anti-)affinity, preferences,
 * topology spread constraints and preemption are left out.
 */
import type { Node } from '../api/node.ts'
import type { Pod } from '../api/pod.ts'
import { type Change, type Cluster, list } from '../cluster/cluster.ts'
import { sharedConditions } from './conditions.ts'
import type { Controller } from './controller.ts'
import { acceptsNode, type HostPort, hostPortsOf, portsClash, toleratesUnschedulable, untoleratedTaint } from './node-affinity.ts'
import { controllerOf } from './pods.ts'

/** kubelet's --max-pods. */
const MAX_PODS = 110

interface Candidate {
  readonly node: Node
  readonly index: number
  readonly capacity: number
  pods: number
  readonly hostPorts: HostPort[]
  /** Pods by owner. */
  readonly siblings: Map<string, number>
}

export const scheduler: Controller = {
  name: 'scheduler',
  reads: ['Pod', 'Node'],
  scope: 'cluster',
  reconcile: (cluster) => {
    const waiting: Pod[] = []
    for (const pod of list(cluster, 'Pod')) if (isWaiting(pod)) waiting.push(pod)
    if (waiting.length === 0) return []
    const candidates = candidatesOf(cluster)
    const queues = new Map<string, Queue>()
    return waiting.flatMap((pod): Change[] => {
      const found = place(pod, candidates, queues)
      if (typeof found !== 'string') return [{ op: 'put', object: bound(pod, found.node.metadata.name) }]
      const object = unschedulable(pod, found)
      return object === pod ? [] : [{ op: 'put', object }]
    })
  },
}

const isWaiting = ({ spec, status, metadata }: Pod): boolean =>
  !spec.nodeName && status.phase !== 'Succeeded' && status.phase !== 'Failed' && metadata.deletionTimestamp === undefined

function candidatesOf(cluster: Cluster): readonly Candidate[] {
  const candidates: Candidate[] = []
  const byName = new Map<string, Candidate>()
  for (const node of list(cluster, 'Node')) {
    const capacity = Number(node.status.allocatable?.pods ?? MAX_PODS)
    const candidate: Candidate = {
      node,
      index: candidates.length,
      capacity: Number.isFinite(capacity) ? capacity : MAX_PODS,
      pods: 0,
      hostPorts: [],
      siblings: new Map(),
    }
    candidates.push(candidate)
    byName.set(node.metadata.name, candidate)
  }
  for (const pod of list(cluster, 'Pod')) {
    const candidate = pod.spec.nodeName === undefined ? undefined : byName.get(pod.spec.nodeName)
    if (candidate && pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed') assume(candidate, pod)
  }
  return candidates
}

function assume(candidate: Candidate, pod: Pod): void {
  candidate.pods++
  candidate.hostPorts.push(...hostPortsOf(pod))
  const owner = ownerOf(pod)
  candidate.siblings.set(owner, (candidate.siblings.get(owner) ?? 0) + 1)
}

const ownerOf = (pod: Pod): string => `${pod.metadata.namespace ?? ''}/${controllerOf(pod)?.uid ?? ''}`

/**
 * Nodes that pods of one shape may go to, emptiest first: a binary heap whose keys only ever grow, so that an outdated key is noticed when it comes to the
 * top. Nodes that are full or whose host ports are taken leave it for good. Owners share it: nodes that already have a sibling are passed over.
 */
class Queue {
  readonly #heap: { readonly candidate: Candidate; readonly pods: number }[] = []
  /** Per owner, the fewest siblings that any node may still have: a lower bound, which spares looking for fewer. */
  readonly #fewest = new Map<string, number>()

  /** Why no node is left: once none is, none comes back. */
  refusal: string | undefined

  constructor(candidates: readonly Candidate[]) {
    for (const candidate of candidates) this.#push(candidate)
  }

  best(pod: Pod): Candidate | undefined {
    const ports = hostPortsOf(pod)
    const owner = ownerOf(pod)
    const fewest = this.#fewest.get(owner) ?? 0
    const passed: Candidate[] = []
    let best: Candidate | undefined
    let least = Number.POSITIVE_INFINITY
    for (let next = this.#next(ports); next && least > fewest; next = this.#next(ports)) {
      const siblings = next.siblings.get(owner) ?? 0
      if (siblings < least) {
        best = next
        least = siblings
      }
      passed.push(next)
      this.#pop()
    }
    if (best) this.#fewest.set(owner, least)
    for (const candidate of passed) this.#push(candidate)
    return best
  }

  /** The emptiest node that still has what the pod needs, brought to the top. */
  #next(ports: readonly HostPort[]): Candidate | undefined {
    for (let top = this.#heap[0]; top; top = this.#heap[0]) {
      const { candidate, pods } = top
      if (lack(candidate, ports) !== undefined) this.#pop()
      else if (pods === candidate.pods) return candidate
      else {
        this.#pop()
        this.#push(candidate)
      }
    }
    return undefined
  }

  #push(candidate: Candidate): void {
    let at = this.#heap.length
    this.#heap.push({ candidate, pods: candidate.pods })
    for (let parent = (at - 1) >> 1; at > 0 && this.#smaller(parent, at) === at; parent = (at - 1) >> 1) {
      this.#swap(at, parent)
      at = parent
    }
  }

  #pop(): void {
    this.#swap(0, this.#heap.length - 1)
    this.#heap.pop()
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      const smallest = this.#smaller(this.#smaller(at, left), left + 1)
      if (smallest === at) return
      this.#swap(at, smallest)
      at = smallest
    }
  }

  /** Which of two places holds the node to prefer; `a` when `b` is past the end. */
  #smaller(a: number, b: number): number {
    const one = this.#heap[a]
    const other = this.#heap[b]
    if (!one || !other) return a
    return other.pods < one.pods || (other.pods === one.pods && other.candidate.index < one.candidate.index) ? b : a
  }

  #swap(a: number, b: number): void {
    const one = this.#heap[a]
    const other = this.#heap[b]
    if (!one || !other) return
    this.#heap[a] = other
    this.#heap[b] = one
  }
}

/** The node, now counting the pod, or why there is none. */
function place(pod: Pod, candidates: readonly Candidate[], queues: Map<string, Queue>): Candidate | string {
  const key = signature(pod)
  let queue = queues.get(key)
  if (!queue) queues.set(key, (queue = new Queue(candidates.filter(({ node }) => refusal(pod, node) === undefined))))
  const best = queue.best(pod)
  if (!best) return (queue.refusal ??= whyNot(pod, candidates))
  assume(best, pod)
  return best
}

/** Pods alike in this may go to the same nodes. */
const signature = (pod: Pod): string => JSON.stringify([pod.spec.nodeSelector, pod.spec.affinity, pod.spec.tolerations, hostPortsOf(pod)])

/** Why the node will not do for good, in the scheduler's words. */
function refusal({ spec }: Pod, node: Node): string | undefined {
  if (node.spec.unschedulable && !toleratesUnschedulable(spec)) return 'node(s) were unschedulable'
  const taint = untoleratedTaint(spec, node)
  if (taint) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`
  return acceptsNode(spec, node) ? undefined : "node(s) didn't match Pod's node affinity/selector"
}

/** What the node has run out of. */
function lack({ hostPorts, pods, capacity }: Candidate, ports: readonly HostPort[]): string | undefined {
  if (pods >= capacity) return 'Too many pods'
  return ports.some((port) => hostPorts.some((other) => portsClash(port, other)))
    ? "node(s) didn't have free ports for the requested pod ports"
    : undefined
}

function whyNot(pod: Pod, candidates: readonly Candidate[]): string {
  if (candidates.length === 0) return 'no nodes available to schedule pods'
  const counts = new Map<string, number>()
  const ports = hostPortsOf(pod)
  let lasting = 0
  for (const candidate of candidates) {
    const forGood = refusal(pod, candidate.node)
    if (forGood !== undefined) lasting++
    const why = forGood ?? lack(candidate, ports) ?? ''
    counts.set(why, (counts.get(why) ?? 0) + 1)
  }
  const reasons = [...counts].map(([why, count]) => `${count} ${why}`).sort()
  const total = `0/${candidates.length} nodes are available: `
  const helpless = lasting > 0 ? [`${lasting} Preemption is not helpful for scheduling`] : []
  const victimless = candidates.length > lasting ? [`${candidates.length - lasting} No preemption victims found for incoming pod`] : []
  return `${total}${reasons.join(', ')}. preemption: ${total}${[...helpless, ...victimless].sort().join(', ')}.`
}

const scheduled = sharedConditions((before) => [
  ...before.filter(({ type }) => type !== 'PodScheduled'),
  { type: 'PodScheduled', status: 'True' },
])

const bound = (pod: Pod, nodeName: string): Pod => ({
  ...pod,
  spec: { ...pod.spec, nodeName },
  status: { ...pod.status, conditions: scheduled(pod.status.conditions) },
})

const others = ({ status }: Pod, type: string): NonNullable<Pod['status']['conditions']> =>
  (status.conditions ?? []).filter((each) => each.type !== type)

function unschedulable(pod: Pod, message: string): Pod {
  const before = pod.status.conditions?.find(({ type }) => type === 'PodScheduled')
  if (before?.message === message) return pod
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }
  return { ...pod, status: { ...pod.status, phase: 'Pending', conditions: [...others(pod, 'PodScheduled'), condition] } }
}
