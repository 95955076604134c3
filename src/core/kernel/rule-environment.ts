import { addressType } from './fib.ts'
import type { Environment, RuleContext } from './netfilter/probe.ts'
import type { Hook } from './netfilter/ruleset.ts'
import type { Host, SkBuff } from './session.ts'

/** What rules, of iptables and of nftables, are told about a packet. */
export function contextOf(skb: SkBuff, hook: Hook, out: string | undefined): RuleContext {
  // In the trace of a bridged packet POSTROUTING has an output device but no input device (br_nf_post_routing).
  const hidden = hook === 'OUTPUT' || (hook === 'POSTROUTING' && skb.physOut !== undefined)
  return context(skb, out, hidden)
}

/** Always all fields: this is made for every table at every hook, and what reads it is quick with one shape. */
function context(skb: SkBuff, out: string | undefined, hidden: boolean): RuleContext {
  const { packet, mark, physIn, physOut, sourceMac } = skb
  const ipvs = skb.ipvs === 'reply' ? undefined : skb.ipvs
  return {
    family: skb.v6 ? 'ip6' : 'ip',
    packet,
    in: hidden ? undefined : skb.in,
    out,
    physIn,
    physOut,
    bridged: physOut !== undefined,
    mark,
    sourceMac,
    ipvs,
    ct: seenBy(skb),
  }
}

function seenBy({ connection, untracked }: SkBuff): RuleContext['ct'] {
  if (!connection) return untracked && { state: untracked, entry: undefined, direction: 'original', mark: 0, confirmed: undefined }
  const { state, direction, tracked } = connection
  return { state, entry: tracked.entry, direction, mark: tracked.entry.mark, confirmed: tracked.confirmed }
}

/** What the namespace, and chance, answer to rules. */
export function environmentOf(host: Host, v6 = false): Environment {
  const { session, ns } = host
  const environments = v6 ? session.environments6 : session.environments
  const cached = environments.get(ns.id)
  if (cached?.now === session.now) return cached.environment
  const environment: Environment = {
    netns: ns.id,
    sets: (v6 ? ns.ruleset6 : ns.ruleset)?.sets ?? NO_SETS,
    addressType: (ip, dev) => {
      const type = addressType(ns, ip)
      return type === 'LOCAL' && dev !== undefined && !ns.interfaces.get(dev)?.addresses.some((a) => a.prefix.ip === ip) ? 'UNICAST' : type
    },
    recent: session.recent.in(ns.id, session.now),
    choose: session.choose,
    detail: session.options.detail,
    walk: session.options.walk,
    limit: RULE_LIMIT,
  }
  environments.set(ns.id, { now: session.now, environment })
  return environment
}

const NO_SETS: Environment['sets'] = new Map()
/** Rules that one packet may meet at one hook. */
const RULE_LIMIT = 1_000_000
