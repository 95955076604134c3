import type { Node } from '../api/node.ts'
import { type Cluster, get } from '../cluster/cluster.ts'
import type { NetnsId } from '../kernel/interface.ts'
import type { BridgePort, Network, NetworkNamespace, SegmentPort } from '../kernel/netns.ts'
import { BRIDGE, bridgePorts, podNamespace } from './cni-bridge.ts'
import { lanMac } from './devices.ts'
import { podMtu } from './flannel.ts'
import { podOf } from './netns-of.ts'
import { nodeFacts } from './node-facts.ts'
import { nodeNamespace, ownNamespaces } from './node-namespace.ts'
import { podsOnNode } from './node-pods.ts'
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
      if (!ports) segments.set(name, (ports = [...hostPorts(cluster.config, name), ...nodePorts(cluster, name)]))
      return ports
    },
    bridgePorts(netns, bridge) {
      let ports = bridges.get(netns)
      if (!ports) bridges.set(netns, (ports = bridgePorts(cluster, ownNamespaces(podsOnNode(cluster.objects.Pod, netns)))))
      return bridge === BRIDGE ? ports : NO_PORTS
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
  return home && podNamespace(cluster, pod, id, nodeFacts(home), podMtu(config, siteNetwork(config.site, config.site.nodeNetwork).mtu))
}

function nodePorts(cluster: Cluster, segment: string): readonly SegmentPort[] {
  if (segment !== cluster.config.site.nodeNetwork) return []
  return [...(cluster.objects.Node.get('')?.values() ?? [])].flatMap((node) => nodePort(cluster, node) ?? [])
}

function nodePort(cluster: Cluster, node: Node): SegmentPort | undefined {
  const { name, ip } = nodeFacts(node)
  if (!ip) return undefined
  return {
    netns: name as NetnsId,
    dev: 'eth0',
    mac: lanMac(ip),
    addresses: localAddresses(cluster, node).filter((address) => !address.startsWith('127.')),
  }
}
