import { assert } from '../base/assert.ts'
import { type Cluster, get, list } from '../cluster/cluster.ts'
import { type ClusterConfig, familiesOf, hasFamily } from '../cluster/config.ts'
import { frontendsOf } from '../cluster/cloud/frontends.ts'
import type { Site, SiteHost } from '../cluster/site.ts'
import type { Interface, NetnsId } from '../kernel/interface.ts'
import { EMPTY_RULESET6 } from '../kernel/netfilter/ruleset.ts'
import type { NetworkNamespace, Route, SegmentPort } from '../kernel/netns.ts'
import type { Origin } from '../kernel/origin.ts'
import { DEFAULT_SYSCTLS } from '../kernel/sysctl.ts'
import { type Cidr, cidr, contains, hostCidr, parseCidr } from '../net/cidr.ts'
import { familyOf, type Ip, type IpFamily, isIpv6, parseIp } from '../net/ip.ts'
import { linkLocalOf } from '../net/ip6.ts'
import { balancedServices, balancerRuleset } from './cloud-balancer.ts'
import { addressOf, interfaceMap, lanInterface, lanMac, LO, LO6, withLinkLocal } from './devices.ts'
import { Memo } from './memo.ts'
import { nodeFacts, stackOf } from './node-facts.ts'
import { addRoutes, parseRouteArguments, routingOf, viaGateway } from './routes.ts'
import { hostSockets } from './sockets.ts'

/** The world around the cluster: hosts and routers of the site as namespaces, its networks as segments. */
const SITE: Origin = { agent: 'site' }

/** A network of the site: prefix and MTU. */
export function siteNetwork(site: Site, name: string): { readonly prefix: Cidr; readonly prefix6?: Cidr; readonly mtu: number } {
  const network = site.networks.find((one) => one.name === name)
  const prefix = parseCidr(network?.cidr ?? '')
  assert(network && prefix, `the site has no network ${name}`)
  const prefix6 = parseCidr(network.cidr6 ?? '')
  return { prefix, ...(prefix6 && { prefix6 }), mtu: network.mtu }
}

type Port = SiteHost['interfaces'][number]

/** Addresses of a host's port in the families that the cluster has, that of IPv4 first. */
const portAddresses = ({ address, address6 }: Port, families: readonly IpFamily[]): readonly Ip[] =>
  [address, address6 ?? ''].flatMap((text) => {
    const ip = parseIp(text)
    return ip && families.includes(familyOf(ip)) ? ip : []
  })

