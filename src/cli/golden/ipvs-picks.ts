import { clientKey } from '../../core/kernel/ipvs/connection-table.ts'
import type { NetnsId } from '../../core/kernel/interface.ts'
import { isIpvsProtocol } from '../../core/kernel/ipvs/ipvs.ts'
import { type IpvsConnection, type IpvsState, NO_IPVS_STATE, type ServerState, type ServiceState } from '../../core/kernel/ipvs/state.ts'
import { type Ip, parseIp } from '../../core/net/ip.ts'
import type { Runtime } from '../../core/walk/trace.ts'
import type { IpvsPick, Pick } from './format.ts'

/**
 * What earlier traffic and the order of a Go map had made of a node's IPVS when a recorded probe began: the order of its real servers, their counters,
 * where the scheduler stood, and whether the client was known. The simulator then schedules by itself.
 */
export function withIpvsPicks(runtime: Runtime, picks: readonly Pick[]): Runtime {
  const recorded = picks.filter((pick): pick is IpvsPick => pick.mechanism === 'ipvs')
  if (recorded.length === 0) return runtime
  const ipvs = new Map(runtime.ipvs)
  for (const pick of recorded) {
    const netns = pick.node as NetnsId
    ipvs.set(netns, asRecorded(ipvs.get(netns) ?? NO_IPVS_STATE, pick, runtime.now))
  }
  return { ...runtime, ipvs }
}

/** A recorder that waits for a certain answer uses another source port each time. */
const NEXT_ATTEMPT = 200

/**
 * The source port of the attempt that counted: the client's own, where the recorded node saw it untranslated, else told by how much more often the
 * scheduler had run than the simulated probes before account for.
 */
export function attemptPort(sport: number, picks: readonly Pick[], runtime: Runtime, isSenders: (ip: Ip) => boolean): number {
  const pick = picks.find((one): one is IpvsPick => one.mechanism === 'ipvs')
  if (!pick) return sport
  const client = socketOf(pick.client)
  if (isSenders(client.address)) return client.port
  const known = runtime.ipvs.get(pick.node as NetnsId)?.services.get(`${pick.proto} ${pick.virtualServer}`)?.scheduled ?? 0
  return sport + NEXT_ATTEMPT * Math.max(0, pick.scheduledBefore - known)
}

function asRecorded(state: IpvsState, pick: IpvsPick, now: number): IpvsState {
  const service = `${pick.proto} ${pick.virtualServer}`
  const others = [...state.connections].filter(([, connection]) => connection.service !== service)
  const own = [...state.connections.values()].filter((connection) => connection.service === service)
  const kept = new Map(others)
  for (const connection of [...templatesOf(own, pick, now), ...existing(pick, now)]) kept.set(clientKey(connection), connection)
  return { connections: kept, services: new Map(state.services).set(service, serviceState(pick)) }
}

function serviceState({ realServersBefore, scheduledBefore }: IpvsPick): ServiceState {
  const servers = realServersBefore.map(({ endpoint, weight, active, inactive }): ServerState => {
    const { address, port } = socketOf(endpoint)
    return { name: endpoint, address, port, weight, active, inactive }
  })
  const last = scheduledBefore > 0 ? servers[(scheduledBefore - 1) % servers.length]?.name : undefined
  return { servers, scheduled: scheduledBefore, ...(last !== undefined && { last }) }
}

/** Of the client in question only what was recorded; templates of others as the simulation left them. */
function templatesOf(own: readonly IpvsConnection[], pick: IpvsPick, now: number): readonly IpvsConnection[] {
  const client = socketOf(pick.client).address
  const others = own.filter((connection) => connection.template && connection.client !== client)
  if (!pick.persistenceTemplateBefore) return others
  const before = own.find((connection) => connection.template && connection.client === client)
  return [
    ...others,
    { ...connectionOf(pick, pick.persistenceTemplateBefore, now), ...before, clientPort: 0, template: true, state: 'ASSURED' },
  ]
}

const existing = (pick: IpvsPick, now: number): readonly IpvsConnection[] =>
  pick.existingConnection ? [connectionOf(pick, pick.endpoint, now)] : []

const LONG = 300

function connectionOf(pick: IpvsPick, endpoint: string, now: number): IpvsConnection {
  const [client, virtual, server] = [socketOf(pick.client), socketOf(pick.virtualServer), socketOf(endpoint)]
  const protocol = isIpvsProtocol(pick.proto) ? pick.proto : 'tcp'
  return {
    protocol,
    client: client.address,
    clientPort: client.port,
    virtual: virtual.address,
    virtualPort: virtual.port,
    server: server.address,
    serverPort: server.port,
    service: `${pick.proto} ${pick.virtualServer}`,
    state: protocol === 'udp' ? 'UDP' : 'ESTABLISHED',
    active: protocol !== 'udp',
    template: false,
    tracked: true,
    expires: now + LONG,
  }
}

function socketOf(text: string): { readonly address: Ip; readonly port: number } {
  const colon = text.lastIndexOf(':')
  const address = parseIp(text.slice(0, colon).replace(/^\[|\]$/g, ''))
  if (!address) throw new Error(`${text} is not an address and port`)
  return { address, port: Number(text.slice(colon + 1)) }
}
