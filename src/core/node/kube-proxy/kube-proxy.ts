import type { ProxyConfig } from '../../cluster/config.ts'
import type { Chain, TableName } from '../../kernel/netfilter/ruleset.ts'
import { printRule } from '../../kernel/netfilter/print.ts'
import type { Ip, IpFamily } from '../../net/ip.ts'
import { type Line, lineChain } from '../line-chain.ts'
import { savedDispatch, SHARED_CHAINS, type SharedChain } from './dispatch.ts'
import type { DispatchPart } from './dispatch-index.ts'
import type { NodeView } from './endpoints.ts'
import {
  CANARY,
  CANARY_TABLES,
  firewallLines,
  forwardLines,
  KUBE_FIREWALL,
  KUBE_PROXY,
  markLines,
  nodePortLines,
  postroutingLines,
} from './fixed-rules.ts'
import type { PortProgram } from './port-program.ts'
import { RuleLine, savedText } from './rule-line.ts'
import type { Chains, OwnChain, ProxyContext } from './service-chains.ts'
import type { PortSet, ServiceMap } from './service-map.ts'

/** kube-proxy on one node, in iptables mode for one family: the user chains that it fills, each made when it is asked for. */
export interface KubeProxy {
  chain(table: TableName, name: string): Chain | undefined
  /** All of its chains in a table, unsorted. Costs a hash per endpoint. */
  chainNames(table: TableName): readonly string[]
  /** The rules of each of its chains in a table, as iptables-save prints them, in a map that is the caller's own; leaves nothing else behind. */
  saved(table: TableName): Map<string, string>
  /** Both views: what all nodes share, then what only this node has. */
  readonly sets: readonly PortSet[]
  readonly large: boolean
  readonly family: IpFamily
}

export interface KubeProxyInput {
  readonly map: ServiceMap
  readonly proxy: ProxyConfig
  readonly node: NodeView
  /** Absent: IPv4. */
  readonly family?: IpFamily
  /** All local addresses of the node: what nodePortAddresses select from. */
  readonly addresses: readonly Ip[]
}

export function kubeProxy({ map, proxy, node, family = 'IPv4', addresses }: KubeProxyInput): KubeProxy {
  const sets = [map.shared, map.of(node)]
  const fixed = fixedChains(proxy, family)
  const tail = lineChain('KUBE-SERVICES', ownLines(nodePortLines(proxy, addresses, family), family))
  const made = new Map<string, Chain | undefined>()
  const context = (): Omit<ProxyContext, 'node'> => ({ proxy, large: map.isLarge(node) })
  const make = (table: TableName, name: string): Chain | undefined => {
    const key = `${table} ${name}`
    if (isShared(key)) {
      const parts = sets.map((set) => set.dispatch.parts[key])
      return layered(name, parts, key === 'nat KUBE-SERVICES' ? tail : NO_TAIL)
    }
    return fixed.get(key) ?? (table === 'nat' ? serviceChain(name, sets, family, (program) => program.chains(context())) : undefined)
  }
  return {
    sets,
    family,
    get large() {
      return map.isLarge(node)
    },
    chain(table, name) {
      const key = `${table} ${name}`
      if (!made.has(key)) made.set(key, make(table, name))
      return made.get(key)
    },
    chainNames(table) {
      const names = topChains(table, fixed)
      if (table === 'nat')
        for (const set of sets) for (const program of set.programs()) for (const chain of program.write(context())) names.push(chain.name)
      return names
    },
    saved(table) {
      const rules = new Map<string, string>()
      const shared = new Map<string, string[]>(topChains(table, fixed).map((name) => [name, []]))
      if (TABLES_WITH_SERVICES.has(table))
        for (const set of sets)
          for (const program of set.programs())
            saveProgram(program, table, table === 'nat' ? program.write(context()) : NO_CHAINS, shared, rules)
      if (table === 'nat') shared.get('KUBE-SERVICES')?.push(...printed(tail))
      for (const [name, lines] of shared) rules.set(name, [...lines, ...printed(fixed.get(`${table} ${name}`))].join('\n'))
      return rules
    },
  }
}

const TABLES_WITH_SERVICES: ReadonlySet<TableName> = new Set(['filter', 'nat'])
const NO_CHAINS: Chains = []

/** Chains that are there whatever the Services. */
const topChains = (table: TableName, fixed: ReadonlyMap<string, Chain>): string[] =>
  [...fixed.keys(), ...SHARED_CHAINS].filter((key) => key.startsWith(`${table} `)).map((key) => key.slice(table.length + 1))

const printed = (chain: Chain | undefined): readonly string[] =>
  chain ? Array.from({ length: chain.length }, (_, i) => printRule(chain.name, chain.rule(i))) : []

