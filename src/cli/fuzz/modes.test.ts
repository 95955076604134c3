import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProxyMode } from '../../core/cluster/config.ts'
import { MODE_DIFFERENCES } from '../../core/node/kube-proxy/mode-differences.ts'
import { comparisons } from './compare-modes.ts'

const OTHERS = ['nftables', 'ipvs'] as const satisfies readonly ProxyMode[]
/** Clusters in which, together, every listed difference shows. */
const TELLING = ['modes-10', 'modes-32', 'modes-6', 'modes-18', 'prop-2']

/**
 * For any random Service and whoever asks: all modes reach the same endpoints with the same probabilities, but for the differences that are listed. The
 * seed is pinned, so that what fails once fails again.
 */
describe('modes of kube-proxy', () => {
  it('end every request in the same way, but for listed differences', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
        for (const { about, ends, explained } of comparisons(`modes-${seed}`, OTHERS))
          for (const mode of OTHERS)
            if (explained[mode].length === 0) expect(`${about} ${mode}: ${ends[mode]}`).toBe(`${about} ${mode}: ${ends.iptables}`)
      }),
      { seed: 20, numRuns: 5 },
    )
  })

  it('differ where it is listed', () => {
    const met = new Set<string>()
    for (const name of TELLING)
      for (const { ends, explained } of comparisons(name, OTHERS))
        for (const mode of OTHERS) {
          const [only, ...more] = explained[mode]
          if (only && more.length === 0 && ends[mode] !== ends.iptables) met.add(only.id)
        }
    expect([...met].sort()).toEqual(MODE_DIFFERENCES.map(({ id }) => id).sort())
  })
})
