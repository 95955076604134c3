import { type Ip, isIpv6 } from '../net/ip.ts'
import { linkLocalOf } from '../net/ip6.ts'
import type { Mac } from '../net/mac.ts'
import { isLocal, selectAddress } from './fib.ts'
import type { Interface, NetnsId } from './interface.ts'
import { listIndex } from './list-index.ts'
import type { Neighbour, SegmentPort } from './netns.ts'
import type { Host, SkBuff } from './session.ts'
import { hasAddress6 } from './source6.ts'

/**
 * Neighbour resolution (net/core/neighbour.c, net/ipv4/arp.c, net/ipv6/ndisc.c). ARP and NDP packets are not walked: who would answer on the L2 domain is looked up, and a step says
 * that it was asked. Left out: proxy ARP, arp_filter, gratuitous ARP, ageing.
 */
export type Resolution =
  /** `connected` is NUD_CONNECTED: the entry was fit for the fast path before this packet came. */
  { readonly kind: 'resolved'; readonly mac: Mac; readonly connected: boolean } | { readonly kind: 'failed'; readonly delay: number }

const permanentAt = listIndex(({ ip }: Neighbour) => ip)

/** Three requests a second apart (mcast_solicit, retrans_time_ms), and the timer's slack. */
const ARP_TIMEOUT = 3.05

export function resolve(host: Host, skb: SkBuff, dev: string, ip: Ip): Resolution {
  const { session, ns, recorder } = host
  const permanent = permanentAt(ns.neighbours, ip).find((n) => n.dev === dev)
  if (permanent) {
    recorder.step({ kind: 'neighbour', dev, ip, mac: permanent.mac, how: 'permanent', origin: permanent.origin })
    return { kind: 'resolved', mac: permanent.mac, connected: true }
  }
  const owner = whoHas(host, dev, ip)
  const key = `${ns.id} ${dev} ${ip}`
  if (!owner) return failure(host, key, dev, ip)
  const known = session.neighbours === 'warm' ? 'reachable' : session.neighbours.get(key)
  recorder.step({ kind: 'neighbour', dev, ip, mac: owner.mac, how: known ? 'cached' : isIpv6(ip) ? 'ndp' : 'arp' })
  if (!known && session.neighbours !== 'warm') {
    session.neighbours.set(key, 'reachable')
    const asker = `${owner.netns} ${owner.dev} ${requestSource(host, skb, dev, ip)}`
    if (!session.neighbours.has(asker)) session.neighbours.set(asker, 'stale')
  }
  return { kind: 'resolved', mac: owner.mac, connected: known === 'reachable' }
}

/**
 * arp_solicit with arp_announce 0: the packet's own source if it is ours, else an address of the device. ndisc_solicit: the packet's source if the device
 * has it, else the device's link-local address.
 */
function requestSource(host: Host, skb: SkBuff, dev: string, target: Ip): Ip | undefined {
  const { source } = skb.packet.ip
  if (isIpv6(target)) {
    const iface = host.ns.interfaces.get(dev)
    return iface?.addresses.some(({ prefix }) => prefix.ip === source) ? source : iface && linkLocalOf(iface.mac)
  }
  return isLocal(host.ns, source) ? source : selectAddress(host.ns, dev, target)
}

/** Nobody answers: a resolution that an earlier packet began fails when that one's time is up. */
function failure(host: Host, key: string, dev: string, ip: Ip): Resolution {
  const { session } = host
  const begun = session.resolving.get(key)
  const running = begun !== undefined && session.now < begun + ARP_TIMEOUT
  if (!running) session.resolving.set(key, session.now)
  host.recorder.step({ kind: 'neighbour', dev, ip, how: 'failed' })
  return { kind: 'failed', delay: running ? begun + ARP_TIMEOUT - session.now : ARP_TIMEOUT }
}

interface Owner {
  readonly netns: NetnsId
  readonly dev: string
  readonly mac: Mac
}

/**
 * Who answers an ARP request for `ip` sent out of `dev`. With arp_ignore 0 a host answers for any local address of its own; neighbour solicitations
 * only for addresses of the device that hears them. */
function whoHas(host: Host, dev: string, ip: Ip): Owner | undefined {
  const { network } = host.session
  const iface = host.ns.interfaces.get(dev)
  if (!iface) return undefined
  switch (iface.kind) {
    case 'physical':
      return onPorts(network.segment(iface.segment), ip, iface.mac)
    case 'bridge':
      return onPorts(network.bridgePorts(host.ns.id, dev), ip, iface.mac)
    case 'veth':
      return behindVeth(host, iface, ip)
    default:
      // A vxlan device without a default FDB entry sends broadcasts nowhere; lo and dummy have no neighbours.
      return undefined
  }
}

function behindVeth(host: Host, iface: Interface & { readonly kind: 'veth' }, ip: Ip): Owner | undefined {
  const { network } = host.session
  const peer = network.netns(iface.peer.netns)
  const end = peer?.interfaces.get(iface.peer.name)
  if (!peer || !end) return undefined
  const bridge = end.master === undefined ? undefined : peer.interfaces.get(end.master)
  const own = bridge ?? end
  if (isIpv6(ip) ? hasAddress6(peer, own, ip) : isLocal(peer, ip)) return { netns: peer.id, dev: own.name, mac: own.mac }
  return bridge && onPorts(network.bridgePorts(peer.id, bridge.name), ip, iface.mac)
}

interface PortIndex {
  readonly byIp: ReadonlyMap<Ip, SegmentPort>
  readonly byMac: ReadonlyMap<Mac, SegmentPort>
  /** The last two ports of those that share a set: more are never looked at. */
  readonly sharing: ReadonlyMap<ReadonlySet<Ip>, readonly SegmentPort[]>
}
const indexes = new WeakMap<readonly SegmentPort[], PortIndex>()

/** Ports of one L2 domain by address and by MAC; built once per immutable list (a switch may have thousands). */
export function portIndex(ports: readonly SegmentPort[]): PortIndex {
  let index = indexes.get(ports)
  if (!index) {
    const sharing = new Map<ReadonlySet<Ip>, readonly SegmentPort[]>()
    for (const port of ports)
      if (port.alsoAnswers) sharing.set(port.alsoAnswers, [...(sharing.get(port.alsoAnswers) ?? []).slice(-1), port])
    const byIp = new Map(ports.flatMap((p) => p.addresses.map((ip) => [ip, p] as const)))
    index = { byIp, byMac: new Map(ports.map((p) => [p.mac, p])), sharing }
    indexes.set(ports, index)
  }
  return index
}

function onPorts(ports: readonly SegmentPort[], ip: Ip, asker: Mac): Owner | undefined {
  const index = portIndex(ports)
  const port = index.byIp.get(ip)
  if (port) return port.mac === asker ? undefined : port
  return fastest(index, ip, asker)
}

/** Of several that answer, the answer that comes first counts: that of the port that was plugged in last, which a Linux bridge floods to first. */
function fastest({ sharing }: PortIndex, ip: Ip, asker: Mac): Owner | undefined {
  for (const [addresses, ports] of sharing) if (addresses.has(ip)) return ports.findLast((port) => port.mac !== asker)
  return undefined
}
