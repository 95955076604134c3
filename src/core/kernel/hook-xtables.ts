import { ACCEPT, type HookFunction, type NatChain, type Registered, type Registration, settle } from './hook-function.ts'
import { ipHeaderLength } from '../net/packet.ts'
import { PRIORITY } from './netfilter/hooks.ts'
import type { Hook, Ruleset, TableName } from './netfilter/ruleset.ts'
import { traverse, type TableVerdict } from './netfilter/traverse.ts'
import { mtuOf } from './route.ts'
import { contextOf, environmentOf } from './rule-environment.ts'
import type { Host, SkBuff } from './session.ts'

/** The running base chains of iptables, or of ip6tables. Those of table nat are not functions of their own: the NAT core calls them. */
export function xtables(ruleset: Ruleset): Registered {
  const functions: Registration[] = []
  const nat: NatChain[] = []
  for (const hook of Object.keys(PRIORITY) as Hook[])
    for (const { table, priority } of PRIORITY[hook]) {
      if (!ruleset.tables.get(table)?.chain(hook)?.registered) continue
      if (table === 'nat') nat.push(new NatTable(hook, priority))
      else functions.push({ hook, function: new FilterTable(table, priority) })
    }
  return { functions, nat }
}

class FilterTable implements HookFunction {
  readonly kind = 'xtables'

  constructor(
    readonly table: TableName,
    readonly priority: number,
  ) {}

  run(host: Host, skb: SkBuff, hook: Hook, out: string | undefined): ReturnType<HookFunction['run']> {
    const verdict = runRules(host, skb, this.table, hook, this.priority, out)
    return verdict ? settle(host, verdict) : ACCEPT
  }
}

class NatTable implements NatChain {
  constructor(
    readonly hook: Hook,
    readonly priority: number,
  ) {}

  run(host: Host, skb: SkBuff, out: string | undefined): TableVerdict | undefined {
    return runRules(host, skb, 'nat', this.hook, this.priority, out)
  }
}

/** One table of iptables at one hook; what its rules did to marks is applied, its verdict is returned. */
function runRules(
  host: Host,
  skb: SkBuff,
  name: TableName,
  hook: Hook,
  priority: number,
  out: string | undefined,
): TableVerdict | undefined {
  const ruleset = skb.v6 ? host.ns.ruleset6 : host.ns.ruleset
  const table = ruleset?.tables.get(name)
  const outcome = table && traverse(table, hook, priority, contextOf(skb, hook, out), environmentOf(host, skb.v6))
  if (!outcome) return undefined
  host.recorder.step(outcome.run)
  skb.mark = outcome.mark
  if (outcome.approximations) for (const id of outcome.approximations) host.recorder.approximate(id)
  const tracked = skb.connection?.tracked
  if (outcome.connmark !== undefined && tracked)
    host.session.conntrack(host.ns.id).update(tracked, { ...tracked.entry, mark: outcome.connmark })
  if (outcome.notrack && !skb.connection) skb.untracked = 'UNTRACKED'
  if (outcome.maximumSegmentSize !== undefined) clampMss(host, skb, outcome.maximumSegmentSize)
  return outcome.verdict
}

/** xt_TCPMSS: lowers what a SYN announces; `path-mtu` is the smaller MTU of the way there and the way back, less both headers. */
function clampMss(host: Host, skb: SkBuff, wanted: number | 'path-mtu'): void {
  const t = skb.packet.transport
  if (t.kind !== 'tcp' || t.mss === undefined) return
  const back = skb.in === undefined ? undefined : host.ns.interfaces.get(skb.in)?.mtu
  const limit =
    wanted === 'path-mtu'
      ? Math.min(skb.route ? mtuOf(host, skb.route) : 65535, back ?? 65535) - ipHeaderLength(skb.packet.ip.source) - 20
      : wanted
  if (t.mss > limit) skb.packet = { ...skb.packet, transport: { ...t, mss: limit } }
}
