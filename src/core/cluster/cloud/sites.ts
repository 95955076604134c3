/**
 * Networks of three clouds, as small as they can be and still show who stands where: nodes in a private network, the internet behind its router, and layer 7 balancers that
 * come to nodes and pods from prefixes of their own. Prefixes are those that the clouds document or give by default; addresses on the internet are of the
 * documentation's. Approximate: one machine stands for all of a cloud's proxies of a kind; a machine's private address is its address on the internet too.
 */
import type { Cloud, Site, SiteHost } from '../site.ts'

const INTERNET = '203.0.113.0/24'
const POOL = '203.0.113.128/26'

/** IPv6 of each network, as clouds give it out of their own or out of unique local addresses. */
const PREFIXES6: Readonly<Record<string, string>> = {
  internet: '2001:db8:113',
  vpc: 'fd20:10:128',
  google: '2600:2d00:1',
  'proxy-only': 'fd20:10:129',
  private: 'fd20:10:32',
  public: 'fd20:10:1',
  nodes: 'fd20:10:224',
  'appgw-subnet': 'fd20:10:225',
}

const network = (name: string, cidr: string, mtu = 1500): Site['networks'][number] => ({
  name,
  cidr,
  cidr6: `${PREFIXES6[name] ?? ''}::/64`,
  mtu,
})

type Port = readonly [network: string, address: string]

/** The same place in the network's IPv6: its last number. */
const address6 = ([of, address]: Port): string => `${PREFIXES6[of] ?? ''}::${Number(address.split('.').at(-1)).toString(16)}`

const ports = (all: readonly Port[]): SiteHost['interfaces'] =>
  all.map((port, i) => ({ name: `eth${i}`, network: port[0], address: port[1], address6: address6(port) }))

/** Out by the router of a network, which is its first address. */
const outBy = (port: Port): readonly string[] => [`default via ${port[1]}`, `default via ${address6(port)}`]

const router = (all: readonly Port[]): SiteHost => ({
  name: 'router',
  role: 'router',
  interfaces: ports(all),
  routes: ['blackhole default', 'blackhole ::/0'],
  forwards: true,
  listens: [],
})

const client = (name: string, port: Port, gateway: string): SiteHost => ({
  name,
  role: 'client',
  interfaces: ports([port]),
  routes: outBy([port[0], gateway]),
  forwards: false,
  listens: [{ protocol: 'tcp', port: 80 }],
})

function balancer(name: string, all: readonly Port[], way: Port, balances: NonNullable<SiteHost['balances']>): SiteHost {
  return { name, role: 'balancer', interfaces: ports(all), routes: outBy(way), forwards: false, listens: [], balances }
}

const inet = client('inet', ['internet', '203.0.113.10'], '203.0.113.1')

/** GFEs come from 35.191.0.0/16 (and 130.211.0.0/22, which is left out), Envoys of internal balancers from the proxy-only subnet. */
const GCE: Site = {
  name: 'gce',
  cloud: 'gce',
  networks: [
    network('vpc', '10.128.0.0/20', 1460),
    network('internet', INTERNET),
    network('google', '35.191.0.0/16'),
    network('proxy-only', '10.129.0.0/23', 1460),
  ],
  hosts: [
    router([
      ['vpc', '10.128.0.1'],
      ['internet', '203.0.113.1'],
      ['google', '35.191.0.1'],
      ['proxy-only', '10.129.0.1'],
    ]),
    client('client', ['vpc', '10.128.0.100'], '10.128.0.1'),
    balancer(
      'l7-ilb',
      [
        ['vpc', '10.128.0.5'],
        ['proxy-only', '10.129.0.5'],
      ],
      ['proxy-only', '10.129.0.1'],
      { scope: 'internal', pool: '10.128.15.192/27' },
    ),
    balancer(
      'gfe',
      [
        ['internet', '203.0.113.2'],
        ['google', '35.191.0.2'],
      ],
      ['google', '35.191.0.1'],
      { scope: 'external', pool: POOL },
    ),
    inet,
  ],
  nodeNetwork: 'vpc',
  nodeGateway: '10.128.0.1',
  nodeGateway6: address6(['vpc', '10.128.0.1']),
  announcements: {},
  announceTo: [],
  podRoutes: ['router'],
}

/** An Application Load Balancer has a machine in each of its subnets, whose private addresses are what targets see. */
const AWS: Site = {
  name: 'aws',
  cloud: 'aws',
  networks: [network('private', '10.0.32.0/20'), network('internet', INTERNET), network('public', '10.0.0.0/24')],
  hosts: [
    router([
      ['private', '10.0.32.1'],
      ['internet', '203.0.113.1'],
      ['public', '10.0.0.1'],
    ]),
    client('client', ['private', '10.0.32.100'], '10.0.32.1'),
    balancer('alb-internal', [['private', '10.0.32.5']], ['private', '10.0.32.1'], { scope: 'internal', pool: '10.0.47.192/27' }),
    balancer(
      'alb',
      [
        ['internet', '203.0.113.2'],
        ['public', '10.0.0.20'],
      ],
      ['public', '10.0.0.1'],
      { scope: 'external', pool: POOL },
    ),
    inet,
  ],
  nodeNetwork: 'private',
  nodeGateway: '10.0.32.1',
  nodeGateway6: address6(['private', '10.0.32.1']),
  announcements: {},
  announceTo: [],
  podRoutes: ['router', 'alb-internal'],
}

/** An Application Gateway has a subnet of its own, one public address, and may have a private one; the route table of kubenet leads to pods. */
const AZURE: Site = {
  name: 'azure',
  cloud: 'azure',
  networks: [network('nodes', '10.224.0.0/16'), network('internet', INTERNET), network('appgw-subnet', '10.225.0.0/24')],
  hosts: [
    router([
      ['nodes', '10.224.0.1'],
      ['internet', '203.0.113.1'],
      ['appgw-subnet', '10.225.0.1'],
    ]),
    client('client', ['nodes', '10.224.0.100'], '10.224.0.1'),
    balancer(
      'appgw',
      [
        ['appgw-subnet', '10.225.0.5'],
        ['internet', '203.0.113.2'],
      ],
      ['appgw-subnet', '10.225.0.1'],
      { scope: 'external', pool: '203.0.113.128/32' },
    ),
    inet,
  ],
  nodeNetwork: 'nodes',
  nodeGateway: '10.224.0.1',
  nodeGateway6: address6(['nodes', '10.224.0.1']),
  announcements: {},
  announceTo: [],
  podRoutes: ['router'],
}

export const CLOUD_SITES: Readonly<Record<Cloud, Site>> = { gce: GCE, aws: AWS, azure: AZURE }