function hostInterfaces({ site, ...config }: ClusterConfig, host: SiteHost, balanced: readonly Ip[]): readonly Interface[] {
  const families = familiesOf(config)
  return host.interfaces.map((port, i) => {
    const { name, network } = port
    const { prefix, prefix6, mtu } = siteNetwork(site, network)
    assert(parseIp(port.address), `${host.name} has no address on ${network}`)
    const prefixes = portAddresses(port, families).map((ip) => cidr(ip, isIpv6(ip) ? (prefix6?.length ?? 64) : prefix.length))
    const bare = lanInterface(name, i + 2, network, mtu, prefixes, { agent: 'site', object: `Host/${host.name}` })
    const device = families.includes('IPv6') ? withLinkLocal(bare) : bare
    const own = balanced.filter((each) => deviceOf(site, host, each) === name)
    return own.length === 0 ? device : { ...device, addresses: [...device.addresses, ...own.map((each) => addressOf(hostCidr(each)))] }
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
const balancerInputs = (cluster: Cluster, host: SiteHost): readonly unknown[] => [
  ...(balancedServices(cluster, host).length > 0 ? [cluster.objects.Service, cluster.objects.EndpointSlice] : []),
  ...frontendsOf(cluster, host),
]

const balancedAddresses = (cluster: Cluster, host: SiteHost): readonly Ip[] => [
  ...new Set([...balancedServices(cluster, host).flatMap(({ addresses }) => addresses), ...frontendsOf(cluster, host)]),
]

function makeNamespace(cluster: Cluster, host: SiteHost): NetworkNamespace {
  const { config } = cluster
  const families = familiesOf(config)
  const v6 = families.includes('IPv6')
  const interfaces = interfaceMap([v6 ? LO6 : LO, ...hostInterfaces(config, host, balancedAddresses(cluster, host))])
  const announced = config.site.announceTo.includes(host.name) ? announcements(cluster, interfaces) : []
  const pods = config.site.podRoutes?.includes(host.name) ? podRoutes(cluster, interfaces) : []
  const own = addRoutes([...announced, ...pods], host.routes.filter(isOf(families)), interfaces, SITE)
  const routes = addRoutes(own, (config.admin.routes?.[host.name] ?? []).filter(isOf(families)), interfaces, { agent: 'admin' })
  return {
    id: host.name as NetnsId,
    interfaces,
    ...routingOf([...interfaces.values()], routes, { families, forwarding6: host.forwards }),
    neighbours: [],
    ruleset: balancerRuleset(cluster, host),
    ...(v6 && { ruleset6: EMPTY_RULESET6 }),
    sysctls: { ...DEFAULT_SYSCTLS, ipForward: host.forwards, ipv6Forwarding: host.forwards },
    sockets: hostSockets(host),
  }
}

/** Whether a route is of a family that exists. What cannot be read is left to whoever adds it. */
const isOf =
  (families: readonly IpFamily[]) =>
  (text: string): boolean => {
    const parsed = parseRouteArguments(text)
    return !parsed.ok || families.includes(parsed.value.destination.wide ? 'IPv6' : 'IPv4')
  }

/** A route to the pods of each node via the node: alias ranges, interfaces or route tables of a cloud's network. */
function podRoutes(cluster: Cluster, interfaces: ReadonlyMap<string, Interface>): readonly Route[] {
  const { config } = cluster
  const dev = [...interfaces.values()].find((iface) => iface.kind === 'physical' && iface.segment === config.site.nodeNetwork)?.name
  if (dev === undefined) return []
  return [...list(cluster, 'Node')].flatMap((node) => {
    const facts = nodeFacts(node)
    return familiesOf(config).flatMap((family) => {
      const { ip, pods } = stackOf(facts, family)
      return ip && pods
        ? [viaGateway(pods.cidr, ip, dev, { agent: 'site', object: `Node/${node.metadata.name}`, field: 'spec.podCIDR' })]
        : []
    })
  })
}

/** A /32 or /128 route to each load balancer address, via the node that attracts it. */
function announcements(cluster: Cluster, interfaces: ReadonlyMap<string, Interface>): readonly Route[] {
  const { config } = cluster
  const dev = [...interfaces.values()].find((iface) => iface.kind === 'physical' && iface.segment === config.site.nodeNetwork)?.name
  return Object.entries(config.site.announcements).flatMap(([address, name]) => {
    const node = get(cluster, 'Node', '', name)
    const ip = parseIp(address)
    const via = node && ip && hasFamily(config, familyOf(ip)) ? stackOf(nodeFacts(node), familyOf(ip)).ip : undefined
    return ip && via && dev !== undefined
      ? [viaGateway(hostCidr(ip), via, dev, { agent: 'site', object: `Node/${name}`, field: 'announcements' })]
      : []
  })
}

const ports = new Memo<SiteHost, readonly SegmentPort[]>()

/** All cables of a host. With arp_ignore 0 it answers ARP for all its addresses on every device, and neighbour solicitations for the device's own. */
const cablesOf = (cluster: Cluster, host: SiteHost): readonly SegmentPort[] => {
  const balanced = balancedAddresses(cluster, host)
  const families = familiesOf(cluster.config)
  return ports.get(host, [families.join(), ...balanced], () => {
    const own = host.interfaces.map((port) => portAddresses(port, families))
    const four = [...own.flat().filter((ip) => !isIpv6(ip)), ...balanced]
    return host.interfaces.flatMap(({ name }, i) => {
      const [first] = own[i] ?? []
      if (!first) return []
      const mac = lanMac(first)
      const six = (own[i] ?? []).filter(isIpv6)
      return [{ netns: host.name as NetnsId, dev: name, mac, addresses: [...four, ...six, ...(six.length > 0 ? [linkLocalOf(mac)] : [])] }]
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
