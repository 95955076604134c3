import { unreachable } from '../base/assert.ts'
import type { Packet } from '../net/packet.ts'
import { tupleOf } from '../net/tuple.ts'
import { addressType, selectAddress } from './fib.ts'
import { BASE_CHAINS, PRIORITY } from './netfilter/hooks.ts'
import { track } from './netfilter/conntrack.ts'
import { isDone, manipOf, type Mapping, NULL_BINDING, setUp, translate, translateError } from './netfilter/nat.ts'
import type { RejectWith } from './netfilter/rule.ts'
import type { Hook, Ruleset, TableName } from './netfilter/ruleset.ts'
import { type Environment, traverse, type NatTarget, type RuleContext, type TableVerdict } from './netfilter/traverse.ts'
import { mtuOf } from './route.ts'
import type { Host, SkBuff } from './session.ts'

/** NF_INET_* hooks for IPv4: defragmentation, raw, conntrack, mangle, nat and filter in their order (net/netfilter/core.c walks the same list). */
export type HookVerdict = { readonly kind: 'accept' } | { readonly kind: 'stop' } | { readonly kind: 'reject'; readonly with: RejectWith }

const ACCEPT: HookVerdict = { kind: 'accept' }
const STOP: HookVerdict = { kind: 'stop' }

/** Runs one hook. `stop` means that the packet is gone and the recorder knows why. */
export function runHook(host: Host, skb: SkBuff, hook: Hook, out: string | undefined): HookVerdict {
  const plan = planOf(host.ns.ruleset)
  if (!plan) return ACCEPT
  const entering = hook === 'PREROUTING' || hook === 'OUTPUT'
  if (entering) defragment(host, skb)
  for (const { table, priority } of plan.raw[hook]) {
    const verdict = runTable(host, skb, table, hook, priority, out)
    if (verdict.kind !== 'accept') return verdict
  }
  if (entering) trackPacket(host, skb, hook)
  for (const { table, priority, registered } of plan.tracked[hook]) {
    const verdict = table === 'nat' ? runNat(host, skb, hook, priority, registered, out) : runTable(host, skb, table, hook, priority, out)
    if (verdict.kind !== 'accept') return verdict
  }
  if (hook === 'INPUT' || hook === 'POSTROUTING') confirm(host, skb)
  return ACCEPT
}

interface Planned {
  readonly table: TableName
  readonly priority: number
  readonly registered: boolean
}
/** What runs at each hook before and after conntrack. */
interface Plan {
  readonly raw: Readonly<Record<Hook, readonly Planned[]>>
  readonly tracked: Readonly<Record<Hook, readonly Planned[]>>
}
const plans = new WeakMap<Ruleset, Plan | 'nothing'>()

/**
 * Conntrack, defragmentation and NAT come with the first rule that needs them. Approximation: conntrack with any running base chain, of whatever table; NAT, at
 * all its hooks, with any running chain of table nat.
 */
function planOf(ruleset: Ruleset): Plan | undefined {
  let plan = plans.get(ruleset)
  if (!plan) {
    const runs = (table: TableName, hook: Hook): boolean => ruleset.tables.get(table)?.chain(hook)?.registered === true
    const any = (table: TableName): boolean => BASE_CHAINS[table].some((hook) => runs(table, hook))
    const planned = (hook: Hook, raw: boolean): readonly Planned[] =>
      PRIORITY[hook]
        .map(({ table, priority }) => ({ table, priority, registered: runs(table, hook) }))
        .filter(({ table, registered }) => (table === 'raw') === raw && (registered || (table === 'nat' && any('nat'))))
    const perHook = (raw: boolean): Plan['raw'] => ({
      PREROUTING: planned('PREROUTING', raw),
      INPUT: planned('INPUT', raw),
      FORWARD: planned('FORWARD', raw),
      OUTPUT: planned('OUTPUT', raw),
      POSTROUTING: planned('POSTROUTING', raw),
    })
    plan = [...ruleset.tables.keys()].some(any) ? { raw: perHook(true), tracked: perHook(false) } : 'nothing'
    plans.set(ruleset, plan)
  }
  return plan === 'nothing' ? undefined : plan
}

