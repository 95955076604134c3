import { expect, test } from 'vitest'
import { listIndex } from './list-index.ts'

const byKey = listIndex(({ key }: { readonly key: string; readonly n: number }) => key)

test.each([
  [[], 'a', undefined],
  [[{ key: 'a', n: 1 }], 'b', undefined],
  [
    [
      { key: 'a', n: 1 },
      { key: 'b', n: 2 },
      { key: 'a', n: 3 },
    ],
    'a',
    1,
  ],
] as const)('of %j the first with key %s', (list, key, n) => {
  expect(byKey(list, key)?.n).toBe(n)
})
