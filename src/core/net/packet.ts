import type { Ip } from './ip.ts'
import type { Mac } from './mac.ts'

/**
 * Packets at the level of meaning, not bytes (smoltcp's "Repr"): what cannot be on a wire cannot be written down here.
 * Lengths are true bytes, so that MTU, fragmentation and pcap agree.
 */
export interface Frame {
  readonly ethernet: Ethernet
  readonly packet: Packet
}

/** RFC 894. `type` is always 0x0800 here; ARP is not a frame of its own (see kernel/neighbour.ts). */
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

/** RFC 791, the fields that anything looks at. */
export interface IpHeader {
  readonly source: Ip
  readonly destination: Ip
  readonly ttl: number
  readonly protocol: Protocol
  /** Total length in bytes: this header (20) and all behind it. */
  readonly length: number
  readonly id: number
  readonly dontFragment: boolean
  readonly moreFragments?: boolean
  /** In bytes. */
  readonly fragmentOffset?: number
  readonly tos?: number
}

export type Protocol = 'tcp' | 'udp' | 'sctp' | 'icmp'
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
/** RFC 792, types 8 and 0. */
export interface IcmpEcho {
  readonly kind: 'icmp-echo'
  readonly type: 8 | 0
  readonly code: 0
  readonly id: number
  readonly sequence: number
}
/** RFC 792: destination unreachable (3), redirect (5), time exceeded (11), with the packet that it is about. */
export interface IcmpError {
  readonly kind: 'icmp-error'
  readonly type: 3 | 5 | 11
  readonly code: number
  /** Only type 3 code 4 (RFC 1191). */
  readonly mtu?: number
  /** Only type 5. */
  readonly gateway?: Ip
  /** The quoted packet, header fields as they were when the error was made. */
  readonly quoted: Packet
}

/** nf_conntrack_tuple (include/net/netfilter/nf_conntrack_tuple.h). For echoes `sport` holds the id and `dport` is type and code (type * 256 + code). */
export interface Tuple {
  readonly source: Ip
  readonly sourcePort: number
  readonly destination: Ip
  readonly destinationPort: number
  readonly protocol: Protocol
}
