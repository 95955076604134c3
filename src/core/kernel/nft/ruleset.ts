import type { Hook, Policy } from '../netfilter/ruleset.ts'
import type { NftRule, SetElement } from './rule.ts'

/** Everything nftables holds in one namespace but iptables' own tables (include/uapi/linux/netfilter/nf_tables.h). Chains, rules and elements may be lazy. */
export interface NftRuleset {
  /** In the order of creation, which is that of `nft list ruleset`. */
  readonly tables: readonly NftTable[]
}

export type NftFamily = 'ip' | 'ip6' | 'inet'

export interface NftTable {
  readonly family: NftFamily
  readonly name: string
  readonly comment?: string
  /** In the order in which they were registered: of two with the same hook and priority the later runs first. */
  readonly baseChains: readonly NftChain[]
  chain(name: string): NftChain | undefined
  /** In the order of creation. */
  chainNames(): Iterable<string>
  /** Sets, maps and verdict maps share one name space. */
  set(name: string): NftSet | undefined
  setNames(): Iterable<string>
  /** What `nft list table` prints, of tables that can tell without making every rule. */
  listing?(): string
}

export interface NftBase {
  readonly type: 'filter' | 'nat' | 'route'
  readonly hook: Hook
  readonly priority: number
  readonly policy: Policy
}

export interface NftChain {
  readonly name: string
  readonly comment?: string
  /** Absent in chains that are only jumped to. */
  readonly base?: NftBase
  readonly length: number
  /** Makes the rule when it is lazy. `index` is 0-based and below `length`. */
  rule(index: number): NftRule
}

/** What a field of a key, or a value, is. Names are nft's own (`nft describe`). */
export type DataType =
  | 'ipv4_addr'
  | 'ipv6_addr'
  | 'inet_proto'
  | 'inet_service'
  | 'mark'
  | 'ifname'
  | 'ether_addr'
  | 'ct_state'
  | 'ct_status'
  | 'ct_dir'
  | 'fib_addrtype'
  | 'pkt_type'
  | 'tcp_flag'
  | 'nf_proto'
  | 'icmp_type'
  | 'icmpv6_type'
  | 'integer'
  | 'verdict'

export type SetFlag = 'constant' | 'interval' | 'timeout' | 'dynamic'

/** A set (no `value`), a map or a verdict map (value `verdict`). A concatenation has several key types. */
export interface NftSet {
  readonly name: string
  readonly key: readonly DataType[]
  readonly value?: readonly DataType[]
  readonly flags: readonly SetFlag[]
  readonly comment?: string
  /** Seconds until an element that names no timeout goes. */
  readonly timeout?: number
  readonly size?: number
  readonly autoMerge?: boolean
  /** `add element` on the packet path asks this too: elements that agents programmed, without those that packets added. */
  readonly elements: Elements
}

export interface Elements {
  /** The element that a key falls into: single values exactly, prefixes and ranges by containing it. Fields are texts as `nft list` prints them. */
  lookup(key: readonly string[]): SetElement | undefined
  /** Whether there are any: known without making them. */
  readonly isEmpty: boolean
  /** In the order in which they were added. */
  list(): Iterable<SetElement>
}
