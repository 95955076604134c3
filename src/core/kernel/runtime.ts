import type { Ip } from '../net/ip.ts'
import type { NetnsId } from './interface.ts'
import type { IpvsState } from './ipvs/state.ts'
import type { ConntrackEntry } from './netfilter/conntrack-entry.ts'
import type { LearnedSets } from './nft/learned.ts'

/** What packets leave behind in the kernels that they cross. A persistent value: sending returns a new one, what-if walks throw it away. */
export interface Runtime {
  /** Per namespace, by the key of the original tuple (net/tuple.ts). */
  readonly conntrack: ReadonlyMap<NetnsId, ReadonlyMap<string, ConntrackEntry>>
  /** xt_recent lists: `netns name` to address to time stamps in seconds. */
  readonly recent: ReadonlyMap<string, ReadonlyMap<Ip, readonly number[]>>
  /** Elements that packets added to sets of nftables: `netns family table set` to key to the time when they go. */
  readonly nftSets: LearnedSets
  /** Connections, counters and scheduler positions of IPVS, per namespace that has it and has seen packets. */
  readonly ipvs: ReadonlyMap<NetnsId, IpvsState>
  /** Of processes that pass connections on: whose turn it is, by `netns service`. */
  readonly relays?: ReadonlyMap<string, RelayState>
  /** What processes keep in memory from connection to connection, by process: counters of balancers, sticky tables. Nothing in a kernel reads it. */
  readonly memories?: ReadonlyMap<string, ReadonlyMap<string, number | string>>
  /**
   * `warm`: every neighbour that could answer ARP has. Else by `netns dev ip`: `reachable` was asked and answered, `stale` made itself known by
   * asking (net/core/neighbour.c: only the first is NUD_CONNECTED).
   */
  readonly neighbours: 'warm' | ReadonlyMap<string, 'reachable' | 'stale'>
  /** Neighbours that nobody answers for, by `netns dev ip`: when ARP began to ask, in seconds. It gives up after three tries. */
  readonly resolving: ReadonlyMap<string, number>
  /** Seconds since the simulation began. */
  readonly now: number
}

export interface RelayState {
  /** In the order in which they get connections. */
  readonly endpoints: readonly string[]
  /** Whose turn it is. */
  readonly index: number
  /** Clients that stay with an endpoint, and when they last came. */
  readonly affinity: ReadonlyMap<Ip, { readonly endpoint: string; readonly lastUsed: number }>
}

export const FRESH: Runtime = {
  conntrack: new Map(),
  recent: new Map(),
  nftSets: new Map(),
  ipvs: new Map(),
  neighbours: 'warm',
  resolving: new Map(),
  now: 0,
}

/**
 * What goes with the program that kept it: lists of xt_recent with the last rule that names them, elements with their set, connections of IPVS with its
 * services (ip_vs_flush). Conntrack entries belong to no program and stay.
 */
export function withoutProgram(runtime: Runtime, state: 'recent' | 'nftSets' | 'ipvs' | 'relays', gone: (key: string) => boolean): Runtime {
  const all: ReadonlyMap<string, unknown> = runtime[state] ?? new Map<string, unknown>()
  const kept = [...all].filter(([key]) => !gone(key))
  return kept.length === all.size ? runtime : { ...runtime, [state]: new Map<string, unknown>(kept) }
}
