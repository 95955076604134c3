import type { Packet } from '../../net/packet.ts'
import { isIpv6 } from '../../net/ip.ts'
import { manip } from '../../net/tuple.ts'
import { discard, refuse } from '../error.ts'
import { ACCEPT, type HookVerdict } from '../hook-function.ts'
import { HOST_UNREACHABLE, TTL_EXCEEDED } from '../icmp.ts'
import type { Tracked } from '../netfilter/conntrack.ts'
import { isDestinationNatted } from '../netfilter/conntrack-entry.ts'
import type { Hook } from '../netfilter/ruleset.ts'
import { mtuOf, routeOutput } from '../route.ts'
import type { Destination, Host, SkBuff } from '../session.ts'
import type { IpvsConnection } from './state.ts'

/**
 * Sending to a real server by masquerading (net/netfilter/ipvs/ip_vs_xmit.c, ip_vs_nat_xmit): a new route, a hop of TTL, the MTU, then out through
 * LOCAL_OUT. A real server of this machine gets the packet on the way on which it is. Left out: tunnels, direct routing, the cache of routes per server.
 */
export type Way = { readonly kind: 'local' } | { readonly kind: 'out'; readonly route: Destination; readonly packet: Packet }

/** __ip_vs_get_out_rt: finds the route, counts the hop and checks the size; undefined: it does not pass, and has been answered. */
export function findWay(host: Host, skb: SkBuff, { server }: IpvsConnection, allowed: { readonly local: boolean }): Way | undefined {
  const found = routeOutput(host, server, undefined, 'reroute')
  if (found.kind === 'error') return refuse(host, skb, HOST_UNREACHABLE, 'host-unreachable', 'no-route')
  const route = found.destination
  const { ip } = skb.packet
  if (route.local) {
    if (!allowed.local || (server.startsWith('127.') && skb.in !== undefined)) return discard(host, 'martian', server)
    return { kind: 'local' }
  }
  if (ip.source.startsWith('127.')) return discard(host, 'martian', ip.source)
  if (ip.ttl <= 1) return refuse(host, skb, TTL_EXCEEDED, 'ttl-exceeded', 'ttl')
  const packet = { ...skb.packet, ip: { ...ip, ttl: ip.ttl - 1 } }
  const mtu = mtuOf(host, route)
  const about = skb.packet.transport.kind === 'icmp-error'
  if (ip.length > mtu && !about && (ip.dontFragment || isIpv6(ip.source))) {
    skb.packet = packet
    return refuse(host, skb, { type: 3, code: 4, mtu }, 'fragmentation-needed', 'mtu')
  }
  return { kind: 'out', route, packet }
}

/** The packet as the real server shall get it (the protocol's dnat_handler). */
export const toServer = (packet: Packet, { server, serverPort, protocol, client, clientPort }: IpvsConnection): Packet =>
  manip(packet, 'destination', { protocol, source: client, sourcePort: clientPort, destination: server, destinationPort: serverPort })

/** The packet as its client shall get it (snat_handler). */
export const fromService = (packet: Packet, { virtual, virtualPort, protocol, client, clientPort }: IpvsConnection): Packet =>
  manip(packet, 'source', { protocol, source: virtual, sourcePort: virtualPort, destination: client, destinationPort: clientPort })

/** ip_vs_nat_send_or_cont: goes on where it is when the real server is here, else out through LOCAL_OUT, where no later function of this hook sees it. */
export function send(host: Host, skb: SkBuff, connection: IpvsConnection, way: Way): HookVerdict {
  skb.ipvs = connection
  followOrForget(host, skb, connection, 'request')
  if (way.kind === 'local') return ACCEPT
  skb.route = way.route
  return { kind: 'stolen', next: { stage: 'local-output', skb } }
}

/** With vs/conntrack the connection's entry learns where answers will come from; without, netfilter shall not follow it (ip_vs_notrack). */
export function followOrForget(host: Host, skb: SkBuff, connection: IpvsConnection, as: 'request' | 'reply'): void {
  if (!connection.tracked) {
    skb.connection = undefined
    skb.untracked = 'UNTRACKED'
    return
  }
  const tracked = skb.connection?.tracked
  if (tracked && !tracked.confirmed && as === 'request') alterReply(host, tracked, connection)
}

/** ip_vs_update_conntrack: the original tuple stays, and no NAT bit is set, so NAT leaves the service's address alone in both directions. */
function alterReply(host: Host, tracked: Tracked, { server, serverPort }: IpvsConnection): void {
  const { entry } = tracked
  const reply = { ...entry.reply, source: server, sourcePort: serverPort }
  host.session.conntrack(host.ns.id).update(tracked, { ...entry, reply, destinationNatted: isDestinationNatted(entry) })
}

/** ip_vs_route_me_harder (vs/snat_reroute): what leaves under another source address is routed anew. */
export function reroute(host: Host, skb: SkBuff, hook: Hook): boolean {
  if (hook === 'INPUT' || !skb.route || skb.route.local || skb.physOut !== undefined) return true
  const { source, destination } = skb.packet.ip
  const found = routeOutput(host, destination, source, 'reroute', skb.mark)
  if (found.kind === 'error') return false
  skb.route = found.destination
  return true
}
