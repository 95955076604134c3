/**
 * The world outside the cluster: L2 networks, routers and hosts. Data, so that a user's own site is no different from ours.
 * The node network is one of `networks`; every Node plugs into it with its InternalIP.
 */
export interface Site {
  readonly name: string
  readonly networks: readonly SiteNetwork[]
  readonly hosts: readonly SiteHost[]
  /** Name of the network that nodes are on, and their default gateway. */
  readonly nodeNetwork: string
  readonly nodeGateway: string
  /** LoadBalancer or external address to the node that attracts it (what MetalLB-like announcers amount to): a /32 route on `announceTo` hosts. */
  readonly announcements: Readonly<Record<string, string>>
  readonly announceTo: readonly string[]
}

export interface SiteNetwork {
  readonly name: string
  readonly cidr: string
  readonly mtu: number
}

export interface SiteHost {
  readonly name: string
  readonly role: 'router' | 'client'
  /** Ports in order: `eth0`, `eth1`... */
  readonly interfaces: readonly { readonly name: string; readonly network: string; readonly address: string }[]
  /** `default via 192.168.1.1`, `10.0.0.0/8 via 192.168.1.11`, `blackhole default`. */
  readonly routes: readonly string[]
  readonly forwards: boolean
  readonly listens: readonly { readonly protocol: 'tcp' | 'udp'; readonly port: number }[]
}
