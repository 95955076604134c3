import { unreachable } from '../base/assert.ts'
import { isLinkLocal6 } from '../net/ip6.ts'
import { BROADCAST_MAC } from '../net/mac.ts'
import { discard, refuse, rejectWith } from './error.ts'
import { isTooBig6 } from './fragment.ts'
import { runHook } from './hook.ts'
import { reassembled } from './hook-conntrack.ts'
import { ADMIN_PROHIBITED, BEYOND_SCOPE, HOST_UNREACHABLE, NET_UNREACHABLE, TTL_EXCEEDED } from './icmp.ts'
import { type InputRoute, isMartian6, mtuOf, routeInput } from './route.ts'
import type { Destination, Host, SkBuff } from './session.ts'
import { deliver } from './socket.ts'
import type { Next } from './stage.ts'

/** Receiving and forwarding (net/ipv4/ip_input.c, ip_forward.c, net/ipv6/ip6_input.c, ip6_output.c). Left out: early demux, IP options, ICMP redirects, multicast. */
export function ipInput(host: Host, skb: SkBuff, dev: string, hooked: boolean): Next {
  const iface = host.ns.interfaces.get(dev)
  skb.in = dev
  if (skb.ethernet && skb.ethernet.destination !== iface?.mac && skb.ethernet.destination !== BROADCAST_MAC)
    return discard(host, 'not-for-us', skb.ethernet.destination)
  if (skb.v6 && isMartian6(skb, dev)) return discard(host, 'martian')
  if (!hooked) {
    const verdict = runHook(host, skb, 'PREROUTING', undefined)
    if (verdict.kind === 'reject') return rejectWith(host, skb, verdict.with)
    if (verdict.kind === 'stop') return undefined
    if (verdict.kind === 'stolen') return verdict.next
  }
  skb.physOut = undefined
  return dispatch(host, skb, skb.input ?? (dev === 'lo' ? loopbackRoute(host, skb) : routeInput(host, skb, dev)))
}

/** Packets on lo carry their dst_entry with them, so neither martian nor source checks apply. */
function loopbackRoute(host: Host, skb: SkBuff): InputRoute {
  return skb.route?.local ? { kind: 'local', destination: skb.route } : routeInput(host, skb, 'lo')
}

function dispatch(host: Host, skb: SkBuff, route: InputRoute): Next {
  switch (route.kind) {
    case 'local':
      skb.route = route.destination
      return localDeliver(host, skb)
    case 'forward':
      return forward(host, skb, route.destination)
    case 'invalid':
      return discard(host, route.why)
    case 'unsupported':
      host.recorder.end({ kind: 'unsupported', what: route.what })
      return undefined
    case 'error':
      return routeError(host, skb, route.why)
    default:
      return unreachable(route)
  }
}

/** ip_error: an answer only from a host that forwards. */
function routeError(host: Host, skb: SkBuff, why: Extract<InputRoute, { kind: 'error' }>['why']): undefined {
  switch (why) {
    case 'forwarding-off':
    case 'blackhole':
      return discard(host, why)
    case 'no-route':
      return refuse(host, skb, NET_UNREACHABLE, 'net-unreachable', 'no-route')
    case 'unreachable':
      return refuse(host, skb, HOST_UNREACHABLE, 'host-unreachable', 'no-route')
    case 'prohibit':
      return refuse(host, skb, ADMIN_PROHIBITED, 'icmp-admin-prohibited', 'no-route')
    default:
      return unreachable(why)
  }
}

/** ip_forward, ip6_forward. */
function forward(host: Host, skb: SkBuff, destination: Destination): Next {
  skb.route = destination
  const { ttl, length, dontFragment, source } = skb.packet.ip
  if (skb.v6 && !host.ns.sysctls.ipv6Forwarding) return discard(host, 'forwarding-off')
  if (ttl <= 1) return refuse(host, skb, TTL_EXCEEDED, 'ttl-exceeded', 'ttl')
  if (source === '::' || source === '::1') return discard(host, 'martian')
  // Out again where it came from is answered by a redirect, whatever the scope of the source.
  if (isLinkLocal6(source) && destination.dev !== skb.in) return refuse(host, skb, BEYOND_SCOPE, 'net-unreachable', 'no-route')
  const mtu = mtuOf(host, destination)
  if (skb.v6 ? isTooBig6(skb, mtu) : length > mtu && dontFragment)
    return refuse(host, skb, { type: 3, code: 4, mtu }, 'fragmentation-needed', 'mtu')
  skb.packet = { ...skb.packet, ip: { ...skb.packet.ip, ttl: ttl - 1 } }
  host.recorder.step({ kind: 'forward', ttl: { from: ttl, to: ttl - 1 }, packet: skb.packet })
  const verdict = runHook(host, skb, 'FORWARD', destination.dev)
  if (verdict.kind === 'reject') return rejectWith(host, skb, verdict.with)
  if (verdict.kind === 'stolen') return verdict.next
  return verdict.kind === 'stop' ? undefined : { stage: 'output', skb }
}

/** ip_local_deliver. */
function localDeliver(host: Host, skb: SkBuff): Next {
  if (skb.packet.whole) {
    skb.packet = reassembled(skb.packet)
    host.recorder.step({ kind: 'defragment', packet: skb.packet })
  }
  const verdict = runHook(host, skb, 'INPUT', undefined)
  if (verdict.kind === 'reject') return rejectWith(host, skb, verdict.with)
  if (verdict.kind === 'stolen') return verdict.next
  return verdict.kind === 'stop' ? undefined : deliver(host, skb)
}