/** nf_defrag_ipv4: conntrack wants whole datagrams. */
function defragment(host: Host, skb: SkBuff): void {
  if (!skb.packet.whole) return
  skb.largestFragment = skb.packet.ip.length
  skb.packet = reassembled(skb.packet)
  host.recorder.step({ kind: 'defragment', packet: skb.packet })
}

/** The datagram behind a first fragment, with the header as it is now. */
export function reassembled(first: Packet): Packet {
  const { whole } = first
  return whole
    ? { ip: { ...whole.ip, ttl: first.ip.ttl, source: first.ip.source, destination: first.ip.destination }, transport: whole.transport }
    : first
}

/** nf_conntrack_in. A packet that already has its connection (loopback, kernel answers) is left alone. */
function trackPacket(host: Host, skb: SkBuff, hook: Hook): void {
  if (skb.connection || skb.untracked === 'UNTRACKED') return
  const tracked = track(host.session.conntrack(host.ns.id), skb.packet)
  if (!tracked) {
    skb.untracked = 'INVALID'
    host.recorder.step({ kind: 'conntrack', hook, state: 'INVALID', direction: 'original', created: false })
    return
  }
  skb.connection = tracked.connection
  const { state, direction } = tracked.connection
  host.recorder.step({ kind: 'conntrack', hook, state, direction, created: tracked.created, entry: tracked.connection.tracked.entry })
}

/** nf_conntrack_confirm: last at INPUT and POSTROUTING, so a packet that dies before leaves no entry. */
function confirm(host: Host, skb: SkBuff): void {
  const tracked = skb.connection?.tracked
  if (!tracked || tracked.confirmed || skb.connection?.state !== 'NEW') return
  host.session.conntrack(host.ns.id).confirm(tracked)
  host.recorder.step({ kind: 'confirm', entry: tracked.entry })
}

/** Always all fields: this is made for every table at every hook, and what reads it is quick with one shape. */
function context(skb: SkBuff, out: string | undefined, hidden: boolean): RuleContext {
  const { packet, mark, physIn, physOut, sourceMac } = skb
  return { packet, in: hidden ? undefined : skb.in, out, physIn, physOut, bridged: physOut !== undefined, mark, sourceMac, ct: seenBy(skb) }
}

