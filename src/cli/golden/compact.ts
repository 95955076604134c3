import { isIpv6 } from '../../core/net/ip.ts'
import type { GoldenEntry, GoldenIcmp, GoldenPacket, GoldenProbe, GoldenRun, GoldenSide, GoldenTuple } from './format.ts'

/**
 * A probe as a few lines of text: all that a recording can tell for sure, and nothing that is random by nature. Recorded and simulated probes go through
 * the same function, so that comparing them is comparing lines and a difference can be read. Ports and ids that a kernel drew are numbered by first
 * appearance: they must stay consistent, not equal. Rules are named by their place in the node's tables, which are compared on their own.
 */
export function compactProbe(probe: GoldenProbe, tables: ReadonlyMap<string, SavedTables>, named: ReadonlySet<number>): string[] {
  const port = masker(named)
  const { outcome, socket } = probe
  return [
    ...hopLines('request', probe.request, port),
    ...hopLines('reply', probe.reply, port),
    ...probe.request.rules.map((run) => runLine('request', run, tables, port)),
    ...probe.reply.rules.map((run) => runLine('reply', run, tables, port)),
    ...(probe.loop ? ['loop'] : conntrackLines(probe, port)),
    `socket ${addressed(socket.local, port)} > ${socket.remote}`,
    `outcome ${outcomeText(outcome, port)}`,
  ]
}

type Port = (port: number) => string

function masker(named: ReadonlySet<number>): Port {
  const drawn = new Map<number, string>()
  return (port) => {
    if (named.has(port)) return String(port)
    const known = drawn.get(port) ?? `~${drawn.size + 1}`
    drawn.set(port, known)
    return known
  }
}

const hostPort = (ip: string, port: string): string => (isIpv6(ip) ? `[${ip}]:${port}` : `${ip}:${port}`)

/** `IP:PORT` text with the port masked. */
function addressed(text: string | null | undefined, port: Port): string {
  const match = /^(\[.*\]|[^:]*):(\d+)$/.exec(text ?? '')
  return match ? `${match[1]}:${port(Number(match[2]))}` : (text ?? '-')
}

function outcomeText(outcome: GoldenProbe['outcome'], port: Port): string {
  const { sentBy } = outcome
  return Object.entries({
    type: outcome.type,
    by: outcome.answeredBy,
    seen: outcome.clientSeen && addressed(outcome.clientSeen, port),
    errno: outcome.errno,
    icmp:
      outcome.icmp &&
      [outcome.icmp.type, outcome.icmp.code, outcome.icmp.mtu].filter((field) => field !== undefined && field !== null).join('/'),
    reset: outcome.tcpReset,
    from: sentBy && [sentBy.netns, sentBy.pod, sentBy.srcIP].filter(Boolean).join(' '),
    shown: outcome.fromAddressSeenByClient,
    reached: outcome.reachedServer,
  })
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
}

/**
 * The switch between hosts is not a namespace of the simulator's, and names of host veths are arbitrary. A packet that is as it was at the sighting before
 * (a cable has two ends) is a ditto.
 */
function hopLines(side: string, { hops }: GoldenSide, port: Port): string[] {
  let before = ''
  return hops
    .filter((hop) => hop.kind !== 'fabric')
    .map((hop) => {
      const text = packetText(hop, port)
      const shown = text === before ? '"' : text
      before = text
      return `${side} ${hop.netns} ${device(hop.iface)} ${hop.dir}: ${shown}`
    })
}

const device = (name: string | null | undefined): string => (name?.startsWith('veth') ? 'veth' : (name ?? '-'))

function packetText({ eth, ip, tcp, udp, icmp, vxlan }: GoldenPacket, port: Port): string {
  const fragment = ip.mf || ip.fragOffset ? ` frag ${ip.fragOffset ?? 0}${ip.mf ? '+' : ''}` : ''
  return [
    eth && `${eth.src} > ${eth.dst} ${eth.type},`,
    `${ip.src} > ${ip.dst} ${ip.proto} ttl ${ip.ttl} len ${ip.len}${ip.df ? ' df' : ''}${fragment}`,
    tcp && `${port(tcp.sport)} > ${port(tcp.dport)} ${tcp.flags}${tcp.mss === undefined ? '' : ` mss ${tcp.mss}`}`,
    // The outer source port of VXLAN is a hash of the inner flow.
    udp && (vxlan ? `> ${udp.dport} len ${udp.len}` : `${port(udp.sport)} > ${port(udp.dport)} len ${udp.len}`),
    icmp && icmpText(icmp, port),
    vxlan && `vni ${vxlan.vni} [${packetText(vxlan.inner, port)}]`,
  ]
    .filter(Boolean)
    .join(' ')
}

