import { type Cluster, get } from '../core/cluster/cluster.ts'
import type { Simulation } from '../core/engine.ts'
import type { Interface, NetnsId } from '../core/kernel/interface.ts'
import type { ConntrackEntry } from '../core/kernel/netfilter/conntrack-entry.ts'
import { printRule } from '../core/kernel/netfilter/print.ts'
import type { TableName } from '../core/kernel/netfilter/ruleset.ts'
import { type NetworkNamespace, type Route, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from '../core/kernel/netns.ts'
import { KERNEL } from '../core/kernel/origin.ts'
import { printCidr } from '../core/net/cidr.ts'
import type { Tuple } from '../core/net/packet.ts'
import { netnsOfPod } from '../core/node/netns-of.ts'
import { network } from '../core/node/network.ts'
import { directoryOf, ownersIn } from './places.ts'
import type { Ask, TableKind, TableRow, TableRows } from './protocol.ts'

/**
 * What a network namespace has to look things up in, at rest: as iproute2, iptables-save and conntrack would list it. Rows are made one by one and only
 * while somebody still wants them, for a node may have tens of thousands of rules.
 */
export function tableOf({ cluster, runtime }: Simulation, ask: Extract<Ask, { kind: 'table' }>): TableRows | undefined {
  const id = netnsNamed(cluster, ask.target)
  const netns = id && network(cluster).netns(id)
  if (!id || !netns) return undefined
  const conntrack = runtime.conntrack.get(id)
  const words = ask.find.toLowerCase().split(/\s+/).filter(Boolean)
  const rows: TableRow[] = []
  let complete = true
  for (const row of rowsOf(ask.table, netns, cluster, conntrack)) {
    if (!holds(row, words)) continue
    if (rows.length === ask.limit) {
      complete = false
      break
    }
    rows.push(row)
  }
  const text = rows.map(({ cells }) => cells.join(' ')).join('\n')
  return { netns: id, rows, complete, owners: ownersIn(text, directoryOf(cluster), ask.target) }
}

/** An id of the tree, or the name that a trace has for a namespace. */
function netnsNamed(cluster: Cluster, target: string): NetnsId | undefined {
  const [kind, first = '', second = ''] = target.split('/')
  if (kind === 'pod') return netnsOfPod(cluster, first, second)
  if (kind === 'node') return get(cluster, 'Node', '', first) && (first as NetnsId)
  return (kind === 'external' ? first : target) as NetnsId
}

const holds = ({ cells }: TableRow, words: readonly string[]): boolean => {
  if (words.length === 0) return true
  const text = cells.join(' ').toLowerCase()
  return words.every((word) => text.includes(word))
}

type Conntrack = ReadonlyMap<string, ConntrackEntry> | undefined

function rowsOf(table: TableKind, netns: NetworkNamespace, cluster: Cluster, conntrack: Conntrack): Iterable<TableRow> {
  switch (table) {
    case 'address':
      return addressRows(netns)
    case 'route':
      return routeRows(netns)
    case 'neighbour':
      return neighbourRows(netns, cluster)
    case 'fdb':
      return fdbRows(netns, cluster)
    case 'chain':
      return ruleRows(netns)
    case 'conntrack':
      return conntrackRows(conntrack)
  }
}

function* addressRows({ interfaces }: NetworkNamespace): Generator<TableRow> {
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

/** Tables in the order in which the default rules ask them, longest prefix first, as the kernel compares. */
function* routeRows({ tables }: NetworkNamespace): Generator<TableRow> {
  for (const [table, routes] of [...tables].toSorted(([a], [b]) => b - a))
    for (const route of routes.toSorted((a, b) => b.destination.length - a.destination.length))
      yield { cells: [TABLES[table] ?? String(table), prefixText(route), wayText(route)], origin: route.origin }
}

function prefixText({ type, destination }: Route): string {
  const prefix = destination.length === 0 ? 'default' : destination.length === 32 ? destination.ip : printCidr(destination)
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

/** Permanent entries, then all who would answer ARP. */
function* neighbourRows(netns: NetworkNamespace, cluster: Cluster): Generator<TableRow> {
  const known = new Set<string>()
  for (const { dev, ip, mac, origin } of netns.neighbours) {
    known.add(`${dev} ${ip}`)
    yield { cells: [dev, ip, mac, 'PERM'], origin }
  }
  for (const device of netns.interfaces.values()) {
    for (const { mac, addresses } of portsOf(device, netns, cluster)) {
      if (mac === device.mac) continue
      for (const ip of addresses) if (!known.has(`${device.name} ${ip}`)) yield { cells: [device.name, ip, mac, 'ARP'], origin: KERNEL }
    }
  }
}

/** Whoever can be asked on a device: those on its cable, or behind the ports of a bridge. */
function portsOf(device: Interface, netns: NetworkNamespace, cluster: Cluster) {
  const net = network(cluster)
  if (device.kind === 'physical') return net.segment(device.segment)
  if (device.kind === 'bridge') return net.bridgePorts(netns.id, device.name)
  if (device.kind !== 'veth') return []
  const peer = net.netns(device.peer.netns)
  const end = peer?.interfaces.get(device.peer.name)
  const gateway = end?.master === undefined ? end : peer?.interfaces.get(end.master)
  const own = gateway ? [{ mac: gateway.mac, addresses: gateway.addresses.map(({ prefix }) => prefix.ip) }] : []
  return [...own, ...(peer && end?.master !== undefined ? net.bridgePorts(peer.id, end.master) : [])]
}

function* fdbRows(netns: NetworkNamespace, cluster: Cluster): Generator<TableRow> {
  for (const device of netns.interfaces.values()) {
    if (device.kind === 'vxlan') for (const { mac, remote, origin } of device.fdb) yield { cells: [device.name, mac, remote], origin }
    if (device.kind !== 'bridge') continue
    for (const { mac, port } of network(cluster).bridgePorts(netns.id, device.name))
      yield { cells: [device.name, mac, port], origin: KERNEL }
  }
}

const ORDER: readonly TableName[] = ['raw', 'mangle', 'nat', 'filter']

function* ruleRows({ ruleset }: NetworkNamespace): Generator<TableRow> {
  for (const name of ORDER) {
    const table = ruleset.tables.get(name)
    for (const chainName of table?.chainNames() ?? []) {
      const chain = table?.chain(chainName)
      if (!chain) continue
      for (let index = 0; index < chain.length; index++) {
        const rule = chain.rule(index)
        yield { cells: [name, printRule(chainName, rule)], origin: rule.origin }
      }
      if (chain.policy !== undefined && chain.registered) yield { cells: [name, `-P ${chainName} ${chain.policy}`] }
    }
  }
}

function* conntrackRows(conntrack: Conntrack): Generator<TableRow> {
  for (const { original, reply, state, seenReply, assured, mark } of conntrack?.values() ?? []) {
    const flags = [state ?? '', seenReply ? '' : 'UNREPLIED', assured ? 'ASSURED' : '', mark === 0 ? '' : `mark=0x${mark.toString(16)}`]
    yield { cells: [original.protocol, tupleText(original), tupleText(reply), flags.filter((flag) => flag !== '').join(' ')] }
  }
}

const tupleText = (tuple: Tuple): string =>
  tuple.protocol === 'icmp'
    ? `${tuple.source} → ${tuple.destination} id=${tuple.sourcePort}`
    : `${tuple.source}:${tuple.sourcePort} → ${tuple.destination}:${tuple.destinationPort}`
