import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { between, easeInOut, viewOf } from './camera.ts'

const SIZE = { width: 800, height: 500 }
const MARGIN = { top: 10, right: 20, bottom: 30, left: 40 }
const rects = fc.record({
  x: fc.integer({ min: -5000, max: 5000 }),
  y: fc.integer({ min: -5000, max: 5000 }),
  width: fc.integer({ min: 1, max: 50_000 }),
  height: fc.integer({ min: 1, max: 50_000 }),
})
const views = rects.map((rect) => viewOf(rect, SIZE, MARGIN, 4))

describe('viewOf', () => {
  it('shows all of it inside the margins, in the middle, and touches two of them unless the limit does', () => {
    fc.assert(
      fc.property(rects, (rect) => {
        const { k, x, y } = viewOf(rect, SIZE, MARGIN, 4)
        const [left, top] = [rect.x * k + x, rect.y * k + y]
        const [right, bottom] = [left + rect.width * k, top + rect.height * k]
        expect(left).toBeGreaterThanOrEqual(40 - 1e-6)
        expect(top).toBeGreaterThanOrEqual(10 - 1e-6)
        expect(right).toBeLessThanOrEqual(780 + 1e-6)
        expect(bottom).toBeLessThanOrEqual(470 + 1e-6)
        expect(left - 40).toBeCloseTo(780 - right, 4)
        expect(top - 10).toBeCloseTo(470 - bottom, 4)
        expect(Math.abs(left - 40) < 1e-4 || Math.abs(top - 10) < 1e-4 || k === 4).toBe(true)
      }),
    )
  })

  it('survives a window that is smaller than its margins', () => {
    const { k } = viewOf({ x: 0, y: 0, width: 100, height: 100 }, { width: 0, height: 0 }, MARGIN, 4)
    expect(k).toBeGreaterThan(0)
  })
})

describe('between', () => {
  it('begins at one view and ends at the other', () => {
    fc.assert(
      fc.property(views, views, (a, b) => {
        const start = between(a, b, 0, SIZE)
        expect(start.k).toBeCloseTo(a.k, 6)
        expect(start.x).toBeCloseTo(a.x, 2)
        expect(between(a, b, 1, SIZE)).toEqual(b)
      }),
    )
  })

  it('magnifies evenly', () => {
    fc.assert(
      fc.property(views, views, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, f) => {
        const { k } = between(a, b, f, SIZE)
        expect(k).toBeGreaterThanOrEqual(Math.min(a.k, b.k) * (1 - 1e-9))
        expect(k).toBeLessThanOrEqual(Math.max(a.k, b.k) * (1 + 1e-9))
      }),
    )
  })
})

describe('easeInOut', () => {
  it('goes from 0 to 1 and only forwards', () => {
    expect([easeInOut(0), easeInOut(0.5), easeInOut(1)]).toEqual([0, 0.5, 1])
    const values = Array.from({ length: 50 }, (_, i) => easeInOut(i / 49))
    expect(values.toSorted((a, b) => a - b)).toEqual(values)
  })
})
