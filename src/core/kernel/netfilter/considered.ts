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
 * Why the rules from `from` to the one before `end`, which matched, did not; to be asked before that rule changes marks. Found backwards, so that a long
 * chain costs no more than a short one, and the same whether an index skipped them or not. What cannot be asked again (chance, memory) is in `answered`.
 */
export function nearMisses(
  chain: ReadyChain,
  from: number,
  end: number,
  answered: ReadonlyMap<number, Test> | undefined,
  probe: Probe,
): Failed {
  const first = Math.max(from, end - NEAREST)
  const considered: Considered[] = []
  for (let index = first; index < end; index++) {
    const rule = chain.rule(index)
    const test = answered?.get(index) ?? firstFailed(rule.tests, probe)
    if (test) considered.push({ index, rule: rule.text, failed: test.text, actual: actualOf(test.match, probe) })
  }
  return { considered, skipped: first - from }
}

function firstFailed(tests: readonly Test[], probe: Probe): Test | undefined {
  for (let i = 0; i < tests.length; i++) {
    const test = tests[i]
    if (test && !test.stateful && !test.holds(probe)) return test
  }
  return undefined
}
