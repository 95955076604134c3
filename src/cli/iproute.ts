import { broadcastOf, fullLength, printCidr } from '../core/net/cidr.ts'
import type { Cidr } from '../core/net/cidr.ts'
import { isIpv6 } from '../core/net/ip.ts'
import { compareWords } from '../core/net/ip6.ts'
import { isIcmp, type Tuple } from '../core/net/packet.ts'
import type { Interface, NetnsId } from '../core/kernel/interface.ts'
import type { ConntrackEntry } from '../core/kernel/netfilter/conntrack-entry.ts'
import { type IpRule, type NetworkNamespace, type Route, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from '../core/kernel/netns.ts'

/**
 * Kernel state as `ip -j` and `bridge -j` (iproute2) print it: the same keys in the same order, as far as the simulator has the fact behind the key.
 * Left out: statistics, timers, group and queue fields, IPv6 multicast entries.
 */
type Row = Readonly<Record<string, unknown>>

const TABLE_NAMES = new Map([
  [TABLE_LOCAL, 'local'],
  [TABLE_MAIN, 'main'],
  [TABLE_DEFAULT, 'default'],
])
const tableName = (table: number): string => TABLE_NAMES.get(table) ?? String(table)

/** A whole address is printed bare, the whole space as `default`. */
const prefixText = (prefix: Cidr): string =>
  prefix.length === 0 ? 'default' : prefix.length === fullLength(prefix) ? prefix.ip : printCidr(prefix)

/** `ip -j route show table all`: main first, then the others by number as the kernel keeps them. */
export function ipRoute(netns: NetworkNamespace): Row[] {
  const tables = [...netns.tables].sort(([a], [b]) => Number(b === TABLE_MAIN) - Number(a === TABLE_MAIN) || a - b)
  return tables.flatMap(([table, routes]) => [...routes].sort(byPrefix).map((route) => routeRow(route, table)))
}

/** `ip -6 -j route show table all`. */
export function ipRoute6(netns: NetworkNamespace): Row[] {
  const tables = [...(netns.tables6 ?? [])].sort(([a], [b]) => Number(b === TABLE_MAIN) - Number(a === TABLE_MAIN) || a - b)
  return tables.flatMap(([table, routes]) => [...routes].sort(byPrefix6).map((route) => ({ ...routeRow(route, table), pref: 'medium' })))
}

/** Default routes of IPv6 in table main: `ip -4 route show table all` of the recorded version lists them, too. */
export const defaultRoutes6 = (netns: NetworkNamespace): Row[] =>
  ipRoute6(netns).filter((row) => row['dst'] === 'default' && row['type'] === undefined)

const byPrefix6 = ({ destination: a }: Route, { destination: b }: Route): number =>
  b.length - a.length || (a.wide && b.wide ? compareWords(a.wide.network, b.wide.network) : 0)

function byPrefix({ destination: a }: Route, { destination: b }: Route): number {
  return a.network - b.network || a.length - b.length
}

function routeRow(route: Route, table: number): Row {
  return {
    ...(route.type !== 'unicast' && { type: route.type }),
    dst: prefixText(route.destination),
    ...(route.via && { gateway: route.via }),
    ...(route.dev && { dev: route.dev }),
    ...(table !== TABLE_MAIN && { table: tableName(table) }),
    ...(route.protocol && route.protocol !== 'boot' && { protocol: route.protocol }),
    ...(route.scope !== 'global' && { scope: route.scope }),
    ...(route.preferredSource && { prefsrc: route.preferredSource }),
    ...(route.metric > 0 && { metric: route.metric }),
    flags: route.onlink ? ['onlink'] : [],
  }
}

/** `ip -j rule` */
export const ipRule = (netns: NetworkNamespace): Row[] => ruleRows(netns.rules)
/** `ip -6 -j rule` */
export const ipRule6 = (netns: NetworkNamespace): Row[] => ruleRows(netns.rules6 ?? [])

function ruleRows(rules: readonly IpRule[]): Row[] {
  return rules.map((rule) => ({
    priority: rule.priority,
    src: rule.from ? rule.from.ip : 'all',
    ...(rule.from && rule.from.length < fullLength(rule.from) && { srclen: rule.from.length }),
    ...(rule.to && { dst: rule.to.ip, ...(rule.to.length < fullLength(rule.to) && { dstlen: rule.to.length }) }),
    ...(rule.fwmark && { fwmark: hex(rule.fwmark.value), ...(rule.fwmark.mask !== 0xffffffff && { fwmask: hex(rule.fwmark.mask) }) }),
    ...(rule.iif && { iif: rule.iif }),
    table: tableName(rule.table),
  }))
}

const hex = (value: number): string => `0x${value.toString(16)}`

/** `ip -d -j link` */
export function ipLink(netns: NetworkNamespace): Row[] {
  return [...netns.interfaces.values()].map((device) => linkRow(device, netns.id))
}

function linkRow(device: Interface, netns: NetnsId): Row {
  return {
    ifindex: device.index,
    ...(device.kind === 'vxlan' && { link: device.lower }),
    ifname: device.name,
    flags: flags(device),
    mtu: device.mtu,
    ...(device.master && { master: device.master }),
    operstate: device.kind === 'loopback' || device.kind === 'vxlan' ? 'UNKNOWN' : device.up ? 'UP' : 'DOWN',
    link_type: device.kind === 'loopback' ? 'loopback' : 'ether',
    address: device.mac,
    broadcast: device.kind === 'loopback' ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff',
    ...(device.kind === 'veth' && device.peer.netns !== netns && { link_netns: device.peer.netns }),
    ...linkInfo(device),
  }
}

function linkInfo(device: Interface): Row {
  const slave = device.master ? { info_slave_kind: 'bridge', info_slave_data: { hairpin: device.hairpin ?? false } } : {}
  switch (device.kind) {
    case 'loopback':
    case 'physical':
      return device.master ? { linkinfo: slave } : {}
    case 'dummy':
    case 'veth':
    case 'bridge':
      return { linkinfo: { info_kind: device.kind, ...slave } }
    case 'vxlan': {
      const data = {
        id: device.vni,
        [isIpv6(device.local) ? 'local6' : 'local']: device.local,
        link: device.lower,
        port: device.port,
        learning: device.learning,
      }
      return { linkinfo: { info_kind: 'vxlan', info_data: data, ...slave } }
    }
  }
}

function flags(device: Interface): string[] {
  if (device.kind === 'loopback') return device.up ? ['LOOPBACK', 'UP', 'LOWER_UP'] : ['LOOPBACK']
  return ['BROADCAST', 'MULTICAST', ...(device.up ? ['UP', 'LOWER_UP'] : [])]
}

/** `ip -j addr` */
export function ipAddr(netns: NetworkNamespace): Row[] {
  return [...netns.interfaces.values()].map((device) => ({
    ifindex: device.index,
    ifname: device.name,
    flags: flags(device),
    mtu: device.mtu,
    ...(device.master && { master: device.master }),
    address: device.mac,
    addr_info: device.addresses.map(({ prefix, scope }) => ({
      family: prefix.wide ? 'inet6' : 'inet',
      local: prefix.ip,
      prefixlen: prefix.length,
      ...(!prefix.wide && prefix.length < 31 && scope === 'global' && { broadcast: broadcastOf(prefix) }),
      scope,
      ...(!prefix.wide && { label: device.name }),
    })),
  }))
}

/** `ip -j neigh`: permanent entries; those that ARP resolves come and go with packets. */
export function ipNeigh(netns: NetworkNamespace): Row[] {
  return netns.neighbours.map(({ ip, dev, mac }) => ({ dst: ip, dev, lladdr: mac, state: ['PERMANENT'] }))
}

/** `bridge -j fdb`: the entries of VXLAN devices, and each bridge port's own address. */
export function bridgeFdb(netns: NetworkNamespace): Row[] {
  return [...netns.interfaces.values()].flatMap((device): Row[] => {
    if (device.kind === 'vxlan') return device.fdb.map(({ mac, remote }) => fdbRow(mac, device.name, { dst: remote, flags: ['self'] }))
    if (device.kind === 'bridge') return [fdbRow(device.mac, device.name, { flags: [], master: device.name })]
    return device.master ? [fdbRow(device.mac, device.name, { flags: [], master: device.master })] : []
  })
}

const fdbRow = (mac: string, ifname: string, rest: Row): Row => ({ mac, ifname, ...rest, state: 'permanent' })

/** Connections as `conntrack -L` tells them, in the keys of /proc/net/nf_conntrack. */
export function conntrackList(table: ReadonlyMap<string, ConntrackEntry> | undefined): Row[] {
  return [...(table?.values() ?? [])].map((entry) => ({
    proto: entry.original.protocol,
    ...(entry.state && { state: entry.state }),
    orig: tupleRow(entry.original),
    ...(!entry.seenReply && { unreplied: true }),
    reply: tupleRow(entry.reply),
    ...(entry.assured && { assured: true }),
    mark: entry.mark,
  }))
}

function tupleRow(tuple: Tuple): Row {
  const addresses = { src: tuple.source, dst: tuple.destination }
  if (!isIcmp(tuple.protocol)) return { ...addresses, sport: tuple.sourcePort, dport: tuple.destinationPort }
  return { ...addresses, type: tuple.destinationPort >> 8, code: tuple.destinationPort & 255, id: tuple.sourcePort }
}
