import { assert, unreachable } from '../../base/assert.ts'
import type { ChainRun, RuleStep } from '../step.ts'
import { type Failed, NearMisses } from './considered.ts'
import { type Test, testsOf } from './match.ts'
import { printRule } from './print.ts'
import { type Environment, Probe, type RuleContext } from './probe.ts'
import type { MarkOperation, RejectWith, Rule, Target } from './rule.ts'
import type { Chain, Hook, Policy, Table, TableName } from './ruleset.ts'

export type { Environment, RuleContext } from './probe.ts'

/** Runs the rules of one base chain over one packet (nft_do_chain, net/netfilter/nf_tables_core.c), and reports what `xtables-monitor --trace` would. */
export interface Traversal {
  readonly run: ChainRun
  readonly verdict: TableVerdict
  /** nfmark behind the last rule. */
  readonly mark: number
  /** New mark of the connection, when a rule set one. */
  readonly connmark?: number
  readonly notrack?: true
  /** What TCPMSS asks for, to be applied to a SYN's option when it is larger. */
  readonly maximumSegmentSize?: number | 'path-mtu'
  /** Ids of the fidelity contract: matches that were evaluated and are only approximate. */
  readonly approximations?: readonly string[]
}

export type NatTarget = Extract<Target, { readonly kind: 'DNAT' | 'SNAT' | 'MASQUERADE' | 'REDIRECT' }>

/** How a base chain decided. `rule` is the text of what decided. */
export type TableVerdict =
  | { readonly kind: 'ACCEPT' }
  | { readonly kind: 'DROP'; readonly by: 'rule' | 'policy'; readonly rule: string }
  | { readonly kind: 'NAT'; readonly target: NatTarget; readonly rule: string }
  | { readonly kind: 'REJECT'; readonly with: RejectWith; readonly rule: string }
  /** More rules than the environment's limit. */
  | { readonly kind: 'cut' }

const ACCEPT: TableVerdict = { kind: 'ACCEPT' }
const CUT: TableVerdict = { kind: 'cut' }

/** Undefined: the table has no such base chain that runs (see Chain.registered). */
export function traverse(
  table: Table,
  hook: Hook,
  priority: number,
  context: RuleContext,
  environment: Environment,
): Traversal | undefined {
  const base = table.chain(hook)
  if (!base?.registered) return undefined
  const run = new Run(table, context, environment)
  let verdict = run.visit(base, 0)
  if (verdict === 'RETURN') verdict = run.policy(base)
  return new Outcome(run, table.name, hook, priority, context, verdict)
}

/** Built by assignment and not by spreading: this is made for every packet at every hook. */
class Outcome implements Traversal {
  readonly run: ChainRun
  readonly verdict: TableVerdict
  readonly mark: number
  declare readonly connmark?: number
  declare readonly notrack?: true
  declare readonly maximumSegmentSize?: number | 'path-mtu'
  declare readonly approximations?: readonly string[]

  constructor(run: Run, table: TableName, hook: Hook, priority: number, { in: input, out, packet }: RuleContext, verdict: TableVerdict) {
    const accepted = verdict.kind === 'ACCEPT' || verdict.kind === 'NAT' ? 'ACCEPT' : 'DROP'
    const chain: { -readonly [K in keyof ChainRun]: ChainRun[K] } = {
      kind: 'chain',
      family: 'ip',
      table,
      chain: hook,
      hook,
      priority,
      packet,
      rules: run.steps,
      verdict: accepted,
    }
    if (input !== undefined) chain.in = input
    if (out !== undefined) chain.out = out
    this.run = chain
    this.verdict = verdict
    this.mark = run.probe.mark
    if (run.connmark !== undefined) this.connmark = run.connmark
    if (run.notrack) this.notrack = run.notrack
    if (run.maximumSegmentSize !== undefined) this.maximumSegmentSize = run.maximumSegmentSize
    if (run.probe.approximations) this.approximations = run.probe.approximations
  }
}

/** Steps of rules that a lean walk has met: the same rule at the same depth says the same every time. */
const met = new WeakMap<Rule, RuleStep>()

/** The state of one traversal: private, and gone when it ends. */
class Run {
  readonly steps: RuleStep[] = []
  readonly probe: Probe
  connmark: number | undefined
  notrack: true | undefined
  maximumSegmentSize: number | 'path-mtu' | undefined
  private readonly table: Table
  private readonly full: boolean
  private readonly indexed: boolean
  private left: number

  constructor(table: Table, context: RuleContext, environment: Environment) {
    this.table = table
    this.probe = new Probe(context, environment, table.name)
    this.full = environment.detail === 'full'
    this.indexed = environment.walk === 'indexed'
    this.left = environment.limit
  }

  /** RETURN means that nothing decided: the caller goes on behind its jump. */
  visit(chain: Chain, depth: number): TableVerdict | 'RETURN' {
    const { probe } = this
    const candidates = this.indexed ? chain.candidates?.(probe) : undefined
    const count = candidates ? candidates.length : chain.length
    const misses = this.full ? new NearMisses(chain) : undefined
    for (let i = 0; i < count; i++) {
      const index = candidates ? (candidates[i] ?? 0) : i
      if (this.left-- <= 0) return CUT
      const rule = chain.rule(index)
      const failed = this.firstFailed(chain, index, rule)
      if (failed) {
        if (failed.stateful) misses?.remember(index, failed)
        continue
      }
      const near = misses?.before(index, probe)
      const verdict = this.apply(chain, index, rule, depth, near)
      misses?.passed(index)
      if (verdict) return verdict
    }
    if (depth > 0 || chain.policy === undefined)
      this.step({ chain: chain.name, end: true, verdict: 'RETURN', depth, ...this.seen(misses?.before(chain.length, probe)) })
    else this.atEnd = misses?.before(chain.length, probe)
    return 'RETURN'
  }

