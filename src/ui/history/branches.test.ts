import { expect, it } from 'vitest'
import type { Deed } from '../../worker/protocol.ts'
import { linesOf } from './branches.ts'

const deed: Deed = { kind: 'apply', what: 'x', others: 0 }
const steps = (parents: readonly number[]) => parents.map((parent, index) => ({ id: index + 1, parent, deed }))

it.each([
  ['nothing', 0, [], [], ['0 here']],
  ['one line', 2, [0, 1, 2], [3], ['3 undone', '2 here', '1 done', '0 done']],
  ['a branch that was left', 4, [0, 1, 2, 1], [], ['4 here', '3 branch', '2 branch from 1', '1 done', '0 done']],
  ['the beginning', 0, [0, 0], [2], ['2 undone', '1 branch from 0', '0 here']],
  ['a branch of what is undone', 1, [0, 1, 2, 2], [2, 4], ['4 undone', '3 branch from 2', '2 undone', '1 here', '0 done']],
] as const)('the list of %s', (_, at, parents, ahead, wanted) => {
  const lines = linesOf({ at, steps: steps(parents), ahead })
  expect(lines.map(({ step, state, from }) => `${step} ${state}${from === undefined ? '' : ` from ${from}`}`)).toEqual(wanted)
})
