import type { Cidr } from '../../net/cidr.ts'
import type { Ip, IpFamily } from '../../net/ip.ts'
import type { PortRange } from './rule.ts'

/** An ipset(8) set with the types that kube-proxy and policy agents use. */
export interface IpSet {
  readonly name: string
  readonly type: 'hash:ip' | 'hash:net' | 'hash:ip,port' | 'hash:ip,port,ip' | 'hash:ip,port,net' | 'bitmap:port'
  /** Absent: IPv4. */
  readonly family?: IpFamily
  /** May be made when somebody asks. */
  readonly members: readonly IpSetMember[]
  /** The set's own lookup, where it has a quicker one than going through `members`; says the same. */
  has?(entry: IpSetEntry): boolean
}

/** What is looked up: parts that the set's type has no room for are ignored. */
export interface IpSetEntry {
  readonly ip: Ip
  readonly protocol: string
  readonly port: number
  readonly second?: Ip
}

export interface IpSetMember {
  readonly ip?: Ip
  readonly net?: Cidr
  readonly port?: PortRange
  readonly protocol?: 'tcp' | 'udp' | 'sctp'
  readonly second?: Ip | Cidr
  readonly nomatch?: boolean
}
