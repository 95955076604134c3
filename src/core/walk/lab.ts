import { assert } from '../base/assert.ts'
import { addressRoutes, DEFAULT_RULES } from '../kernel/address-routes.ts'
import type { Interface, InterfaceKind, NetnsId } from '../kernel/interface.ts'
import { applyCommands } from '../kernel/netfilter/apply.ts'
import { EMPTY_RULESET } from '../kernel/netfilter/ruleset.ts'
import {
  type BridgePort,
  type Neighbour,
  type Network,
  type NetworkNamespace,
  type Route,
  type SegmentPort,
  type Socket,
  TABLE_LOCAL,
  TABLE_MAIN,
} from '../kernel/netns.ts'
import type { Origin } from '../kernel/origin.ts'
import { DEFAULT_SYSCTLS, type Sysctls } from '../kernel/sysctl.ts'
import { cidr, contains, parseCidr } from '../net/cidr.ts'
import { ANY, type Ip, LOOPBACK, parseIp } from '../net/ip.ts'
import { type Mac, macFromIp, ZERO_MAC } from '../net/mac.ts'
import type { Protocol } from '../net/packet.ts'

/**
 * Networks of hand-made namespaces from a few lines of text, for tests of the packet engine without any Kubernetes:
 *
 *   a
 *     eth0 veth br.va 10.0.0.2/24           a cable to port va of namespace br
 *     default via 10.0.0.1                  a route, as after `ip route add`
 *     listen tcp 80
 *   br forward rp_filter=2
 *     br0 bridge 10.0.0.1/24
 *     va veth a.eth0 master br0 hairpin
 *     eth0 wire lan 192.168.0.1/24 mtu 1400
 *     vx vxlan 1 192.168.0.1 10.9.0.0/32 fdb 02:..:01>192.168.0.2
 *     neigh 10.9.1.0 02:..:01 vx
 *     -t nat -A POSTROUTING -o eth0 -j MASQUERADE
 *
 * A device's MAC is `02:` and a counter unless an address gives it one.
 */
const ADMIN: Origin = { agent: 'admin' }
const VXLAN_PORT = 8472

export function lab(text: string): Network {
  const drafts: Draft[] = []
  for (const line of text.split('\n').filter((l) => l.trim() !== '')) {
    const depth = line.length - line.trimStart().length
    const indent = text.length - text.trimStart().length
    if (drafts.length === 0 || depth <= baseIndent(text, indent)) drafts.push(draft(line.trim()))
    else read(drafts.at(-1), line.trim())
  }
  return networkOf(new Map(drafts.map((d) => [d.id, finish(d)])))
}

function baseIndent(text: string, fallback: number): number {
  const first = text.split('\n').find((l) => l.trim() !== '')
  return first === undefined ? fallback : first.length - first.trimStart().length
}

interface Draft {
  readonly id: NetnsId
  readonly sysctls: Sysctls
  readonly interfaces: Map<string, Interface>
  readonly routes: string[]
  readonly neighbours: Neighbour[]
  readonly commands: string[]
  readonly sockets: Socket[]
}

function draft(line: string): Draft {
  const [name = '', ...flags] = line.split(/\s+/)
  const lo: Interface = {
    kind: 'loopback',
    name: 'lo',
    index: 1,
    mac: ZERO_MAC,
    mtu: 65536,
    up: true,
    addresses: [{ prefix: cidr(LOOPBACK, 8), scope: 'host' }],
    origin: ADMIN,
  }
  const value = (flag: string): number | undefined => {
    const found = flags.find((f) => f.startsWith(`${flag}=`))
    return found === undefined ? undefined : Number(found.split('=')[1])
  }
  const rpFilter = ([0, 1, 2] as const)[value('rp_filter') ?? 0] ?? 0
  const sysctls = {
    ...DEFAULT_SYSCTLS,
    ipForward: flags.includes('forward'),
    rpFilter,
    bridgeNfCallIptables: value('bridge-nf') !== 0,
    routeLocalnet: flags.includes('route_localnet'),
  }
  return { id: name as NetnsId, sysctls, interfaces: new Map([['lo', lo]]), routes: [], neighbours: [], commands: [], sockets: [] }
}

function read(into: Draft | undefined, line: string): void {
  assert(into, `a namespace before ${line}`)
  const words = line.split(/\s+/)
  if (line.startsWith('-')) into.commands.push(line)
  else if (words[0] === 'listen')
    into.sockets.push({ protocol: words[1] as Protocol, address: ANY, port: Number(words[2]), owner: into.id })
  else if (words[0] === 'neigh') into.neighbours.push({ ip: words[1] as Ip, mac: words[2] as Mac, dev: words[3] ?? '', origin: ADMIN })
  else if (words.includes('via') || words[0] === 'blackhole' || words[0] === 'unreachable' || words[1] === 'dev') into.routes.push(line)
  else device(into, words)
}

