import { unreachable } from '../../base/assert.ts'
import type { Environment, RuleContext } from '../netfilter/probe.ts'
import { Probe } from '../netfilter/probe.ts'
import type { Traversal, TableVerdict } from '../netfilter/traverse.ts'
import type { ChainRun, Considered, RuleStep } from '../step.ts'
import { actualOf, type Ending, statementText, type World } from './compile.ts'
import type { Learned } from './learned.ts'
import { Memory } from './memory.ts'
import { type ReadyChain, type ReadyRule, readyTable } from './ready.ts'
import type { NftBase, NftChain, NftTable } from './ruleset.ts'

/** Runs one base chain of nftables over one packet (nft_do_chain, net/netfilter/nf_tables_core.c), and reports what `nft monitor trace` would. */
export function traverseNft(
  table: NftTable,
  base: NftChain & { readonly base: NftBase },
  context: RuleContext,
  environment: Environment,
  learned: Learned,
  now: number,
): Traversal {
  const run = new Run(table, context, environment, new Memory(table, learned, environment.netns, now))
  const ready = readyTable(table).of(base)
  let verdict = run.visit(ready, 0)
  if (verdict === 'RETURN') verdict = run.policy(ready, base.base)
  const chain: ChainRun = {
    kind: 'chain',
    family: table.family,
    table: table.name,
    chain: base.name,
    hook: base.base.hook,
    priority: base.base.priority,
    ...(context.in !== undefined && { in: context.in }),
    ...(context.out !== undefined && { out: context.out }),
    packet: context.packet,
    rules: run.steps,
    verdict: verdict.kind === 'ACCEPT' || verdict.kind === 'NAT' ? 'ACCEPT' : 'DROP',
  }
  const { approximations, mark } = run.probe
  return {
    run: chain,
    verdict,
    mark,
    ...(run.connmark !== undefined && { connmark: run.connmark }),
    ...(run.notrack && { notrack: true }),
    ...(approximations && { approximations }),
  }
}

const ACCEPT: TableVerdict = { kind: 'ACCEPT' }
const CUT: TableVerdict = { kind: 'cut' }
/** NFT_JUMP_STACK_SIZE. */
const DEEPEST = 16
/** How many rules before a match are told of. */
const NEAREST = 16

type Told = { -readonly [K in keyof RuleStep]: RuleStep[K] }

/** The state of one traversal: private, and gone when it ends. */
class Run implements World {
  readonly steps: RuleStep[] = []
  readonly probe: Probe
  readonly memory: Memory
  connmark: number | undefined = undefined
  notrack = false
  private readonly environment: Environment
  private readonly family: NftTable['family']
  private readonly full: boolean
  private left: number
  private rule: ReadyRule | undefined = undefined
  /** Weight of the branch that the rule in hand took. */
  private branch: number | undefined = undefined
  /** Rules of the chain in hand that did not match since the last one that did. */
  private missed: Considered[] = []
  private skipped = 0

  constructor(table: NftTable, context: RuleContext, environment: Environment, memory: Memory) {
    this.probe = new Probe(context, environment, table.name)
    this.memory = memory
    this.environment = environment
    this.family = table.family
    this.full = environment.detail === 'full'
    this.left = environment.limit
  }

  /** RETURN means that nothing decided: the caller goes on behind its jump. */
  visit(chain: ReadyChain, depth: number): TableVerdict | 'RETURN' {
    this.forget()
    for (let index = 0; index < chain.length; index++) {
      if (this.left-- <= 0 || depth > DEEPEST) return CUT
      const rule = chain.rule(index)
      const ending = this.evaluate(rule)
      if (ending === 'break') continue
      const verdict = this.end(chain, rule, ending, depth)
      if (verdict) return verdict
      this.forget()
    }
    if (depth > 0 || chain.base === undefined) this.tell({ chain: chain.name, end: true, verdict: 'RETURN', depth })
    return 'RETURN'
  }

  policy(chain: ReadyChain, { policy }: NftBase): TableVerdict {
    this.tell({ chain: chain.name, policy: true, verdict: policy, depth: 0 })
    return policy === 'DROP' ? { kind: 'DROP', by: 'policy', rule: `policy drop` } : ACCEPT
  }