  private atEnd: Failed | undefined

  policy(base: Chain): TableVerdict {
    const policy: Policy = base.policy ?? 'ACCEPT'
    this.step({ chain: base.name, policy: true, verdict: policy, depth: 0, ...this.seen(this.atEnd) })
    return policy === 'DROP' ? { kind: 'DROP', by: 'policy', rule: `-P ${base.name} DROP` } : ACCEPT
  }

  private firstFailed(chain: Chain, index: number, rule: Rule): Test | undefined {
    const { probe } = this
    const tests = testsOf(rule)
    probe.chain = chain.name
    probe.index = index
    probe.branch = undefined
    probe.jump = rule.target?.kind === 'jump' || rule.target?.kind === 'goto' ? rule.target.chain : undefined
    for (const test of tests) if (!test.holds(probe)) return test
    return undefined
  }

  private step(step: RuleStep): void {
    const { mark } = this.probe
    this.steps.push(mark === 0 ? step : { ...step, mark })
  }

  private seen(failed: Failed | undefined): Partial<RuleStep> {
    if (!failed || (failed.considered.length === 0 && failed.skipped === 0)) return {}
    return failed.skipped > 0 ? failed : { considered: failed.considered }
  }

  /** Does what the target says; a verdict ends the chain. */
  private apply(chain: Chain, index: number, rule: Rule, depth: number, near: Failed | undefined): TableVerdict | 'RETURN' | undefined {
    const { target } = rule
    const text = printRule(chain.name, rule)
    if (target) this.change(target)
    if (this.full) this.step({ ...this.told(chain, index, rule, text, depth), ...this.seen(near), origin: rule.origin })
    else this.briefly(chain, index, rule, text, depth)
    if (!target) return undefined
    switch (target.kind) {
      case 'ACCEPT':
        return ACCEPT
      case 'DROP':
        return { kind: 'DROP', by: 'rule', rule: text }
      case 'REJECT':
        return { kind: 'REJECT', with: target.with, rule: text }
      case 'RETURN':
        return 'RETURN'
      case 'jump':
      case 'goto':
        return this.enter(target, depth)
      case 'DNAT':
      case 'SNAT':
      case 'MASQUERADE':
      case 'REDIRECT':
        return { kind: 'NAT', target, rule: text }
      case 'MARK':
      case 'CONNMARK':
      case 'NOTRACK':
      case 'TCPMSS':
      case 'LOG':
      case 'NFLOG':
        return undefined
      default:
        return unreachable(target)
    }
  }

  private told(chain: Chain, index: number, { target }: Rule, rule: string, depth: number): RuleStep {
    const { branch } = this.probe
    const step = { chain: chain.name, index, rule, verdict: verdictText(target), depth }
    return branch === undefined ? step : { ...step, probability: branch }
  }

  private briefly(chain: Chain, index: number, rule: Rule, text: string, depth: number): void {
    const { branch } = this.probe
    let step = met.get(rule)
    if (!step || step.index !== index || step.depth !== depth || step.probability !== branch || step.rule !== text)
      met.set(rule, (step = this.told(chain, index, rule, text, depth)))
    this.step(step)
  }

  /** A chain that was gone to returns where its caller would have. */
  private enter(target: Target & { readonly kind: 'jump' | 'goto' }, depth: number): TableVerdict | 'RETURN' | undefined {
    const next = this.table.chain(target.chain)
    assert(next, `chain ${target.chain} exists in table ${this.table.name}`)
    const verdict = this.visit(next, target.kind === 'jump' ? depth + 1 : depth)
    return verdict === 'RETURN' && target.kind === 'jump' ? undefined : verdict
  }

  /** What targets without a verdict leave behind. */
  private change(target: Target): void {
    const { probe } = this
    if (target.kind === 'MARK' && target.operation.kind === 'set-xmark') probe.mark = xmark(probe.mark, target.operation)
    else if (target.kind === 'CONNMARK') this.connectionMark(target.operation)
    else if (target.kind === 'NOTRACK') this.notrack = true
    else if (target.kind === 'TCPMSS') this.maximumSegmentSize = target.clampToPmtu ? 'path-mtu' : target.mss
  }

  /** connmark_tg: nothing to do without a connection. */
  private connectionMark(operation: MarkOperation): void {
    const { probe } = this
    const { ct } = probe
    if (!ct?.entry) return
    if (operation.kind === 'restore-mark') {
      probe.mark = ((probe.mark & ~operation.nfmask) ^ (ct.mark & operation.ctmask)) >>> 0
      return
    }
    const mark =
      operation.kind === 'set-xmark' ? xmark(ct.mark, operation) : ((ct.mark & ~operation.ctmask) ^ (probe.mark & operation.nfmask)) >>> 0
    this.connmark = mark
    probe.ct = { ...ct, mark }
  }
}

const xmark = (old: number, { value, mask }: { readonly value: number; readonly mask: number }): number => ((old & ~mask) ^ value) >>> 0

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
