import type { Node } from '../api/node.ts'
import { type Cluster, get } from '../cluster/cluster.ts'
import { familiesOf } from '../cluster/config.ts'
import type { SiteNetwork } from '../cluster/site.ts'
import type { NetnsId } from '../kernel/interface.ts'
import type { BridgePort, Network, NetworkNamespace, SegmentPort } from '../kernel/netns.ts'
import { contains, networkIp } from '../net/cidr.ts'
import { type Ip, isIpv6, LOOPBACK } from '../net/ip.ts'
import { linkLocalOf } from '../net/ip6.ts'
import { BRIDGE, bridgePorts, podNamespace } from './cni-bridge.ts'
import { lanMac } from './devices.ts'
import { podMtu } from './flannel.ts'
import { Memo } from './memo.ts'
import { podOf } from './netns-of.ts'
import { nodeFacts, stackOf } from './node-facts.ts'
import { answersForAll, arpAddresses, usesIpvs } from './node-ipvs.ts'
import { nodeNamespace } from './node-namespace.ts'
import { bridgedNodes, nodePods } from './node-pods.ts'
import { localAddresses } from './ruleset.ts'
import { hostNamespace, hostPorts, siteNetwork } from './site-hosts.ts'

const networks = new WeakMap<Cluster, Network>()

/** The kernels of a cluster, each compiled when a packet first comes to it. One network for one cluster value. */
export function network(cluster: Cluster): Network {
  let found = networks.get(cluster)
  if (!found) networks.set(cluster, (found = compileLazily(cluster)))
  return found
}

function compileLazily(cluster: Cluster): Network {
  const namespaces = new Map<NetnsId, NetworkNamespace | undefined>()
  const segments = new Map<string, readonly SegmentPort[]>()
  const bridges = new Map<NetnsId, readonly BridgePort[]>()
  return {
    netns(id) {
      if (!namespaces.has(id)) namespaces.set(id, compile(cluster, id))
      return namespaces.get(id)
    },
    segment(name) {
      let ports = segments.get(name)
      if (!ports) segments.set(name, (ports = segmentPorts(cluster, name)))
      return ports
    },
    bridgePorts(netns, bridge) {
      if (bridge !== BRIDGE) return NO_PORTS
      let ports = bridges.get(netns)
      if (!ports) {
        const node = get(cluster, 'Node', '', netns)
        bridges.set(netns, (ports = node ? bridgePorts(nodePods(cluster, node), familiesOf(cluster.config)) : NO_PORTS))
      }
      return ports
    },
  }
}

const NO_PORTS: readonly BridgePort[] = []

function compile(cluster: Cluster, id: NetnsId): NetworkNamespace | undefined {
  const { config } = cluster
  const node = get(cluster, 'Node', '', id)
  if (node) return nodeNamespace(cluster, node)
  const host = config.site.hosts.find((one) => one.name === id)
  if (host) return hostNamespace(cluster, host)
  const pod = podOf(cluster, id)
  const home = pod && get(cluster, 'Node', '', pod.spec.nodeName ?? '')
  return home && podNamespace(config, pod, id, home, podMtu(config, siteNetwork(config.site, config.site.nodeNetwork).mtu))
}

const segmentsOf = new Memo<SiteNetwork, readonly SegmentPort[]>()

/** Thousands of ports that nobody touched are the same array as in the cluster before, so that indexes over them stay good. */
function segmentPorts(cluster: Cluster, name: string): readonly SegmentPort[] {
  const { config, objects } = cluster
  const segment = config.site.networks.find((one) => one.name === name)
  const make = (): readonly SegmentPort[] => [...hostPorts(cluster, name), ...nodePorts(cluster, name)]
  return segment
    ? segmentsOf.get(
        segment,
        [config, objects.Node, bridgedNodes(cluster), ...hostPorts(cluster, name), usesIpvs(cluster) && cluster.objects.Service],
        make,
      )
    : make()
}

function nodePorts(cluster: Cluster, segment: string): readonly SegmentPort[] {
  if (segment !== cluster.config.site.nodeNetwork) return []
  return [...(cluster.objects.Node.get('')?.values() ?? [])].flatMap((node) => nodePort(cluster, node) ?? [])
}

/** The subnet-router anycast address of the node network, which all routers on it answer for. Whose answer comes first is a race. */
function anycast({ config }: Cluster, ip: Ip): readonly Ip[] {
  const { prefix6 } = siteNetwork(config.site, config.site.nodeNetwork)
  return prefix6 && contains(prefix6, ip) ? [networkIp(prefix6)] : []
}

const isAsked = (ip: Ip): boolean => ip !== LOOPBACK && !isIpv6(ip)

/** A node answers neighbour solicitations for the addresses of the device that hears them; with arp_ignore 0 it answers ARP for the addresses of all its devices, kube-ipvs0 among them. */
function nodePort(cluster: Cluster, node: Node): SegmentPort | undefined {
  const facts = nodeFacts(node)
  const { name } = facts
  const own = familiesOf(cluster.config).flatMap((family) => stackOf(facts, family).ip ?? [])
  const four = own.find((ip) => !isIpv6(ip))
  const six = own.find(isIpv6)
  const first = four ?? six
  if (!first) return undefined
  const mac = lanMac(first)
  const all = four && answersForAll(cluster, name) ? localAddresses(cluster, node).filter(isAsked) : four ? [four] : []
  const addresses = six ? [...anycast(cluster, six), ...all, six, linkLocalOf(mac)] : all
  const alsoAnswers = arpAddresses(cluster, name)
  return { netns: name as NetnsId, dev: 'eth0', mac, addresses, ...(alsoAnswers && { alsoAnswers }) }
}
