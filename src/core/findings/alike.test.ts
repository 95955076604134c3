import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alikeIn, distance, isAlike } from './alike.ts'

describe('the distance of two words', () => {
  it.each<[string, string, number]>([
    ['web', 'web', 0],
    ['web', 'wbe', 1],
    ['web', 'we', 1],
    ['web', 'webs', 1],
    ['web', 'wab', 1],
    ['web', '', 3],
    ['frontend', 'forntned', 2],
    ['cart', 'track', 4],
  ])('%s and %s: %i', (a, b, expected) => expect(distance(a, b)).toBe(expected))

  it('is the same both ways, and with a limit the same or more than it', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 9 })
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 4 }), (a, b, most) => {
        const whole = distance(a, b)
        expect(distance(b, a)).toBe(whole)
        expect(Math.min(distance(a, b, most), most + 1)).toBe(Math.min(whole, most + 1))
      }),
      { seed: 11 },
    )
  })

  it('is right for words longer than any before', () => expect(distance('x'.repeat(300), `${'x'.repeat(299)}y`)).toBe(1))
})

it('words alike are found among others, and remembered with their list', () => {
  const words = ['wbe', 'web-2', 'database', 'we', 'cart']
  expect(alikeIn(words, 'web')).toEqual(['wbe', 'web-2', 'we'])
  expect(alikeIn(words, 'web')).toBe(alikeIn(words, 'web'))
  expect(isAlike('database', 'web')).toBe(false)
})
