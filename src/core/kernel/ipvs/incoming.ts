import { discard, refuse } from '../error.ts'
import { ACCEPT, type HookVerdict, STOP } from '../hook-function.ts'
import { PORT_UNREACHABLE } from '../icmp.ts'
import type { Hook } from '../netfilter/ruleset.ts'
import type { Host, SkBuff } from '../session.ts'
import type { Packet } from '../../net/packet.ts'
import type { Flow, IpvsTable } from './connection-table.ts'
import { findWay, send, toServer } from './forward.ts'
import { type Ipvs, socketText, type VirtualServer } from './ipvs.ts'
import { flowOf } from './packet-flow.ts'
import { isActive, nextState, timeoutOf, type Side } from './protocol-state.ts'
import { currentService, type Found, schedule } from './schedule.ts'
import type { IpvsConnection, ServiceState } from './state.ts'
import type { IpvsStep } from './step.ts'

/** ip_vs_in_hook (net/netfilter/ipvs/ip_vs_core.c): requests to virtual servers. Left out: firewall marks, sloppy TCP, overload defence, backup mode. */
export function requestHook(host: Host, ipvs: Ipvs, skb: SkBuff, hook: Hook, priority: number): HookVerdict {
  const flow = flowOf(skb.packet)
  if (!flow) return ACCEPT
  const table = host.session.ipvs(host.ns.id)
  const known = usable(host, ipvs, table, skb, table.ofClient(flow))
  if (known === 'drop') return dropGone(host, skb, table.ofClient(flow), hook, priority)
  const found = known ?? scheduled(host, ipvs, table, skb, flow)
  if (!found) return ACCEPT
  if (found.kind === 'nobody') return refuseNobody(host, skb, found, hook, priority)
  const connection = advance(host, table, found.connection, skb.packet, 'input')
  const told: Told = { hook, priority, connection, by: found.kind === 'known' ? 'connection' : found.by }
  const way = findWay(host, skb, connection, { local: true })
  if (!way) return STOP
  skb.packet = toServer(way.kind === 'out' ? way.packet : skb.packet, connection)
  record(host, skb, ipvs, told, found.kind === 'known' ? undefined : found)
  return send(host, skb, connection, way)
}

interface Known {
  readonly kind: 'known'
  readonly connection: IpvsConnection
}

/** An entry that still leads somewhere. A SYN on the ports of a closed connection, or a real server that is gone, ends it. */
function usable(
  host: Host,
  { sysctls }: Ipvs,
  table: IpvsTable,
  skb: SkBuff,
  connection: IpvsConnection | undefined,
): Known | 'drop' | undefined {
  if (!connection) return undefined
  const service = serviceOf(host, table, connection, skb.packet)
  const weight = service && table.weightOf(connection, service)
  const oldEntry = connection.tracked && skb.connection?.tracked.confirmed === true
  if (isNewConnection(skb.packet) && (weight === 0 ? sysctls.expireNodestConn : sysctls.connReuseMode && isOver(connection)))
    return endBeforeAnother(table, connection, oldEntry)
  if (weight !== undefined) return { kind: 'known', connection }
  return sysctls.expireNodestConn ? endBeforeAnother(table, connection, oldEntry) : 'drop'
}

/** A conntrack entry that is in use cannot be taken over: then this packet is dropped, and the client's next one begins anew. */
function endBeforeAnother(table: IpvsTable, connection: IpvsConnection, oldEntry: boolean): 'drop' | undefined {
  table.remove(connection)
  return oldEntry ? 'drop' : undefined
}

const isNewConnection = ({ transport: t }: Packet): boolean =>
  (t.kind === 'tcp' && t.flags.includes('S')) || (t.kind === 'sctp' && t.chunk === 'INIT')

/** is_new_conn_expected. Connections under a template are not scheduled anew. */
const isOver = ({ state, control }: IpvsConnection): boolean =>
  control === undefined && (state === 'TIME_WAIT' || state === 'CLOSE' || state === 'CLOSED')

