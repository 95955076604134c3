import { assert } from '../base/assert.ts'
import type { Node } from '../api/node.ts'
import type { Cluster, Shards } from '../cluster/cluster.ts'
import { type ClusterConfig, familiesOf, proxyModeOf } from '../cluster/config.ts'
import type { Interface, NetnsId } from '../kernel/interface.ts'
import type { NetworkNamespace, Route } from '../kernel/netns.ts'
import type { Sysctls } from '../kernel/sysctl.ts'
import { cidr } from '../net/cidr.ts'
import { type Ip, type IpFamily, isIpv6, parseIp } from '../net/ip.ts'
import { applySysctls } from './admin.ts'
import { BRIDGE, bridgeInterfaces } from './cni-bridge.ts'
import { interfaceMap, lanInterface, LO, LO6, withLinkLocal } from './devices.ts'
import { type Overlay, overlay, podMtu, type Self } from './flannel.ts'
import { healthSockets } from './health-sockets.ts'
import { runningConfig } from './kube-proxy/fixed-rules.ts'
import { dummyDevice } from './kube-proxy/ipvs/dummy-device.ts'
import { Memo } from './memo.ts'
import { nodeNft } from './nft-ruleset.ts'
import { ipvsAddresses, nodeIpvs } from './node-ipvs.ts'
import { relaySockets } from './node-userspace.ts'
import { nodeFacts, stackOf } from './node-facts.ts'
import { type NodePods, nodePods } from './node-pods.ts'
import { addRoutes, defaultTo, routingOf, viaGateway } from './routes.ts'
import { localAddresses, nodeRuleset, nodeRuleset6 } from './ruleset.ts'
import { hasPortMappings } from './portmap/port-mapping.ts'
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
  const services = ipvsAddresses(cluster, node.metadata.name, localAddresses(cluster, node))
  const wiring = wirings.get(node, [config, objects.Node, pods, ...services], () => wire(config, objects.Node, node, pods, services))
  const ruleset = nodeRuleset(cluster, node)
  const ruleset6 = nodeRuleset6(cluster, node)
  const health = healthSockets(cluster, node)
  const relays = relaySockets(cluster, node)
  const ipvs = nodeIpvs(cluster, node, localAddresses(cluster, node))
  const nft = nodeNft(cluster, node)
  return namespaces.get(node, [wiring, ruleset, ruleset6, nft, health, relays, ipvs], () => ({
    ...wiring,
    ruleset,
    ...(ruleset6 && { ruleset6 }),
    ...(nft && { nft }),
    ...(ipvs && { ipvs }),
    sockets: [...wiring.sockets, ...health, ...relays],
  }))
}

/** `services`: addresses on kube-ipvs0. */
function wire(config: ClusterConfig, nodes: Shards<'Node'>, node: Node, pods: NodePods, services: readonly (readonly Ip[])[]): Wiring {
  const facts = nodeFacts(node)
  const { name } = facts
  const families = familiesOf(config)
  const stacks = FAMILIES.filter((family) => families.includes(family)).map((family) => ({ ...stackOf(facts, family), name }))
  const { mtu } = siteNetwork(config.site, config.site.nodeNetwork)
  const { device, routes } = uplink(config, stacks)
  const devices = device ? [LO, device] : [LO]
  const overlays: Overlay[] = []
  for (const self of stacks) {
    const flannel = overlay(config, self, nodes.get('')?.values() ?? [], mtu, devices.length + 1)
    if (flannel.device) devices.push(flannel.device)
    overlays.push(flannel)
  }
  const how = { mtu: podMtu(config, mtu), hairpin: config.hairpinMode }
  const networks = stacks.flatMap((stack) => stack.pods ?? [])
  devices.push(...bridgeInterfaces(pods.own, networks, how, devices.length + 1))
  if (proxyModeOf(config, name) === 'ipvs') devices.push(dummyDevice(services, devices.length + 1))
  const own = families.includes('IPv6') ? [LO6, ...devices.slice(1).map(withLinkLocal)] : devices
  const interfaces = interfaceMap(own)
  const written = [...routes, ...overlays.flatMap((flannel) => flannel.routes)]
  const all = addRoutes(written, config.admin.routes?.[name] ?? [], interfaces, { agent: 'admin' })
  const localnet = pods.own.some(({ pod }) => hasPortMappings(pod)) ? { routeLocalnetDevices: [BRIDGE] } : {}
  const sysctls = { ...nodeSysctls(config, name), ...localnet }
  return {
    id: name as NetnsId,
    interfaces,
    ...routingOf(own, all, { families, forwarding6: sysctls.ipv6Forwarding }),
    neighbours: overlays.flatMap((flannel) => flannel.neighbours),
    sysctls,
    sockets: pods.host.flatMap(podSockets),
  }
}

const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6']

/** The machine's own cable and its default routes; none without an address. */
function uplink({ site }: ClusterConfig, stacks: readonly Self[]): { readonly device?: Interface; readonly routes: readonly Route[] } {
  const { prefix, prefix6, mtu } = siteNetwork(site, site.nodeNetwork)
  const prefixes = stacks.flatMap(({ ip }) => (ip ? cidr(ip, isIpv6(ip) ? (prefix6?.length ?? 64) : prefix.length) : []))
  const [first] = stacks
  if (prefixes.length === 0 || !first) return { routes: [] }
  const gateways = [site.nodeGateway, site.nodeGateway6 ?? ''].flatMap((text) => parseIp(text) ?? [])
  const near = gateways.filter((gateway) => prefixes.some(({ ip }) => isIpv6(ip) === isIpv6(gateway)))
  return {
    device: lanInterface('eth0', 2, site.nodeNetwork, mtu, prefixes, { agent: 'site', object: `Node/${first.name}` }),
    routes: near.map((gateway) => viaGateway(defaultTo(gateway), gateway, 'eth0', { agent: 'site' })),
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
