import type { Node } from '../api/node.ts'
import type { ClusterConfig } from '../cluster/config.ts'
import type { Interface, VxlanFdbEntry } from '../kernel/interface.ts'
import type { Neighbour, Route } from '../kernel/netns.ts'
import type { TableName } from '../kernel/netfilter/ruleset.ts'
import type { Origin } from '../kernel/origin.ts'
import { cidr, printCidr } from '../net/cidr.ts'
import type { Ip } from '../net/ip.ts'
import { addressOf, vtepMac } from './devices.ts'
import type { Line } from './line-chain.ts'
import { type NodeFacts, nodeFacts, type PodNetwork } from './node-facts.ts'
import { viaGateway } from './routes.ts'

/** flannel's backends vxlan and host-gw (flannel-io/flannel pkg/backend). Left out: directRouting, its nftables traffic manager, wireguard. */
const FLANNEL_DEVICE = 'flannel.1'
const VNI = 1
const PORT = 8472
/** Outer IPv4, UDP and VXLAN headers with the inner Ethernet header. */
const VXLAN_OVERHEAD = 50

/** The MTU that flannel tells the bridge plugin (FLANNEL_MTU in subnet.env). */
export const podMtu = (config: ClusterConfig, nodeMtu: number): number =>
  config.flannel.backend === 'vxlan' ? nodeMtu - VXLAN_OVERHEAD : nodeMtu

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

const states = { vxlan: new WeakMap<Node, PeerState | 'none'>(), 'host-gw': new WeakMap<Node, PeerState | 'none'>() }

function stateOf(node: Node, backend: ClusterConfig['flannel']['backend']): PeerState | undefined {
  let state = states[backend].get(node)
  if (!state) {
    const { ip, pods, name } = nodeFacts(node)
    state =
      ip && pods ? peerState({ ip, pods, origin: { agent: 'flannel', object: `Node/${name}`, field: 'spec.podCIDR' } }, backend) : 'none'
    states[backend].set(node, state)
  }
  return state === 'none' ? undefined : state
}

function peerState({ ip, pods, origin }: Peer, backend: ClusterConfig['flannel']['backend']): PeerState {
  const subnet = cidr(pods.base, pods.cidr.length)
  if (backend === 'host-gw') return { route: viaGateway(subnet, ip, 'eth0', origin) }
  const mac = vtepMac(pods.base)
  return {
    route: viaGateway(subnet, pods.base, FLANNEL_DEVICE, origin, true),
    neighbour: { ip: pods.base, dev: FLANNEL_DEVICE, mac, origin },
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

/** flannel's devices, routes and neighbours on one node; nothing without a pod network, as flanneld then does not start. */
export function overlay(config: ClusterConfig, self: NodeFacts, nodes: Iterable<Node>, nodeMtu: number, index: number): Overlay {
  const { ip, pods } = self
  if (!ip || !pods) return NOTHING
  const { backend } = config.flannel
  const peers: PeerState[] = []
  for (const node of nodes) {
    const state = node.metadata.name === self.name ? undefined : stateOf(node, backend)
    if (state) peers.push(state)
  }
  const routes = peers.map((peer) => peer.route)
  if (backend === 'host-gw') return { routes, neighbours: [] }
  return {
    device: {
      kind: 'vxlan',
      name: FLANNEL_DEVICE,
      index,
      mac: vtepMac(pods.base),
      mtu: podMtu(config, nodeMtu),
      up: true,
      addresses: [addressOf(cidr(pods.base, 32))],
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
        masquerade(`-s ${podCIDR} ! -d 224.0.0.0/4`, 'MASQUERADE --random-fully'),
        masquerade(`! -s ${podCIDR} -d ${podCIDR}`, 'MASQUERADE --random-fully'),
      ],
    },
  }
}