function serviceOf(
  host: Host,
  table: IpvsTable,
  { protocol, virtual, virtualPort }: IpvsConnection,
  { ip }: Packet,
): ServiceState | undefined {
  const server = host.ns.ipvs?.find(protocol, virtual, virtualPort)
  return server && currentService(host, table, server, ip)
}

/** tcp_conn_schedule and its like: what may begin a connection. A virtual server takes nothing else, and nobody else's packets are touched. */
function scheduled(host: Host, ipvs: Ipvs, table: IpvsTable, skb: SkBuff, flow: Flow): Found | undefined {
  const { transport } = skb.packet
  if (transport.kind === 'tcp' && (transport.flags.includes('R') || !transport.flags.includes('S'))) return undefined
  const server = ipvs.find(flow.protocol, flow.destination, flow.destinationPort)
  if (!server || (transport.kind === 'sctp' && transport.chunk !== 'INIT')) return undefined
  // "Do not schedule replies from local real server."
  if ((skb.in === undefined || skb.in === 'lo') && table.ofServer(flow)) return undefined
  return schedule(host, table, server, skb, flow)
}

/** ip_vs_leave: no TCP socket exists here, so not even TCP gets a reset. */
function refuseNobody(host: Host, skb: SkBuff, { before }: Found, hook: Hook, priority: number): HookVerdict {
  const server = serverAt(host, skb)
  if (server)
    host.recorder.step({ ...headOf(hook, priority, server), action: 'nobody', candidates: candidatesOf(before), packet: skb.packet })
  refuse(host, skb, PORT_UNREACHABLE, 'port-unreachable', 'no-real-server')
  return STOP
}

function dropGone(host: Host, skb: SkBuff, connection: IpvsConnection | undefined, hook: Hook, priority: number): HookVerdict {
  const server = serverAt(host, skb)
  if (server)
    host.recorder.step({
      ...headOf(hook, priority, server),
      action: 'gone',
      ...(connection && { realServer: socketText(connection.server, connection.serverPort) }),
      packet: skb.packet,
    })
  discard(host, 'no-real-server')
  return STOP
}

function serverAt(host: Host, { packet }: SkBuff): VirtualServer | undefined {
  const flow = flowOf(packet)
  return flow && host.ns.ipvs?.find(flow.protocol, flow.destination, flow.destinationPort)
}

/** ip_vs_set_state, and the timer that starts anew with every packet. */
export function advance(host: Host, table: IpvsTable, connection: IpvsConnection, packet: Packet, side: Side): IpvsConnection {
  const state = nextState(connection.state, packet.transport, side)
  const after = { ...connection, state, active: isActive(state), expires: host.session.now + timeoutOf(state) }
  table.put(after)
  // ip_vs_control_assure_ct: what a template led to has been answered.
  const template = state === 'ESTABLISHED' ? table.controller(connection) : undefined
  if (template && template.state !== 'ASSURED') table.put({ ...template, state: 'ASSURED' })
  return after
}

interface Told {
  readonly hook: Hook
  readonly priority: number
  readonly connection: IpvsConnection
  readonly by: NonNullable<IpvsStep['by']>
}

function record(host: Host, skb: SkBuff, ipvs: Ipvs, { hook, priority, connection, by }: Told, found: Found | undefined): void {
  const server = ipvs.find(connection.protocol, connection.virtual, connection.virtualPort)
  if (!server) return
  const name = socketText(connection.server, connection.serverPort)
  const origin = server.realServers.find(({ address, port }) => socketText(address, port) === name)?.origin ?? server.origin
  host.recorder.step({
    ...headOf(hook, priority, server),
    action: 'request',
    by,
    realServer: name,
    ...(found && by === 'scheduler' && { candidates: candidatesOf(found.before) }),
    state: connection.state,
    packet: skb.packet,
    origin,
  })
}

export const headOf = (hook: Hook, priority: number, { protocol, address, port, scheduler, origin }: VirtualServer) =>
  ({ kind: 'ipvs', hook, priority, virtualServer: `${protocol} ${socketText(address, port)}`, scheduler, origin }) as const

const candidatesOf = ({ servers }: ServiceState): NonNullable<IpvsStep['candidates']> =>
  servers.map(({ name, weight, active, inactive }) => ({ realServer: name, weight, active, inactive }))
