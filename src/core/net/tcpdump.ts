import { unreachable } from '../base/assert.ts'
import { isIpv6, joinHostPort } from './ip.ts'
import { type IcmpError, isEchoRequest, isIcmp6Error, type Packet, type Transport } from './packet.ts'

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
  return `${joinHostPort(ip.source, transport.sourcePort)} > ${joinHostPort(ip.destination, transport.destinationPort)}`
}

/** What kind of packet it is, in the fewest words: `tcp SYN`, `udp 15 bytes`, `icmp echo request`, `icmp port unreachable`. */
export function transportText(transport: Transport): string {
  switch (transport.kind) {
    case 'tcp':
      return `tcp ${flagNames(transport.flags)}${transport.mss === undefined ? '' : ` mss ${transport.mss}`}${transport.payload ? ` ${transport.payload.length} bytes` : ''}`
    case 'udp':
      return transport.vxlan
        ? `vxlan ${transport.vxlan.vni} [${packetLine(transport.vxlan.frame.packet)}]`
        : `udp ${transport.length - 8} bytes`
    case 'sctp':
      return `sctp ${transport.chunk}`
    case 'icmp-echo':
      return `${transport.type < 128 ? 'icmp' : 'icmp6'} echo ${isEchoRequest(transport) ? 'request' : 'reply'} id ${transport.id}`
    case 'icmp-error':
      return `${isIcmp6Error(transport) ? 'icmp6' : 'icmp'} ${errorName(transport)}${transport.mtu === undefined ? '' : ` mtu ${transport.mtu}`}`
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

/** RFC 4443, of the same. */
const ICMP6_ERRORS: Readonly<Record<string, string>> = {
  '1/0': 'no route',
  '1/1': 'admin prohibited',
  '1/2': 'beyond scope',
  '1/3': 'address unreachable',
  '1/4': 'port unreachable',
  '1/5': 'source policy failed',
  '1/6': 'reject route',
  '2/0': 'packet too big',
  '3/0': 'hop limit exceeded',
  '3/1': 'reassembly time exceeded',
  '4/0': 'erroneous header field',
  '4/1': 'unknown next header',
  '4/2': 'unknown option',
}
export const icmp6ErrorName = (type: number, code: number): string => ICMP6_ERRORS[`${type}/${code}`] ?? `${type}/${code}`
/** The name of an error, whichever family. */
export const errorName = (error: IcmpError): string => (isIcmp6Error(error) ? icmp6ErrorName : icmpErrorName)(error.type, error.code)

function ipText({ ip }: Packet): string {
  const fragment = ip.moreFragments ? ` frag ${ip.fragmentOffset ?? 0}+` : ip.fragmentOffset ? ` frag ${ip.fragmentOffset}` : ''
  return `, ${isIpv6(ip.source) ? 'hlim' : 'ttl'} ${ip.ttl}, length ${ip.length}${ip.dontFragment ? ' DF' : ''}${fragment}`
}
