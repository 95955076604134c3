import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { align } from './align.ts'

const text = (left: string, right: string): string =>
  align(left.split(''), right.split(''), (a, b) => a === b)
    .map((row) => (row.same ? `${row.left}` : `[${row.left ?? ''}|${row.right ?? ''}]`))
    .join('')

describe('two lists side by side', () => {
  it.each([
    ['abc', 'abc', 'abc'],
    ['abc', 'axc', 'a[b|x]c'],
    ['abc', 'ac', 'a[b|]c'],
    ['ac', 'abc', 'a[|b]c'],
    ['', 'ab', '[|a][|b]'],
    ['abxy', 'aby', 'ab[x|]y'],
    ['ab', 'cd', '[a|c][b|d]'],
    ['', '', ''],
  ])('%s and %s: %s', (left, right, expected) => {
    expect(text(left, right)).toBe(expected)
  })

  it('lose nothing and keep both orders', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 })
    fc.assert(
      fc.property(letters, letters, (left, right) => {
        const rows = align(left, right, (a, b) => a === b)
        expect(rows.flatMap((row) => row.left ?? [])).toEqual(left)
        expect(rows.flatMap((row) => row.right ?? [])).toEqual(right)
        expect(rows.every((row) => !row.same || row.left === row.right)).toBe(true)
      }),
      { seed: 11 },
    )
  })
})
