import { manip } from '../../net/tuple.ts'
import { type IcmpError, isRedirect, type Packet } from '../../net/packet.ts'
import { ACCEPT, type HookVerdict, STOP } from '../hook-function.ts'
import type { Hook } from '../netfilter/ruleset.ts'
import type { Host, SkBuff } from '../session.ts'
import { findWay, followOrForget, reroute, send } from './forward.ts'
import { headOf } from './incoming.ts'
import { type Ipvs, socketText } from './ipvs.ts'
import { flowOf, inverse } from './packet-flow.ts'
import type { IpvsConnection } from './state.ts'

/**
 * ICMP errors about translated packets (ip_vs_out_icmp, ip_vs_in_icmp, ip_vs_nat_icmp): outside and inside are translated, so that who sent the packet
 * knows it again. Only what says unreachable or time exceeded. Left out: errors about tunnels, scheduling by errors.
 */
export function errorFromServerHook(host: Host, ipvs: Ipvs, skb: SkBuff, hook: Hook, priority: number): HookVerdict {
  const error = aboutFlow(skb.packet)
  const quoted = error && flowOf(error.quoted)
  const table = host.session.ipvs(host.ns.id)
  const connection = quoted && table.ofServer(inverse(quoted))
  if (!error || !connection) return ACCEPT
  const { ip } = skb.packet
  // The quoted packet was on its way to the real server; its sender knows the service only.
  const { virtual, virtualPort } = connection
  skb.packet = {
    ip: { ...ip, source: virtual },
    transport: { ...error, quoted: manip(error.quoted, 'destination', tupleWith(connection, virtual, virtualPort)) },
  }
  if (!reroute(host, skb, hook)) return STOP
  skb.ipvs = 'reply'
  followOrForget(host, skb, connection, 'reply')
  told(host, ipvs, skb, connection, hook, priority)
  return ACCEPT
}

/** An error of the client's side about an answer goes on to the real server. */
export function errorFromClientHook(host: Host, ipvs: Ipvs, skb: SkBuff, hook: Hook, priority: number): HookVerdict {
  const error = aboutFlow(skb.packet)
  const quoted = error && flowOf(error.quoted)
  const connection = quoted && host.session.ipvs(host.ns.id).ofClient(inverse(quoted))
  if (!error || !connection) return ACCEPT
  const way = findWay(host, skb, connection, { local: hook !== 'FORWARD' })
  if (!way) return STOP
  const { server, serverPort, client, clientPort } = connection
  const { ip } = way.kind === 'out' ? way.packet : skb.packet
  const source = { protocol: connection.protocol, source: server, sourcePort: serverPort, destination: client, destinationPort: clientPort }
  skb.packet = { ip: { ...ip, destination: server }, transport: { ...error, quoted: manip(error.quoted, 'source', source) } }
  told(host, ipvs, skb, connection, hook, priority)
  return send(host, skb, connection, way)
}

function aboutFlow({ transport }: Packet): IcmpError | undefined {
  if (transport.kind !== 'icmp-error') return undefined
  return isRedirect(transport) ? undefined : transport
}

const tupleWith = ({ protocol, client, clientPort }: IpvsConnection, destination: IpvsConnection['virtual'], destinationPort: number) => ({
  protocol,
  source: client,
  sourcePort: clientPort,
  destination,
  destinationPort,
})

function told(host: Host, ipvs: Ipvs, skb: SkBuff, connection: IpvsConnection, hook: Hook, priority: number): void {
  const server = ipvs.find(connection.protocol, connection.virtual, connection.virtualPort)
  if (!server) return
  const { origin: _, ...head } = headOf(hook, priority, server)
  const realServer = socketText(connection.server, connection.serverPort)
  host.recorder.step({ ...head, action: 'error', realServer, state: connection.state, packet: skb.packet })
}
