import type { IcmpError, IpHeader, Packet, Tcp } from '../net/packet.ts'
import type { Ip } from '../net/ip.ts'
import type { RejectWith } from './netfilter/rule.ts'

/** What net/ipv4/icmp.c and tcp_ipv4.c send by themselves. Lengths: IP header 20, ICMP header 8, TCP header 20. */
const IP_HEADER = 20
const ICMP_HEADER = 8
/** RFC 1812 4.3.2.3: an error quotes as much as fits into 576 bytes. */
const ERROR_LIMIT = 576
/** ICMP errors carry TOS 0xc0 (internetwork control), icmp_send. */
const ERROR_TOS = 192

export type ErrorKind = { readonly type: 3 | 5 | 11; readonly code: number; readonly mtu?: number; readonly gateway?: Ip }

export function icmpError(source: Ip, about: Packet, kind: ErrorKind, ttl: number): Packet {
  const { whole: _, ...quoted } = about
  const length = Math.min(IP_HEADER + ICMP_HEADER + about.ip.length, ERROR_LIMIT)
  const ip: IpHeader = { source, destination: about.ip.source, ttl, protocol: 'icmp', length, id: 0, dontFragment: false, tos: ERROR_TOS }
  const transport: IcmpError = { kind: 'icmp-error', ...kind, quoted }
  return { ip, transport }
}

/** No error about an error (RFC 1122 3.2.2), about a later fragment, or about a broadcast. */
export function mayReport(packet: Packet): boolean {
  return (
    packet.transport.kind !== 'icmp-error' &&
    !packet.ip.fragmentOffset &&
    packet.ip.source !== '0.0.0.0' &&
    packet.ip.destination !== '255.255.255.255'
  )
}

/** tcp_v4_send_reset and nf_send_reset: RST with ACK to a segment without one. */
export function tcpReset(about: Packet, ttl: number): Packet | undefined {
  const segment = about.transport
  if (segment.kind !== 'tcp' || segment.flags.includes('R')) return undefined
  const acked = segment.flags.includes('A')
  const transport: Tcp = {
    kind: 'tcp',
    sourcePort: segment.destinationPort,
    destinationPort: segment.sourcePort,
    flags: acked ? 'R' : 'RA',
    sequence: acked ? segment.acknowledgment : 0,
    acknowledgment: acked ? 0 : (segment.sequence + (segment.flags.includes('S') ? 1 : 0)) >>> 0,
  }
  return {
    ip: { source: about.ip.destination, destination: about.ip.source, ttl, protocol: 'tcp', length: 40, id: 0, dontFragment: true },
    transport,
  }
}

export const PORT_UNREACHABLE: ErrorKind = { type: 3, code: 3 }
export const HOST_UNREACHABLE: ErrorKind = { type: 3, code: 1 }
export const NET_UNREACHABLE: ErrorKind = { type: 3, code: 0 }
export const ADMIN_PROHIBITED: ErrorKind = { type: 3, code: 13 }
export const PROTOCOL_UNREACHABLE: ErrorKind = { type: 3, code: 2 }
export const TTL_EXCEEDED: ErrorKind = { type: 11, code: 0 }

/** `--reject-with` to type and code (net/ipv4/netfilter/ipt_REJECT.c). */
export const REJECT_CODE: Readonly<Record<Exclude<RejectWith, 'tcp-reset'>, ErrorKind>> = {
  'icmp-net-unreachable': NET_UNREACHABLE,
  'icmp-host-unreachable': HOST_UNREACHABLE,
  'icmp-port-unreachable': PORT_UNREACHABLE,
  'icmp-proto-unreachable': PROTOCOL_UNREACHABLE,
  'icmp-net-prohibited': { type: 3, code: 9 },
  'icmp-host-prohibited': { type: 3, code: 10 },
  'icmp-admin-prohibited': ADMIN_PROHIBITED,
}
