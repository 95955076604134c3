import type { Node } from '../api/node.ts'
import type { Pod } from '../api/pod.ts'
import { type ClusterConfig, familiesOf, podCidrOf } from '../cluster/config.ts'
import type { Interface, NetnsId } from '../kernel/interface.ts'
import type { BridgePort, NetworkNamespace, Route } from '../kernel/netns.ts'
import type { Origin } from '../kernel/origin.ts'
import { DEFAULT_SYSCTLS } from '../kernel/sysctl.ts'
import { cidr, parseCidr } from '../net/cidr.ts'
import { familyOf, type Ip, type IpFamily, parseIp } from '../net/ip.ts'
import { linkLocalOf } from '../net/ip6.ts'
import { addressOf, hostVeth, interfaceMap, LO, LO6, podMac, type VethEnd, vethInterface, vethPort, withLinkLocal } from './devices.ts'
import { klipperRuleset, podSysctls } from './klipper-lb.ts'
import { Memo } from './memo.ts'
import { type NodeFacts, nodeFacts, type PodNetwork, stackOf } from './node-facts.ts'
import type { NodePods } from './node-pods.ts'
import { addRoutes, defaultTo, routingOf, viaGateway } from './routes.ts'
import { podSockets } from './sockets.ts'

/**
 * The reference plugins `bridge` and `host-local` as flannel's CNI plugin calls them (containernetworking/plugins; isDefaultGateway, hairpinMode,
 * forceAddress, the cluster's pod network as a route). `portmap/` is the plugin behind it. Left out: bandwidth, IPAM itself (addresses are in the Pod objects).
 */
export const BRIDGE = 'cni0'
const CNI: Origin = { agent: 'cni' }
const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6']
const originOf = (pod: Pod): Origin => ({ agent: 'cni', object: `Pod/${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}` })

const vethOf = (pod: Pod): ReturnType<typeof hostVeth> => hostVeth(pod.metadata.namespace ?? 'default', pod.metadata.name)

/** The bridge and one port for each pod, numbered from `index`. The plugin makes the bridge with the first pod, so without pods there is none. */
export function bridgeInterfaces(
  pods: NodePods['own'],
  networks: readonly PodNetwork[],
  how: { readonly mtu: number; readonly hairpin: boolean },
  index: number,
): readonly Interface[] {
  const [first] = networks
  if (pods.length === 0 || !first) return []
  const { mtu } = how
  const addresses = networks.map(({ gateway, cidr: { length } }) => addressOf(cidr(gateway, length)))
  const bridge: Interface = { kind: 'bridge', name: BRIDGE, index, mac: podMac(first.gateway), mtu, up: true, addresses, origin: CNI }
  const ports = pods.map(({ pod, netns }, i) => {
    const end: VethEnd = { ...vethOf(pod), index: index + 1 + i, mtu, peer: { netns, name: 'eth0' }, origin: originOf(pod) }
    return vethPort(end, BRIDGE, how.hairpin)
  })
  return [bridge, ...ports]
}

/** A pod's addresses of these families, that of IPv4 first: its MAC follows from the first. */
function addressesOf({ status }: Pod, families: readonly IpFamily[]): readonly Ip[] {
  const texts = [status.podIP ?? '', ...(status.podIPs ?? []).map(({ ip }) => ip)]
  const all = texts.flatMap((text) => parseIp(text) ?? [])
  return FAMILIES.flatMap((family) => (families.includes(family) ? (all.find((ip) => familyOf(ip) === family) ?? []) : []))
}

const ports: readonly Memo<NodePods, readonly BridgePort[]>[] = [new Memo(), new Memo(), new Memo()]

/** The pods' ends of the bridge's ports, known without their namespaces. */
export const bridgePorts = (pods: NodePods, families: readonly IpFamily[]): readonly BridgePort[] =>
  (ports[families.length === 2 ? 2 : families[0] === 'IPv6' ? 1 : 0] ?? new Memo()).get(pods, [], () =>
    pods.own.flatMap(({ pod, netns }) => {
      const ips = addressesOf(pod, families)
      const [first] = ips
      if (!first) return []
      const mac = podMac(first)
      const addresses = families.includes('IPv6') ? [...ips, linkLocalOf(mac)] : ips
      return [{ port: vethOf(pod).name, netns, dev: 'eth0', mac, addresses }]
    }),
  )

const namespaces = new Memo<Pod, NetworkNamespace | undefined>()

/** A pod's own namespace. Undefined when its node has no pod network to be on. */
export const podNamespace = (config: ClusterConfig, pod: Pod, id: NetnsId, home: Node, mtu: number): NetworkNamespace | undefined =>
  namespaces.get(pod, [config, home, id], () => makeNamespace(config, pod, id, nodeFacts(home), mtu))

function makeNamespace(config: ClusterConfig, pod: Pod, id: NetnsId, facts: NodeFacts, mtu: number): NetworkNamespace | undefined {
  const families = familiesOf(config)
  const v6 = families.includes('IPv6')
  const origin = originOf(pod)
  const legs = addressesOf(pod, families).flatMap((ip) => {
    const { pods: network } = stackOf(facts, familyOf(ip))
    return network ? [{ ip, network }] : []
  })
  const [first] = legs
  if (!first) return undefined
  const peer = { netns: facts.name as NetnsId, name: vethOf(pod).name }
  const end: VethEnd = { name: 'eth0', index: 2, mac: podMac(first.ip), mtu, peer, origin }
  const prefixes = legs.map(({ ip, network }) => cidr(ip, network.cidr.length))
  const eth0 = vethInterface(end, prefixes)
  const interfaces = v6 ? [LO6, withLinkLocal(eth0)] : [LO, eth0]
  const routes: Route[] = legs.flatMap(({ network: { gateway } }) => {
    const podCIDR = parseCidr(podCidrOf(config, familyOf(gateway)))
    return [defaultTo(gateway), ...(podCIDR ? [podCIDR] : [])].map((to) => viaGateway(to, gateway, 'eth0', origin))
  })
  const devices = interfaceMap(interfaces)
  const all = addRoutes(routes, config.admin.routes?.[id] ?? [], devices, { agent: 'admin' })
  const sysctls = podSysctls(pod, DEFAULT_SYSCTLS)
  return {
    id,
    interfaces: devices,
    ...routingOf(interfaces, all, { families, forwarding6: sysctls.ipv6Forwarding }),
    neighbours: [],
    ruleset: klipperRuleset(pod, 'IPv4'),
    ...(v6 && { ruleset6: klipperRuleset(pod, 'IPv6') }),
    sysctls,
    sockets: podSockets(pod),
  }
}
