import { type HookFunction, type HookVerdict, type NatChain, type Registered, type Registration, settle } from './hook-function.ts'
import type { TableVerdict } from './netfilter/traverse.ts'
import type { Hook } from './netfilter/ruleset.ts'
import type { NftBase, NftChain, NftRuleset, NftTable } from './nft/ruleset.ts'
import { traverseNft } from './nft/traverse.ts'
import { contextOf, environmentOf } from './rule-environment.ts'
import type { Host, SkBuff } from './session.ts'

type BaseChain = NftChain & { readonly base: NftBase }

/** Base chains of nftables that see packets of one family: those of its own tables and of `inet`. Those of type nat are called by the NAT core. */
export function nftables({ tables }: NftRuleset, family: 'ip' | 'ip6'): Registered {
  const functions: Registration[] = []
  const nat: NatChain[] = []
  for (const table of tables) {
    if (table.family !== family && table.family !== 'inet') continue
    for (const chain of table.baseChains) {
      if (!chain.base) continue
      const base = { ...chain, base: chain.base }
      if (base.base.type === 'nat') nat.push(new NatBaseChain(table, base))
      else functions.push({ hook: base.base.hook, function: new FilterBaseChain(table, base) })
    }
  }
  return { functions, nat }
}

class FilterBaseChain implements HookFunction {
  readonly kind = 'nft'
  readonly priority: number

  constructor(
    private readonly table: NftTable,
    private readonly chain: BaseChain,
  ) {
    this.priority = chain.base.priority
  }

  run(host: Host, skb: SkBuff, hook: Hook, out: string | undefined): HookVerdict {
    return settle(host, runRules(host, skb, this.table, this.chain, hook, out))
  }
}

class NatBaseChain implements NatChain {
  readonly hook: Hook
  readonly priority: number

  constructor(
    private readonly table: NftTable,
    private readonly chain: BaseChain,
  ) {
    this.hook = chain.base.hook
    this.priority = chain.base.priority
  }

  run(host: Host, skb: SkBuff, out: string | undefined): TableVerdict {
    return runRules(host, skb, this.table, this.chain, this.hook, out)
  }
}

function runRules(host: Host, skb: SkBuff, table: NftTable, chain: BaseChain, hook: Hook, out: string | undefined): TableVerdict {
  const { session, ns, recorder } = host
  const outcome = traverseNft(table, chain, contextOf(skb, hook, out), environmentOf(host), session.learned, session.now)
  recorder.step(outcome.run)
  skb.mark = outcome.mark
  if (outcome.approximations) for (const id of outcome.approximations) recorder.approximate(id)
  const tracked = skb.connection?.tracked
  if (outcome.connmark !== undefined && tracked) session.conntrack(ns.id).update(tracked, { ...tracked.entry, mark: outcome.connmark })
  if (outcome.notrack && !skb.connection) skb.untracked = 'UNTRACKED'
  return outcome.verdict
}
