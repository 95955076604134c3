import { joinHostPort } from '../core/net/ip.ts'
import { isEchoRequest, isIcmp6Error, type Packet } from '../core/net/packet.ts'

/** What is written on a packet: the innermost addresses as they are now, and the tunnel's around them. */
export interface PacketLabel {
  /** `10.244.1.2:40000`, `[fd00::2]:40000`, or the bare address where there are no ports. */
  readonly source: string
  readonly destination: string
  /** `SYN`, `UDP`, `echo`, `ICMP 3/1`: names of the protocols, the same in every language. */
  readonly what: string
  readonly outer?: { readonly source: string; readonly destination: string; readonly vni: number }
}

export function labelOf(packet: Packet): PacketLabel {
  const { ip, transport } = packet
  if (transport.kind === 'udp' && transport.vxlan) {
    const inner = labelOf(transport.vxlan.frame.packet)
    const outer = { source: ip.source, destination: ip.destination, vni: transport.vxlan.vni }
    return { source: inner.source, destination: inner.destination, what: inner.what, outer }
  }
  switch (transport.kind) {
    case 'tcp':
      return { ...endpoints(packet, transport), what: FLAGS[transport.flags] ?? `TCP ${transport.flags}` }
    case 'udp':
      return { ...endpoints(packet, transport), what: 'UDP' }
    case 'sctp':
      return { ...endpoints(packet, transport), what: `SCTP ${transport.chunk}` }
    case 'icmp-echo':
      return { source: ip.source, destination: ip.destination, what: isEchoRequest(transport) ? 'ping' : 'pong' }
    case 'icmp-error':
      return {
        source: ip.source,
        destination: ip.destination,
        what: `${isIcmp6Error(transport) ? 'ICMPv6' : 'ICMP'} ${transport.type}/${transport.code}`,
      }
  }
}

/** RFC 9293's segments by their flags. */
const FLAGS: Readonly<Record<string, string>> = { S: 'SYN', SA: 'SYN-ACK', A: 'ACK', R: 'RST', RA: 'RST', PA: 'PSH', F: 'FIN', FA: 'FIN' }

function endpoints(
  packet: Packet,
  ports: { readonly sourcePort: number; readonly destinationPort: number },
): { source: string; destination: string } {
  const { ip } = packet
  // A fragment that is not the first has no transport header on the wire.
  if (ip.fragmentOffset) return { source: ip.source, destination: ip.destination }
  return { source: joinHostPort(ip.source, ports.sourcePort), destination: joinHostPort(ip.destination, ports.destinationPort) }
}
