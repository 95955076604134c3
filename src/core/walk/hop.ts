import { assert } from '../base/assert.ts'
import type { NetnsId } from '../kernel/interface.ts'
import type { Step } from '../kernel/step.ts'
import type { Hop } from './trace.ts'

/** The hop made of the steps of one visit to a namespace; none when nothing happened. */
export function hopsOf(netns: NetnsId, steps: readonly Step[]): readonly Hop[] {
  if (steps.length === 0) return []
  const first = steps[0]
  const last = steps.at(-1)
  return [{ netns, ...(first?.kind === 'receive' && { in: first.dev }), ...(last?.kind === 'transmit' && { out: last.dev }), steps }]
}

/** Batfish's invariant: a wire can be drawn between any two hops. Throws where our own walk broke it. */
export function checkHops(hops: readonly Hop[]): void {
  hops.forEach((hop, i) => {
    assert(i === 0 || hop.in !== undefined, `hop ${i} in ${hop.netns} begins without receiving`)
    assert(i === hops.length - 1 || hop.out !== undefined, `hop ${i} in ${hop.netns} ends without transmitting`)
  })
}
