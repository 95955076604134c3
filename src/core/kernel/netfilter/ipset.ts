import type { Cidr } from '../../net/cidr.ts'
import type { Ip } from '../../net/ip.ts'
import type { PortRange } from './rule.ts'

/** An ipset(8) set with the types that kube-proxy and policy agents use. */
export interface IpSet {
  readonly name: string
  readonly type: 'hash:ip' | 'hash:net' | 'hash:ip,port' | 'hash:ip,port,ip' | 'hash:ip,port,net' | 'bitmap:port'
  readonly members: readonly IpSetMember[]
}

export interface IpSetMember {
  readonly ip?: Ip
  readonly net?: Cidr
  readonly port?: PortRange
  readonly protocol?: 'tcp' | 'udp' | 'sctp'
  readonly second?: Ip | Cidr
  readonly nomatch?: boolean
}
