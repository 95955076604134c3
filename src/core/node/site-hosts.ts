import { assert } from '../base/assert.ts'
import { type Cluster, get } from '../cluster/cluster.ts'
import type { Site, SiteHost } from '../cluster/site.ts'
import type { Interface, NetnsId } from '../kernel/interface.ts'
import type { NetworkNamespace, Route, SegmentPort } from '../kernel/netns.ts'
import type { Origin } from '../kernel/origin.ts'
import { DEFAULT_SYSCTLS } from '../kernel/sysctl.ts'
import { type Cidr, cidr, contains, parseCidr } from '../net/cidr.ts'
import { type Ip, parseIp } from '../net/ip.ts'
import { balancedServices, balancerRuleset } from './cloud-balancer.ts'
import { addressOf, interfaceMap, lanInterface, lanMac, LO } from './devices.ts'
import { Memo } from './memo.ts'
import { nodeFacts } from './node-facts.ts'
import { addRoutes, DEFAULT_RULES, tablesOf, viaGateway } from './routes.ts'
import { hostSockets } from './sockets.ts'

/** The world around the cluster: hosts and routers of the site as namespaces, its networks as segments. */
const SITE: Origin = { agent: 'site' }

/** A network of the site: prefix and MTU. */
export function siteNetwork(site: Site, name: string): { readonly prefix: Cidr; readonly mtu: number } {
  const network = site.networks.find((one) => one.name === name)
  const prefix = parseCidr(network?.cidr ?? '')
  assert(network && prefix, `the site has no network ${name}`)
  return { prefix, mtu: network.mtu }
}

function hostInterfaces(site: Site, host: SiteHost, balanced: readonly Ip[]): readonly Interface[] {
  return host.interfaces.map(({ name, network, address }, i) => {
    const { prefix, mtu } = siteNetwork(site, network)
    const ip = parseIp(address)
    assert(ip, `${host.name} has no address on ${network}`)
    const device = lanInterface(name, i + 2, network, mtu, cidr(ip, prefix.length), { agent: 'site', object: `Host/${host.name}` })
    const own = balanced.filter((each) => deviceOf(site, host, each) === name)
    return own.length === 0 ? device : { ...device, addresses: [...device.addresses, ...own.map((each) => addressOf(cidr(each, 32)))] }
  })
}

/** Where a load balancer's address is put: on the network that it is of, else outside of the nodes' network. */
function deviceOf(site: Site, host: SiteHost, ip: Ip): string | undefined {
  const fits = host.interfaces.find(({ network }) => contains(siteNetwork(site, network).prefix, ip))
  return (fits ?? host.interfaces.find(({ network }) => network !== site.nodeNetwork) ?? host.interfaces[0])?.name
}

const namespaces = new Memo<SiteHost, NetworkNamespace>()

export const hostNamespace = (cluster: Cluster, host: SiteHost): NetworkNamespace =>
  namespaces.get(host, [cluster.config, cluster.objects.Node, ...balancerInputs(cluster, host)], () => makeNamespace(cluster, host))

/** What else decides about a host that balances. */
const balancerInputs = (cluster: Cluster, host: SiteHost): readonly unknown[] =>
  balancedServices(cluster, host).length > 0 ? [cluster.objects.Service, cluster.objects.EndpointSlice] : []

const balancedAddresses = (cluster: Cluster, host: SiteHost): readonly Ip[] => [
  ...new Set(balancedServices(cluster, host).flatMap(({ addresses }) => addresses)),
]

function makeNamespace(cluster: Cluster, host: SiteHost): NetworkNamespace {
  const { config } = cluster
  const interfaces = interfaceMap([LO, ...hostInterfaces(config.site, host, balancedAddresses(cluster, host))])
  const announced = config.site.announceTo.includes(host.name) ? announcements(cluster, interfaces) : []
  const own = addRoutes([...announced], host.routes, interfaces, SITE)
  const routes = addRoutes(own, config.admin.routes?.[host.name] ?? [], interfaces, { agent: 'admin' })
  return {
    id: host.name as NetnsId,
    interfaces,
    rules: DEFAULT_RULES,
    tables: tablesOf(interfaces.values(), routes),
    neighbours: [],
    ruleset: balancerRuleset(cluster, host),
    sysctls: { ...DEFAULT_SYSCTLS, ipForward: host.forwards },
    sockets: hostSockets(host),
  }
}

/** A /32 route to each load balancer address, via the node that attracts it. */
function announcements(cluster: Cluster, interfaces: ReadonlyMap<string, Interface>): readonly Route[] {
  const { config } = cluster
  const dev = [...interfaces.values()].find((iface) => iface.kind === 'physical' && iface.segment === config.site.nodeNetwork)?.name
  return Object.entries(config.site.announcements).flatMap(([address, name]) => {
    const node = get(cluster, 'Node', '', name)
    const via = node && nodeFacts(node).ip
    const ip = parseIp(address)
    return ip && via && dev !== undefined
      ? [viaGateway(cidr(ip, 32), via, dev, { agent: 'site', object: `Node/${name}`, field: 'announcements' })]
      : []
  })
}

const ports = new Memo<SiteHost, readonly SegmentPort[]>()

/** All cables of a host. With arp_ignore 0 it answers ARP for all its addresses on every device. */
const cablesOf = (cluster: Cluster, host: SiteHost): readonly SegmentPort[] => {
  const balanced = balancedAddresses(cluster, host)
  return ports.get(host, balanced, () => {
    const addresses = [...host.interfaces.flatMap(({ address }) => parseIp(address) ?? []), ...balanced]
    return host.interfaces.flatMap(({ name, address }) => {
      const ip = parseIp(address)
      return ip ? [{ netns: host.name as NetnsId, dev: name, mac: lanMac(ip), addresses }] : []
    })
  })
}

/** Ports of the site's hosts on a segment. */
export function hostPorts(cluster: Cluster, segment: string): readonly SegmentPort[] {
  return cluster.config.site.hosts.flatMap((host) => {
    const devices = new Set(host.interfaces.filter(({ network }) => network === segment).map(({ name }) => name))
    return cablesOf(cluster, host).filter(({ dev }) => devices.has(dev))
  })
}
