import type { Ip } from '../../net/ip.ts'
import { type IpvsProtocol, type RealServer, socketText } from './ipvs.ts'
import type { ConnectionState } from './protocol-state.ts'

/** What packets left behind in the IPVS of one namespace: values, replaced as a whole. */
export interface IpvsState {
  /** By the key of the client's side (connection-table.ts). */
  readonly connections: ReadonlyMap<string, IpvsConnection>
  /** By name of the virtual server; only of those that packets have come to. */
  readonly services: ReadonlyMap<string, ServiceState>
}

/** struct ip_vs_conn: one line of `ipvsadm -Lnc`. */
export interface IpvsConnection {
  readonly protocol: IpvsProtocol
  readonly client: Ip
  /** 0 in a template of persistence. */
  readonly clientPort: number
  readonly virtual: Ip
  readonly virtualPort: number
  readonly server: Ip
  readonly serverPort: number
  /** Name of the virtual server that it was scheduled by. */
  readonly service: string
  readonly state: ConnectionState
  /** Counted in ActiveConn of its real server, else in InActConn; templates in neither. */
  readonly active: boolean
  readonly template: boolean
  /** Key of the template that it was made from: such a connection is controlled by it. */
  readonly control?: string
  /** IP_VS_CONN_F_NFCT: made while vs/conntrack was on. */
  readonly tracked: boolean
  /** Its client keeps it open; others are closed by the time of the next request. */
  readonly held?: true
  /** Seconds since the simulation began. */
  readonly expires: number
}

/** The mutable half of struct ip_vs_service. */
export interface ServiceState {
  /** The kernel's list, first to last: what was added last stands first. */
  readonly servers: readonly ServerState[]
  /** Where rr and wrr stand: the real server scheduled last. */
  readonly last?: string
  /** wrr's current weight. */
  readonly currentWeight?: number
  /** How often the scheduler ran. */
  readonly scheduled: number
}

/** A real server; nearly one line of `ipvsadm -Ln`. */
export interface ServerState {
  /** `10.244.0.5:8080` */
  readonly name: string
  readonly address: Ip
  readonly port: number
  readonly weight: number
  readonly active: number
  readonly inactive: number
}

/** One that no packet has come to. */
export const unusedServer = ({ address, port, weight }: RealServer): ServerState => ({
  name: socketText(address, port),
  address,
  port,
  weight,
  active: 0,
  inactive: 0,
})

export const NO_IPVS_STATE: IpvsState = { connections: new Map(), services: new Map() }
