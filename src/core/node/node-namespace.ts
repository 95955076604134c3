import { assert } from '../base/assert.ts'
import type { Node } from '../api/node.ts'
import type { Cluster, Shards } from '../cluster/cluster.ts'
import { type ClusterConfig, proxyModeOf } from '../cluster/config.ts'
import type { Interface, NetnsId } from '../kernel/interface.ts'
import type { NetworkNamespace, Route } from '../kernel/netns.ts'
import type { Sysctls } from '../kernel/sysctl.ts'
import { cidr } from '../net/cidr.ts'
import { type Ip, parseIp } from '../net/ip.ts'
import { applySysctls } from './admin.ts'
import { bridgeInterfaces } from './cni-bridge.ts'
import { interfaceMap, lanInterface, LO } from './devices.ts'
import { overlay, podMtu } from './flannel.ts'
import { healthSockets } from './health-sockets.ts'
import { runningConfig } from './kube-proxy/fixed-rules.ts'
import { dummyDevice } from './kube-proxy/ipvs/dummy-device.ts'
import { Memo } from './memo.ts'
import { nodeNft } from './nft-ruleset.ts'
import { boundAddresses, nodeIpvs } from './node-ipvs.ts'
import { type NodeFacts, nodeFacts } from './node-facts.ts'
import { type NodePods, nodePods } from './node-pods.ts'
import { addRoutes, DEFAULT_DESTINATION, DEFAULT_RULES, tablesOf, viaGateway } from './routes.ts'
import { localAddresses, nodeRuleset } from './ruleset.ts'
import { siteNetwork } from './site-hosts.ts'
import { podSockets } from './sockets.ts'

/** All of a node's root namespace but its rules, which change at another pace. */
type Wiring = Omit<NetworkNamespace, 'ruleset'>

const namespaces = new Memo<Node, NetworkNamespace>()
const wirings = new Memo<Node, Wiring>()

/** A node's root namespace: the machine as its installer left it, then what each agent wrote, then what a person changed. */
export function nodeNamespace(cluster: Cluster, node: Node): NetworkNamespace {
  const { config, objects } = cluster
  const pods = nodePods(cluster, node)
  const services = boundAddresses(cluster, node.metadata.name)
  const wiring = wirings.get(node, [config, objects.Node, pods, ...services], () => wire(config, objects.Node, node, pods, services))
  const ruleset = nodeRuleset(cluster, node)
  const health = healthSockets(cluster, node)
  const ipvs = nodeIpvs(cluster, node, localAddresses(cluster, node))
  const nft = nodeNft(cluster, node)
  return namespaces.get(node, [wiring, ruleset, nft, health, ipvs], () => ({
    ...wiring,
    ruleset,
    ...(nft && { nft }),
    ...(ipvs && { ipvs }),
    sockets: [...wiring.sockets, ...health],
  }))
}

/** `services`: addresses on kube-ipvs0. */
function wire(config: ClusterConfig, nodes: Shards<'Node'>, node: Node, pods: NodePods, services: readonly (readonly Ip[])[]): Wiring {
  const facts = nodeFacts(node)
  const { name, pods: network } = facts
  const { mtu } = siteNetwork(config.site, config.site.nodeNetwork)
  const { device, routes } = uplink(config, facts)
  const devices = device ? [LO, device] : [LO]
  const flannel = overlay(config, facts, nodes.get('')?.values() ?? [], mtu, devices.length + 1)
  if (flannel.device) devices.push(flannel.device)
  const how = { mtu: podMtu(config, mtu), hairpin: config.hairpinMode }
  if (network) devices.push(...bridgeInterfaces(pods.own, network, how, devices.length + 1))
  if (proxyModeOf(config, name) === 'ipvs') devices.push(dummyDevice(services, devices.length + 1))
  const interfaces = interfaceMap(devices)
  return {
    id: name as NetnsId,
    interfaces,
    rules: DEFAULT_RULES,
    tables: tablesOf(devices, addRoutes([...routes, ...flannel.routes], config.admin.routes?.[name] ?? [], interfaces, { agent: 'admin' })),
    neighbours: flannel.neighbours,
    sysctls: nodeSysctls(config, name),
    sockets: pods.host.flatMap(podSockets),
  }
}

/** The machine's own cable and its default route; none without an address. */
function uplink({ site }: ClusterConfig, { name, ip }: NodeFacts): { readonly device?: Interface; readonly routes: readonly Route[] } {
  if (!ip) return { routes: [] }
  const { prefix, mtu } = siteNetwork(site, site.nodeNetwork)
  const gateway = parseIp(site.nodeGateway)
  return {
    device: lanInterface('eth0', 2, site.nodeNetwork, mtu, cidr(ip, prefix.length), { agent: 'site', object: `Node/${name}` }),
    routes: gateway ? [viaGateway(DEFAULT_DESTINATION, gateway, 'eth0', { agent: 'site' })] : [],
  }
}

/** kubeadm's and k3s' requirements, the distribution's loose rp_filter, and the one switch that kube-proxy sets itself. */
function nodeSysctls(config: ClusterConfig, node: string): Sysctls {
  const installed: Sysctls = {
    ipForward: true,
    bridgeNfCallIptables: true,
    rpFilter: 2,
    routeLocalnet: proxyModeOf(config, node) === 'iptables' && runningConfig(config.proxy).localhostNodePorts,
    defaultTtl: 64,
    ipv6Forwarding: true,
    bridgeNfCallIp6tables: true,
  }
  const changed = applySysctls(installed, config.admin.sysctls[node] ?? {})
  assert(changed.ok, changed.ok ? '' : changed.error)
  return changed.value
}
