import { hash } from '../base/choose.ts'
import { isIpv6 } from '../net/ip.ts'
import { ipHeaderLength, type Packet } from '../net/packet.ts'
import { tupleKey, tupleOf } from '../net/tuple.ts'
import { discard } from './error.ts'
import type { Interface, VxlanFdbEntry } from './interface.ts'
import { listIndex } from './list-index.ts'
import { routeOutput } from './route.ts'
import { type Host, received, SkBuff } from './session.ts'
import type { Next } from './stage.ts'

/**
 * drivers/net/vxlan/vxlan_core.c, RFC 7348. The outer packet has a fresh TTL, no DF, no UDP checksum (over IPv6 there is one), and a source port hashed from the inner flow so that
 * links can spread flows. Left out: learning, multicast groups, GBP, checksums, path MTU of the tunnel.
 */
type Vxlan = Interface & { readonly kind: 'vxlan' }

/** Ethernet 14, VXLAN 8, UDP 8; the outer IP header comes on top. */
const UDP_OVERHEAD = 30
const PORTS = { from: 32768, to: 60999 }

const fdbEntries = listIndex(({ mac }: VxlanFdbEntry) => mac)

/** vxlan_xmit. */
export function encapsulate(host: Host, skb: SkBuff, dev: Vxlan): Next {
  const inner = skb.ethernet
  const entry = inner && fdbEntries(dev.fdb, inner.destination)[0]
  if (!inner || !entry) return discard(host, 'fdb', inner?.destination)
  const route = routeOutput(host, entry.remote, dev.local, 'output')
  if (route.kind === 'error') return discard(host, 'no-route', entry.remote)
  const length = skb.packet.ip.length
  const outer: Packet = {
    ip: {
      source: dev.local,
      destination: entry.remote,
      ttl: host.ns.sysctls.defaultTtl,
      protocol: 'udp',
      length: length + UDP_OVERHEAD + ipHeaderLength(dev.local),
      id: 0,
      dontFragment: false,
    },
    transport: {
      kind: 'udp',
      sourcePort: flowPort(skb.packet),
      destinationPort: dev.port,
      length: length + UDP_OVERHEAD,
      vxlan: { vni: dev.vni, frame: { ethernet: inner, packet: skb.packet } },
    },
  }
  host.recorder.step({
    kind: 'encapsulate',
    dev: dev.name,
    vni: dev.vni,
    remote: entry.remote,
    inner: inner.destination,
    origin: entry.origin,
    packet: outer,
  })
  // The tunnel keeps the mark and drops the connection (skb_scrub_packet within one namespace).
  const tunnelled = new SkBuff(outer, skb.mark)
  tunnelled.in = dev.name
  tunnelled.route = route.destination
  return { stage: 'local-output', skb: tunnelled }
}

/** udp_flow_src_port: the kernel's hash is keyed with a boot-time secret; ours is not, so that runs repeat. */
function flowPort(packet: Packet): number {
  const tuple = tupleOf(packet)
  const key = tuple ? tupleKey(tuple) : `${packet.ip.source}>${packet.ip.destination}`
  return PORTS.from + (hash(key) % (PORTS.to - PORTS.from + 1))
}

/** vxlan_rcv: finds the device by port and VNI; undefined when there is none and the packet is just a datagram. */
export function tunnelOf(host: Host, packet: Packet): Vxlan | undefined {
  const t = packet.transport
  if (t.kind !== 'udp' || !t.vxlan) return undefined
  // A device has a socket of one family.
  const v6 = isIpv6(packet.ip.destination)
  for (const dev of host.ns.interfaces.values())
    if (dev.kind === 'vxlan' && dev.up && dev.port === t.destinationPort && dev.vni === t.vxlan.vni && isIpv6(dev.local) === v6) return dev
  return undefined
}

/** The inner frame comes in on the tunnel device as if from a wire. */
export function decapsulate(host: Host, packet: Packet, dev: Vxlan): Next {
  const inner = packet.transport.kind === 'udp' ? packet.transport.vxlan?.frame : undefined
  if (!inner) return discard(host, 'invalid')
  host.recorder.step({ kind: 'decapsulate', dev: dev.name, vni: dev.vni, packet: inner.packet })
  host.recorder.step({ kind: 'receive', dev: dev.name, frame: inner, packet: inner.packet })
  const skb = received(inner.packet, inner.ethernet)
  return dev.master === undefined ? { stage: 'input', skb, dev: dev.name, hooked: false } : { stage: 'bridge', skb, port: dev.name }
}
