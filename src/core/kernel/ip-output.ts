import { assert } from '../base/assert.ts'
import { ZERO_MAC } from '../net/mac.ts'
import { discard, refuse, rejectWith } from './error.ts'
import { fragment, isTooBig6 } from './fragment.ts'
import { runHook } from './hook.ts'
import { HOST_UNREACHABLE } from './icmp.ts'
import { resolve } from './neighbour.ts'
import { mtuOf, routeOutput } from './route.ts'
import type { Host, SkBuff } from './session.ts'
import type { Next } from './stage.ts'

/** Sending (net/ipv4/ip_output.c, net/ipv6/ip6_output.c). */
export function localOutput(host: Host, skb: SkBuff): Next {
  assert(skb.route, 'a local packet has a route')
  const { destination } = skb.packet.ip
  const { mark } = skb
  const verdict = runHook(host, skb, 'OUTPUT', skb.route.dev)
  if (verdict.kind === 'reject') return rejectWith(host, skb, verdict.with)
  if (verdict.kind === 'stop') return undefined
  if (verdict.kind === 'stolen') return verdict.next
  // ip_route_me_harder: DNAT or a new mark may send it another way. The source stays, whichever it was. IPVS keeps the route of what it leaves here.
  const translated = skb.packet.ip.destination !== destination && skb.ipvs === undefined
  if (translated || (skb.mark !== mark && host.ns.rules.some((rule) => rule.fwmark))) {
    const route = routeOutput(host, skb.packet.ip.destination, skb.packet.ip.source, 'reroute', skb.mark)
    if (route.kind === 'error') return discard(host, 'no-route', skb.packet.ip.destination)
    skb.route = route.destination
  }
  return { stage: 'output', skb }
}

/** ip_output, ip_finish_output: POSTROUTING, fragments, neighbour. */
export function ipOutput(host: Host, skb: SkBuff): Next {
  const { route } = skb
  assert(route, 'output needs a route')
  const verdict = runHook(host, skb, 'POSTROUTING', route.dev)
  if (verdict.kind === 'reject') return rejectWith(host, skb, verdict.with)
  if (verdict.kind === 'stop') return undefined
  if (verdict.kind === 'stolen') return verdict.next
  const mtu = mtuOf(host, route)
  if (skb.packet.ip.length > mtu || skb.largestFragment !== undefined) {
    if (skb.v6 ? isTooBig6(skb, mtu) : skb.packet.ip.dontFragment && skb.largestFragment === undefined && !route.local)
      return refuse(host, skb, { type: 3, code: 4, mtu }, 'fragmentation-needed', 'mtu')
    fragment(host, skb, Math.min(mtu, skb.largestFragment ?? mtu))
  }
  if (route.local || host.ns.interfaces.get(route.dev)?.kind === 'loopback') return { stage: 'transmit', skb, dev: 'lo', to: ZERO_MAC }
  const neighbour = resolve(host, skb, route.dev, route.via ?? skb.packet.ip.destination)
  if (neighbour.kind === 'failed') return refuse(host, skb, HOST_UNREACHABLE, 'host-unreachable', 'neighbour', neighbour.delay)
  return { stage: 'transmit', skb, dev: route.dev, to: neighbour.mac }
}
