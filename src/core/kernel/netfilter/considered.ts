import type { Considered } from '../step.ts'
import { actualOf } from './actual.ts'
import type { Test } from './match.ts'
import type { Probe } from './probe.ts'
import type { ReadyChain } from './ready.ts'

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
  private readonly chain: ReadyChain
  private stateful: Map<number, Test> | undefined = undefined
  /** First rule behind the last one that matched. */
  private from = 0

  constructor(chain: ReadyChain) {
    this.chain = chain
  }

  remember(index: number, test: Test): void {
    this.stateful ??= new Map()
    this.stateful.set(index, test)
  }

  passed(index: number): void {
    this.from = index + 1
  }

  /** To be asked before the rule at `end` changes marks. Undefined: there is nothing between. */
  before(end: number, probe: Probe): Failed | undefined {
    if (end <= this.from) return undefined
    const first = Math.max(this.from, end - NEAREST)
    const considered: Considered[] = []
    for (let index = first; index < end; index++) {
      const rule = this.chain.rule(index)
      const test = this.stateful?.get(index) ?? firstFailed(rule.tests, probe)
      if (test) considered.push({ index, rule: rule.text, failed: test.text, actual: actualOf(test.match, probe) })
    }
    return { considered, skipped: first - this.from }
  }
}

function firstFailed(tests: readonly Test[], probe: Probe): Test | undefined {
  for (let i = 0; i < tests.length; i++) {
    const test = tests[i]
    if (test && !test.stateful && !test.holds(probe)) return test
  }
  return undefined
}
