import type { Node } from '../api/node.ts'
import type { ClusterConfig } from '../cluster/config.ts'
import type { Interface, VxlanFdbEntry } from '../kernel/interface.ts'
import type { Neighbour, Route } from '../kernel/netns.ts'
import type { TableName } from '../kernel/netfilter/ruleset.ts'
import type { Origin } from '../kernel/origin.ts'
import { cidr, hostCidr, printCidr } from '../net/cidr.ts'
import { type Ip, type IpFamily, isIpv6 } from '../net/ip.ts'
import { addressOf, vtepMac } from './devices.ts'
import type { Line } from './line-chain.ts'
import { nodeFacts, type PodNetwork, type Stack, stackOf } from './node-facts.ts'
import { viaGateway } from './routes.ts'

/** flannel's backends vxlan and host-gw (flannel-io/flannel pkg/backend). Left out: directRouting, its nftables traffic manager, wireguard. */
const DEVICE: Readonly<Record<IpFamily, string>> = { IPv4: 'flannel.1', IPv6: 'flannel-v6.1' }
const VNI = 1
const PORT = 8472
/** Outer IPv4, UDP and VXLAN headers with the inner Ethernet header: what flannel counts for both families. */
const VXLAN_OVERHEAD = 50

/** The MTU that flannel tells the bridge plugin (FLANNEL_MTU in subnet.env). */
export const podMtu = (config: ClusterConfig, nodeMtu: number): number =>
  config.flannel.backend === 'vxlan' ? nodeMtu - VXLAN_OVERHEAD : nodeMtu

/** flannel asks for the same MTU of its device; over IPv6 the kernel cuts it by what the longer header takes (vxlan_config_apply). */
const deviceMtu = (config: ClusterConfig, nodeMtu: number, family: IpFamily): number =>
  podMtu(config, nodeMtu) - (family === 'IPv6' ? 20 : 0)

/** Another node that flannel knows: its subnet lease. */
interface Peer {
  readonly origin: Origin
  readonly ip: Ip
  readonly pods: PodNetwork
}

/** What flannel writes about a peer is the same on every node, so it is made once. */
interface PeerState {
  readonly route: Route
  readonly neighbour?: Neighbour
  readonly fdb?: VxlanFdbEntry
}

type Backend = ClusterConfig['flannel']['backend']
type States = Readonly<Record<Backend, WeakMap<Node, PeerState | 'none'>>>
const states: Readonly<Record<IpFamily, States>> = {
  IPv4: { vxlan: new WeakMap(), 'host-gw': new WeakMap() },
  IPv6: { vxlan: new WeakMap(), 'host-gw': new WeakMap() },
}

function stateOf(node: Node, backend: Backend, family: IpFamily): PeerState | undefined {
  const known = states[family][backend]
  let state = known.get(node)
  if (!state) {
    const facts = nodeFacts(node)
    const { ip, pods } = stackOf(facts, family)
    const origin: Origin = { agent: 'flannel', object: `Node/${facts.name}`, field: family === 'IPv4' ? 'spec.podCIDR' : 'spec.podCIDRs' }
    state = ip && pods ? peerState({ ip, pods, origin }, backend, family) : 'none'
    known.set(node, state)
  }
  return state === 'none' ? undefined : state
}

function peerState({ ip, pods, origin }: Peer, backend: Backend, family: IpFamily): PeerState {
  const subnet = cidr(pods.base, pods.cidr.length)
  if (backend === 'host-gw') return { route: viaGateway(subnet, ip, 'eth0', origin) }
  const mac = vtepMac(pods.base)
  return {
    route: viaGateway(subnet, pods.base, DEVICE[family], origin, true),
    neighbour: { ip: pods.base, dev: DEVICE[family], mac, origin },
    fdb: { mac, remote: ip, origin },
  }
}

export interface Overlay {
  /** Absent with host-gw. */
  readonly device?: Interface
  readonly routes: readonly Route[]
  readonly neighbours: readonly Neighbour[]
}

