import { CONNTRACK_FUNCTIONS } from './hook-conntrack.ts'
import { ACCEPT, type HookFunction, type HookVerdict, type Registered, type Registration } from './hook-function.ts'
import { natCore } from './hook-nat.ts'
import { nftables } from './hook-nft.ts'
import { xtables } from './hook-xtables.ts'
import { ipvsFunctions } from './ipvs/hook-functions.ts'
import { EMPTY_RULESET6, type Hook } from './netfilter/ruleset.ts'
import type { NetworkNamespace } from './netns.ts'
import type { Host, SkBuff } from './session.ts'

/** NF_INET_* hooks of both families, each with its own list: the functions of each hook by priority, whoever registered them (net/netfilter/core.c). */
export function runHook(host: Host, skb: SkBuff, hook: Hook, out: string | undefined): HookVerdict {
  const functions = planOf(host.ns, skb.v6)?.[hook]
  if (!functions) return ACCEPT
  for (let i = 0; i < functions.length; i++) {
    const verdict = functions[i]?.run(host, skb, hook, out)
    if (verdict && verdict.kind !== 'accept') return verdict
  }
  return ACCEPT
}

type Plan = Readonly<Record<Hook, readonly HookFunction[]>>
const plans4 = new WeakMap<NetworkNamespace, Plan | 'nothing'>()
const plans6 = new WeakMap<NetworkNamespace, Plan | 'nothing'>()

function planOf(ns: NetworkNamespace, v6: boolean): Plan | undefined {
  const plans = v6 ? plans6 : plans4
  let plan = plans.get(ns)
  if (!plan) plans.set(ns, (plan = makePlan(subsystems(ns, v6))))
  return plan === 'nothing' ? undefined : plan
}

/** Who registers functions in this namespace, first to last. */
function subsystems(ns: NetworkNamespace, v6: boolean): readonly Registered[] {
  const own = v6 ? (ns.ruleset6 ?? EMPTY_RULESET6) : ns.ruleset
  return [xtables(own), ...(ns.nft ? [nftables(ns.nft, v6 ? 'ip6' : 'ip')] : []), ipvsFunctions(ns.ipvs)]
}

/**
 * Conntrack, defragmentation and NAT come with the first rule that needs them. Approximation: conntrack with any running base chain, of whatever table; NAT, at
 * all its hooks, with any running chain of type nat.
 */
function makePlan(registered: readonly Registered[]): Plan | 'nothing' {
  const own = registered.flatMap(({ functions }) => functions)
  const nat = byPriority(registered.flatMap((one) => one.nat))
  if (own.length + nat.length === 0) return 'nothing'
  const all: readonly Registration[] = [...CONNTRACK_FUNCTIONS, ...natCore(nat), ...own]
  const at = (hook: Hook): readonly HookFunction[] => byPriority(all.filter((one) => one.hook === hook).map((one) => one.function))
  return { PREROUTING: at('PREROUTING'), INPUT: at('INPUT'), FORWARD: at('FORWARD'), OUTPUT: at('OUTPUT'), POSTROUTING: at('POSTROUTING') }
}

/** nf_hook_entries_grow: of two with the same priority, the one that was registered later is called first. */
const byPriority = <T extends { readonly priority: number }>(functions: readonly T[]): readonly T[] =>
  [...functions].reverse().sort((a, b) => a.priority - b.priority)
