import { unreachable } from '../../base/assert.ts'
import type { ChainRun, RuleStep } from '../step.ts'
import { type Failed, nearMisses } from './considered.ts'
import type { Test } from './match.ts'
import { type Environment, Probe, type RuleContext } from './probe.ts'
import { type ReadyChain, type ReadyRule, readyTable, type Told } from './ready.ts'
import type { MarkOperation, RejectWith, Target } from './rule.ts'
import type { Hook, Policy, Table, TableName } from './ruleset.ts'

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
  const base = readyTable(table).chain(hook)
  if (!base?.chain.registered) return undefined
  const run = new Run(table.name, context, environment)
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

  constructor(run: Run, table: TableName, hook: Hook, priority: number, context: RuleContext, verdict: TableVerdict) {
    const { in: input, out, packet } = context
    const accepted = verdict.kind === 'ACCEPT' || verdict.kind === 'NAT' ? 'ACCEPT' : 'DROP'
    const chain: { -readonly [K in keyof ChainRun]: ChainRun[K] } = {
      kind: 'chain',
      family: context.family ?? 'ip',
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

/** The state of one traversal: private, and gone when it ends. */
class Run {
  readonly steps: RuleStep[] = []
  readonly probe: Probe
  connmark: number | undefined = undefined
  notrack: true | undefined = undefined
  maximumSegmentSize: number | 'path-mtu' | undefined = undefined
  private readonly full: boolean
  private readonly indexed: boolean
  private left: number
  private atEnd: Failed | undefined = undefined

  constructor(table: TableName, context: RuleContext, environment: Environment) {
    this.probe = new Probe(context, environment, table)
    this.full = environment.detail === 'full'
    this.indexed = environment.walk === 'indexed'
    this.left = environment.limit
  }

  /** RETURN means that nothing decided: the caller goes on behind its jump. */
  visit(ready: ReadyChain, depth: number): TableVerdict | 'RETURN' {
    const { probe } = this
    const { chain } = ready
    const candidates = this.indexed && chain.candidates ? chain.candidates(probe) : undefined
    const count = candidates ? candidates.length : ready.length
    /** First rule behind the last one that matched, and which of those behind it asked what cannot be asked again. */
    let from = 0
    let answered: Map<number, Test> | undefined
    for (let i = 0; i < count; i++) {
      const index = candidates ? (candidates[i] ?? 0) : i
      if (this.left-- <= 0) return CUT
      const rule = ready.rule(index)
      const failed = this.firstFailed(rule)
      if (failed) {
        if (failed.stateful && this.full) (answered ??= new Map<number, Test>()).set(index, failed)
        continue
      }
      const near = this.full && index > from ? nearMisses(ready, from, index, answered, probe) : undefined
      const verdict = this.apply(rule, depth, near)
      from = index + 1
      if (verdict) return verdict
    }
    const near = this.full && ready.length > from ? nearMisses(ready, from, ready.length, answered, probe) : undefined
    if (depth === 0 && chain.policy !== undefined) this.atEnd = near
    else if (near || probe.mark !== 0) this.add({ chain: ready.name, end: true, verdict: 'RETURN', depth }, near)
    else this.steps.push(ready.end(depth))
    return 'RETURN'
  }

  policy({ chain }: ReadyChain): TableVerdict {
    const policy: Policy = chain.policy ?? 'ACCEPT'
    this.add({ chain: chain.name, policy: true, verdict: policy, depth: 0 }, this.atEnd)
    return policy === 'DROP' ? { kind: 'DROP', by: 'policy', rule: `-P ${chain.name} DROP` } : ACCEPT
  }

  private firstFailed(rule: ReadyRule): Test | undefined {
    const { probe } = this
    const { tests } = rule
    probe.rule = rule
    probe.branch = undefined
    for (let i = 0; i < tests.length; i++) {
      const test = tests[i]
      if (test && !test.holds(probe)) return test
    }
    return undefined
  }

  /** `step` is new, and ours to complete. */
  private add(step: Told, near: Failed | undefined): void {
    if (near && (near.considered.length > 0 || near.skipped > 0)) {
      step.considered = near.considered
      if (near.skipped > 0) step.skipped = near.skipped
    }
    if (this.probe.mark !== 0) step.mark = this.probe.mark
    this.steps.push(step)
  }

  /** Does what the target says; a verdict ends the chain. */
  private apply(ready: ReadyRule, depth: number, near: Failed | undefined): TableVerdict | 'RETURN' | undefined {
    const { rule } = ready
    const { target } = rule
    const { probe } = this
    if (target) this.change(target)
    if (near) this.add(ready.newStep(depth, probe.branch, probe.mark, this.full), near)
    else this.steps.push(ready.step(depth, probe.branch, probe.mark, this.full))
    if (!target) return undefined
    switch (target.kind) {
      case 'ACCEPT':
        return ACCEPT
      case 'DROP':
        return { kind: 'DROP', by: 'rule', rule: ready.text }
      case 'REJECT':
        return { kind: 'REJECT', with: target.with, rule: ready.text }
      case 'RETURN':
        return 'RETURN'
      case 'jump': {
        const verdict = this.visit(ready.enter(target.chain), depth + 1)
        return verdict === 'RETURN' ? undefined : verdict
      }
      case 'goto':
        // A chain that was gone to returns where its caller would have.
        return this.visit(ready.enter(target.chain), depth)
      case 'DNAT':
      case 'SNAT':
      case 'MASQUERADE':
      case 'REDIRECT':
        return { kind: 'NAT', target, rule: ready.text }
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
