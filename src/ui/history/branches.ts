import type { History } from '../../worker/protocol.ts'

/** A line of the list of everything that was done; `step` 0 is the beginning. */
export interface Line {
  readonly step: number
  readonly state: 'done' | 'here' | 'undone' | 'branch'
  /** Of a branch that begins here: the step that it was made upon. */
  readonly from?: number
}

/** Latest first. The way to where the cluster is, and on from there to what redo would do, is one line; other branches stand where they began in time. */
export function linesOf({ at, steps, ahead }: Pick<History, 'at' | 'steps' | 'ahead'>): readonly Line[] {
  const parents = new Map(steps.map(({ id, parent }) => [id, parent]))
  const done = new Set<number>([0])
  for (let id: number | undefined = at; id !== undefined && id !== 0; id = parents.get(id)) done.add(id)
  const undone = new Set(ahead)
  const lines = [0, ...steps.map(({ id }) => id)].map((step): Line => {
    if (step === at) return { step, state: 'here' }
    if (done.has(step)) return { step, state: 'done' }
    if (undone.has(step)) return { step, state: 'undone' }
    const parent = parents.get(step) ?? 0
    const begins = done.has(parent) || undone.has(parent)
    return { step, state: 'branch', ...(begins ? { from: parent } : {}) }
  })
  return lines.toReversed()
}
