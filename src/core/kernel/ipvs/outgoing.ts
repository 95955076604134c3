import { discard } from '../error.ts'
import { ACCEPT, type HookVerdict, STOP } from '../hook-function.ts'
import type { Hook } from '../netfilter/ruleset.ts'
import type { Host, SkBuff } from '../session.ts'
import { followOrForget, fromService, reroute } from './forward.ts'
import { advance, headOf } from './incoming.ts'
import { type Ipvs, socketText } from './ipvs.ts'
import { flowOf } from './packet-flow.ts'

/** ip_vs_out_hook and handle_response (net/netfilter/ipvs/ip_vs_core.c): answers of real servers get the service's address back. */
export function replyHook(host: Host, ipvs: Ipvs, skb: SkBuff, hook: Hook, priority: number): HookVerdict {
  const flow = flowOf(skb.packet)
  const table = host.session.ipvs(host.ns.id)
  const known = flow && table.ofServer(flow)
  if (!known) return ACCEPT
  skb.packet = fromService(skb.packet, known)
  if (!reroute(host, skb, hook)) {
    discard(host, 'no-route', skb.packet.ip.destination)
    return STOP
  }
  const connection = advance(host, table, known, skb.packet, 'output')
  skb.ipvs = 'reply'
  followOrForget(host, skb, connection, 'reply')
  const server = ipvs.find(connection.protocol, connection.virtual, connection.virtualPort)
  if (server)
    host.recorder.step({
      ...headOf(hook, priority, server),
      action: 'reply',
      realServer: socketText(connection.server, connection.serverPort),
      state: connection.state,
      packet: skb.packet,
    })
  return ACCEPT
}
