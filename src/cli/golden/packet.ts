import { isIpv6 } from '../../core/net/ip.ts'
import { type Frame, isIcmp, type Packet, type Tuple } from '../../core/net/packet.ts'
import type { GoldenIcmp, GoldenPacket, GoldenRun, GoldenTuple } from './format.ts'

/** A packet as a golden hop spells it. A VXLAN packet is the outer one with the inner frame in `vxlan`. */
export function goldenPacket(packet: Packet, frame?: Frame): GoldenPacket {
  const { ip, transport } = packet
  return {
    ...(frame && {
      eth: { src: frame.ethernet.source, dst: frame.ethernet.destination, type: isIpv6(packet.ip.source) ? '0x86dd' : '0x0800' },
    }),
    ip: {
      src: ip.source,
      dst: ip.destination,
      ttl: ip.ttl,
      proto: ip.protocol,
      len: ip.length,
      ...(isIpv6(ip.source) ? ip.moreFragments && { id: ip.id } : { id: ip.id, df: ip.dontFragment }),
      ...(ip.moreFragments && { mf: true as const }),
      ...(ip.fragmentOffset && { fragOffset: ip.fragmentOffset }),
    },
    ...goldenTransport(transport),
  }
}

function goldenTransport(transport: Packet['transport']): Omit<GoldenPacket, 'eth' | 'ip'> {
  switch (transport.kind) {
    case 'tcp':
      return { tcp: { ...portsOf(transport), flags: transport.flags, ...(transport.mss !== undefined && { mss: transport.mss }) } }
    case 'udp': {
      const { vxlan } = transport
      return {
        udp: { ...portsOf(transport), len: transport.length },
        ...(vxlan && { vxlan: { vni: vxlan.vni, inner: goldenPacket(vxlan.frame.packet, vxlan.frame) } }),
      }
    }
    case 'sctp':
      return { sctp: { ...portsOf(transport), chunk: transport.chunk } }
    case 'icmp-echo':
    case 'icmp-error':
      return { icmp: goldenIcmp(transport) }
  }
}

const portsOf = (transport: { readonly sourcePort: number; readonly destinationPort: number }) => ({
  sport: transport.sourcePort,
  dport: transport.destinationPort,
})

function goldenIcmp(icmp: Extract<Packet['transport'], { kind: 'icmp-echo' | 'icmp-error' }>): GoldenIcmp {
  if (icmp.kind === 'icmp-echo') return { type: icmp.type, code: icmp.code, id: icmp.id, seq: icmp.sequence }
  return {
    type: icmp.type,
    code: icmp.code,
    ...(icmp.mtu !== undefined && { mtu: icmp.mtu }),
    ...(icmp.gateway !== undefined && { gateway: icmp.gateway }),
    inner: goldenPacket(icmp.quoted),
  }
}

/** The few fields that a rule run tells of the packet it started with. */
export function goldenRunPacket({ ip, transport }: Packet): GoldenRun['packet'] {
  const base = { src: ip.source, dst: ip.destination, ttl: ip.ttl, proto: ip.protocol }
  switch (transport.kind) {
    case 'tcp':
    case 'udp':
    case 'sctp':
      return { ...base, ...portsOf(transport) }
    case 'icmp-echo':
      return { ...base, icmp: { type: transport.type, code: transport.code, id: transport.id } }
    case 'icmp-error':
      return { ...base, icmp: { type: transport.type, code: transport.code } }
  }
}

/** One side of a line of /proc/net/nf_conntrack. */
export function goldenTuple(tuple: Tuple): GoldenTuple {
  const addresses = { src: tuple.source, dst: tuple.destination }
  if (!isIcmp(tuple.protocol)) return { ...addresses, sport: tuple.sourcePort, dport: tuple.destinationPort }
  return { ...addresses, type: tuple.destinationPort >> 8, code: tuple.destinationPort & 255, id: tuple.sourcePort }
}
