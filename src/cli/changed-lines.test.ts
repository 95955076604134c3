import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changesBetween } from './changed-lines.ts'

const text = (before: string, after: string): string =>
  changesBetween(before.split(''), after.split(''))
    .map(({ sign, text: letter }) => `${sign === ' ' ? '' : sign}${letter}`)
    .join(' ')

describe('lines of two texts', () => {
  it.each([
    ['abc', 'abc', 'a b c'],
    ['abc', 'axc', 'a -b +x c'],
    ['', 'ab', '+a +b'],
    ['ab', '', '-a -b'],
    ['abcd', 'bd', '-a b -c d'],
  ])('%s and %s', (before, after, expected) => {
    expect(text(before, after)).toBe(expected)
  })

  it('give both back', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 })
    fc.assert(
      fc.property(letters, letters, (before, after) => {
        const changes = changesBetween(before, after)
        expect(changes.flatMap(({ sign, text: letter }) => (sign === '+' ? [] : [letter]))).toEqual(before)
        expect(changes.flatMap(({ sign, text: letter }) => (sign === '-' ? [] : [letter]))).toEqual(after)
      }),
    )
  })
})