function seenBy({ connection, untracked }: SkBuff): RuleContext['ct'] {
  if (!connection) return untracked && { state: untracked, entry: undefined, direction: 'original', mark: 0, confirmed: undefined }
  const { state, direction, tracked } = connection
  return { state, entry: tracked.entry, direction, mark: tracked.entry.mark, confirmed: tracked.confirmed }
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
  const table = host.ns.ruleset.tables.get(name)
  // In the trace of a bridged packet POSTROUTING has an output device but no input device (br_nf_post_routing).
  const hidden = hook === 'OUTPUT' || (hook === 'POSTROUTING' && skb.physOut !== undefined)
  const rules = context(skb, out, hidden)
  const outcome = table && traverse(table, hook, priority, rules, environmentOf(host))
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

/** xt_TCPMSS: lowers what a SYN announces; `path-mtu` is the smaller MTU of the way there and the way back, less 40. */
function clampMss(host: Host, skb: SkBuff, wanted: number | 'path-mtu'): void {
  const t = skb.packet.transport
  if (t.kind !== 'tcp' || t.mss === undefined) return
  const back = skb.in === undefined ? undefined : host.ns.interfaces.get(skb.in)?.mtu
  const limit = wanted === 'path-mtu' ? Math.min(skb.route ? mtuOf(host, skb.route) : 65535, back ?? 65535) - 40 : wanted
  if (t.mss > limit) skb.packet = { ...skb.packet, transport: { ...t, mss: limit } }
}

function environmentOf(host: Host): Environment {
  const { session, ns } = host
  const cached = session.environments.get(ns.id)
  if (cached?.now === session.now) return cached.environment
  const environment: Environment = {
    netns: ns.id,
    sets: ns.ruleset.sets,
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
  session.environments.set(ns.id, { now: session.now, environment })
  return environment
}

/** Rules that one packet may meet at one hook. */
const RULE_LIMIT = 1_000_000

function runTable(host: Host, skb: SkBuff, table: TableName, hook: Hook, priority: number, out: string | undefined): HookVerdict {
  const verdict = runRules(host, skb, table, hook, priority, out)
  return verdict ? settle(host, verdict) : ACCEPT
}

function settle(host: Host, verdict: TableVerdict): HookVerdict {
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

function drop(host: Host, by: 'rule' | 'policy' | 'nat-exhausted' | 'icmp-suppressed', detail?: string): HookVerdict {
  host.recorder.step({ kind: 'drop', reason: by, ...(detail !== undefined && { detail }) })
  host.recorder.end({ kind: 'dropped', by, ...(detail !== undefined && { detail }) })
  return STOP
}

/** nf_nat_inet_fn: only the first packet of a connection sees the chains; all packets are rewritten. */
function runNat(host: Host, skb: SkBuff, hook: Hook, priority: number, registered: boolean, out: string | undefined): HookVerdict {
  const ct = skb.connection
  if (!ct) return ACCEPT
  const manip = manipOf(hook)
  if (ct.state === 'RELATED' && skb.packet.transport.kind === 'icmp-error') {
    const translated = translateError(skb.packet, ct, manip)
    if (!translated) return drop(host, 'icmp-suppressed')
    rewriteTo(host, skb, hook, translated, 'conntrack')
    return ACCEPT
  }
  let by: 'rule' | 'conntrack' = 'conntrack'
  if (ct.state === 'NEW' && !isDone(ct.tracked.entry, manip)) {
    const verdict = registered ? runRules(host, skb, 'nat', hook, priority, out) : undefined
    if (verdict && verdict.kind !== 'NAT' && verdict.kind !== 'ACCEPT') return settle(host, verdict)
    const mapping = verdict?.kind === 'NAT' ? mappingOf(host, skb, verdict.target, hook, out) : NULL_BINDING
    if (!mapping || !setUp(host.session.conntrack(host.ns.id), ct.tracked, manip, mapping, host.session.choose))
      return drop(host, 'nat-exhausted')
    by = 'rule'
  }
  rewriteTo(host, skb, hook, translate(skb.packet, ct, manip), by)
  return ACCEPT
}

function rewriteTo(host: Host, skb: SkBuff, hook: Hook, packet: Packet, by: 'rule' | 'conntrack'): void {
  if (packet === skb.packet) return
  const from = tupleOf(skb.packet)
  const to = tupleOf(packet)
  skb.packet = packet
  const manip = manipOf(hook)
  if (from && to) host.recorder.step({ kind: 'nat', hook, manip, from, to, by, packet })
  else if (packet.transport.kind === 'icmp-error') {
    const port = { sourcePort: 0, destinationPort: 0, protocol: 'icmp' as const }
    const { source, destination } = packet.ip
    host.recorder.step({
      kind: 'nat',
      hook,
      manip,
      from: { source, destination, ...port },
      to: { source, destination, ...port },
      by,
      packet,
    })
  }
}

/** What a NAT target asks for; undefined when MASQUERADE or REDIRECT finds no address on the device (then the packet is dropped). */
function mappingOf(host: Host, skb: SkBuff, target: NatTarget, hook: Hook, out: string | undefined): Mapping | undefined {
  switch (target.kind) {
    case 'DNAT':
      return { range: target.to, random: target.random === true }
    case 'SNAT':
      return { range: target.to, random: target.random === true || target.randomFully === true }
    case 'MASQUERADE': {
      // nf_nat_masquerade_ipv4: the address of the outgoing device that suits the next hop.
      const source = out === undefined ? undefined : selectAddress(host.ns, out, skb.route?.via ?? skb.packet.ip.destination)
      if (!source) return undefined
      return {
        range: { from: source, ...(target.ports && { ports: target.ports }) },
        random: target.random === true || target.randomFully === true,
      }
    }
    case 'REDIRECT': {
      const inside = skb.in === undefined ? undefined : host.ns.interfaces.get(skb.in)?.addresses[0]?.prefix.ip
      const destination = hook === 'OUTPUT' ? ('127.0.0.1' as typeof skb.packet.ip.source) : inside
      return destination && { range: { from: destination, ...(target.ports && { ports: target.ports }) }, random: target.random === true }
    }
    default:
      return unreachable(target)
  }
}
