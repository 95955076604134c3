/**
 * What kubelet and the CNI plugin report about a pod on its node: addresses, then running and ready at once (images and probes take no time and never
 * fail here). Addresses of a live dump are kept and never given to another pod.
 */
import type { Node } from '../api/node.ts'
import type { Pod, PodStatus } from '../api/pod.ts'
import { type Change, type Cluster, get, list } from '../cluster/cluster.ts'
import { ipFamily } from '../api/format.ts'
import { familiesOf } from '../cluster/config.ts'
import { type Cidr, parseCidr, printCidr } from '../net/cidr.ts'
import { familyOf, type Ip, type IpFamily, ipNumber, isIpv6 } from '../net/ip.ts'
import { compareWords, ipWords } from '../net/ip6.ts'
import { sharedConditions } from './conditions.ts'
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
    const families = familiesOf(cluster.config)
    return starting.flatMap((pod): Change[] => {
      const node = get(cluster, 'Node', '', pod.spec.nodeName ?? '')
      const status = node ? started(pod, node, ranges, families) : pod.status
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
      if (status.podIP && !spec.hostNetwork && status.phase !== 'Succeeded' && status.phase !== 'Failed')
        for (const ip of [status.podIP, ...(status.podIPs ?? []).map((each) => each.ip)]) this.#taken.add(ip)
  }

  /** The lowest free address: nothing is released while a controller runs, so what lies below the last one given is taken. */
  take(range: Cidr): Ip | undefined {
    const key = printCidr(range)
    const last = this.#next.get(key)
    const ip = nextAddress([range], (each) => this.#taken.has(each), last)
    if (ip === undefined || (last !== undefined && !isBehind(ip, last))) return undefined
    this.#taken.add(ip)
    this.#next.set(key, ip)
    return ip
  }
}

const isBehind = (ip: Ip, last: Ip): boolean => (isIpv6(ip) ? compareWords(ipWords(ip), ipWords(last)) > 0 : ipNumber(ip) > ipNumber(last))

/** Of each of the cluster's families the first InternalIP, the primary family's first. */
function internalIps(node: Node, families: readonly IpFamily[]): readonly string[] {
  const addresses = (node.status.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address)
  return families.flatMap((family) => addresses.find((address) => ipFamily(address) === family) ?? [])
}

/** A pod gets one address of every family that the cluster has, or none. */
function started(pod: Pod, node: Node, ranges: Ranges, families: readonly IpFamily[]): PodStatus {
  const hostIPs = internalIps(node, families)
  if (pod.spec.hostNetwork) return hostIPs.length > 0 ? running(pod, hostIPs, hostIPs) : pod.status
  const cidrs = (node.spec.podCIDRs ?? [node.spec.podCIDR ?? '']).flatMap((text) => parseCidr(text) ?? [])
  const own = families.flatMap((family) => cidrs.find(({ ip }) => familyOf(ip) === family) ?? [])
  if (own.length < families.length)
    return waiting(pod, hostIPs, `failed to create pod network: node "${node.metadata.name}" pod cidr not assigned`)
  const ips = own.map((range) => ranges.take(range))
  const missing = ips.findIndex((ip) => ip === undefined)
  if (missing < 0)
    return running(
      pod,
      ips.flatMap((ip) => ip ?? []),
      hostIPs,
    )
  return waiting(
    pod,
    hostIPs,
    `plugin type="flannel" failed (add): failed to delegate add: failed to allocate for range ${missing}: ${exhausted(own.slice(missing, missing + 1))}`,
  )
}

const hosts = (hostIPs: readonly string[]): Pick<PodStatus, 'hostIP' | 'hostIPs'> => ({
  ...(hostIPs[0] !== undefined && { hostIP: hostIPs[0] }),
  ...(hostIPs.length > 1 && { hostIPs: hostIPs.map((ip) => ({ ip })) }),
})

const REPORTED = ['Initialized', 'Ready', 'ContainersReady']

const ready = sharedConditions((before) => [
  ...before.filter(({ type }) => !REPORTED.includes(type) && type !== 'PodReadyToStartContainers'),
  ...REPORTED.map((type) => ({ type, status: 'True' })),
])

function running({ status }: Pod, podIPs: readonly string[], hostIPs: readonly string[]): PodStatus {
  return {
    ...status,
    phase: 'Running',
    ...hosts(hostIPs),
    podIP: podIPs[0] ?? '',
    podIPs: podIPs.map((ip) => ({ ip })),
    conditions: ready(status.conditions),
  }
}

/** FailedCreatePodSandBox: kubelet tries again whenever something changes. */
function waiting({ status }: Pod, hostIPs: readonly string[], why: string): PodStatus {
  const message = `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: ${why}`
  if (status.conditions?.some((each) => each.message === message)) return status
  return {
    ...status,
    phase: 'Pending',
    ...hosts(hostIPs),
    conditions: [
      ...(status.conditions ?? []).filter(({ type }) => !REPORTED.includes(type) && type !== 'PodReadyToStartContainers'),
      { type: 'PodReadyToStartContainers', status: 'False', reason: 'FailedCreatePodSandBox', message },
      { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
    ],
  }
}
