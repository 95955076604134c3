import { type Ip, isIpv6 } from '../../net/ip.ts'
import type { Origin } from '../origin.ts'

/** What agents programmed into IPVS of one namespace (`ipvsadm -Sn`). Connections, counters and scheduler positions are what packets left: `state.ts`. */
export interface Ipvs {
  find(protocol: IpvsProtocol, address: Ip, port: number): VirtualServer | undefined
  /** All of them; makes those that nobody visited. */
  virtualServers(): Iterable<VirtualServer>
  readonly sysctls: IpvsSysctls
}

export type IpvsProtocol = 'tcp' | 'udp' | 'sctp'
export const isIpvsProtocol = (protocol: string): protocol is IpvsProtocol =>
  protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp'

export type SchedulerName = 'rr' | 'wrr' | 'lc' | 'wlc' | 'dh' | 'sh' | 'sed' | 'nq'
export const SCHEDULERS: readonly SchedulerName[] = ['rr', 'wrr', 'lc', 'wlc', 'dh', 'sh', 'sed', 'nq']

/** struct ip_vs_service. Left out: firewall marks, port 0, the one-packet flag, persistence engines. */
export interface VirtualServer {
  readonly protocol: IpvsProtocol
  readonly address: Ip
  readonly port: number
  readonly scheduler: SchedulerName
  /** `-p SECONDS`: connections of one client go where its first went, for so long after the last of them began. Netmask /32 (/128). */
  readonly persistentSeconds?: number
  /** In the order in which the agent would add them now; which order the kernel's list really has is remembered by the state. */
  readonly realServers: readonly RealServer[]
  /** A real server that the agent takes out keeps its connections: it stays with weight 0 until the last one is gone. Else it goes at once. */
  readonly graceful: boolean
  readonly origin: Origin
}

/** struct ip_vs_dest, always forwarded by masquerading (`-m`). */
export interface RealServer {
  readonly address: Ip
  readonly port: number
  readonly weight: number
  readonly origin: Origin
}

/** net.ipv4.vs.*, those that decide what happens to a packet. */
export interface IpvsSysctls {
  /** vs/conntrack: translated connections are followed by nf_conntrack and so can be masqueraded. */
  readonly conntrack: boolean
  /** vs/expire_nodest_conn: a connection whose real server is gone ends with its next packet, instead of dropping all of them. */
  readonly expireNodestConn: boolean
  /** vs/expire_quiescent_template: a template that points to weight 0 is not used. */
  readonly expireQuiescentTemplate: boolean
  /** vs/conn_reuse_mode: whether a SYN on the ports of a closed connection is scheduled anew. */
  readonly connReuseMode: boolean
}

export const DEFAULT_IPVS_SYSCTLS: IpvsSysctls = {
  conntrack: false,
  expireNodestConn: false,
  expireQuiescentTemplate: false,
  connReuseMode: true,
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export const socketText = (address: Ip, port: number): string => (isIpv6(address) ? `[${address}]:${port}` : `${address}:${port}`)

/** `tcp 10.96.0.10:80`: how states and traces name a virtual server. */
export const virtualServerName = ({ protocol, address, port }: Pick<VirtualServer, 'protocol' | 'address' | 'port'>): string =>
  `${protocol} ${socketText(address, port)}`

/** The map of virtual servers that somebody wrote down one by one. */
export function ipvsOf(servers: readonly VirtualServer[], sysctls: IpvsSysctls): Ipvs {
  const byName = new Map(servers.map((server) => [virtualServerName(server), server]))
  return {
    find: (protocol, address, port) => byName.get(virtualServerName({ protocol, address, port })),
    virtualServers: () => servers,
    sysctls,
  }
}