function icmpText(icmp: GoldenIcmp, port: Port): string {
  return [
    `${icmp.type}/${icmp.code}`,
    icmp.id !== undefined && `id ${port(icmp.id)}`,
    icmp.seq !== undefined && `seq ${icmp.seq}`,
    icmp.mtu !== undefined && `mtu ${icmp.mtu}`,
    icmp.gateway !== undefined && `gateway ${icmp.gateway}`,
    icmp.inner && `[${packetText(icmp.inner, port)}]`,
  ]
    .filter(Boolean)
    .join(' ')
}

function runLine(side: string, run: GoldenRun, tables: ReadonlyMap<string, SavedTables>, port: Port): string {
  const { packet } = run
  const source = packet.sport === undefined ? packet.src : hostPort(packet.src, port(packet.sport))
  const destination = packet.dport === undefined ? packet.dst : hostPort(packet.dst, port(packet.dport))
  const icmp = packet.icmp
    ? ` ${packet.icmp.type}/${packet.icmp.code}${packet.icmp.id === undefined ? '' : ` id ${port(packet.icmp.id)}`}`
    : ''
  const ways = `${device(run.iif)} > ${device(run.oif)}`
  return `${side} ${run.node} ${tableOf(run)} ${run.chain} ${run.hook} ${ways}, ${source} > ${destination} ${packet.proto}${icmp} ttl ${packet.ttl}, ${run.result}: ${stepsText(run, tables.get(run.node))}`
}

/** As the node's tables are called: those of IPv6 apart. */
const tableOf = ({ family, table }: GoldenRun): string => (family ? `${family} ${table}` : table)

/** Chain, place and verdict of each step; the chain is left out where the verdict before says it. */
function stepsText(run: GoldenRun, saved: SavedTables | undefined): string {
  let current = ''
  const texts = run.steps.map(({ chain, rule, end, verdict, mark }) => {
    const name = chain === current ? '' : chain
    const at = rule === undefined ? (end ? ' end' : ' policy') : placeOf(rule, tableOf(run), chain, saved)
    current = /^(?:JUMP|GOTO) (.*)$/.exec(verdict)?.[1] ?? chain
    return `${name}${at} ${verdict}${mark ? ` ${mark}` : ''}`.trimStart()
  })
  return texts.join('; ')
}

/** `[3]`, or the whole rule when the node has no such rule. */
function placeOf(rule: string, table: string, chain: string, saved: SavedTables | undefined): string {
  const index = (saved?.[`${table} ${chain}`] ?? []).filter(isRule).indexOf(rule)
  return index < 0 ? ` ${rule}` : `[${index}]`
}

