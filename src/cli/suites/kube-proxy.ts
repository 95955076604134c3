import { enumerate } from '../../core/base/choose.ts'
import type { EndpointSlice } from '../../core/api/endpointslice.ts'
import type { ApiObject } from '../../core/api/object.ts'
import type { Service } from '../../core/api/service.ts'
import { type Cluster, emptyCluster, transact } from '../../core/cluster/cluster.ts'
import { defaultConfig } from '../../core/cluster/config.ts'
import type { NetnsId } from '../../core/kernel/interface.ts'
import { applyCommands, applyRestore } from '../../core/kernel/netfilter/apply.ts'
import { PRIORITY } from '../../core/kernel/netfilter/hooks.ts'
import { printRule } from '../../core/kernel/netfilter/print.ts'
import { recentLists } from '../../core/kernel/netfilter/recent.ts'
import { parseRestore } from '../../core/kernel/netfilter/restore.ts'
import {
  EMPTY_RULESET,
  EMPTY_RULESET6,
  type Hook,
  type Ruleset,
  type TableName,
  type XtablesFamily,
} from '../../core/kernel/netfilter/ruleset.ts'
import { traverse, type Traversal } from '../../core/kernel/netfilter/traverse.ts'
import { type Ip, type IpFamily, joinHostPort, parseIp } from '../../core/net/ip.ts'
import type { Packet, Protocol } from '../../core/net/packet.ts'
import { JUMPS, KUBE_FIREWALL } from '../../core/node/kube-proxy/fixed-rules.ts'
import { kubeProxy } from '../../core/node/kube-proxy/kube-proxy.ts'
import { kubeProxyRestoreText } from '../../core/node/kube-proxy/restore-text.ts'
import { serviceMap } from '../../core/node/kube-proxy/service-map.ts'
import { type CaseFiles, type Outcome, outcome, type Suite } from './suite.ts'

/** kube-proxy v1.30's own tests: the rules that it writes for given Services, and what those rules do with single packets. */
export interface State {
  readonly id: string
  readonly options: {
    readonly ipFamily: string
    readonly nodeName: string
    readonly nodeIP?: string
    readonly localAddresses: readonly string[]
    readonly podCIDR: string | null
    readonly masqueradeAll?: boolean
    readonly nodePortAddresses: readonly string[] | null
    readonly localhostNodePorts?: boolean
    readonly nodeLabels?: Readonly<Record<string, string>>
  }
  readonly services: readonly Service[]
  readonly endpointSlices: readonly EndpointSlice[]
  readonly flows?: readonly Flow[]
  readonly computedDumps?: { readonly iptables?: string; readonly nftables?: string }
}

export interface Flow {
  readonly name: string
  readonly sourceIP: string
  readonly protocol: string
  readonly destIP: string
  readonly destPort: number
  readonly expectedMasq: boolean
  readonly expectedEndpoints: readonly string[]
  readonly expectedVerdict: 'DNAT' | 'DROP' | 'REJECT' | 'ACCEPT' | 'NOMATCH'
  /** Where nftables mode answers otherwise. */
  readonly nftables1303?: { readonly output: string; readonly masq: boolean }
}

export const STATES = 'kubeproxy/packetflow.json'
const SUITE_ORIGIN = { agent: 'kube-proxy' } as const

export const KUBE_PROXY_SUITE: Suite = {
  folder: 'kubeproxy',
  run(cases) {
    return (cases.json<readonly State[]>(STATES) ?? []).flatMap((state) => {
      const dump = state.computedDumps?.iptables
      const flows = (state.flows ?? []).map((flow) => outcome(`${state.id}/${flow.name}`, () => flowDifference(state, flow)))
      return dump === undefined ? flows : [...flows, dumpOutcome(cases, state, `kubeproxy/${dump}`)]
    })
  },
}

export const REAL_WORLD_SUITE: Suite = {
  folder: 'kubeproxy-realworld',
  run: (cases) =>
    cases
      .list('kubeproxy-realworld', '.input.json')
      .flatMap((path) => cases.json<State>(path) ?? [])
      .map((state) => dumpOutcome(cases, state, `kubeproxy-realworld/${state.id}.iptables.txt`)),
}

const familyOf = ({ options }: State): IpFamily => (options.ipFamily === 'IPv6' ? 'IPv6' : 'IPv4')
const xtablesFamily = (state: State): XtablesFamily => (familyOf(state) === 'IPv6' ? 'ip6' : 'ip')

