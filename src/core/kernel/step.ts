import type { Ip } from '../net/ip.ts'
import type { Mac } from '../net/mac.ts'
import type { Frame, Packet, Protocol, Tuple } from '../net/packet.ts'
import type { IpvsStep } from './ipvs/step.ts'
import type { IpRule, Route } from './netns.ts'
import type { CtState, RejectWith } from './netfilter/rule.ts'
import type { Hook } from './netfilter/ruleset.ts'
import type { ConntrackEntry } from './netfilter/conntrack-entry.ts'
import type { Origin } from './origin.ts'

/**
 * What the kernel did, in order. A closed union: every view, the golden writer and the explanations switch over `kind`.
 * Plain data: JSON.stringify of a step loses nothing. `packet` is the packet as it is after the step.
 */
export type Step =
  /** A process or the kernel itself hands over a packet; for sockets with the source address and MSS that connect() chose. */
  | { readonly kind: 'send'; readonly by: 'socket' | 'kernel'; readonly packet: Packet }
  /** Seen coming in on a device (what tcpdump -i DEV prints). No ethernet header on lo. */
  | { readonly kind: 'receive'; readonly dev: string; readonly frame?: Frame; readonly packet: Packet }
  /** Seen leaving through a device. */
  | { readonly kind: 'transmit'; readonly dev: string; readonly frame?: Frame; readonly packet: Packet }
  /** net/bridge: where the FDB sends a frame. `up` means to the host, `ports` are the ways out. */
  | {
      readonly kind: 'bridge'
      readonly bridge: string
      readonly port: string
      readonly destination: Mac
      readonly action: 'forward' | 'flood' | 'up' | 'drop'
      readonly ports: readonly string[]
    }
  | { readonly kind: 'defragment'; readonly packet: Packet }
  | { readonly kind: 'fragment'; readonly mtu: number; readonly fragments: number; readonly packet: Packet }
  /** `entry` is undefined for INVALID and UNTRACKED packets. */
  | {
      readonly kind: 'conntrack'
      readonly hook: Hook
      readonly state: CtState
      readonly direction: 'original' | 'reply'
      readonly created: boolean
      readonly entry?: ConntrackEntry
    }
  | { readonly kind: 'confirm'; readonly entry: ConntrackEntry }
  | ChainRun
  /** Addresses rewritten: by a rule that just set the mapping up, or by conntrack because it exists. */
  | {
      readonly kind: 'nat'
      readonly hook: Hook
      readonly manip: 'source' | 'destination'
      readonly from: Tuple
      readonly to: Tuple
      readonly by: 'rule' | 'conntrack'
      readonly packet: Packet
    }
  | IpvsStep
  | RouteStep
  | { readonly kind: 'forward'; readonly ttl: { readonly from: number; readonly to: number }; readonly packet: Packet }
  | {
      readonly kind: 'neighbour'
      readonly dev: string
      readonly ip: Ip
      readonly mac?: Mac
      readonly how: 'permanent' | 'cached' | 'arp' | 'ndp' | 'failed'
      readonly origin?: Origin
    }
  | {
      readonly kind: 'encapsulate'
      readonly dev: string
      readonly vni: number
      readonly remote: Ip
      readonly inner: Mac
      readonly origin?: Origin
      readonly packet: Packet
    }
  | { readonly kind: 'decapsulate'; readonly dev: string; readonly vni: number; readonly packet: Packet }
  /** A socket lookup; `owner` is absent when nothing listens. */
  | {
      readonly kind: 'socket'
      readonly protocol: Protocol
      readonly ip: Ip
      readonly port: number
      readonly owner?: string
      readonly packet: Packet
    }
  | {
      readonly kind: 'reject'
      readonly with:
        | RejectWith
        | 'ttl-exceeded'
        | 'fragmentation-needed'
        | 'host-unreachable'
        | 'net-unreachable'
        | 'port-unreachable'
        | 'redirect'
        | 'rst'
      readonly reply: Packet
    }
  | { readonly kind: 'drop'; readonly reason: DropReason; readonly detail?: string }

/**
 * One run of a base chain: what iptables or nftables saw of one packet at one hook. `family` is the table's; iptables' own tables are `ip` or `ip6`, and
 * their base chains are called as their hooks.
 */
export interface ChainRun {
  readonly kind: 'chain'
  readonly family: 'ip' | 'ip6' | 'inet'
  readonly table: string
  readonly chain: string
  readonly hook: Hook
  readonly priority: number
  readonly in?: string
  readonly out?: string
  /** As seen when the chain started. */
  readonly packet: Packet
  readonly rules: readonly RuleStep[]
  readonly verdict: 'ACCEPT' | 'DROP'
}

/** One line of `xtables-monitor --trace`: a rule that matched, the end of a user chain, or a base chain's policy. */
export interface RuleStep {
  readonly chain: string
  /** 0-based position in `chain`; the text as iptables-save prints it. Absent for `end` and `policy`. */
  readonly index?: number
  readonly rule?: string
  readonly end?: true
  readonly policy?: true
  /** `ACCEPT`, `DROP`, `RETURN`, `CONTINUE`, `JUMP x`, `GOTO x`. */
  readonly verdict: string
  /** nfmark after the rule, when not 0. */
  readonly mark?: number
  /** How deep the jump stack was: 0 in the base chain. */
  readonly depth: number
  /** Rules of this chain tried before this one without a match, nearest last; bounded, `skipped` counts those not listed. */
  readonly considered?: readonly Considered[]
  readonly skipped?: number
  /** Probability of the branch taken, for `statistic` rules. */
  readonly probability?: number
  readonly origin?: Origin
}

/** A near miss: the rule and its first match that failed. */
export interface Considered {
  readonly index: number
  readonly rule: string
  /** The failing match as iptables-save prints it, and what the packet had instead. */
  readonly failed: string
  readonly actual: string
}

export interface RouteStep {
  readonly kind: 'route'
  readonly purpose: 'output' | 'input' | 'reroute' | 'error'
  readonly destination: Ip
  readonly source?: Ip
  readonly rule?: IpRule
  readonly table?: number
  /** The winner; absent when nothing matched. */
  readonly route?: Route
  readonly result: 'local' | 'forward' | 'output' | 'broadcast' | 'unreachable' | 'blackhole' | 'prohibit'
  readonly rejected: readonly { readonly table: number; readonly route: Route; readonly why: 'shorter' | 'metric' | 'no-match' | 'throw' }[]
}

export type DropReason =
  | 'rule'
  | 'policy'
  | 'no-route'
  | 'blackhole'
  | 'forwarding-off'
  | 'rp-filter'
  | 'martian'
  | 'ttl'
  | 'mtu'
  | 'neighbour'
  | 'fdb'
  | 'hairpin'
  | 'not-for-us'
  | 'broadcast'
  | 'anycast'
  | 'no-socket'
  /** IPVS: a virtual server without a real server to take the packet. */
  | 'no-real-server'
  | 'invalid'
  | 'device-down'
  | 'nat-exhausted'
  | 'icmp-suppressed'