/** Not what a chain is: its policy or, in nftables, its hook or comment. */
const isRule = (line: string): boolean => !/^(?:policy |type \w+ hook |comment ")/.test(line)

function conntrackLines({ conntrack }: GoldenProbe, port: Port): string[] {
  return Object.keys(conntrack)
    .sort()
    .flatMap((node) => [...(conntrack[node] ?? [])].sort(byAddresses).map((entry) => `conntrack ${node} ${entryText(entry, port)}`))
}

const addressKey = ({ proto, orig, reply }: GoldenEntry): string => `${proto} ${orig.dst} ${reply.src}`
const byAddresses = (a: GoldenEntry, b: GoldenEntry): number => (addressKey(a) < addressKey(b) ? -1 : addressKey(a) > addressKey(b) ? 1 : 0)

const entryText = (entry: GoldenEntry, port: Port): string =>
  [entry.proto, entry.state, ...[...entry.flags].sort(), tupleText(entry.orig, port), '/', tupleText(entry.reply, port)]
    .filter(Boolean)
    .join(' ')

function tupleText(tuple: GoldenTuple, port: Port): string {
  if (tuple.sport !== undefined && tuple.dport !== undefined)
    return `${hostPort(tuple.src, port(tuple.sport))} > ${hostPort(tuple.dst, port(tuple.dport))}`
  return `${tuple.src} > ${tuple.dst} ${tuple.type}/${tuple.code}${tuple.id === undefined ? '' : ` id ${port(tuple.id)}`}`
}

/** Rules by `table CHAIN`; base chains begin with their policy line. */
export type SavedTables = Readonly<Record<string, readonly string[]>>

/** Chains that kube-proxy fills in the order of a Go map. Only that the jump to NodePorts is last is not random. */
const UNORDERED = new Set(['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-EXTERNAL-SERVICES', 'KUBE-PROXY-FIREWALL'])

/** An iptables-save (or -restore) text by chain, with the order of rules where it means something. */
export function compactTables(text: string): SavedTables {
  const chains: Record<string, string[]> = {}
  let table = ''
  for (const line of text.split('\n')) {
    const [word = '', second = ''] = line.split(' ')
    if (word.startsWith('*')) table = word.slice(1)
    else if (word.startsWith(':')) chains[`${table} ${word.slice(1)}`] = second === '-' ? [] : [`policy ${second}`]
    else if (word === '-A') (chains[`${table} ${second}`] ??= []).push(line)
  }
  for (const [name, rules] of Object.entries(chains)) if (UNORDERED.has(name.split(' ')[1] ?? '')) chains[name] = sortedKeepingLast(rules)
  return Object.fromEntries(Object.entries(chains).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The same of an `nft list` text; sets and maps are called `@name`. Order of elements, and of chains, means nothing. */
export function compactNft(text: string): SavedTables {
  const blocks: Record<string, readonly string[]> = {}
  for (const [, family, table, body = ''] of text.matchAll(/^table (\S+) (\S+) \{\n([\s\S]*?)^\}$/gm))
    for (const [, kind, name, lines = ''] of body.matchAll(/^\t(chain|set|map) (\S+) \{\n([\s\S]*?)^\t\}$/gm)) {
      const key = `${family === 'ip' ? '' : `${family} `}${table} ${kind === 'chain' ? '' : '@'}${name}`
      blocks[key] = kind === 'chain' ? trimmed(lines) : trimmed(lines.replace(/elements = \{ ([^}]*) \}/, sortedElements))
    }
  return Object.fromEntries(Object.entries(blocks).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const trimmed = (lines: string): readonly string[] =>
  lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

const sortedElements = (_: string, list: string): string =>
  `elements = { ${list
    .split(',')
    .map((element) => element.trim())
    .sort()
    .join(', ')} }`

function sortedKeepingLast(rules: readonly string[]): string[] {
  const isLast = rules.at(-1)?.endsWith('-j KUBE-NODEPORTS')
  return isLast ? [...rules.slice(0, -1).sort(), ...rules.slice(-1)] : [...rules].sort()
}

type Row = Readonly<Record<string, unknown>>

/** Rows of `ip -j` and `bridge -j` as sorted lines; broadcast routes, multicast entries and dynamic neighbours left out. */
export const compactRoutes = (rows: readonly Row[]): string[] =>
  lines(
    rows.filter((row) => row['type'] !== 'broadcast'),
    ['type', 'dst', 'gateway', 'dev', 'table', 'prefsrc', 'scope', 'flags'],
  )
export const compactFdb = (rows: readonly Row[]): string[] =>
  lines(
    rows.filter((row) => row['dst'] !== undefined),
    ['mac', 'ifname', 'dst'],
  )
export const compactNeigh = (rows: readonly Row[]): string[] =>
  lines(
    rows.filter((row) => [row['state']].flat().includes('PERMANENT')),
    ['dst', 'dev', 'lladdr'],
  )

function lines(rows: readonly Row[], keys: readonly string[]): string[] {
  return rows.map((row) => keys.flatMap((key) => (isEmpty(row[key]) ? [] : [`${key} ${valueText(row[key])}`])).join(' ')).sort()
}

const isEmpty = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.length === 0)
const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
