import { type Ip, ipNumber, isIpv6 } from '../../net/ip.ts'
import { ipWords } from '../../net/ip6.ts'
import { type Ipvs, type IpvsProtocol, socketText, type VirtualServer, virtualServerName } from './ipvs.ts'
import { type IpvsConnection, type IpvsState, NO_IPVS_STATE, type ServerState, unusedServer } from './state.ts'

/** Listings as ipvsadm(8) 1.31 prints them; nothing of a packet's way depends on them. */
const HEADER = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
`

const PROTOCOL_ORDER: Readonly<Record<IpvsProtocol, number>> = { tcp: 6, udp: 17, sctp: 132 }

/** `ipvsadm -Ln`: sorted, so the kernel's own order of real servers does not show. */
export function listServices(ipvs: Ipvs, state: IpvsState = NO_IPVS_STATE): string {
  const services = [...ipvs.virtualServers()].sort(byService)
  return HEADER + services.map((service) => serviceText(service, serversOf(service, state))).join('')
}

/** The same in the order of the kernel's lists (`ipvsadm -Ln --nosort`), where packets have made it known. */
export function listServicesUnsorted(ipvs: Ipvs, state: IpvsState = NO_IPVS_STATE): string {
  return HEADER + [...ipvs.virtualServers()].map((service) => serviceText(service, knownServers(service, state))).join('')
}

/** ipvs_cmp_services: protocol, address, port. It subtracts addresses as signed numbers, so the upper half comes first. */
const byService = (a: VirtualServer, b: VirtualServer): number =>
  familyOrder(a.address) - familyOrder(b.address) ||
  PROTOCOL_ORDER[a.protocol] - PROTOCOL_ORDER[b.protocol] ||
  compareAddresses(a.address, b.address) ||
  a.port - b.port

const familyOrder = (ip: Ip): number => (isIpv6(ip) ? 1 : 0)

function compareAddresses(a: Ip, b: Ip): number {
  if (!isIpv6(a)) return (ipNumber(a) - ipNumber(b)) | 0
  const others = ipWords(b)
  for (const [i, word] of ipWords(a).entries()) if (word !== others[i]) return (word - (others[i] ?? 0)) | 0
  return 0
}

/** What is programmed, with the counts that packets left; those taken out gracefully while they had connections are still there with weight 0. */
function knownServers(service: VirtualServer, state: IpvsState): readonly ServerState[] {
  const known = state.services.get(virtualServerName(service))?.servers ?? []
  const byName = new Map(known.map((server) => [server.name, server]))
  const wanted = service.realServers.map(unusedServer)
  const wantedNames = new Set(wanted.map(({ name }) => name))
  const added = wanted.filter(({ name }) => !byName.has(name))
  const kept = known.flatMap((server): readonly ServerState[] => {
    if (wantedNames.has(server.name)) return [server]
    return service.graceful && server.active + server.inactive > 0 ? [{ ...server, weight: 0 }] : []
  })
  return [...added, ...kept]
}

/** By address and port, as ipvsadm sorts them. */
export const serversOf = (service: VirtualServer, state: IpvsState): readonly ServerState[] =>
  [...knownServers(service, state)].sort((a, b) => compareAddresses(a.address, b.address) || a.port - b.port)

function serviceText({ protocol, address, port, scheduler, persistentSeconds }: VirtualServer, servers: readonly ServerState[]): string {
  const persistent = persistentSeconds === undefined ? '' : ` persistent ${persistentSeconds}`
  const head = `${protocol.toUpperCase().padEnd(4)} ${socketText(address, port)} ${scheduler}${persistent}\n`
  return head + servers.map(serverText).join('')
}

const serverText = ({ name, weight, active, inactive }: ServerState): string =>
  `  -> ${name.padEnd(28)} Masq    ${String(weight).padEnd(6)} ${String(active).padEnd(10)} ${String(inactive).padEnd(10)}\n`

/** `ipvsadm -Lnc`. */
export function listConnections(state: IpvsState, now: number): string {
  const rows = [...state.connections.values()].filter(({ expires }) => expires > now).map((connection) => connectionText(connection, now))
  return `IPVS connection entries\npro expire state       source             virtual            destination\n${rows.join('')}`
}

function connectionText(connection: IpvsConnection, now: number): string {
  const { protocol, client, clientPort, virtual, virtualPort, server, serverPort, state, expires } = connection
  const ends = [socketText(client, clientPort), socketText(virtual, virtualPort)].map((end) => end.padEnd(18)).join(' ')
  return `${protocol.toUpperCase().padEnd(3)} ${clock(expires - now)}  ${state.padEnd(11)} ${ends} ${socketText(server, serverPort)}\n`
}

function clock(left: number): string {
  const seconds = Math.max(0, Math.floor(left))
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
}
