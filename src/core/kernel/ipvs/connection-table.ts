import type { Ip } from '../../net/ip.ts'
import { type IpvsProtocol, type VirtualServer, socketText, virtualServerName } from './ipvs.ts'
import { timeoutOf } from './protocol-state.ts'
import { type IpvsConnection, type IpvsState, type ServerState, type ServiceState, unusedServer } from './state.ts'

/** One end to another: who sent a packet where. */
export interface Flow {
  readonly protocol: IpvsProtocol
  readonly source: Ip
  readonly sourcePort: number
  readonly destination: Ip
  readonly destinationPort: number
}

const flowKey = (protocol: string, source: Ip, sourcePort: number, destination: Ip, destinationPort: number): string =>
  `${protocol} ${source} ${sourcePort} ${destination} ${destinationPort}`

/** By the client's packets: client to virtual server. */
export const clientKey = ({ protocol, client, clientPort, virtual, virtualPort }: IpvsConnection): string =>
  flowKey(protocol, client, clientPort, virtual, virtualPort)
/** By the answers: real server to client. */
const serverKey = ({ protocol, client, clientPort, server, serverPort }: IpvsConnection): string =>
  flowKey(protocol, server, serverPort, client, clientPort)

/** A program that has its answer closes its connection, which is not walked: by the next request it has. */
const isFinished = ({ protocol, state, template, held }: IpvsConnection): boolean =>
  protocol === 'tcp' && state === 'ESTABLISHED' && !template && !held

export function hasFinished({ connections }: IpvsState): boolean {
  for (const connection of connections.values()) if (isFinished(connection)) return true
  return false
}

/** A template outlives its time while connections refer to it, a minute at a time (ip_vs_conn_expire). */
const AGAIN = 60

/** Who follows the same connections elsewhere: conntrack. */
export interface ConnectionListener {
  ended(connection: IpvsConnection): void
  closed(connection: IpvsConnection): void
}

/** Which of its servers a kernel's list begins with, where nobody knows in which order they were added. */
export type FirstOf = (programmed: VirtualServer, servers: readonly ServerState[]) => number

/**
 * The IPVS of one namespace during a walk: connections by both of their sides, counters of real servers, and the order of the kernel's lists
 * (net/netfilter/ipvs/ip_vs_conn.c, ip_vs_ctl.c). A mutable layer over the state that earlier walks left.
 */
export class IpvsTable {
  private readonly base: IpvsState
  private readonly connections: Map<string, IpvsConnection>
  private readonly byServer = new Map<string, IpvsConnection>()
  private readonly services: Map<string, ServiceState>
  private changed = false
  private expired = Number.NEGATIVE_INFINITY
  private readonly listener: ConnectionListener

  constructor(base: IpvsState, listener: ConnectionListener) {
    this.base = base
    this.connections = new Map(base.connections)
    this.services = new Map(base.services)
    this.listener = listener
    for (const connection of base.connections.values()) this.byServer.set(serverKey(connection), connection)
    for (const connection of base.connections.values()) if (isFinished(connection)) this.close(connection)
  }

  state(): IpvsState {
    return this.changed ? { connections: this.connections, services: this.services } : this.base
  }

  /** FIN from the client, FIN from the server: then both sides wait. */
  private close(connection: IpvsConnection): void {
    const begun = connection.expires - timeoutOf(connection.state)
    this.listener.closed(connection)
    this.put({ ...connection, state: 'TIME_WAIT', active: false, expires: begun + timeoutOf('TIME_WAIT') })
  }

  /** Whoever opened the connections of this walk keeps them. */
  hold(): void {
    for (const connection of this.connections.values())
      if (connection !== this.base.connections.get(clientKey(connection)) && isFinished(connection)) this.put({ ...connection, held: true })
  }

  /** Ends what nobody used for too long. */
  expire(now: number): void {
    if (now <= this.expired) return
    this.expired = now
    const old = [...this.connections.values()].filter((connection) => connection.expires <= now)
    for (const connection of old) if (!connection.template) this.remove(connection)
    for (const template of old) {
      if (!template.template) continue
      if (this.controls(template)) this.put({ ...template, expires: now + AGAIN })
      else this.remove(template)
    }
  }

  private controls(template: IpvsConnection): boolean {
    const key = clientKey(template)
    for (const { control } of this.connections.values()) if (control === key) return true
    return false
  }

  /** ip_vs_conn_in_get. */
  ofClient({ protocol, source, sourcePort, destination, destinationPort }: Flow): IpvsConnection | undefined {
    const found = this.connections.get(flowKey(protocol, source, sourcePort, destination, destinationPort))
    return found?.template ? undefined : found
  }

