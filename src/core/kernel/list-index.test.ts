import { expect, test } from 'vitest'
import { listIndex } from './list-index.ts'

const byKey = listIndex(([key]: readonly [string, number]) => key)
const list = [
  ['a', 1],
  ['b', 2],
  ['a', 3],
] as const

test.each([
  ['a', [1, 3]],
  ['b', [2]],
  ['c', []],
])('with key %s', (key, numbers) => {
  expect(byKey(list, key).map(([, n]) => n)).toEqual(numbers)
  expect(byKey(new Map(list), key).map(([, n]) => n)).toEqual(numbers.slice(-1))
  expect(byKey([], key)).toEqual([])
})