  /** Statements from left to right until one breaks off or decides. */
  private evaluate(rule: ReadyRule): Ending {
    this.rule = rule
    this.branch = undefined
    for (const operation of rule.operations) {
      const ending = operation.run(this)
      if (ending === undefined) continue
      if (ending === 'break' && this.full) this.miss(rule, statementText(operation.statement), actualOf(operation.statement, this))
      return ending
    }
    return undefined
  }

  private end(chain: ReadyChain, rule: ReadyRule, ending: Ending, depth: number): TableVerdict | 'RETURN' | undefined {
    this.tell(this.matched(chain, rule, verdictText(ending), depth))
    if (ending === undefined || ending === 'break') return undefined
    if (ending.kind === 'NAT') return { kind: 'NAT', target: ending.target, rule: rule.text }
    if (ending.kind === 'REJECT') return { kind: 'REJECT', with: ending.with, rule: rule.text }
    const { verdict } = ending
    switch (verdict.kind) {
      case 'accept':
        return ACCEPT
      case 'drop':
        return { kind: 'DROP', by: 'rule', rule: rule.text }
      case 'return':
        return 'RETURN'
      case 'continue':
        return undefined
      case 'jump': {
        const inside = this.visit(chain.target(verdict.chain), depth + 1)
        return inside === 'RETURN' ? undefined : inside
      }
      case 'goto':
        // A chain that was gone to returns where its caller would have.
        return this.visit(chain.target(verdict.chain), depth)
      default:
        return unreachable(verdict)
    }
  }

  draw(modulus: number, jumps: readonly (string | undefined)[]): number {
    if (modulus === 1) return 0
    const { environment, family, rule } = this
    const weights = weightsOf(modulus)
    const { netns } = environment
    const why = {
      kind: 'numgen',
      netns,
      family,
      table: this.probe.table,
      chain: rule?.chain.name ?? '',
      index: rule?.index ?? 0,
      jumps,
    } as const
    const taken = environment.choose({ kind: 'branch', weights, why })
    return this.chose(why, taken, weights[taken] ?? 0)
  }

  happens(probability: number): boolean {
    if (probability <= 0 || probability >= 1) return probability >= 1
    const { environment, rule } = this
    const weights = [probability, 1 - probability]
    const chain = rule?.chain.name ?? ''
    const why = {
      kind: 'statistic',
      netns: environment.netns,
      table: this.probe.table,
      chain,
      index: rule?.index ?? 0,
      jump: undefined,
    } as const
    const taken = environment.choose({ kind: 'branch', weights, why })
    return this.chose(why, taken, weights[taken] ?? 0) === 0
  }

  private chose(why: Parameters<NonNullable<Environment['record']>>[0]['why'], taken: number, probability: number): number {
    this.branch = (this.branch ?? 1) * probability
    this.environment.record?.({ why, taken, probability })
    return taken
  }

  private matched(chain: ReadyChain, rule: ReadyRule, verdict: string, depth: number): Told {
    const step: Told = { chain: chain.name, index: rule.index, rule: rule.text, verdict, depth }
    if (this.branch !== undefined) step.probability = this.branch
    if (this.full) step.origin = rule.rule.origin
    return step
  }

  private tell(step: Told): void {
    if (this.missed.length > 0 || this.skipped > 0) {
      step.considered = this.missed
      if (this.skipped > 0) step.skipped = this.skipped
    }
    if (this.probe.mark !== 0) step.mark = this.probe.mark
    this.steps.push(step)
  }

  private miss(rule: ReadyRule, failed: string, actual: string): void {
    this.missed.push({ index: rule.index, rule: rule.text, failed, actual })
    if (this.missed.length <= NEAREST) return
    this.missed.shift()
    this.skipped++
  }

  private forget(): void {
    this.missed = []
    this.skipped = 0
  }
}

/** The verdict column of a trace. NAT ends the chain with ACCEPT; reject is a drop with an answer. */
function verdictText(ending: Ending): string {
  if (ending === undefined || ending === 'break') return 'CONTINUE'
  if (ending.kind === 'NAT') return 'ACCEPT'
  return ending.kind === 'REJECT' ? 'DROP' : ending.text
}

const equal = new Map<number, readonly number[]>()

function weightsOf(modulus: number): readonly number[] {
  let weights = equal.get(modulus)
  if (!weights) equal.set(modulus, (weights = Array.from({ length: modulus }, () => 1 / modulus)))
  return weights
}