function dumpOutcome(cases: CaseFiles, state: State, path: string): Outcome {
  return outcome(`${state.id} iptables`, () => {
    const expected = cases.text(path)
    return expected === undefined
      ? `${path} is absent`
      : chainDifference(chainsOf(expected, xtablesFamily(state)), chainsOf(restoreInput(state), xtablesFamily(state)))
  })
}

export function clusterOf({ options, services, endpointSlices }: State): Cluster {
  const base = defaultConfig('kubeadm')
  const config = {
    ...base,
    proxy: {
      ...base.proxy,
      clusterCIDR: options.podCIDR ?? '',
      masqueradeAll: options.masqueradeAll ?? false,
      nodePortAddresses: options.nodePortAddresses ?? [],
      // kube-proxy has none of IPv6, whatever it is told.
      localhostNodePorts: options.ipFamily !== 'IPv6' && (options.localhostNodePorts ?? true),
    },
  }
  const objects: readonly ApiObject[] = [...services, ...endpointSlices]
  return transact(
    emptyCluster(config),
    objects.map((object) => ({ op: 'put', object })),
  )
}

function restoreInput(state: State): string {
  const cluster = clusterOf(state)
  const addresses = state.options.localAddresses.flatMap((text) => parseIp(text) ?? [])
  const zone = state.options.nodeLabels?.['topology.kubernetes.io/zone']
  const node = { name: state.options.nodeName, zone, ip: parseIp(state.options.nodeIP ?? '') }
  const { proxy } = cluster.config
  const family = familyOf(state)
  return kubeProxyRestoreText(kubeProxy({ map: serviceMap(cluster, family), proxy, node, family, addresses }), proxy, addresses)
}

export type Chains = ReadonlyMap<string, readonly string[]>

/** Rules by `table chain`, as iptables-save prints them. The suites were made without --random-fully. */
export function chainsOf(text: string, family: XtablesFamily = 'ip'): Chains {
  const parsed = parseRestore(text, SUITE_ORIGIN, family)
  if (!parsed.ok) throw new Error(`${parsed.error.line}:${parsed.error.column}: ${parsed.error.message}`)
  const chains = new Map<string, string[]>()
  for (const { name, lines } of parsed.value)
    for (const line of lines) {
      if (line.kind === 'command') continue
      const key = `${name} ${line.chain}`
      const rules = chains.get(key) ?? []
      if (line.kind === 'append') rules.push(printRule(line.chain, line.rule).replace(' --random-fully', ''))
      chains.set(key, rules)
    }
  return chains
}

/** kube-proxy fills these from a Go map, in random order; that the jump to NodePorts comes last is not random. */
const UNORDERED = new Set(['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-EXTERNAL-SERVICES', 'KUBE-PROXY-FIREWALL'])

export function chainDifference(expected: Chains, actual: Chains): string | undefined {
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const [a, b] = [expected.get(key), actual.get(key)]
    if (!a || !b) return `${key}: ${a ? 'missing' : 'not expected'}`
    const loose = UNORDERED.has(key.split(' ')[1] ?? '')
    const [x, y] = loose ? [[...a].sort(), [...b].sort()] : [a, b]
    const at = Array.from({ length: Math.max(x.length, y.length) }, (_, i) => i).find((i) => x[i] !== y[i])
    if (at !== undefined) return `${key} rule ${at}: expected ${x[at]}, got ${y[at]}`
    if (loose && a.at(-1)?.endsWith('-j KUBE-NODEPORTS') && a.at(-1) !== b.at(-1)) return `${key}: the jump to KUBE-NODEPORTS is not last`
  }
  return undefined
}

/** The node's rules as its kernel holds them. */
function rulesetOf(state: State): Ruleset {
  const restored = applyRestore(familyOf(state) === 'IPv6' ? EMPTY_RULESET6 : EMPTY_RULESET, restoreInput(state), SUITE_ORIGIN, {
    flush: false,
  })
  if (!restored.ok) throw new Error(restored.error.message)
  const jumps = Object.entries(JUMPS).flatMap(([table, chains]) =>
    Object.entries(chains).flatMap(([chain, rules]) => rules.map((rule) => `-t ${table} -A ${chain} ${rule}`)),
  )
  const firewall = restored.value.tables.get('filter')?.chain(KUBE_FIREWALL) ? [] : [`-t filter -N ${KUBE_FIREWALL}`]
  const complete = applyCommands(restored.value, [...firewall, ...jumps], SUITE_ORIGIN)
  if (!complete.ok) throw new Error(complete.error.message)
  return complete.value
}

