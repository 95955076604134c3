import { assert, unreachable } from '../../base/assert.ts'
import type { RuleStep } from '../step.ts'
import type { Failed } from './considered.ts'
import { type Test, testsOf } from './match.ts'
import { printRule } from './print.ts'
import type { Rule, Target } from './rule.ts'
import type { Chain, Table } from './ruleset.ts'

/**
 * Tables as packets walk them: what a rule says is worked out on the first visit and its jumps are followed by reference from then on, so that a walk
 * looks nothing up by name. As lazy as the table itself.
 */
export class ReadyTable {
  readonly table: Table
  private readonly chains = new Map<string, ReadyChain | undefined>()

  constructor(table: Table) {
    this.table = table
  }

  chain(name: string): ReadyChain | undefined {
    let chain = this.chains.get(name)
    if (!chain && !this.chains.has(name)) {
      const made = this.table.chain(name)
      this.chains.set(name, (chain = made && new ReadyChain(made, this)))
    }
    return chain
  }
}

const tables = new WeakMap<Table, ReadyTable>()

export function readyTable(table: Table): ReadyTable {
  let ready = tables.get(table)
  if (!ready) tables.set(table, (ready = new ReadyTable(table)))
  return ready
}

/** Of tens of thousands of rules packets visit a handful, near each other: so many of them stand in one array. */
const PAGE = 64

export class ReadyChain {
  readonly chain: Chain
  readonly name: string
  readonly length: number
  /** What a trace says where the rules of a user chain end, by depth. */
  private readonly ends: RuleStep[] = []
  private readonly pages: ((ReadyRule | undefined)[] | undefined)[]
  /** What traces said of rules that did not match, where nothing else would change it (considered.ts). */
  readonly misses = new Map<string, Failed>()
  private readonly table: ReadyTable

  constructor(chain: Chain, table: ReadyTable) {
    this.chain = chain
    this.name = chain.name
    this.length = chain.length
    this.pages = Array.from({ length: Math.ceil(chain.length / PAGE) })
    this.table = table
  }

  rule(index: number): ReadyRule {
    const at = Math.floor(index / PAGE)
    const page = (this.pages[at] ??= Array.from({ length: Math.min(PAGE, this.length - at * PAGE) }))
    return (page[index % PAGE] ??= new ReadyRule(this, index, this.chain.rule(index)))
  }

  end(depth: number): RuleStep {
    return (this.ends[depth] ??= { chain: this.name, end: true, verdict: 'RETURN', depth })
  }

  target(name: string): ReadyChain {
    const chain = this.table.chain(name)
    assert(chain, `chain ${name} exists in table ${this.table.table.name}`)
    return chain
  }
}

export class ReadyRule {
  readonly rule: Rule
  readonly chain: ReadyChain
  readonly index: number
  readonly tests: readonly Test[]
  /** The chain that a jump or goto names. */
  readonly jump: string | undefined
  readonly verdict: string
  private printed: string | undefined = undefined
  private entered: ReadyChain | undefined = undefined
  private told: RuleStep | undefined = undefined

  constructor(chain: ReadyChain, index: number, rule: Rule) {
    this.rule = rule
    this.chain = chain
    this.index = index
    this.tests = testsOf(rule)
    this.jump = rule.target?.kind === 'jump' || rule.target?.kind === 'goto' ? rule.target.chain : undefined
    this.verdict = verdictText(rule.target)
  }

  get text(): string {
    return (this.printed ??= printRule(this.chain.name, this.rule))
  }

  /** Where a jump leads. */
  enter(name: string): ReadyChain {
    return (this.entered ??= this.chain.target(name))
  }

  /**
   * That the rule matched, without what failed before it; `full` with why the rule is there. The same value again when it last matched in the same way,
   * which is nearly always.
   */
  step(depth: number, probability: number | undefined, mark: number, full: boolean): RuleStep {
    const last = this.told
    if (last && last.depth === depth && last.probability === probability && (last.mark ?? 0) === mark && 'origin' in last === full)
      return last
    return (this.told = this.newStep(depth, probability, mark, full))
  }

  newStep(depth: number, probability: number | undefined, mark: number, full: boolean): Told {
    const step: Told = { chain: this.chain.name, index: this.index, rule: this.text, verdict: this.verdict, depth }
    if (probability !== undefined) step.probability = probability
    if (full) step.origin = this.rule.origin
    if (mark !== 0) step.mark = mark
    return step
  }
}

export type Told = { -readonly [K in keyof RuleStep]: RuleStep[K] }

/** The verdict column of a trace. NAT ends the chain with ACCEPT; REJECT is a DROP with an answer. */
function verdictText(target: Target | undefined): string {
  switch (target?.kind) {
    case undefined:
    case 'MARK':
    case 'CONNMARK':
    case 'NOTRACK':
    case 'TCPMSS':
    case 'LOG':
    case 'NFLOG':
      return 'CONTINUE'
    case 'DNAT':
    case 'SNAT':
    case 'MASQUERADE':
    case 'REDIRECT':
      return 'ACCEPT'
    case 'REJECT':
      return 'DROP'
    case 'jump':
      return `JUMP ${target.chain}`
    case 'goto':
      return `GOTO ${target.chain}`
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return target.kind
    default:
      return unreachable(target)
  }
}
