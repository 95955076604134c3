import { unreachable } from '../base/assert.ts'
import type { Packet, Transport } from './packet.ts'

/**
 * One line per packet, close to what tcpdump -nn prints: `10.244.0.5.40001 > 10.96.0.10.80: Flags [S], mss 1410, length 0`. Ours separates ports with a
 * colon and names the protocol, so that a line can be read (and pasted) without knowing tcpdump's conventions. Left out: sequence numbers, options.
 */
export function packetLine(packet: Packet): string {
  return `${endpointsOf(packet)} ${transportText(packet.transport)}${ipText(packet)}`
}

/** `source > destination`, with ports where there are any. */
export function endpointsOf({ ip, transport }: Packet): string {
  if (transport.kind === 'icmp-echo' || transport.kind === 'icmp-error') return `${ip.source} > ${ip.destination}`
  return `${ip.source}:${transport.sourcePort} > ${ip.destination}:${transport.destinationPort}`
}

/** What kind of packet it is, in the fewest words: `tcp SYN`, `udp 15 bytes`, `icmp echo request`, `icmp port unreachable`. */
export function transportText(transport: Transport): string {
  switch (transport.kind) {
    case 'tcp':
      return `tcp ${flagNames(transport.flags)}${transport.mss === undefined ? '' : ` mss ${transport.mss}`}`
    case 'udp':
      return transport.vxlan
        ? `vxlan ${transport.vxlan.vni} [${packetLine(transport.vxlan.frame.packet)}]`
        : `udp ${transport.length - 8} bytes`
    case 'sctp':
      return `sctp ${transport.chunk}`
    case 'icmp-echo':
      return `icmp echo ${transport.type === 8 ? 'request' : 'reply'} id ${transport.id}`
    case 'icmp-error':
      return `icmp ${icmpErrorName(transport.type, transport.code)}${transport.mtu === undefined ? '' : ` mtu ${transport.mtu}`}`
    default:
      return unreachable(transport)
  }
}

const FLAG_NAMES: Readonly<Record<string, string>> = { F: 'FIN', S: 'SYN', R: 'RST', P: 'PSH', A: 'ACK', U: 'URG' }
const flagNames = (flags: string): string => Array.from(flags, (flag) => FLAG_NAMES[flag] ?? flag).join('-')

/** RFC 792 and RFC 1122 names of the codes that Linux sends. */
const ICMP_ERRORS: Readonly<Record<string, string>> = {
  '3/0': 'net unreachable',
  '3/1': 'host unreachable',
  '3/2': 'protocol unreachable',
  '3/3': 'port unreachable',
  '3/4': 'fragmentation needed',
  '3/9': 'net prohibited',
  '3/10': 'host prohibited',
  '3/13': 'admin prohibited',
  '5/0': 'redirect net',
  '5/1': 'redirect host',
  '11/0': 'time exceeded',
  '11/1': 'reassembly time exceeded',
}
export const icmpErrorName = (type: number, code: number): string => ICMP_ERRORS[`${type}/${code}`] ?? `${type}/${code}`

function ipText({ ip }: Packet): string {
  const fragment = ip.moreFragments ? ` frag ${ip.fragmentOffset ?? 0}+` : ip.fragmentOffset ? ` frag ${ip.fragmentOffset}` : ''
  return `, ttl ${ip.ttl}, length ${ip.length}${ip.dontFragment ? ' DF' : ''}${fragment}`
}