interface Seen {
  readonly verdict: Flow['expectedVerdict']
  readonly masquerade: boolean
  readonly endpoint?: string
}

function flowDifference(state: State, flow: Flow): string | undefined {
  const ruleset = rulesetOf(state)
  const { paths } = enumerate((choose) => follow(state, ruleset, flow, choose), 1000)
  const endpoints = [...new Set(paths.flatMap(({ value }) => value.endpoint ?? []))].sort()
  const said = (verdicts: readonly string[], masquerades: readonly boolean[], to: readonly string[]): string =>
    `${[...new Set(verdicts)].join('|')} masq=${[...new Set(masquerades)].join('|')} [${to.join(' ')}]`
  const expected = said([flow.expectedVerdict], [flow.expectedMasq], [...flow.expectedEndpoints].sort())
  const actual = said(
    paths.map((p) => p.value.verdict),
    paths.map((p) => p.value.masquerade),
    endpoints,
  )
  return expected === actual ? undefined : `expected ${expected}, got ${actual}`
}

const MASQUERADE_MARK = 0x4000

/** One packet of a new connection through nat and filter, as far as a verdict. */
function follow(state: State, ruleset: Ruleset, flow: Flow, choose: Parameters<Parameters<typeof enumerate>[0]>[0]): Seen {
  const isLocal = (ip: string): boolean => ip === '::1' || ip.startsWith('127.') || state.options.localAddresses.includes(ip)
  const fromHere = isLocal(flow.sourceIP)
  const run = (table: TableName, hook: Hook, mark: number): Traversal | undefined => {
    const found = ruleset.tables.get(table)
    const priority = PRIORITY[hook].find((each) => each.table === table)?.priority ?? 0
    const context = { packet: packetOf(flow), mark, ct: { state: 'NEW', direction: 'original', mark: 0 } } as const
    return (
      found &&
      traverse(found, hook, priority, context, {
        netns: state.options.nodeName as NetnsId,
        sets: ruleset.sets,
        addressType: (ip) => (isLocal(ip) ? 'LOCAL' : 'UNICAST'),
        recent: recentLists(new Map()).in(state.options.nodeName, 0),
        choose,
        detail: 'lean',
        walk: 'indexed',
        limit: 100_000,
      })
    )
  }
  const nat = run('nat', fromHere ? 'OUTPUT' : 'PREROUTING', 0)
  const masquerade = ((nat?.mark ?? 0) & MASQUERADE_MARK) !== 0
  if (nat?.verdict.kind === 'NAT') {
    const { to } = nat.verdict.target.kind === 'DNAT' ? nat.verdict.target : { to: {} as { from?: Ip; ports?: { from: number } } }
    return { verdict: 'DNAT', masquerade, endpoint: joinHostPort(to.from ?? flow.destIP, to.ports?.from ?? flow.destPort) }
  }
  // A packet to oneself passes OUTPUT and then, over lo, INPUT.
  const hooks: readonly Hook[] = fromHere
    ? isLocal(flow.destIP)
      ? ['OUTPUT', 'INPUT']
      : ['OUTPUT']
    : [isLocal(flow.destIP) ? 'INPUT' : 'FORWARD']
  const verdicts = hooks.map((hook) => verdictOf(run('filter', hook, nat?.mark ?? 0)))
  return { verdict: verdicts.find((verdict) => verdict !== 'NOMATCH') ?? 'NOMATCH', masquerade }
}

function verdictOf(filter: Traversal | undefined): Flow['expectedVerdict'] {
  if (filter?.verdict.kind === 'DROP' || filter?.verdict.kind === 'REJECT') return filter.verdict.kind
  return filter?.run.rules.some((step) => step.verdict === 'ACCEPT' && !step.policy) ? 'ACCEPT' : 'NOMATCH'
}

export function packetOf({ sourceIP, protocol, destIP, destPort }: Flow): Packet {
  const name = protocol.toLowerCase() as Exclude<Protocol, 'icmp'>
  const ip = { source: sourceIP as Ip, destination: destIP as Ip, ttl: 64, protocol: name, length: 60, id: 0, dontFragment: true }
  const ports = { sourcePort: 40000, destinationPort: destPort }
  if (name === 'udp') return { ip, transport: { kind: 'udp', ...ports, length: 40 } }
  if (name === 'sctp') return { ip, transport: { kind: 'sctp', ...ports, chunk: 'INIT' } }
  return { ip, transport: { kind: 'tcp', ...ports, flags: 'S', sequence: 0, acknowledgment: 0 } }
}
