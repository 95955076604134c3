/**
 * What kubelet and the CNI plugin report about a pod on its node: addresses, then running and ready at once (images and probes take no time and never
 * fail here). Addresses of a live dump are kept and never given to another pod.
 */
import type { Node } from '../api/node.ts'
import type { Pod, PodStatus } from '../api/pod.ts'
import { type Change, type Cluster, get, list } from '../cluster/cluster.ts'
import { type Cidr, parseCidr } from '../net/cidr.ts'
import { type Ip, ipNumber } from '../net/ip.ts'
import type { Controller } from './controller.ts'
import { exhausted, nextAddress } from './host-local.ts'

export const podLifecycle: Controller = {
  name: 'pod-lifecycle',
  reads: ['Pod', 'Node'],
  scope: 'cluster',
  reconcile: (cluster) => {
    const starting: Pod[] = []
    for (const pod of list(cluster, 'Pod')) if (isStarting(pod)) starting.push(pod)
    if (starting.length === 0) return []
    const ranges = new Ranges(cluster)
    return starting.flatMap((pod): Change[] => {
      const node = get(cluster, 'Node', '', pod.spec.nodeName ?? '')
      const status = node ? started(pod, node, ranges) : pod.status
      return status === pod.status ? [] : [{ op: 'put', object: { ...pod, status } }]
    })
  },
}

/** On a node and not yet with an address. Finished and leaving pods get none any more. */
const isStarting = ({ spec, status, metadata }: Pod): boolean =>
  spec.nodeName !== undefined &&
  !status.podIP &&
  status.phase !== 'Succeeded' &&
  status.phase !== 'Failed' &&
  metadata.deletionTimestamp === undefined

/** Pod addresses per node: which are taken, and where the search for a free one goes on. */
class Ranges {
  readonly #taken = new Set<string>()
  readonly #next = new Map<string, Ip>()

  constructor(cluster: Cluster) {
    for (const { status, spec } of list(cluster, 'Pod'))
      if (status.podIP && !spec.hostNetwork && status.phase !== 'Succeeded' && status.phase !== 'Failed') this.#taken.add(status.podIP)
  }

  /** The lowest free address: nothing is released while a controller runs, so what lies below the last one given is taken. */
  take(range: Cidr): Ip | undefined {
    const key = `${range.network}/${range.length}`
    const last = this.#next.get(key)
    const ip = nextAddress(range, (each) => this.#taken.has(each), last)
    if (ip === undefined || (last !== undefined && ipNumber(ip) <= ipNumber(last))) return undefined
    this.#taken.add(ip)
    this.#next.set(key, ip)
    return ip
  }
}

const internalIp = (node: Node): string | undefined => node.status.addresses?.find(({ type }) => type === 'InternalIP')?.address

function started(pod: Pod, node: Node, ranges: Ranges): PodStatus {
  const hostIP = internalIp(node)
  if (pod.spec.hostNetwork) return hostIP ? running(pod, hostIP, hostIP) : pod.status
  const range = parseCidr(node.spec.podCIDR ?? '')
  if (!range) return waiting(pod, hostIP, `failed to create pod network: node "${node.metadata.name}" pod cidr not assigned`)
  const ip = ranges.take(range)
  if (ip) return running(pod, ip, hostIP)
  return waiting(
    pod,
    hostIP,
    `plugin type="flannel" failed (add): failed to delegate add: failed to allocate for range 0: ${exhausted(range)}`,
  )
}

const REPORTED = ['Initialized', 'Ready', 'ContainersReady']

function running({ status }: Pod, podIP: string, hostIP: string | undefined): PodStatus {
  return {
    ...status,
    phase: 'Running',
    ...(hostIP && { hostIP }),
    podIP,
    podIPs: [{ ip: podIP }],
    conditions: [
      ...(status.conditions ?? []).filter(({ type }) => !REPORTED.includes(type) && type !== 'PodReadyToStartContainers'),
      ...REPORTED.map((type) => ({ type, status: 'True' })),
    ],
  }
}

/** FailedCreatePodSandBox: kubelet tries again whenever something changes. */
function waiting({ status }: Pod, hostIP: string | undefined, why: string): PodStatus {
  const message = `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: ${why}`
  if (status.conditions?.some((each) => each.message === message)) return status
  return {
    ...status,
    phase: 'Pending',
    ...(hostIP && { hostIP }),
    conditions: [
      ...(status.conditions ?? []).filter(({ type }) => !REPORTED.includes(type) && type !== 'PodReadyToStartContainers'),
      { type: 'PodReadyToStartContainers', status: 'False', reason: 'FailedCreatePodSandBox', message },
      { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
    ],
  }
}
