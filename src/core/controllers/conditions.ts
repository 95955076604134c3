import type { PodStatus } from '../api/pod.ts'

type Conditions = NonNullable<PodStatus['conditions']>

const NONE: Conditions = []

/**
 * The same change of conditions for many pods: pods that had one list before have one list after. Most pods of a cluster are alike in this, and lists of
 * their own would be a quarter of its heap.
 */
export function sharedConditions(change: (before: Conditions) => Conditions): (before: Conditions | undefined) => Conditions {
  const known = new WeakMap<Conditions, Conditions>()
  return (before = NONE) => {
    let after = known.get(before)
    if (!after) known.set(before, (after = change(before)))
    return after
  }
}
