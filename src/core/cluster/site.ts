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
  readonly nodeGateway6?: string
  /** LoadBalancer or external address to the node that attracts it (what MetalLB-like announcers amount to): a /32 or /128 route on `announceTo` hosts. */
  readonly announcements: Readonly<Record<string, string>>
  readonly announceTo: readonly string[]
  /** Hosts with a route to the pods of each node by way of the node: what a cloud's network knows of its machines' alias ranges, interfaces or route tables. */
  readonly podRoutes?: readonly string[]
  /** Whose network it is: its layer 7 balancers stand among the hosts, and what programs them watches the cluster. */
  readonly cloud?: Cloud
}

export type Cloud = 'gce' | 'aws' | 'azure'

export interface SiteNetwork {
  readonly name: string
  readonly cidr: string
  /** Absent: a network without IPv6. */
  readonly cidr6?: string
  readonly mtu: number
}

export interface SiteHost {
  readonly name: string
  readonly role: 'router' | 'client' | 'balancer'
  /** Ports in order: `eth0`, `eth1`... */
  readonly interfaces: readonly { readonly name: string; readonly network: string; readonly address: string; readonly address6?: string }[]
  /** `default via 192.168.1.1`, `10.0.0.0/8 via 192.168.1.11`, `blackhole default`; of IPv6 `default via fd00::1`, `blackhole ::/0`. */
  readonly routes: readonly string[]
  readonly forwards: boolean
  readonly listens: readonly { readonly protocol: 'tcp' | 'udp'; readonly port: number }[]
  /** Of a balancer of the site's cloud: for whom it is there, and the prefix that its load balancers' addresses are of. */
  readonly balances?: { readonly scope: 'external' | 'internal'; readonly pool: string }
}

/** What the public hosts of a site answer on: enough for web, database and DNS probes. */
const PUBLIC_PORTS: SiteHost['listens'] = [
  { protocol: 'tcp', port: 80 },
  { protocol: 'tcp', port: 8080 },
  { protocol: 'tcp', port: 5432 },
  { protocol: 'udp', port: 53 },
  { protocol: 'udp', port: 9000 },
]

/**
 * A small office: nodes and a client on one switch, a router, and a host on the internet behind it. The router knows no other way out, so packets to
 * unknown addresses vanish there.
 */
export const DEFAULT_SITE: Site = {
  name: 'default',
  networks: [
    { name: 'fabric', cidr: '192.168.1.0/24', cidr6: 'fd00:192:168:1::/64', mtu: 1500 },
    { name: 'uplink', cidr: '203.0.113.0/24', cidr6: '2001:db8:113::/64', mtu: 1500 },
  ],
  hosts: [
    {
      name: 'router',
      role: 'router',
      interfaces: [
        { name: 'eth0', network: 'fabric', address: '192.168.1.1', address6: 'fd00:192:168:1::1' },
        { name: 'eth1', network: 'uplink', address: '203.0.113.1', address6: '2001:db8:113::1' },
      ],
      routes: ['blackhole default', 'blackhole ::/0'],
      forwards: true,
      listens: [],
    },
    {
      name: 'client',
      role: 'client',
      interfaces: [{ name: 'eth0', network: 'fabric', address: '192.168.1.100', address6: 'fd00:192:168:1::100' }],
      routes: ['default via 192.168.1.1', 'default via fd00:192:168:1::1'],
      forwards: false,
      listens: PUBLIC_PORTS,
    },
    {
      name: 'inet',
      role: 'client',
      interfaces: [{ name: 'eth0', network: 'uplink', address: '203.0.113.10', address6: '2001:db8:113::10' }],
      routes: ['default via 203.0.113.1', 'default via 2001:db8:113::1'],
      forwards: false,
      listens: PUBLIC_PORTS,
    },
  ],
  nodeNetwork: 'fabric',
  nodeGateway: '192.168.1.1',
  nodeGateway6: 'fd00:192:168:1::1',
  announcements: {},
  announceTo: ['client', 'router'],
}
