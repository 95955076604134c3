import type { Origin } from '../origin.ts'
import type { RejectWith } from '../netfilter/rule.ts'
import type { DataType } from './ruleset.ts'

/**
 * One nftables rule in nft's own words (man nft): statements, each over expressions. The unions are closed: the parser refuses what is not here by name,
 * the evaluator handles all that is here, the printer writes it as `nft list` does.
 */
export interface NftRule {
  readonly statements: readonly Statement[]
  readonly comment?: string
  readonly origin: Origin
}

export type Statement =
  /** A relation; the rule ends here when it does not hold. */
  | { readonly kind: 'match'; readonly left: Expression; readonly operator: Relation; readonly right: Right }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  /** The rule ends here, undecided, when the map has no such key. */
  | { readonly kind: 'vmap'; readonly key: Expression; readonly map: SetReference }
  | { readonly kind: 'reject'; readonly with?: Reject }
  | {
      readonly kind: 'dnat' | 'snat'
      /** Said before `to` in inet tables. */
      readonly family?: 'ip' | 'ip6'
      readonly to: NatAddress
      readonly flags: readonly NatFlag[]
    }
  | {
      readonly kind: 'masquerade' | 'redirect'
      readonly ports?: { readonly from: number; readonly to: number }
      readonly flags: readonly NatFlag[]
    }
  /** `meta mark set`, `ct mark set`. */
  | { readonly kind: 'set'; readonly field: 'meta mark' | 'ct mark'; readonly value: Expression }
  /** `update @affinity { ip saddr }`: on the packet path. */
  | {
      readonly kind: 'dynamic'
      readonly operation: 'add' | 'update' | 'delete'
      readonly set: string
      readonly key: Expression
      /** Seconds. */
      readonly timeout?: number
    }
  | { readonly kind: 'notrack' }
  | { readonly kind: 'counter'; readonly packets: number; readonly bytes: number }
  /** Arguments as written; it changes nothing. */
  | { readonly kind: 'log'; readonly arguments: string }
  /** Holds while tokens last; the simulator sends single packets, so it always holds (declared approximate). */
  | { readonly kind: 'limit'; readonly arguments: string; readonly over: boolean }

/** `implicit` is no operator at all: equal, or for sets of bits any of them. */
export type Relation = 'implicit' | '==' | '!=' | '<' | '<=' | '>' | '>='

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'continue' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }

export type NatFlag = 'random' | 'fully-random' | 'persistent'

/** What `dnat to` names: an address or a range, ports, or a map that is asked for them. */
export type NatAddress =
  | {
      readonly kind: 'address'
      readonly from?: string
      readonly to?: string
      readonly ports?: { readonly from: number; readonly to: number }
    }
  | { readonly kind: 'map'; readonly expression: Expression & { readonly kind: 'map' } }

/** `reject` alone is port unreachable of the packet's own family. */
export type Reject = { readonly family: 'icmp' | 'icmpv6' | 'icmpx' | 'tcp'; readonly type: RejectWith }

export type Expression =
  /** A field of a header: `ip daddr`, `th dport`, `tcp flags`. */
  | { readonly kind: 'payload'; readonly protocol: PayloadProtocol; readonly field: string; readonly type: DataType }
  | { readonly kind: 'meta'; readonly key: MetaKey; readonly type: DataType }
  | { readonly kind: 'ct'; readonly key: CtKey; readonly direction?: 'original' | 'reply'; readonly type: DataType }
  | { readonly kind: 'fib'; readonly fields: readonly ('saddr' | 'daddr' | 'iif' | 'oif')[]; readonly result: 'type' }
  | { readonly kind: 'numgen'; readonly mode: 'random'; readonly modulus: number; readonly offset: number }
  | { readonly kind: 'bitwise'; readonly operator: '&' | '|' | '^'; readonly left: Expression; readonly right: number }
  | { readonly kind: 'concat'; readonly parts: readonly Expression[] }
  | { readonly kind: 'constant'; readonly value: string; readonly type: DataType }
  /** `ip saddr map @backends`. */
  | { readonly kind: 'map'; readonly key: Expression; readonly map: SetReference; readonly types: readonly DataType[] }

export type PayloadProtocol = 'ip' | 'ip6' | 'th' | 'tcp' | 'udp' | 'sctp' | 'icmp' | 'icmpv6' | 'ether'
export type MetaKey = 'mark' | 'l4proto' | 'nfproto' | 'iifname' | 'oifname' | 'iif' | 'oif' | 'pkttype' | 'length'
export type CtKey = 'state' | 'status' | 'mark' | 'direction' | 'protocol' | 'saddr' | 'daddr' | 'proto-src' | 'proto-dst'

/** What a relation compares with. */
export type Right =
  | { readonly kind: 'value'; readonly value: Value }
  /** `{ 10.0.0.0/8, 203.0.113.0/24 }`, `@cluster-ips`. */
  | { readonly kind: 'set'; readonly set: SetReference }
  /** `new,related`: any of these bits. */
  | { readonly kind: 'flags'; readonly values: readonly string[] }
  /** `syn / syn,ack`: of the bits of the mask exactly these. */
  | { readonly kind: 'masked'; readonly values: readonly string[]; readonly mask: readonly string[] }

export type SetReference =
  | { readonly kind: 'named'; readonly name: string }
  /** `merged`: written as several values that became fewer; nft goes on to print a set then, even of one. */
  | { readonly kind: 'anonymous'; readonly elements: readonly SetElement[]; readonly merged?: true }

/** One field of a key. Texts are as `nft list` prints them: canonical addresses, decimal ports, names of protocols. */
export type Value =
  | { readonly kind: 'single'; readonly text: string }
  | { readonly kind: 'prefix'; readonly address: string; readonly length: number }
  | { readonly kind: 'range'; readonly from: string; readonly to: string }
  | { readonly kind: 'any' }

export interface SetElement {
  readonly key: readonly Value[]
  readonly comment?: string
  readonly timeout?: number
  /** In verdict maps. */
  readonly verdict?: Verdict
  /** In maps. */
  readonly value?: readonly string[]
}
