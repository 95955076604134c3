import { type IcmpError, ipHeaderLength, type IpHeader, type Packet, type Tcp } from '../net/packet.ts'
import { BROADCAST, type Ip, isIpv6 } from '../net/ip.ts'
import { isMulticast6 } from '../net/ip6.ts'
import type { RejectWith } from './netfilter/rule.ts'

/** What net/ipv4/icmp.c, net/ipv6/icmp.c and TCP send by themselves. Lengths: ICMP header 8, TCP header 20. */
const ICMP_HEADER = 8
/** RFC 1812 4.3.2.3 and RFC 4443 2.4: an error quotes as much as fits into 576 bytes, of IPv6 into the smallest MTU there may be. */
const ERROR_LIMIT = 576
export const MINIMUM_MTU6 = 1280
/** ICMP errors carry TOS 0xc0 (internetwork control), icmp_send. */
const ERROR_TOS = 192

export type ErrorKind = { readonly type: IcmpError['type']; readonly code: number; readonly mtu?: number; readonly gateway?: Ip }

export function icmpError(source: Ip, about: Packet, kind: ErrorKind, ttl: number): Packet {
  const { whole: _, ...quoted } = about
  const v6 = isIpv6(source)
  const length = Math.min(ipHeaderLength(source) + ICMP_HEADER + about.ip.length, v6 ? MINIMUM_MTU6 : ERROR_LIMIT)
  const common = { source, destination: about.ip.source, ttl, length, id: 0, dontFragment: false }
  const ip: IpHeader = v6 ? { ...common, protocol: 'icmp6' } : { ...common, protocol: 'icmp', tos: ERROR_TOS }
  const transport: IcmpError = { kind: 'icmp-error', ...kind, quoted }
  return { ip, transport }
}

/** No error about an error (RFC 1122 3.2.2, RFC 4443 2.4), about a later fragment, to nobody, or about what was sent to many. */
export function mayReport({ ip, transport }: Packet): boolean {
  if (transport.kind === 'icmp-error' || ip.fragmentOffset) return false
  return ip.source !== '0.0.0.0' && ip.source !== '::' && ip.destination !== BROADCAST && !isMulticast6(ip.destination)
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
  const { source: destination, destination: source } = about.ip
  const length = ipHeaderLength(source) + 20
  return { ip: { source, destination, ttl, protocol: 'tcp', length, id: 0, dontFragment: !isIpv6(source) }, transport }
}

export const PORT_UNREACHABLE: ErrorKind = { type: 3, code: 3 }
export const HOST_UNREACHABLE: ErrorKind = { type: 3, code: 1 }
export const NET_UNREACHABLE: ErrorKind = { type: 3, code: 0 }
export const ADMIN_PROHIBITED: ErrorKind = { type: 3, code: 13 }
export const PROTOCOL_UNREACHABLE: ErrorKind = { type: 3, code: 2 }
/** RFC 4443 only: the source means nothing on the other side. */
export const BEYOND_SCOPE: ErrorKind = { type: 1, code: 2 }
export const TTL_EXCEEDED: ErrorKind = { type: 11, code: 0 }

/** What ICMPv6 says in place of an ICMP error. What it has no word for is "address unreachable" there. */
export function icmp6Kind({ type, code, mtu }: ErrorKind): ErrorKind {
  if (type === 11) return { type: 3, code }
  if (type === 3 && code === 4) return { type: 2, code: 0, mtu: Math.max(mtu ?? 0, MINIMUM_MTU6) }
  if (type !== 3) return { type, code, ...(mtu !== undefined && { mtu }) }
  return { type: 1, code: CODE6[code] ?? 3 }
}
/** Of destination unreachable: network, host, protocol, port, and the prohibitions. */
const CODE6: Readonly<Record<number, number>> = { 0: 0, 1: 3, 2: 4, 3: 4, 9: 1, 10: 1, 13: 1 }

/** `--reject-with` to type and code (net/ipv4/netfilter/ipt_REJECT.c, net/ipv6/netfilter/ip6t_REJECT.c). */
export const REJECT_CODE: Readonly<Record<Exclude<RejectWith, 'tcp-reset'>, ErrorKind>> = {
  'icmp-net-unreachable': NET_UNREACHABLE,
  'icmp-host-unreachable': HOST_UNREACHABLE,
  'icmp-port-unreachable': PORT_UNREACHABLE,
  'icmp-proto-unreachable': PROTOCOL_UNREACHABLE,
  'icmp-net-prohibited': { type: 3, code: 9 },
  'icmp-host-prohibited': { type: 3, code: 10 },
  'icmp-admin-prohibited': ADMIN_PROHIBITED,
  'icmp6-no-route': { type: 1, code: 0 },
  'icmp6-adm-prohibited': { type: 1, code: 1 },
  'icmp6-addr-unreachable': { type: 1, code: 3 },
  'icmp6-port-unreachable': { type: 1, code: 4 },
  'icmp6-policy-fail': { type: 1, code: 5 },
  'icmp6-reject-route': { type: 1, code: 6 },
}
