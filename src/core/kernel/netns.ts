import type { Cidr } from '../net/cidr.ts'
import type { Ip } from '../net/ip.ts'
import type { Mac } from '../net/mac.ts'
import type { Protocol } from '../net/packet.ts'
import type { Interface, NetnsId, Scope } from './interface.ts'
import type { Ipvs } from './ipvs/ipvs.ts'
import type { Ruleset } from './netfilter/ruleset.ts'
import type { NftRuleset } from './nft/ruleset.ts'
import type { Origin } from './origin.ts'
import type { Sysctls } from './sysctl.ts'

/** One network namespace: all that agents programmed into it. What packets leave behind is in `Runtime`. */
export interface NetworkNamespace {
  readonly id: NetnsId
  /** By name, in the order of creation. */
  readonly interfaces: ReadonlyMap<string, Interface>
  /** `ip rule`, ascending priority. */
  readonly rules: readonly IpRule[]
  /** Route tables by number: 255 local, 254 main, 253 default. */
  readonly tables: ReadonlyMap<number, readonly Route[]>
  /** Permanent entries only; dynamic ones are resolved by ARP. */
  readonly neighbours: readonly Neighbour[]
  readonly ruleset: Ruleset
  /** The same of IPv6; all three are absent where the family is off. Neighbours and addresses of both families share their lists. */
  readonly rules6?: readonly IpRule[]
  readonly tables6?: ReadonlyMap<number, readonly Route[]>
  readonly ruleset6?: Ruleset
  /** nftables beside iptables' own tables; absent where nobody wrote any. */
  readonly nft?: NftRuleset
  /** Virtual and real servers; absent where ip_vs has none. */
  readonly ipvs?: Ipvs
  readonly sysctls: Sysctls
  readonly sockets: readonly Socket[]
}

export const TABLE_LOCAL = 255
export const TABLE_MAIN = 254
export const TABLE_DEFAULT = 253

export interface IpRule {
  readonly priority: number
  readonly from?: Cidr
  readonly to?: Cidr
  readonly fwmark?: { readonly value: number; readonly mask: number }
  readonly iif?: string
  readonly table: number
  readonly origin: Origin
}

export interface Route {
  /** Anycast and multicast are IPv6's. */
  readonly type: 'unicast' | 'local' | 'broadcast' | 'anycast' | 'multicast' | 'blackhole' | 'unreachable' | 'prohibit'
  readonly destination: Cidr
  readonly dev?: string
  readonly via?: Ip
  readonly preferredSource?: Ip
  readonly scope: Scope
  readonly onlink?: boolean
  readonly metric: number
  /** `proto kernel` and the like, as `ip route` prints it. */
  readonly protocol?: 'kernel' | 'boot' | 'static'
  readonly origin: Origin
}

export interface Neighbour {
  readonly ip: Ip
  readonly dev: string
  readonly mac: Mac
  readonly origin: Origin
}

/** Something that listens. `owner` is who answers (`default/web-1`, `external/client`), opaque to the kernel. */
export interface Socket {
  readonly protocol: Protocol
  /** `0.0.0.0` for any local address of either family: what servers bind that do not care. */
  readonly address: Ip
  readonly port: number
  readonly owner: string
  /** Set where the process passes what it gets on to somebody else, over a connection of its own. */
  readonly relay?: Relay
}

/** A process between clients and servers that looks at no byte of what they say: kube-proxy in userspace mode. */
export interface Relay {
  /** `default/web:http`. */
  readonly service: string
  /** Where clients think that they go: `tcp 10.96.0.10:80`. */
  readonly portal: string
  /** `10.244.0.5:8080`, in no order that means anything. */
  readonly endpoints: () => readonly string[]
  /** How long a client stays with the endpoint that it had. */
  readonly affinitySeconds?: number
}

/** All namespaces and how they are wired. Asking for a namespace may compile it: state exists only where a packet comes. */
export interface Network {
  netns(id: NetnsId): NetworkNamespace | undefined
  /** The devices plugged into an L2 segment. */
  segment(name: string): readonly SegmentPort[]
  /**
   * The far ends of a bridge's ports (a pod's eth0 behind its host veth): what the bridge's FDB learns and who answers ARP there, known without
   * compiling the namespaces behind the ports. The same array for the same network value.
   */
  bridgePorts(netns: NetnsId, bridge: string): readonly BridgePort[]
}

/** `port` is the bridge's own port device; `netns` and `dev` are the far end of the cable. */
export interface BridgePort extends SegmentPort {
  readonly port: string
}

export interface SegmentPort {
  readonly netns: NetnsId
  readonly dev: string
  readonly mac: Mac
  /** Addresses that answer ARP and neighbour solicitations on this port, known without compiling the namespace. */
  readonly addresses: readonly Ip[]
  /** More of them, where many ports share thousands: the same set for all. */
  readonly alsoAnswers?: ReadonlySet<Ip>
}