function device(into: Draft, words: readonly string[]): void {
  const [name = '', kind = ''] = words
  const after = (word: string): string | undefined => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined)
  const prefixes = words
    .slice(2)
    .filter((w) => w.includes('/'))
    .flatMap((w) => parseCidr(w) ?? [])
  const first = prefixes[0]
  const master = after('master')
  const iface: Interface = {
    ...kindOf(kind, words),
    name,
    index: into.interfaces.size + 1,
    mac: (after('mac') ?? (first ? macFromIp('02:00', first.ip) : `06:${hex(into.id)}:${hex(name)}:00:00:01`)) as Mac,
    mtu: Number(after('mtu') ?? 1500),
    up: !words.includes('down'),
    addresses: prefixes.map((prefix) => ({ prefix, scope: 'global' as const })),
    ...(master !== undefined && { master }),
    ...(words.includes('hairpin') && { hairpin: true }),
    origin: ADMIN,
  }
  into.interfaces.set(name, iface)
}

const hex = (text: string): string =>
  [text.charCodeAt(0) & 255, text.charCodeAt(text.length - 1) & 255].map((n) => n.toString(16).padStart(2, '0')).join(':')

function kindOf(kind: string, words: readonly string[]): InterfaceKind {
  const third = words[2] ?? ''
  switch (kind) {
    case 'veth': {
      const [netns = '', name = ''] = third.split('.')
      return { kind, peer: { netns: netns as NetnsId, name } }
    }
    case 'wire':
      return { kind: 'physical', segment: third }
    case 'vxlan': {
      const fdb = words
        .filter((w) => w.includes('>'))
        .map((w) => ({ mac: w.split('>')[0] as Mac, remote: w.split('>')[1] as Ip, origin: ADMIN }))
      return { kind, vni: Number(third), local: words[3] as Ip, port: VXLAN_PORT, lower: 'eth0', learning: false, fdb }
    }
    case 'bridge':
    case 'dummy':
      return { kind }
    default:
      throw new RangeError(`no device kind ${kind}`)
  }
}

function finish(d: Draft): NetworkNamespace {
  const { local, main } = addressRoutes(d.interfaces.values())
  const routes = d.routes.map((line) => routeOf(line, d.interfaces))
  const rules = applyCommands(EMPTY_RULESET, d.commands, ADMIN)
  assert(rules.ok, `${d.id}: ${JSON.stringify(rules)}`)
  const { id, interfaces, neighbours, sysctls, sockets } = d
  const tables = new Map([
    [TABLE_LOCAL, local],
    [TABLE_MAIN, [...main, ...routes]],
  ])
  return { id, interfaces, rules: DEFAULT_RULES, tables, neighbours, ruleset: rules.value, sysctls, sockets }
}

function routeOf(line: string, interfaces: ReadonlyMap<string, Interface>): Route {
  const words = line.split(/\s+/)
  const type = words[0] === 'blackhole' || words[0] === 'unreachable' ? words[0] : 'unicast'
  const target = (type === 'unicast' ? words[0] : words[1]) ?? ''
  const destination = target === 'default' ? cidr(ANY, 0) : parseCidr(target)
  assert(destination, `prefix ${target}`)
  const after = (word: string): string | undefined => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined)
  const via = parseIp(after('via') ?? '')
  const dev =
    after('dev') ??
    [...interfaces.values()].find((i) => via && i.addresses.some((a) => a.prefix.length < 32 && contains(a.prefix, via)))?.name
  return {
    type,
    destination,
    ...(dev !== undefined && { dev }),
    ...(via && { via }),
    scope: via ? 'global' : 'link',
    metric: 0,
    origin: ADMIN,
  }
}

function networkOf(all: ReadonlyMap<NetnsId, NetworkNamespace>): Network {
  const everywhere = [...all.values()].flatMap((ns) => [...ns.interfaces.values()].map((iface) => ({ ns, iface })))
  const port = ({ ns, iface }: (typeof everywhere)[number]): SegmentPort => ({
    netns: ns.id,
    dev: iface.name,
    mac: iface.mac,
    addresses: iface.addresses.map((a) => a.prefix.ip),
  })
  return {
    netns: (id) => all.get(id),
    segment: (name) => everywhere.filter(({ iface }) => iface.kind === 'physical' && iface.segment === name).map(port),
    bridgePorts: (netns, bridge) =>
      everywhere.flatMap(({ ns, iface }): BridgePort[] => {
        const peer = iface.kind === 'veth' && iface.peer.netns === netns ? all.get(netns)?.interfaces.get(iface.peer.name) : undefined
        return peer?.master === bridge ? [{ ...port({ ns, iface }), port: peer.name }] : []
      }),
  }
}
