import type { Packet } from '../../net/packet.ts'
import type { Hook } from '../netfilter/ruleset.ts'
import type { Origin } from '../origin.ts'
import type { SchedulerName } from './ipvs.ts'

/** What IPVS did with a packet at one of its hooks; a packet that it does not know leaves no step. */
export interface IpvsStep {
  readonly kind: 'ipvs'
  readonly hook: Hook
  readonly priority: number
  /**
   * `request`: to a real server. `reply`: from one, back under the service's address. `error`: an ICMP error about either. `nobody`: there is a virtual
   * server, but no real server takes the packet. `gone`: its connection's real server is not there any more.
   */
  readonly action: 'request' | 'reply' | 'error' | 'nobody' | 'gone'
  /** `tcp 10.96.0.10:80` */
  readonly virtualServer: string
  readonly scheduler?: SchedulerName
  /** How a request found its real server. */
  readonly by?: 'connection' | 'template' | 'scheduler'
  readonly realServer?: string
  /** Where the scheduler could choose, in the order of the kernel's list and with the counts that it saw. */
  readonly candidates?: readonly IpvsCandidate[]
  /** State of the connection behind this packet, as `ipvsadm -Lnc` prints it. */
  readonly state?: string
  /** As it is after the step. */
  readonly packet: Packet
  readonly origin?: Origin
}

export interface IpvsCandidate {
  readonly realServer: string
  readonly weight: number
  readonly active: number
  readonly inactive: number
}