  /** ip_vs_conn_out_get. */
  ofServer({ protocol, source, sourcePort, destination, destinationPort }: Flow): IpvsConnection | undefined {
    const found = this.byServer.get(flowKey(protocol, source, sourcePort, destination, destinationPort))
    return found?.template ? undefined : found
  }

  /** ip_vs_ct_in_get: the template for a client of a virtual server. */
  template(protocol: IpvsProtocol, client: Ip, virtual: Ip, port: number): IpvsConnection | undefined {
    const found = this.connections.get(flowKey(protocol, client, 0, virtual, port))
    return found?.template ? found : undefined
  }

  controller(connection: IpvsConnection): IpvsConnection | undefined {
    return connection.control === undefined ? undefined : this.connections.get(connection.control)
  }

  /** Adds a connection or puts another value in its place, and counts it at its real server. */
  put(connection: IpvsConnection): void {
    const key = clientKey(connection)
    const before = this.connections.get(key)
    if (before) {
      this.count(before, -1)
      this.byServer.delete(serverKey(before))
    }
    this.count(connection, 1)
    this.connections.set(key, connection)
    this.byServer.set(serverKey(connection), connection)
    this.changed = true
  }

  remove(connection: IpvsConnection): void {
    this.count(connection, -1)
    this.connections.delete(clientKey(connection))
    this.byServer.delete(serverKey(connection))
    this.changed = true
    this.listener.ended(connection)
  }

  private count({ service, server, serverPort, active, template }: IpvsConnection, by: 1 | -1): void {
    const state = template ? undefined : this.services.get(service)
    if (!state) return
    const name = socketText(server, serverPort)
    const counted = (one: ServerState): ServerState =>
      active ? { ...one, active: Math.max(0, one.active + by) } : { ...one, inactive: Math.max(0, one.inactive + by) }
    this.services.set(service, { ...state, servers: state.servers.map((one) => (one.name === name ? counted(one) : one)) })
  }

  /** A virtual server as the kernel has it now: what the agent programmed, brought into the list that was there. */
  service(programmed: VirtualServer, firstOf: FirstOf): ServiceState {
    const name = virtualServerName(programmed)
    const before = this.services.get(name)
    const after = before ? updated(before, programmed) : fresh(programmed, firstOf)
    if (after !== before) this.replace(name, after)
    return after
  }

  replace(name: string, service: ServiceState): void {
    this.services.set(name, service)
    this.changed = true
  }

  /** Whether the real server of a connection still is one (IP_VS_DEST_F_AVAILABLE), and with which weight. */
  weightOf({ server, serverPort }: IpvsConnection, service: ServiceState): number | undefined {
    const name = socketText(server, serverPort)
    return service.servers.find((one) => one.name === name)?.weight
  }
}

/** The order in which an agent added them is not known; it is turned so that each is equally likely to stand first. */
function fresh(programmed: VirtualServer, firstOf: FirstOf): ServiceState {
  const servers = programmed.realServers.map(unusedServer)
  const first = servers.length > 1 ? firstOf(programmed, servers) : 0
  return { servers: [...servers.slice(first), ...servers.slice(0, first)], scheduled: 0 }
}

/** Added ones go to the front of the list; one that was taken out goes, or stays with weight 0 for as long as it has connections. */
function updated(before: ServiceState, programmed: VirtualServer): ServiceState {
  const wanted = new Map(programmed.realServers.map((server) => [socketText(server.address, server.port), server]))
  const same = before.servers.length === wanted.size && before.servers.every(({ name, weight }) => wanted.get(name)?.weight === weight)
  if (same) return before
  const kept = before.servers.flatMap((one): readonly ServerState[] => {
    const now = wanted.get(one.name)
    if (now) return now.weight === one.weight ? [one] : [{ ...one, weight: now.weight }]
    const busy = programmed.graceful && one.active + one.inactive > 0
    return busy ? [one.weight === 0 ? one : { ...one, weight: 0 }] : []
  })
  const known = new Set(before.servers.map(({ name }) => name))
  const added = [...wanted].filter(([name]) => !known.has(name)).map(([, server]) => unusedServer(server))
  const unchanged = added.length === 0 && kept.length === before.servers.length && kept.every((one, i) => one === before.servers[i])
  if (unchanged) return before
  const { last: _, ...rest } = before
  const last = programmed.scheduler === 'wrr' ? undefined : lastOf(before, kept)
  return { ...rest, servers: [...added.reverse(), ...kept], ...(last !== undefined && { last }) }
}

/** ip_vs_rr_del_dest: when the one that was scheduled last goes, the one before it takes its place. */
function lastOf({ servers, last }: ServiceState, kept: readonly ServerState[]): string | undefined {
  for (let i = servers.findIndex(({ name }) => name === last); i >= 0; i--) {
    const name = servers[i]?.name
    if (kept.some((one) => one.name === name)) return name
  }
  return undefined
}