/** Text is joined chain by chain: far fewer strings live at once than there are rules. */
function saveProgram(
  program: PortProgram,
  table: TableName,
  own: Chains,
  shared: ReadonlyMap<string, string[]>,
  rules: Map<string, string>,
): void {
  for (const rule of program.rules)
    if (rule.chain.startsWith(`${table} `)) shared.get(rule.chain.slice(table.length + 1))?.push(savedDispatch(rule))
  const { family } = program.port
  for (const chain of own) rules.set(chain.name, chain.rules.map((rule) => savedText(chain.name, rule, family)).join('\n'))
}

const isShared = (key: string): key is SharedChain => SHARED.has(key)
const SHARED: ReadonlySet<string> = new Set<SharedChain>(SHARED_CHAINS)

type FixedChains = WeakMap<ProxyConfig, ReadonlyMap<string, Chain>>
const fixedByProxy: Readonly<Record<IpFamily, FixedChains>> = { IPv4: new WeakMap(), IPv6: new WeakMap() }

/** Chains that depend on the configuration alone, by `table name`: one set for all nodes. */
function fixedChains(proxy: ProxyConfig, family: IpFamily): ReadonlyMap<string, Chain> {
  const known = fixedByProxy[family].get(proxy)
  if (known) return known
  const chains = new Map<string, Chain>()
  const put = (table: TableName, name: string, lines: readonly string[]): void => {
    chains.set(`${table} ${name}`, lineChain(name, ownLines(lines, family)))
  }
  for (const table of CANARY_TABLES) put(table, CANARY, [])
  put('filter', KUBE_FIREWALL, firewallLines(proxy))
  put('filter', 'KUBE-FORWARD', forwardLines(proxy))
  put('nat', 'KUBE-POSTROUTING', postroutingLines(proxy))
  put('nat', 'KUBE-MARK-MASQ', markLines(proxy))
  fixedByProxy[family].set(proxy, chains)
  return chains
}

const ownLines = (lines: readonly string[], family: IpFamily): readonly Line[] =>
  lines.map((text) => ({ text, origin: KUBE_PROXY, ...(family === 'IPv6' && { family: 'ip6' as const }) }))

const NO_TAIL = lineChain('', [])

/** One chain out of several: rules of all nodes, of this node, and the fixed tail. */
function layered(name: string, parts: readonly DispatchPart[], tail: Chain): Chain {
  const starts = parts.map((_, i) => parts.slice(0, i).reduce((sum, part) => sum + part.length, 0))
  const end = parts.reduce((sum, part) => sum + part.length, 0)
  const tailPlaces = Array.from({ length: tail.length }, (_, i) => end + i)
  return {
    name,
    length: end + tail.length,
    rule(index) {
      if (index >= end) return tail.rule(index - end)
      const at = index < (starts[1] ?? end) ? 0 : 1
      const part = parts[at]
      if (!part) throw new RangeError(`${name} has no rule ${index}`)
      return part.rule(index - (starts[at] ?? 0))
    },
    candidates({ destination, protocol, destinationPort }) {
      if (end === 0) return tailPlaces
      const places: number[] = []
      for (let i = 0; i < parts.length; i++) parts[i]?.collect(places, starts[i] ?? 0, destination, protocol, destinationPort)
      if (places.length === 0) return tailPlaces
      places.push(...tailPlaces)
      return places
    },
  }
}

const chainOfRules = new WeakMap<OwnChain['rules'], Chain>()

/**
 * A chain of one service port. Its name says nothing about whose it is, but whoever jumped here had to know the name, and rules note it then
 * (DispatchIndex.targets). Only a name that nobody followed costs a search.
 */
function serviceChain(
  name: string,
  sets: readonly PortSet[],
  family: IpFamily,
  chainsOfProgram: (program: PortProgram) => Chains,
): Chain | undefined {
  if (!/^KUBE-(SVC|SVL|EXT|FW|SEP)-/.test(name)) return undefined
  for (const set of sets) {
    const port = set.dispatch.targets.get(name)
    const program = port && set.programOf(port)
    const found = program && visit(program, set, chainsOfProgram).find((chain) => chain.name === name)
    if (found) return chainOver(found, family)
  }
  for (const set of sets)
    for (const program of set.programs()) {
      const found = visit(program, set, chainsOfProgram).find((chain) => chain.name === name)
      if (found) return chainOver(found, family)
    }
  return undefined
}

function visit(program: PortProgram, set: PortSet, chainsOfProgram: (program: PortProgram) => Chains): Chains {
  const chains = chainsOfProgram(program)
  for (const { name } of chains) set.dispatch.targets.set(name, program.port)
  return chains
}

function chainOver(own: OwnChain, family: IpFamily): Chain {
  let chain = chainOfRules.get(own.rules)
  if (!chain) {
    const lines = own.rules.map((rule) => new RuleLine(own.name, rule, family))
    chainOfRules.set(own.rules, (chain = lineChain(own.name, lines)))
  }
  return chain
}
