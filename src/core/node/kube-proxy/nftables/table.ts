import { assert } from '../../../base/assert.ts'
import type { ProxyConfig } from '../../../cluster/config.ts'
import { applyNft, EMPTY_NFT, parseElements, parseNftRule } from '../../../kernel/nft/apply.ts'
import { chainText, listChain, listSet, setText, tableText } from '../../../kernel/nft/list.ts'
import type { SetElement } from '../../../kernel/nft/rule.ts'
import type { Elements, NftChain, NftSet, NftTable } from '../../../kernel/nft/ruleset.ts'
import type { Ip } from '../../../net/ip.ts'
import type { NodeView } from '../endpoints.ts'
import { KUBE_PROXY } from '../fixed-rules.ts'
import type { PortProgram } from '../port-program.ts'
import type { PortSet, ServiceMap } from '../service-map.ts'
import type { ServicePortInfo } from '../service-port.ts'
import { type ElementIndex, elementIndex } from './element-index.ts'
import { fixedLines, nodePortIps, TABLE_NAME, WORDS, type Words } from './fixed-lines.ts'
import { portKeyIn } from './names.ts'
import { elementText, SHARED_SETS, type SharedSet } from './service-elements.ts'
import { type LinesContext, type NftLine, type PortChainLines, type PortLines, originOf, portLines } from './service-lines.ts'

/** kube-proxy on one node, in nftables mode, for one family. */
export interface NftProxy {
  readonly words: Words
  /** Its table, whose chains and elements are made when a packet comes to them. */
  readonly table: NftTable
  /** What it writes before any Service. */
  readonly fixed: readonly string[]
  /** Both views: what all nodes share, then what only this node has. */
  readonly sets: readonly PortSet[]
  readonly config: ProxyConfig
  /** The chains of one port, remembered only once a packet came to them. */
  linesOf(program: PortProgram): PortLines
}

export interface NftProxyInput {
  readonly family: Words['family']
  readonly map: ServiceMap
  readonly proxy: ProxyConfig
  readonly node: NodeView
  /** All local addresses of the node: what nodePortAddresses select from. */
  readonly addresses: readonly Ip[]
}

export function nftProxy({ family, map, proxy, node, addresses }: NftProxyInput): NftProxy {
  const words = WORDS[family]
  const fixed = fixedLines(words, proxy, nodePortIps(words, proxy, node.ip, addresses))
  const sets = [map.shared, map.of(node)]
  const context = { words, proxy }
  return {
    words,
    fixed,
    sets,
    config: proxy,
    table: new ProxyTable(words, fixedTable(fixed), sets, context),
    linesOf: (program) => linesOf(program, context),
  }
}

const tables = new Map<string, NftTable>()
const MANY_TABLES = 100

/** The same text is the same table: nodes differ in their addresses only. */
function fixedTable(lines: readonly string[]): NftTable {
  const text = lines.join('\n')
  const known = tables.get(text)
  if (known) return known
  const applied = applyNft(EMPTY_NFT, text, KUBE_PROXY)
  assert(applied.ok, applied.ok ? '' : `nft refuses kube-proxy's line ${applied.error.line}: ${applied.error.message}`)
  const [table] = applied.value.tables
  assert(table, 'kube-proxy made a table')
  if (tables.size >= MANY_TABLES) tables.clear()
  tables.set(text, table)
  return table
}

type Context = Omit<LinesContext, 'node'>
const linesOfProgram = new WeakMap<PortProgram, { readonly context: Context; readonly lines: PortLines }>()

function linesOf(program: PortProgram, context: Context): PortLines {
  const known = linesOfProgram.get(program)
  if (known?.context.proxy === context.proxy && known.context.words === context.words) return known.lines
  return portLines(program.port, program.passingEndpoints(), program.reach, { ...context, node: program.node })
}

function visit(program: PortProgram, context: Context): PortLines {
  const lines = linesOf(program, context)
  linesOfProgram.set(program, { context, lines })
  return lines
}

class ProxyTable implements NftTable {
  readonly name = TABLE_NAME
  readonly family: NftTable['family']
  readonly baseChains: readonly NftChain[]
  readonly comment = 'rules for kube-proxy'
  private readonly chains = new Map<string, NftChain | undefined>()
  private readonly known = new Map<string, NftSet | undefined>()

  constructor(
    words: Words,
    private readonly fixed: NftTable,
    private readonly portSets: readonly PortSet[],
    private readonly context: Context,
  ) {
    this.family = words.ip
    this.baseChains = fixed.baseChains
  }

  chain(name: string): NftChain | undefined {
    if (!this.chains.has(name)) this.chains.set(name, this.fixed.chain(name) ?? this.portChain(name))
    return this.chains.get(name)
  }

  *chainNames(): Iterable<string> {
    yield* this.fixed.chainNames()
    for (const program of this.programs()) yield* chainNamesOf(linesOf(program, this.context))
  }

  set(name: string): NftSet | undefined {
    if (!this.known.has(name)) this.known.set(name, this.makeSet(name))
    return this.known.get(name)
  }

  *setNames(): Iterable<string> {
    yield* this.fixed.setNames()
    for (const program of this.programs()) if (program.port.affinitySeconds !== undefined) yield* linesOf(program, this.context).affinities
  }

