import { assert } from '../base/assert.ts'
import type { NetnsId } from '../kernel/interface.ts'
import type { Step } from '../kernel/step.ts'
import type { Hop } from './trace.ts'

/** The hop made of the steps of one visit to a namespace; none when nothing happened. */
export const hopsOf = (netns: NetnsId, steps: readonly Step[]): readonly Hop[] => (steps.length === 0 ? [] : [hopOf(netns, steps)])

/** Built by assignment: there are a dozen in every trace. */
export function hopOf(netns: NetnsId, steps: readonly Step[]): Hop {
  const first = steps[0]
  const last = steps.at(-1)
  const input = first?.kind === 'receive' ? first.dev : undefined
  const out = last?.kind === 'transmit' ? last.dev : undefined
  if (input === undefined) return out === undefined ? { netns, steps } : { netns, out, steps }
  return out === undefined ? { netns, in: input, steps } : { netns, in: input, out, steps }
}

/** Batfish's invariant: a wire can be drawn between any two hops. Throws where our own walk broke it. */
export function checkHops(hops: readonly Hop[]): void {
  hops.forEach((hop, i) => {
    // The messages are made only for what is wrong: every walk passes here.
    if (i > 0 && hop.in === undefined) assert(false, `hop ${i} in ${hop.netns} begins without receiving`)
    if (i < hops.length - 1 && hop.out === undefined) assert(false, `hop ${i} in ${hop.netns} ends without transmitting`)
  })
}
