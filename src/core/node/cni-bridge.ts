import type { Node } from '../api/node.ts'
import type { Pod } from '../api/pod.ts'
import type { ClusterConfig } from '../cluster/config.ts'
import type { Interface, NetnsId } from '../kernel/interface.ts'
import type { BridgePort, NetworkNamespace, Route } from '../kernel/netns.ts'
import type { Origin } from '../kernel/origin.ts'
import { DEFAULT_SYSCTLS } from '../kernel/sysctl.ts'
import { cidr, parseCidr } from '../net/cidr.ts'
import { parseIp } from '../net/ip.ts'
import { addressOf, hostVeth, interfaceMap, LO, podMac, type VethEnd, vethInterface, vethPort } from './devices.ts'
import { klipperRuleset, podSysctls } from './klipper-lb.ts'
import { Memo } from './memo.ts'
import { type NodeFacts, nodeFacts, type PodNetwork } from './node-facts.ts'
import type { NodePods } from './node-pods.ts'
import { addRoutes, DEFAULT_DESTINATION, DEFAULT_RULES, tablesOf, viaGateway } from './routes.ts'
import { podSockets } from './sockets.ts'

/**
 * The reference plugins `bridge` and `host-local` as flannel's CNI plugin calls them (containernetworking/plugins; isDefaultGateway, hairpinMode,
 * forceAddress, the cluster's pod network as a route). `portmap/` is the plugin behind it. Left out: bandwidth, IPAM itself (addresses are in the Pod objects).
 */
export const BRIDGE = 'cni0'
const CNI: Origin = { agent: 'cni' }
const originOf = (pod: Pod): Origin => ({ agent: 'cni', object: `Pod/${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}` })

const vethOf = (pod: Pod): ReturnType<typeof hostVeth> => hostVeth(pod.metadata.namespace ?? 'default', pod.metadata.name)

/** The bridge and one port for each pod, numbered from `index`. The plugin makes the bridge with the first pod, so without pods there is none. */
export function bridgeInterfaces(
  pods: NodePods['own'],
  network: PodNetwork,
  how: { readonly mtu: number; readonly hairpin: boolean },
  index: number,
): readonly Interface[] {
  if (pods.length === 0) return []
  const { mtu } = how
  const addresses = [addressOf(cidr(network.gateway, network.cidr.length))]
  const bridge: Interface = { kind: 'bridge', name: BRIDGE, index, mac: podMac(network.gateway), mtu, up: true, addresses, origin: CNI }
  const ports = pods.map(({ pod, netns }, i) => {
    const end: VethEnd = { ...vethOf(pod), index: index + 1 + i, mtu, peer: { netns, name: 'eth0' }, origin: originOf(pod) }
    return vethPort(end, BRIDGE, how.hairpin)
  })
  return [bridge, ...ports]
}

const ports = new Memo<NodePods, readonly BridgePort[]>()

/** The pods' ends of the bridge's ports, known without their namespaces. */
export const bridgePorts = (pods: NodePods): readonly BridgePort[] =>
  ports.get(pods, [], () =>
    pods.own.flatMap(({ pod, netns }) => {
      const ip = parseIp(pod.status.podIP ?? '')
      return ip ? [{ port: vethOf(pod).name, netns, dev: 'eth0', mac: podMac(ip), addresses: [ip] }] : []
    }),
  )

const namespaces = new Memo<Pod, NetworkNamespace | undefined>()

/** A pod's own namespace. Undefined when its node has no pod network to be on. */
export const podNamespace = (config: ClusterConfig, pod: Pod, id: NetnsId, home: Node, mtu: number): NetworkNamespace | undefined =>
  namespaces.get(pod, [config, home, id], () => makeNamespace(config, pod, id, nodeFacts(home), mtu))

function makeNamespace(
  config: ClusterConfig,
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
  const podCIDR = parseCidr(config.podCIDR)
  const routes: Route[] = [viaGateway(DEFAULT_DESTINATION, network.gateway, 'eth0', origin)]
  if (podCIDR) routes.push(viaGateway(podCIDR, network.gateway, 'eth0', origin))
  const devices = interfaceMap(interfaces)
  return {
    id,
    interfaces: devices,
    rules: DEFAULT_RULES,
    tables: tablesOf(interfaces, addRoutes(routes, config.admin.routes?.[id] ?? [], devices, { agent: 'admin' })),
    neighbours: [],
    ruleset: klipperRuleset(pod, 'IPv4'),
    sysctls: podSysctls(pod, DEFAULT_SYSCTLS),
    sockets: podSockets(pod),
  }
}
