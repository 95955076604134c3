import { isIcmp } from '../net/packet.ts'
import { isIpv6, joinHostPort } from '../net/ip.ts'
import type { Interface } from '../kernel/interface.ts'
import type { ConntrackEntry } from '../kernel/netfilter/conntrack-entry.ts'
import { type Network, type NetworkNamespace, type Route, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from '../kernel/netns.ts'
import { KERNEL, type Origin } from '../kernel/origin.ts'
import type { Runtime } from '../kernel/runtime.ts'
import { fullLength, printCidr } from '../net/cidr.ts'
import type { Tuple } from '../net/packet.ts'
import { ipsetRows, ipvsConnectionRows, ipvsRows, nftRows, nftSetRows, ruleRows } from './lookup-rows-netfilter.ts'

/**
 * What a namespace has to look things up in, at rest, as rows of text: like `ip addr`, `ip route`, `ip neigh`, `bridge fdb`, iptables-save,
 * `conntrack -L`, `nft list ruleset`, `ipset list`, `ipvsadm -Ln` and `-Lnc`.
 */
export type LookupTable =
  | 'address'
  | 'route'
  | 'neighbour'
  | 'fdb'
  | 'chain'
  | 'conntrack'
  | 'nft'
  | 'nft-set'
  | 'ipset'
  | 'ipvs'
  | 'ipvs-connection'

/**
 * Cells by table: device, addresses, MAC, link; table, prefix, way; device, address, MAC, state; device, MAC, port or VTEP; table, rule; protocol, original,
 * reply, state; those of netfilter and IPVS are told in lookup-rows-netfilter.ts. Without an origin: what packets and defaults left.
 */
export interface LookupRow {
  readonly cells: readonly string[]
  readonly origin?: Origin
}

/** Rows of one table, made one by one as somebody wants them: a node may have tens of thousands of rules. */
export function lookupRows(table: LookupTable, netns: NetworkNamespace, network: Network, runtime: Runtime): Iterable<LookupRow> {
  switch (table) {
    case 'address':
      return addressRows(netns)
    case 'route':
      return routeRows(netns)
    case 'neighbour':
      return neighbourRows(netns, network)
    case 'fdb':
      return fdbRows(netns, network)
    case 'chain':
      return ruleRows(netns)
    case 'conntrack':
      return conntrackRows(runtime.conntrack.get(netns.id))
    case 'nft':
      return nftRows(netns)
    case 'nft-set':
      return nftSetRows(netns, runtime)
    case 'ipset':
      return ipsetRows(netns)
    case 'ipvs':
      return ipvsRows(netns, runtime)
    case 'ipvs-connection':
      return ipvsConnectionRows(netns, runtime)
  }
}

function* addressRows({ interfaces }: NetworkNamespace): Generator<LookupRow> {
  for (const device of interfaces.values()) {
    const addresses = device.addresses.map(({ prefix }) => printCidr(prefix)).join(' ')
    yield { cells: [device.name, addresses, device.mac, linkText(device)], origin: device.origin }
  }
}

function linkText(device: Interface): string {
  const parts = [device.kind, `mtu ${device.mtu}`]
  if (device.kind === 'veth') parts.push(`peer ${device.peer.name}@${device.peer.netns}`)
  if (device.kind === 'vxlan') parts.push(`vni ${device.vni}`)
  if (device.master !== undefined) parts.push(`master ${device.master}`)
  if (!device.up) parts.push('DOWN')
  return parts.join(' ')
}

/** /etc/iproute2/rt_tables. */
const TABLES: Readonly<Record<number, string>> = { [TABLE_LOCAL]: 'local', [TABLE_MAIN]: 'main', [TABLE_DEFAULT]: 'default' }

/** Tables in the order in which the default rules ask them, longest prefix first, as the kernel compares; IPv6 after IPv4. */
function* routeRows({ tables, tables6 }: NetworkNamespace): Generator<LookupRow> {
  yield* rowsOfRoutes(tables)
  if (tables6) yield* rowsOfRoutes(tables6)
}

function* rowsOfRoutes(tables: NetworkNamespace['tables']): Generator<LookupRow> {
  for (const [table, routes] of [...tables].toSorted(([a], [b]) => b - a))
    for (const route of routes.toSorted((a, b) => b.destination.length - a.destination.length))
      yield { cells: [TABLES[table] ?? String(table), prefixText(route), wayText(route)], origin: route.origin }
}

function prefixText({ type, destination }: Route): string {
  const prefix =
    destination.length === 0 ? 'default' : destination.length === fullLength(destination) ? destination.ip : printCidr(destination)
  return type === 'unicast' ? prefix : `${type} ${prefix}`
}

const wayText = (route: Route): string =>
  [
    route.via === undefined ? '' : `via ${route.via}`,
    route.dev === undefined ? '' : `dev ${route.dev}`,
    route.preferredSource === undefined ? '' : `src ${route.preferredSource}`,
    route.onlink ? 'onlink' : '',
    route.metric > 0 ? `metric ${route.metric}` : '',
  ]
    .filter((part) => part !== '')
    .join(' ')

/** Permanent entries, then all who would answer ARP or neighbour solicitations. */
function* neighbourRows(netns: NetworkNamespace, network: Network): Generator<LookupRow> {
  const known = new Set<string>()
  for (const { dev, ip, mac, origin } of netns.neighbours) {
    known.add(`${dev} ${ip}`)
    yield { cells: [dev, ip, mac, 'PERM'], origin }
  }
  for (const device of netns.interfaces.values()) {
    for (const { mac, addresses } of portsOf(device, netns, network)) {
      if (mac === device.mac) continue
      for (const ip of addresses)
        if (!known.has(`${device.name} ${ip}`)) yield { cells: [device.name, ip, mac, isIpv6(ip) ? 'NDP' : 'ARP'], origin: KERNEL }
    }
  }
}

/** Whoever can be asked on a device: those on its cable, or behind the ports of a bridge. */
function portsOf(device: Interface, netns: NetworkNamespace, net: Network) {
  if (device.kind === 'physical') return net.segment(device.segment)
  if (device.kind === 'bridge') return net.bridgePorts(netns.id, device.name)
  if (device.kind !== 'veth') return []
  const peer = net.netns(device.peer.netns)
  const end = peer?.interfaces.get(device.peer.name)
  const gateway = end?.master === undefined ? end : peer?.interfaces.get(end.master)
  const own = gateway ? [{ mac: gateway.mac, addresses: gateway.addresses.map(({ prefix }) => prefix.ip) }] : []
  return [...own, ...(peer && end?.master !== undefined ? net.bridgePorts(peer.id, end.master) : [])]
}

function* fdbRows(netns: NetworkNamespace, network: Network): Generator<LookupRow> {
  for (const device of netns.interfaces.values()) {
    if (device.kind === 'vxlan') for (const { mac, remote, origin } of device.fdb) yield { cells: [device.name, mac, remote], origin }
    if (device.kind !== 'bridge') continue
    for (const { mac, port } of network.bridgePorts(netns.id, device.name)) yield { cells: [device.name, mac, port], origin: KERNEL }
  }
}

function* conntrackRows(conntrack: ReadonlyMap<string, ConntrackEntry> | undefined): Generator<LookupRow> {
  for (const { original, reply, state, seenReply, assured, mark } of conntrack?.values() ?? []) {
    const flags = [state ?? '', seenReply ? '' : 'UNREPLIED', assured ? 'ASSURED' : '', mark === 0 ? '' : `mark=0x${mark.toString(16)}`]
    yield { cells: [original.protocol, tupleText(original), tupleText(reply), flags.filter((flag) => flag !== '').join(' ')] }
  }
}

const tupleText = (tuple: Tuple): string =>
  isIcmp(tuple.protocol)
    ? `${tuple.source} → ${tuple.destination} id=${tuple.sourcePort}`
    : `${joinHostPort(tuple.source, tuple.sourcePort)} → ${joinHostPort(tuple.destination, tuple.destinationPort)}`
