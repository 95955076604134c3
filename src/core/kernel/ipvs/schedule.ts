import { hash } from '../../base/choose.ts'
import type { Packet } from '../../net/packet.ts'
import type { Host, SkBuff } from '../session.ts'
import { clientKey, type Flow, type IpvsTable } from './connection-table.ts'
import { type VirtualServer, socketText, virtualServerName } from './ipvs.ts'
import { schedule as runScheduler } from './scheduler.ts'
import type { IpvsConnection, ServerState, ServiceState } from './state.ts'

/** What came of looking for a real server (net/netfilter/ipvs/ip_vs_core.c, ip_vs_schedule and ip_vs_sched_persist). */
export type Found =
  | {
      readonly kind: 'scheduled'
      readonly connection: IpvsConnection
      /** Whether the scheduler ran, or a template of persistence decided. */
      readonly by: 'scheduler' | 'template'
      readonly before: ServiceState
    }
  /** No real server with a weight. */
  | { readonly kind: 'nobody'; readonly before: ServiceState }

/** How long a new connection stays without a packet that changes its state (ip_vs_conn_new). */
const NEW_TIMEOUT = 3

export function schedule(host: Host, table: IpvsTable, virtual: VirtualServer, skb: SkBuff, flow: Flow): Found {
  const service = currentService(host, table, virtual, skb.packet.ip)
  if (virtual.persistentSeconds === undefined) {
    const server = pick(table, virtual, service, skb)
    return server
      ? { kind: 'scheduled', by: 'scheduler', before: service, connection: begin(host, table, virtual, flow, server) }
      : nobody(service)
  }
  const known = table.template(flow.protocol, flow.source, flow.destination, flow.destinationPort)
  const server = known && templateServer(host, known, service)
  if (known && server) {
    table.put({ ...known, expires: host.session.now + virtual.persistentSeconds })
    return { kind: 'scheduled', by: 'template', before: service, connection: begin(host, table, virtual, flow, server, clientKey(known)) }
  }
  if (known) table.remove(known)
  const picked = pick(table, virtual, service, skb)
  if (!picked) return nobody(service)
  const template = templateOf(host, virtual, flow, picked, virtual.persistentSeconds)
  table.put(template)
  return { kind: 'scheduled', by: 'scheduler', before: service, connection: begin(host, table, virtual, flow, picked, clientKey(template)) }
}

const nobody = (before: ServiceState): Found => ({ kind: 'nobody', before })

/**
 * The order in which an agent happened to add real servers is not known, as it goes over a hash map; so chance is asked once, when the first packet comes,
 * which of them this packet gets, and the list is turned until the scheduler says so. With unequal weights it may still say otherwise.
 */
export function currentService(host: Host, table: IpvsTable, virtual: VirtualServer, { source, destination }: Packet['ip']): ServiceState {
  return table.service(shuffled(virtual, host.ns.id), (programmed, servers) => {
    const count = servers.length
    const taken = host.session.choose({
      kind: 'branch',
      weights: servers.map(() => 1 / count),
      why: {
        kind: 'real-server-order',
        netns: host.ns.id,
        virtualServer: virtualServerName(programmed),
        realServers: servers.map(({ name }) => name),
      },
    })
    const picked = runScheduler(programmed.scheduler, { servers, scheduled: 0 }, { source, destination })?.server
    return (taken - servers.findIndex((server) => server === picked) + count) % count
  })
}

const shuffles = new WeakMap<VirtualServer, Map<string, VirtualServer>>()

/** The same servers in an order that says nothing, another one in each namespace. */
function shuffled(virtual: VirtualServer, netns: string): VirtualServer {
  if (virtual.realServers.length < 3) return virtual
  let byNetns = shuffles.get(virtual)
  if (!byNetns) shuffles.set(virtual, (byNetns = new Map<string, VirtualServer>()))
  let known = byNetns.get(netns)
  if (!known) {
    const ranked = virtual.realServers.map((server) => ({
      server,
      rank: hash(`${netns} ${virtualServerName(virtual)} ${socketText(server.address, server.port)}`),
    }))
    known = { ...virtual, realServers: ranked.sort((a, b) => a.rank - b.rank).map(({ server }) => server) }
    byNetns.set(netns, known)
  }
  return known
}

function pick(table: IpvsTable, virtual: VirtualServer, service: ServiceState, skb: SkBuff): ServerState | undefined {
  const picked = runScheduler(virtual.scheduler, service, skb.packet.ip)
  if (!picked) return undefined
  table.replace(virtualServerName(virtual), { ...service, ...picked.moved, scheduled: service.scheduled + 1 })
  return picked.server
}

/** ip_vs_check_template: of no use when its real server is gone, or (with vs/expire_quiescent_template) gets no new connections. */
function templateServer(host: Host, template: IpvsConnection, service: ServiceState): ServerState | undefined {
  const name = socketText(template.server, template.serverPort)
  const server = service.servers.find((one) => one.name === name)
  const quiescent = host.ns.ipvs?.sysctls.expireQuiescentTemplate === true && server?.weight === 0
  return quiescent ? undefined : server
}

function templateOf(host: Host, virtual: VirtualServer, flow: Flow, server: ServerState, seconds: number): IpvsConnection {
  return {
    protocol: flow.protocol,
    client: flow.source,
    clientPort: 0,
    virtual: virtual.address,
    virtualPort: virtual.port,
    server: server.address,
    serverPort: server.port,
    service: virtualServerName(virtual),
    state: 'NONE',
    active: false,
    template: true,
    tracked: host.ns.ipvs?.sysctls.conntrack === true,
    expires: host.session.now + seconds,
  }
}

/** ip_vs_conn_new: counted as inactive until its state says otherwise. */
function begin(host: Host, table: IpvsTable, virtual: VirtualServer, flow: Flow, server: ServerState, control?: string): IpvsConnection {
  const connection: IpvsConnection = {
    protocol: flow.protocol,
    client: flow.source,
    clientPort: flow.sourcePort,
    virtual: flow.destination,
    virtualPort: flow.destinationPort,
    server: server.address,
    serverPort: server.port,
    service: virtualServerName(virtual),
    state: 'NONE',
    active: false,
    template: false,
    ...(control !== undefined && { control }),
    tracked: host.ns.ipvs?.sysctls.conntrack === true,
    expires: host.session.now + NEW_TIMEOUT,
  }
  table.put(connection)
  return connection
}