  /** Chains of ports are written here as nft prints them, not parsed and printed: a test holds the one against the other. */
  listing(): string {
    const sets: string[] = []
    for (const name of this.fixed.setNames()) {
      const set = this.set(name)
      if (set) sets.push(isShared(name) ? setText(set, this.elementTexts(name)) : listSet(set))
    }
    const chains: string[] = []
    for (const name of this.fixed.chainNames()) {
      const chain = this.fixed.chain(name)
      if (chain) chains.push(listChain(chain))
    }
    for (const program of this.programs()) {
      const lines = linesOf(program, this.context)
      for (const name of lines.affinities) sets.push(setText(this.affinity(name, lines), []))
      for (const chain of lines.chains) chains.push(chainText(chain, chain.lines.map(listedText)))
      if (lines.firewall) chains.push(listChain(lineChain(lines.firewall, program.port)))
    }
    return tableText(this, [...sets, ...chains])
  }

  private elementTexts(name: SharedSet): readonly string[] {
    const texts = new Map<string, string>()
    for (const { sets } of this.portSets.map(elementIndex))
      for (const [key, element] of sets[name]) if (!texts.has(key)) texts.set(key, elementText(element))
    return [...texts.values()]
  }

  private affinity(name: string, { affinitySeconds }: PortLines): NftSet {
    const key = [this.context.words.address]
    return { name, key, flags: ['dynamic', 'timeout'], timeout: affinitySeconds, elements: NOTHING }
  }

  private *programs(): Iterable<PortProgram> {
    for (const set of this.portSets) yield* set.programs()
  }

  private programOf(name: string): PortProgram | undefined {
    const key = portKeyIn(name)
    for (const set of key === undefined ? [] : this.portSets) {
      const port = elementIndex(set).portOf(key ?? '')
      const program = port && set.programOf(port)
      if (program) return program
    }
    return undefined
  }

  private portChain(name: string): NftChain | undefined {
    const program = this.programOf(name)
    if (!program) return undefined
    const { chains, firewall } = visit(program, this.context)
    const found = firewall?.name === name ? firewall : chains.find((chain) => chain.name === name)
    return found && chainOf(found, program.port)
  }

  private makeSet(name: string): NftSet | undefined {
    const fixed = this.fixed.set(name)
    if (fixed && isShared(name)) return { ...fixed, elements: new SharedElements(this.portSets.map(elementIndex), name, fixed) }
    if (fixed) return fixed
    const program = this.programOf(name)
    const lines = program && visit(program, this.context)
    return lines?.affinities.includes(name) ? this.affinity(name, lines) : undefined
  }
}

const SHARED: ReadonlySet<string> = new Set(SHARED_SETS)
const isShared = (name: string): name is SharedSet => SHARED.has(name)

const NOTHING: Elements = { isEmpty: true, lookup: () => undefined, list: () => [] }

/** nft puts no space before a comma. Nothing else that kube-proxy writes for endpoints is printed otherwise than it is written. */
const listedText = ({ text }: NftLine): string => (text.startsWith('numgen') ? text.replaceAll(' , ', ', ') : text)

function* chainNamesOf({ chains, firewall }: PortLines): Iterable<string> {
  for (const { name } of chains) yield name
  if (firewall) yield firewall.name
}

/** Chains are shared by all whose lines are the same. */
const chainsOfLines = new WeakMap<PortChainLines, NftChain>()

function chainOf(from: PortChainLines, port: ServicePortInfo): NftChain {
  let chain = chainsOfLines.get(from)
  if (!chain) chainsOfLines.set(from, (chain = lineChain(from, port)))
  return chain
}

/** Rules are read by the kernel's own parser on the first visit to each. */
function lineChain({ name, lines }: PortChainLines, port: ServicePortInfo): NftChain {
  return {
    name,
    length: lines.length,
    rule(index) {
      const line = lines[index]
      if (!line) throw new RangeError(`${name} has no rule ${index}`)
      const parsed = parseNftRule(line.text, originOf(port, line.because))
      assert(parsed.ok, `kube-proxy wrote a rule that nft refuses: ${line.text}`)
      return parsed.value
    },
  }
}

/** One of the shared maps: tens of thousands of elements, of which packets look up a handful. */
class SharedElements implements Elements {
  private readonly made = new Map<string, SetElement>()

  constructor(
    private readonly indexes: readonly ElementIndex[],
    private readonly name: SharedSet,
    private readonly set: NftSet,
  ) {}

  get isEmpty(): boolean {
    return this.indexes.every(({ sets }) => sets[this.name].size === 0)
  }

  lookup(key: readonly string[]): SetElement | undefined {
    const text = key.join(' . ')
    for (const { sets } of this.indexes) {
      const element = sets[this.name].get(text)
      if (!element) continue
      let made = this.made.get(text)
      if (!made) this.made.set(text, (made = this.read(elementText(element))))
      return made
    }
    return undefined
  }

  *list(): Iterable<SetElement> {
    const seen = new Set<string>()
    for (const { sets } of this.indexes)
      for (const [key, element] of sets[this.name]) {
        if (seen.has(key)) continue
        seen.add(key)
        yield this.read(elementText(element))
      }
  }

  private read(text: string): SetElement {
    const parsed = parseElements(`{ ${text} }`, this.set)
    assert(parsed.ok, `kube-proxy wrote an element that nft refuses: ${text}`)
    const [element] = parsed.value
    assert(element, 'one element was written')
    return element
  }
}
