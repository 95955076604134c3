import type { Cidr } from '../../net/cidr.ts'
import type { Ip } from '../../net/ip.ts'
import type { Origin } from '../origin.ts'

/**
 * One iptables rule in iptables' own words (man iptables-extensions). The unions are closed: restore.ts refuses what is not here by name,
 * traverse.ts handles all that is here, save.ts prints it as iptables-save does.
 */
export interface Rule {
  readonly matches: readonly Match[]
  /** Absent: a rule that only counts. */
  readonly target?: Target
  readonly origin: Origin
}

interface Not {
  readonly not?: boolean
}
/** `and`: one more option of the same `-m` as the match before it (`-m conntrack --ctstate NEW --ctdir ORIGINAL`). */
interface And {
  readonly and?: true
}
export interface PortRange {
  readonly from: number
  readonly to: number
}

export type Match =
  | (Not & { readonly kind: 'source' | 'destination'; readonly prefix: Cidr })
  | (Not & { readonly kind: 'in-interface' | 'out-interface' /** A trailing `+` is a wildcard. */; readonly name: string })
  | (Not & { readonly kind: 'protocol'; readonly protocol: 'tcp' | 'udp' | 'sctp' | 'icmp' | 'icmp6' | number })
  | (Not & { readonly kind: 'fragment' })
  | { readonly kind: 'comment'; readonly text: string }
  /** `-m tcp`, `-m udp`, `-m sctp`. */
  | {
      readonly kind: 'transport'
      readonly protocol: 'tcp' | 'udp' | 'sctp'
      readonly source?: PortRange & Not
      readonly destination?: PortRange & Not
      readonly flags?: Not & { readonly mask: readonly TcpFlag[]; readonly set: readonly TcpFlag[] }
    }
  /** Type 255 without a code is `any`. `v6`: `-m icmp6 --icmpv6-type`. */
  | (Not & { readonly kind: 'icmp'; readonly v6?: true; readonly type: number; readonly code?: number })
  | (Not & { readonly kind: 'multiport'; readonly field: 'source' | 'destination' | 'either'; readonly ports: readonly PortRange[] })
  | (Not & { readonly kind: 'mark'; readonly value: number; readonly mask: number })
  | (Not & { readonly kind: 'connmark'; readonly value: number; readonly mask: number })
  | (Not &
      And & {
        readonly kind: 'ctstate'
        readonly states: readonly CtState[] /** Written as `-m state --state`. */
        readonly module?: 'state'
      })
  | (Not & And & { readonly kind: 'ctstatus'; readonly statuses: readonly CtStatus[] })
  | (Not & And & { readonly kind: 'ctorigdst' | 'ctorigsrc' | 'ctrepldst' | 'ctreplsrc'; readonly prefix: Cidr })
  | (Not & And & { readonly kind: 'ctorigdstport'; readonly ports: PortRange })
  | (And & { readonly kind: 'ctdir'; readonly direction: 'ORIGINAL' | 'REPLY' })
  | (Not &
      And & { readonly kind: 'addrtype-src' | 'addrtype-dst'; readonly types: readonly AddressType[]; readonly limitIface?: 'in' | 'out' })
  /** `probability` of matching; nth is not random: every `every`-th packet from `packet` on. */
  | (Not & {
      readonly kind: 'statistic'
      readonly mode: 'random'
      readonly probability: number /** As iptables-save prints it: the kernel keeps 31 bits of fraction. */
      readonly text: string
    })
  | (Not & { readonly kind: 'statistic'; readonly mode: 'nth'; readonly every: number; readonly packet: number })
  | (Not & {
      readonly kind: 'recent'
      readonly name: string
      readonly action: 'set' | 'rcheck' | 'update' | 'remove'
      readonly seconds?: number
      readonly hitcount?: number
      readonly reap?: boolean
      readonly mask: string
      readonly side: 'rsource' | 'rdest'
    })
  | (Not & { readonly kind: 'set'; readonly name: string; readonly directions: readonly ('src' | 'dst')[] })
  | (Not &
      And & {
        readonly kind: 'physdev'
        readonly in?: string
        readonly out?: string
        readonly isBridged?: boolean
        readonly isIn?: boolean
        readonly isOut?: boolean
      })
  | (Not & And & { readonly kind: 'iprange'; readonly side: 'source' | 'destination'; readonly from: Ip; readonly to: Ip })
  | (Not & { readonly kind: 'pkttype'; readonly type: 'unicast' | 'broadcast' | 'multicast' })
  | (Not & { readonly kind: 'length'; readonly from: number; readonly to: number })
  /** `v6`: `-m hl --hl-eq`. */
  | (Not & { readonly kind: 'ttl'; readonly v6?: true; readonly compare: 'eq' | 'gt' | 'lt'; readonly value: number })
  | (Not & { readonly kind: 'mac'; readonly source: string })
  /** Virtual side of the IPVS connection that the packet is a request of. */
  | { readonly kind: 'ipvs'; readonly vproto?: number; readonly vaddr?: Cidr; readonly vport?: number }
  /** Matches while tokens last; the simulator sends single packets, so it always matches (declared approximate). */
  | { readonly kind: 'limit'; readonly rate: string; readonly burst: number }

