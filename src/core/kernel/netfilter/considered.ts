import type { Considered } from '../step.ts'
import { actualOf } from './actual.ts'
import { type Test, testsOf } from './match.ts'
import { printMatch, printRule } from './print.ts'
import type { Probe } from './probe.ts'
import type { Chain } from './ruleset.ts'

export interface Failed {
  readonly considered: readonly Considered[]
  readonly skipped: number
}

const NEAREST = 16

/**
 * Why the rules between two that matched did not: found backwards from the second one, so that a long chain costs no more than a short one, and the same
 * whether an index skipped them or not. What cannot be asked again (chance, memory) is remembered as it was answered.
 */
export class NearMisses {
  private readonly chain: Chain
  private readonly stateful = new Map<number, Test>()
  /** First rule behind the last one that matched. */
  private from = 0

  constructor(chain: Chain) {
    this.chain = chain
  }

  remember(index: number, test: Test): void {
    this.stateful.set(index, test)
  }

  passed(index: number): void {
    this.from = index + 1
  }

  /** To be asked before the rule at `end` changes marks. */
  before(end: number, probe: Probe): Failed {
    const first = Math.max(this.from, end - NEAREST)
    const considered: Considered[] = []
    for (let index = first; index < end; index++) {
      const rule = this.chain.rule(index)
      const test = this.stateful.get(index) ?? testsOf(rule).find((candidate) => !candidate.stateful && !candidate.holds(probe))
      if (!test) continue
      considered.push({
        index,
        rule: printRule(this.chain.name, rule),
        failed: printMatch(test.match),
        actual: actualOf(test.match, probe),
      })
    }
    return { considered, skipped: first - this.from }
  }
}
