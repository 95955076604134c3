import { unreachable } from '../base/assert.ts'
import { type Ip, LOOPBACK, LOOPBACK6 } from '../net/ip.ts'
import { isLinkLocal6 } from '../net/ip6.ts'
import type { Packet } from '../net/packet.ts'
import { tupleOf } from '../net/tuple.ts'
import { selectAddress } from './fib.ts'
import { ACCEPT, drop, type HookFunction, type HookVerdict, type NatChain, type Registration, settle } from './hook-function.ts'
import type { Connection } from './netfilter/conntrack.ts'
import { isDone, type Manip, manipOf, type Mapping, NULL_BINDING, setUp, translate, translateError } from './netfilter/nat.ts'
import type { Hook } from './netfilter/ruleset.ts'
import type { NatTarget } from './netfilter/traverse.ts'
import type { Host, SkBuff } from './session.ts'
import { selectSource6, wideAddresses } from './source6.ts'

/** The NAT core (net/netfilter/nf_nat_core.c, nf_nat_proto.c): one function at each hook that calls all chains of type nat, by their priority. */
const PRIORITY_OF_NAT = { PREROUTING: -100, INPUT: 100, OUTPUT: -100, POSTROUTING: 100 } as const

/** The core is there as a whole as soon as there is one chain. */
export function natCore(chains: readonly NatChain[]): readonly Registration[] {
  if (chains.length === 0) return []
  return (['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'] as const).map((hook) => ({
    hook,
    function: new NatHook(
      PRIORITY_OF_NAT[hook],
      chains.filter((chain) => chain.hook === hook),
    ),
  }))
}

class NatHook implements HookFunction {
  readonly kind = 'nat'

  constructor(
    readonly priority: number,
    private readonly chains: readonly NatChain[],
  ) {}

  /** nf_nat_inet_fn: only the first packet of a connection sees the chains; all packets are rewritten. */
  run(host: Host, skb: SkBuff, hook: Hook, out: string | undefined): HookVerdict {
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
      const verdict = this.firstPacket(host, skb, hook, out, ct, manip)
      if (verdict) return verdict
      by = 'rule'
    }
    rewriteTo(host, skb, hook, translate(skb.packet, ct, manip), by)
    return ACCEPT
  }

  /** Chains are asked until one sets a mapping up; when none does, the connection keeps what it has. */
  private firstPacket(host: Host, skb: SkBuff, hook: Hook, out: string | undefined, ct: Connection, manip: Manip): HookVerdict | undefined {
    let mapping: Mapping | undefined = NULL_BINDING
    for (const chain of this.chains) {
      const verdict = chain.run(host, skb, out)
      if (!verdict || verdict.kind === 'ACCEPT') continue
      if (verdict.kind !== 'NAT') return settle(host, verdict)
      mapping = mappingOf(host, skb, verdict.target, hook, out)
      break
    }
    if (mapping && setUp(host.session.conntrack(host.ns.id), ct.tracked, manip, mapping, host.session.choose)) return undefined
    return drop(host, 'nat-exhausted')
  }
}

function rewriteTo(host: Host, skb: SkBuff, hook: Hook, packet: Packet, by: 'rule' | 'conntrack'): void {
  if (packet === skb.packet) return
  const from = tupleOf(skb.packet)
  const to = tupleOf(packet)
  skb.packet = packet
  const manip = manipOf(hook)
  if (from && to) host.recorder.step({ kind: 'nat', hook, manip, from, to, by, packet })
  else if (packet.transport.kind === 'icmp-error') {
    const port = { sourcePort: 0, destinationPort: 0, protocol: packet.ip.protocol }
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
      const source = out === undefined ? undefined : masqueradeAddress(host, skb, out)
      if (!source) return undefined
      return {
        range: { from: source, ...(target.ports && { ports: target.ports }) },
        random: target.random === true || target.randomFully === true,
      }
    }
    case 'REDIRECT': {
      const destination = hook === 'OUTPUT' ? (skb.v6 ? LOOPBACK6 : LOOPBACK) : insideAddress(host, skb)
      return destination && { range: { from: destination, ...(target.ports && { ports: target.ports }) }, random: target.random === true }
    }
    default:
      return unreachable(target)
  }
}

/** nf_nat_masquerade_ipv4: the address of the outgoing device that suits the next hop. nf_nat_masquerade_ipv6: what RFC 6724 selects. */
function masqueradeAddress({ ns }: Host, { v6, route, packet }: SkBuff, out: string): Ip | undefined {
  const { destination } = packet.ip
  return v6 ? selectSource6(ns, out, destination) : selectAddress(ns, out, route?.via ?? destination)
}

/** nf_nat_redirect: the first address of the device that the packet came in by, of its scope. */
function insideAddress({ ns }: Host, { v6, in: dev, packet }: SkBuff): Ip | undefined {
  const iface = dev === undefined ? undefined : ns.interfaces.get(dev)
  if (!iface) return undefined
  if (!v6) return iface.addresses.find(({ prefix }) => !prefix.wide)?.prefix.ip
  const near = isLinkLocal6(packet.ip.destination)
  return wideAddresses(iface).find(({ prefix }) => isLinkLocal6(prefix.ip) === near)?.prefix.ip
}