/** The matches that look at a packet's connection. */
export type ConntrackMatch = Extract<
  Match,
  { readonly kind: 'ctstate' | 'ctstatus' | 'ctorigdst' | 'ctorigsrc' | 'ctrepldst' | 'ctreplsrc' | 'ctorigdstport' | 'ctdir' | 'connmark' }
>

export type TcpFlag = 'FIN' | 'SYN' | 'RST' | 'PSH' | 'ACK' | 'URG'
export type CtState = 'INVALID' | 'NEW' | 'ESTABLISHED' | 'RELATED' | 'UNTRACKED' | 'SNAT' | 'DNAT'
export type CtStatus = 'NONE' | 'EXPECTED' | 'SEEN_REPLY' | 'ASSURED' | 'CONFIRMED'
export type AddressType = 'LOCAL' | 'UNICAST' | 'BROADCAST' | 'ANYCAST' | 'MULTICAST' | 'BLACKHOLE' | 'UNREACHABLE' | 'PROHIBIT' | 'UNSPEC'

export type Target =
  | { readonly kind: 'ACCEPT' | 'DROP' | 'RETURN' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'MARK' | 'CONNMARK'; readonly operation: MarkOperation }
  | { readonly kind: 'DNAT'; readonly to: NatRange; readonly persistent?: boolean; readonly random?: boolean }
  | {
      readonly kind: 'SNAT'
      readonly to: NatRange
      readonly persistent?: boolean
      readonly random?: boolean
      readonly randomFully?: boolean
    }
  | { readonly kind: 'MASQUERADE'; readonly ports?: PortRange; readonly random?: boolean; readonly randomFully?: boolean }
  | { readonly kind: 'REDIRECT'; readonly ports?: PortRange; readonly random?: boolean }
  | { readonly kind: 'REJECT'; readonly with: RejectWith }
  | { readonly kind: 'NOTRACK' /** Written as `-j CT --notrack`. */; readonly module?: 'CT' }
  | { readonly kind: 'LOG' | 'NFLOG'; readonly arguments: string }
  | { readonly kind: 'TCPMSS'; readonly clampToPmtu: true }
  | { readonly kind: 'TCPMSS'; readonly clampToPmtu: false; readonly mss: number }

/** All are stored as xmark: new = (old & ~mask) ^ value, which is what iptables-save prints for --set-mark, --or-mark and --xor-mark. */
export type MarkOperation =
  | { readonly kind: 'set-xmark'; readonly value: number; readonly mask: number }
  | { readonly kind: 'save-mark' | 'restore-mark'; readonly nfmask: number; readonly ctmask: number }

export interface NatRange {
  readonly from?: Ip
  readonly to?: Ip
  readonly ports?: PortRange
}

export type RejectWith =
  | 'icmp-net-unreachable'
  | 'icmp-host-unreachable'
  | 'icmp-port-unreachable'
  | 'icmp-proto-unreachable'
  | 'icmp-net-prohibited'
  | 'icmp-host-prohibited'
  | 'icmp-admin-prohibited'
  | 'icmp6-no-route'
  | 'icmp6-adm-prohibited'
  | 'icmp6-addr-unreachable'
  | 'icmp6-port-unreachable'
  | 'icmp6-policy-fail'
  | 'icmp6-reject-route'
  | 'tcp-reset'
