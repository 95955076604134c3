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
  if (answered || end - from < NEAREST) return asked(chain, from, end, answered, probe).failed
  const { protocol, destination, environment } = probe
  const key = `${from} ${end} ${protocol} ${destination} ${environment.addressType(destination)}`
  const known = chain.misses.get(key)
  if (known) return known
  const { failed, byAddress } = asked(chain, from, end, answered, probe)
  if (byAddress) {
    if (chain.misses.size >= REMEMBERED) chain.misses.clear()
    chain.misses.set(key, failed)
  }
  return failed
}

/** Where there is a rule for each Service, protocol and destination decide alone: what was said of one packet holds for the next to the same address. */
const REMEMBERED = 1024

function asked(
  chain: ReadyChain,
  from: number,
  end: number,
  answered: ReadonlyMap<number, Test> | undefined,
  probe: Probe,
): { readonly failed: Failed; readonly byAddress: boolean } {
  const first = Math.max(from, end - NEAREST)
  const considered: Considered[] = []
  let byAddress = true
  for (let index = first; index < end; index++) {
    const rule = chain.rule(index)
    const { tests } = rule
    let failed = answered?.get(index)
    for (let i = 0; i < tests.length && !failed; i++) {
      const test = tests[i]
      if (!test || test.stateful) continue
      byAddress &&= test.byAddress
      if (!test.holds(probe)) failed = test
    }
    if (failed) considered.push({ index, rule: rule.text, failed: failed.text, actual: actualOf(failed.match, probe) })
  }
  return { failed: { considered, skipped: first - from }, byAddress }
}
