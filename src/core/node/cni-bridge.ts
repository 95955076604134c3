import type { Pod } from '../api/pod.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Interface, NetnsId } from '../kernel/interface.ts'
import type { BridgePort, Route } from '../kernel/netns.ts'
import { EMPTY_RULESET } from '../kernel/netfilter/ruleset.ts'
import type { NetworkNamespace } from '../kernel/netns.ts'
import type { Origin } from '../kernel/origin.ts'
import { DEFAULT_SYSCTLS } from '../kernel/sysctl.ts'
import { cidr, parseCidr } from '../net/cidr.ts'
import { parseIp } from '../net/ip.ts'
import { addressOf, hostVeth, interfaceMap, LO, podMac, type VethEnd, vethInterface, vethPort } from './devices.ts'
import { netnsOf } from './netns-of.ts'
import { type NodeFacts, type PodNetwork } from './node-facts.ts'
import { DEFAULT_DESTINATION, DEFAULT_RULES, tablesOf, viaGateway } from './routes.ts'
import { podSockets } from './sockets.ts'

/**
 * The reference plugins `bridge` and `host-local` as flannel's CNI plugin calls them (containernetworking/plugins; isDefaultGateway, hairpinMode,
 * forceAddress, the cluster's pod network as a route). Left out: portmap, bandwidth, IPAM itself (addresses are in the Pod objects).
 */
export const BRIDGE = 'cni0'
const CNI: Origin = { agent: 'cni' }
const originOf = (pod: Pod): Origin => ({ agent: 'cni', object: `Pod/${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}` })

const vethOf = (pod: Pod): ReturnType<typeof hostVeth> => hostVeth(pod.metadata.namespace ?? 'default', pod.metadata.name)

/** The bridge and one port for each pod, numbered from `index`. The plugin makes the bridge with the first pod, so without pods there is none. */
export function bridgeInterfaces(
  cluster: Cluster,
  pods: readonly Pod[],
  { gateway, cidr: prefix }: PodNetwork,
  mtu: number,
  index: number,
): readonly Interface[] {
  const ports = pods.flatMap((pod) => {
    const netns = netnsOf(cluster, pod)
    return netns ? [{ pod, netns }] : []
  })
  if (ports.length === 0) return []
  const bridge: Interface = {
    kind: 'bridge',
    name: BRIDGE,
    index,
    mac: podMac(gateway),
    mtu,
    up: true,
    addresses: [addressOf(cidr(gateway, prefix.length))],
    origin: CNI,
  }
  const ends = ports.map(
    ({ pod, netns }, i): VethEnd => ({ ...vethOf(pod), index: index + 1 + i, mtu, peer: { netns, name: 'eth0' }, origin: originOf(pod) }),
  )
  return [bridge, ...ends.map((end) => vethPort(end, BRIDGE, cluster.config.hairpinMode))]
}

/** The pods' ends of the bridge's ports, known without their namespaces. */
export function bridgePorts(cluster: Cluster, pods: readonly Pod[]): readonly BridgePort[] {
  return pods.flatMap((pod) => {
    const ip = parseIp(pod.status.podIP ?? '')
    const netns = netnsOf(cluster, pod)
    return ip && netns ? [{ port: vethOf(pod).name, netns, dev: 'eth0', mac: podMac(ip), addresses: [ip] }] : []
  })
}

/** A pod's own namespace. Undefined when its node has no pod network to be on. */
export function podNamespace(
  cluster: Cluster,
  pod: Pod,
  id: NetnsId,
  { name: node, pods: network }: NodeFacts,
  mtu: number,
): NetworkNamespace | undefined {
  const ip = parseIp(pod.status.podIP ?? '')
  if (!ip || !network) return undefined
  const origin = originOf(pod)
  const end: VethEnd = { name: 'eth0', index: 2, mac: podMac(ip), mtu, peer: { netns: node as NetnsId, name: vethOf(pod).name }, origin }
  const interfaces = [LO, vethInterface(end, cidr(ip, network.cidr.length))]
  const podCIDR = parseCidr(cluster.config.podCIDR)
  const routes: Route[] = [viaGateway(DEFAULT_DESTINATION, network.gateway, 'eth0', origin)]
  if (podCIDR) routes.push(viaGateway(podCIDR, network.gateway, 'eth0', origin))
  return {
    id,
    interfaces: interfaceMap(interfaces),
    rules: DEFAULT_RULES,
    tables: tablesOf(interfaces, routes),
    neighbours: [],
    ruleset: EMPTY_RULESET,
    sysctls: DEFAULT_SYSCTLS,
    sockets: podSockets(pod),
  }
}