const NOTHING: Overlay = { routes: [], neighbours: [] }

/** The node itself: its name, and what it has of one family. */
export type Self = Stack & { readonly name: string }

/** flannel's device, routes and neighbours of one family on one node; nothing without a pod network, as flanneld then does not start. */
export function overlay(config: ClusterConfig, self: Self, nodes: Iterable<Node>, nodeMtu: number, index: number): Overlay {
  const { ip, pods, family } = self
  if (!ip || !pods) return NOTHING
  const { backend } = config.flannel
  const peers: PeerState[] = []
  for (const node of nodes) {
    const state = node.metadata.name === self.name ? undefined : stateOf(node, backend, family)
    if (state) peers.push(state)
  }
  const routes = peers.map((peer) => peer.route)
  if (backend === 'host-gw') return { routes, neighbours: [] }
  return {
    device: {
      kind: 'vxlan',
      name: DEVICE[family],
      index,
      mac: vtepMac(pods.base),
      mtu: deviceMtu(config, nodeMtu, family),
      up: true,
      addresses: [addressOf(hostCidr(pods.base))],
      vni: VNI,
      local: ip,
      port: PORT,
      lower: 'eth0',
      learning: false,
      fdb: peers.flatMap((peer) => peer.fdb ?? []),
      origin: { agent: 'flannel', object: `Node/${self.name}` },
    },
    routes,
    neighbours: peers.flatMap((peer) => peer.neighbour ?? []),
  }
}

const FLANNEL: Origin = { agent: 'flannel' }
const MASQUERADE = '-m comment --comment "flanneld masq"'
const FORWARD = '-m comment --comment "flanneld forward"'

/** flannel appends its jumps to base chains, so they stand behind kube-proxy's. */
export const FLANNEL_JUMPS: Readonly<Partial<Record<TableName, Readonly<Record<string, Line>>>>> = {
  filter: { FORWARD: { text: `-A FORWARD ${FORWARD} -j FLANNEL-FWD`, origin: FLANNEL } },
  nat: { POSTROUTING: { text: `-A POSTROUTING ${MASQUERADE} -j FLANNEL-POSTRTG`, origin: FLANNEL } },
}

/** pkg/trafficmngr/iptables: what leaves the pod network is masqueraded, what kube-proxy marked (bit 14, whatever kube-proxy's setting) is left to it. */
export function flannelChains(
  podCIDR: string,
  pods: PodNetwork,
): Readonly<Partial<Record<TableName, Readonly<Record<string, readonly Line[]>>>>> {
  const node = printCidr(pods.cidr)
  const multicast = isIpv6(pods.base) ? 'ff00::/8' : '224.0.0.0/4'
  const line = (chain: string, matches: string, end: string): Line => ({ text: `-A ${chain} ${matches} ${end}`, origin: FLANNEL })
  const masquerade = (matches: string, target: string): Line => line('FLANNEL-POSTRTG', matches, `${MASQUERADE} -j ${target}`)
  return {
    filter: {
      'FLANNEL-FWD': [
        line('FLANNEL-FWD', `-s ${podCIDR}`, `${FORWARD} -j ACCEPT`),
        line('FLANNEL-FWD', `-d ${podCIDR}`, `${FORWARD} -j ACCEPT`),
      ],
    },
    nat: {
      'FLANNEL-POSTRTG': [
        masquerade('-m mark --mark 0x4000/0x4000', 'RETURN'),
        masquerade(`-s ${node} -d ${podCIDR}`, 'RETURN'),
        masquerade(`-s ${podCIDR} -d ${node}`, 'RETURN'),
        masquerade(`! -s ${podCIDR} -d ${node}`, 'RETURN'),
        masquerade(`-s ${podCIDR} ! -d ${multicast}`, 'MASQUERADE --random-fully'),
        masquerade(`! -s ${podCIDR} -d ${podCIDR}`, 'MASQUERADE --random-fully'),
      ],
    },
  }
}
