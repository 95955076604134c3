import { unreachable } from '../base/assert.ts'
import type { RejectWith } from './netfilter/rule.ts'
import type { Hook } from './netfilter/ruleset.ts'
import type { TableVerdict } from './netfilter/traverse.ts'
import type { Host, SkBuff } from './session.ts'
import type { Next } from './stage.ts'

/**
 * One function at a netfilter hook (struct nf_hook_ops): the tables of iptables, base chains of nftables, IPVS, and what the kernel brings itself. A hook
 * is the list of its functions by ascending priority.
 */
export interface HookFunction {
  readonly kind: 'defrag' | 'conntrack' | 'xtables' | 'nft' | 'nat' | 'ipvs' | 'confirm'
  readonly priority: number
  run(host: Host, skb: SkBuff, hook: Hook, out: string | undefined): HookVerdict
}

/** A function and the hook it wants to be called at. */
export interface Registration {
  readonly hook: Hook
  readonly function: HookFunction
}

/**
 * NF_ACCEPT goes on to the next function, `stop` means that the packet is gone and the recorder knows why, `stolen` (NF_STOLEN) that whoever took it goes
 * on elsewhere: no later function of the hook sees it, nor what would come behind the hook.
 */
export type HookVerdict =
  | { readonly kind: 'accept' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'reject'; readonly with: RejectWith }
  | { readonly kind: 'stolen'; readonly next: Next }

export const ACCEPT: HookVerdict = { kind: 'accept' }
export const STOP: HookVerdict = { kind: 'stop' }

/** A chain of type nat as the NAT core calls it: it may set a mapping up and never sees any but the first packet of a connection. */
export interface NatChain {
  readonly hook: Hook
  readonly priority: number
  run(host: Host, skb: SkBuff, out: string | undefined): TableVerdict | undefined
}

/** Functions and chains of nat of one subsystem in one namespace, in the order in which they were registered. */
export interface Registered {
  readonly functions: readonly Registration[]
  readonly nat: readonly NatChain[]
}

/** What a table's verdict means for the hook. */
export function settle(host: Host, verdict: TableVerdict): HookVerdict {
  switch (verdict.kind) {
    case 'ACCEPT':
    case 'NAT':
      return ACCEPT
    case 'DROP':
      return drop(host, verdict.by, verdict.rule)
    case 'REJECT':
      return { kind: 'reject', with: verdict.with }
    case 'cut':
      host.recorder.end({ kind: 'cut', limit: 'rules' })
      return STOP
    default:
      return unreachable(verdict)
  }
}

export function drop(host: Host, by: 'rule' | 'policy' | 'nat-exhausted' | 'icmp-suppressed', detail?: string): HookVerdict {
  host.recorder.step({ kind: 'drop', reason: by, ...(detail !== undefined && { detail }) })
  host.recorder.end({ kind: 'dropped', by, ...(detail !== undefined && { detail }) })
  return STOP
}
