import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fork, PathFound } from '../../worker/protocol.ts'
import { endsOf, type PathNode, percent, treeOf } from './path-tree.ts'

const rule = (chain: string, index: number, taken: number, probability: number, jump?: string): Fork => ({
  why: { kind: 'statistic', netns: 'node-1', table: 'nat', chain, index, jump },
  taken,
  probability,
})
const path = (address: string, ...forks: readonly Fork[]): PathFound => ({
  forks,
  probability: forks.reduce((product, fork) => product * fork.probability, 1),
  outcome: { kind: 'answered', reachedServer: true },
  address,
  passes: [],
})

/** `KUBE-SVC-A(50 % SEP-1 → a, 50 % → b)`. */
function text(tree: PathNode | undefined): string {
  if (!tree) return ''
  if (tree.kind === 'end') return tree.path.address
  const name = tree.why.kind === 'statistic' ? tree.why.chain : tree.why.kind
  const branches = tree.branches.map((branch) => `${percent(branch.probability)} ${branch.name} → ${text(branch.next)}`)
  return `${name}(${branches.join(', ')})`
}

describe('a tree of paths', () => {
  it.each<readonly [string, readonly PathFound[], string]>([
    ['without chance is its one end', [path('a')], 'a'],
    ['without a path is none', [], ''],
    [
      'makes one fork of the rules of a chain',
      [
        path('a', rule('SVC', 0, 0, 1 / 3, 'SEP-1')),
        path('b', rule('SVC', 0, 1, 2 / 3, 'SEP-1'), rule('SVC', 1, 0, 0.5, 'SEP-2')),
        path('c', rule('SVC', 0, 1, 2 / 3, 'SEP-1'), rule('SVC', 1, 1, 0.5, 'SEP-2')),
      ],
      'SVC(33.3 % SEP-1 → a, 33.3 % SEP-2 → b, 33.3 %  → c)',
    ],
    [
      'forks again in another chain',
      [
        path('a', rule('X', 0, 0, 0.5, 'Y'), rule('Y', 0, 0, 0.25, 'A')),
        path('b', rule('X', 0, 0, 0.5, 'Y'), rule('Y', 0, 1, 0.75, 'A')),
        path('c', rule('X', 0, 1, 0.5, 'Y')),
      ],
      'X(50 % Y → Y(12.5 % A → a, 37.5 %  → b), 50 %  → c)',
    ],
  ])('%s', (_, paths, expected) => {
    expect(text(treeOf(paths))).toBe(expected)
  })

  it('keeps every path, in order', () => {
    const answers = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(answers, (taken) => {
        const paths = taken.map((one) =>
          path(String(one), { why: { kind: 'address', name: 'x', addresses: [] }, taken: one, probability: 0.1 }),
        )
        const tree = treeOf(paths)
        expect(tree && endsOf(tree)).toEqual(paths)
      }),
      { seed: 3 },
    )
  })
})

describe('chances', () => {
  it.each([
    [1 / 3, '33.3 %'],
    [1, '100 %'],
    [0.005, '0.5 %'],
    [1e-9, '< 0.001 %'],
    [0, '0 %'],
  ])('%d is %s', (probability, expected) => {
    expect(percent(probability)).toBe(expected)
  })
})
