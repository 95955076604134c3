import { type Ip, isIpv6 } from './ip.ts'
import type { Mac } from './mac.ts'

/**
 * Packets at the level of meaning, not bytes (smoltcp's "Repr"): what cannot be on a wire cannot be written down here.
 * Lengths are true bytes, so that MTU, fragmentation and pcap agree.
 */
export interface Frame {
  readonly ethernet: Ethernet
  readonly packet: Packet
}

/** RFC 894. The type follows from the packet: 0x0800 or 0x86dd. ARP and NDP are not frames of their own (see kernel/neighbour.ts). */
export interface Ethernet {
  readonly source: Mac
  readonly destination: Mac
}

export interface Packet {
  readonly ip: IpHeader
  readonly transport: Transport
  /** Set on a first fragment: the datagram that reassembly gives back. The later fragments travel with it unseen. */
  readonly whole?: Packet
}

/**
 * RFC 791 and RFC 8200, the fields that anything looks at. The family is that of the addresses. An IPv6 packet has a fragment header (8 bytes) exactly when
 * it is a fragment.
 */
export interface IpHeader {
  readonly source: Ip
  readonly destination: Ip
  /** IPv6: hop limit. */
  readonly ttl: number
  readonly protocol: Protocol
  /** Total length in bytes: this header (20, IPv6: 40) and all behind it, fragment header included. */
  readonly length: number
  /** IPv6: that of the fragment header. */
  readonly id: number
  /** Always false for IPv6, where no router fragments. */
  readonly dontFragment: boolean
  readonly moreFragments?: boolean
  /** In bytes. */
  readonly fragmentOffset?: number
  /** IPv6: traffic class. */
  readonly tos?: number
}

export type Protocol = 'tcp' | 'udp' | 'sctp' | 'icmp' | 'icmp6'

export const isIcmp = (protocol: Protocol): protocol is 'icmp' | 'icmp6' => protocol === 'icmp' || protocol === 'icmp6'
/** Bytes of the IP header without extensions. */
export const ipHeaderLength = (ip: Ip): 20 | 40 => (isIpv6(ip) ? 40 : 20)
export type Transport = Tcp | Udp | Sctp | IcmpEcho | IcmpError

/** RFC 9293. `flags` in tcpdump's letters, in the order F S R P A U: "S", "SA", "RA", "A". */
export interface Tcp {
  readonly kind: 'tcp'
  readonly sourcePort: number
  readonly destinationPort: number
  readonly flags: string
  readonly sequence: number
  readonly acknowledgment: number
  readonly mss?: number
  /** Absent where the segment carries nothing. */
  readonly payload?: TcpPayload
}
/** `bytes`, one character each (0-255), where it is known what they say: not behind TLS. */
export interface TcpPayload {
  readonly length: number
  readonly bytes?: string
}
/** RFC 768; `length` is header (8) and payload. A VXLAN packet (RFC 7348) carries its inner frame here. */
export interface Udp {
  readonly kind: 'udp'
  readonly sourcePort: number
  readonly destinationPort: number
  readonly length: number
  readonly vxlan?: { readonly vni: number; readonly frame: Frame }
}
export interface Sctp {
  readonly kind: 'sctp'
  readonly sourcePort: number
  readonly destinationPort: number
  readonly chunk: 'INIT' | 'INIT-ACK' | 'ABORT'
}
/** RFC 792, types 8 and 0; RFC 4443, types 128 and 129. */
export interface IcmpEcho {
  readonly kind: 'icmp-echo'
  readonly type: 8 | 0 | 128 | 129
  readonly code: 0
  readonly id: number
  readonly sequence: number
}
/**
 * RFC 792: destination unreachable (3), redirect (5), time exceeded (11). RFC 4443: destination unreachable (1), packet too big (2), time exceeded (3),
 * parameter problem (4). With the packet that it is about, whose family tells which of the two it is.
 */
export interface IcmpError {
  readonly kind: 'icmp-error'
  readonly type: 1 | 2 | 3 | 4 | 5 | 11
  readonly code: number
  /** Only fragmentation needed (RFC 1191) and packet too big. */
  readonly mtu?: number
  /** Only type 5. */
  readonly gateway?: Ip
  /** The quoted packet, header fields as they were when the error was made. */
  readonly quoted: Packet
}

export const isEchoRequest = ({ type }: IcmpEcho): boolean => type === 8 || type === 128
export const isIcmp6Error = ({ quoted }: IcmpError): boolean => isIpv6(quoted.ip.source)
export const isRedirect = (error: IcmpError): boolean => error.type === 5

/** nf_conntrack_tuple (include/net/netfilter/nf_conntrack_tuple.h). For echoes `sport` holds the id and `dport` is type and code (type * 256 + code). */
export interface Tuple {
  readonly source: Ip
  readonly sourcePort: number
  readonly destination: Ip
  readonly destinationPort: number
  readonly protocol: Protocol
}
