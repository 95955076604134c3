import { ACCEPT, type HookFunction, type HookVerdict, type Registered, type Registration } from '../hook-function.ts'
import type { Hook } from '../netfilter/ruleset.ts'
import type { Host, SkBuff } from '../session.ts'
import { errorFromClientHook, errorFromServerHook } from './icmp-errors.ts'
import { requestHook } from './incoming.ts'
import type { Ipvs } from './ipvs.ts'
import { replyHook } from './outgoing.ts'

/** ip_vs_ops4 and ip_vs_ops6: where IPVS looks at packets. Nothing at PREROUTING and POSTROUTING. */
export function ipvsFunctions(ipvs: Ipvs | undefined): Registered {
  if (!ipvs) return { functions: [], nat: [] }
  const at = (hook: Hook, priority: number, run: Run): Registration => ({ hook, function: new IpvsFunction(priority, ipvs, run) })
  const functions = [
    at('INPUT', 98, out),
    at('INPUT', 99, into),
    at('OUTPUT', -99, out),
    at('OUTPUT', -98, into),
    at('FORWARD', 99, errorFromClientHook),
    at('FORWARD', 100, out),
  ]
  return { functions, nat: [] }
}

type Run = (host: Host, ipvs: Ipvs, skb: SkBuff, hook: Hook, priority: number) => HookVerdict

const out: Run = (host, ipvs, skb, hook, priority) =>
  skb.packet.transport.kind === 'icmp-error'
    ? errorFromServerHook(host, ipvs, skb, hook, priority)
    : replyHook(host, ipvs, skb, hook, priority)

const into: Run = (host, ipvs, skb, hook, priority) =>
  skb.packet.transport.kind === 'icmp-error'
    ? errorFromClientHook(host, ipvs, skb, hook, priority)
    : requestHook(host, ipvs, skb, hook, priority)

class IpvsFunction implements HookFunction {
  readonly kind = 'ipvs'

  constructor(
    readonly priority: number,
    private readonly ipvs: Ipvs,
    private readonly work: Run,
  ) {}

  /** A packet that IPVS has dealt with is left alone (skb->ipvs_property), and so is what was sent to everybody. */
  run(host: Host, skb: SkBuff, hook: Hook): HookVerdict {
    if (skb.ipvs !== undefined || (skb.route?.broadcast && hook !== 'OUTPUT')) return ACCEPT
    return this.work(host, this.ipvs, skb, hook, this.priority)
  }
}
