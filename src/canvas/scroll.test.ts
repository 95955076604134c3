import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exposedBy, shiftOf, wholePixels, wholeRect } from './scroll.ts'

const size = { width: 400, height: 300 }

describe('a pushed map', () => {
  it.each([
    ['to the right', { k: 1, x: 12, y: 0 }, { x: 12, y: 0 }],
    ['zoomed', { k: 1.1, x: 12, y: 0 }, undefined],
    ['too far', { k: 1, x: 0, y: 290 }, undefined],
  ])('%s', (_, after, expected) => expect(shiftOf({ k: 1, x: 0, y: 0 }, after, size, 1)).toEqual(expected))

  it('is copied on whole device pixels alone', () => {
    expect(shiftOf({ k: 1, x: 0, y: 0 }, { k: 1, x: 3, y: 0 }, size, 1.5)).toBeUndefined()
    expect(shiftOf({ k: 1, x: 0, y: 0 }, { k: 1, x: 4, y: 0 }, size, 1.5)).toEqual({ x: 4, y: 0 })
  })

  it('has what stayed and what came into view, and nothing else', () => {
    const whole = fc.integer({ min: -150, max: 150 })
    fc.assert(
      fc.property(whole, whole, fc.nat(399), fc.nat(299), (x, y, px, py) => {
        const stayed = px - x >= 0 && px - x < size.width && py - y >= 0 && py - y < size.height
        const came = exposedBy({ x, y }, size).some((r) => px >= r.x && px < r.x + r.width && py >= r.y && py < r.y + r.height)
        expect(came).toBe(!stayed)
      }),
    )
  })

  it('stands on whole pixels', () => {
    expect(wholePixels({ k: 0.3, x: 1.4, y: -2.6 })).toEqual({ k: 0.3, x: 1, y: -3 })
    expect(wholeRect({ x: -3.5, y: 10.2, width: 20, height: 400 }, size)).toEqual({ x: 0, y: 10, width: 17, height: 290 })
  })
})
