import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { fitText, forgetWidths, textWidth } from './text.ts'

/** Every letter is 6 wide; counts how often it was asked. */
function ruler() {
  const asked: string[] = []
  const context = { font: '', measureText: (text: string) => (asked.push(text), { width: text.length * 6 }) }
  return { asked, context: context as unknown as CanvasRenderingContext2D }
}

beforeEach(() => forgetWidths())

describe('fitText', () => {
  it.each([
    ['web-1', 60, 'web-1'],
    ['checkout-7c9d8b6f5d-x7k2p', 90, 'checkout-…x7k2p'],
    ['checkout', 42, 'che…out'],
    ['checkout', 10, ''],
    ['', 10, ''],
  ])('writes %s in %s pixels as %s', (text, width, expected) => {
    expect(fitText(ruler().context, 'f', text, width)).toBe(expected)
  })

  it('fits whatever it is given, and keeps both ends of what it shortens', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60 }), fc.integer({ min: 0, max: 300 }), (text, width) => {
        const fitted = fitText(ruler().context, 'f', text, width)
        expect(fitted.length * 6).toBeLessThanOrEqual(width)
        if (fitted === '' || fitted === text) return
        const head = fitted.slice(0, fitted.indexOf('…'))
        const tail = fitted.slice(fitted.lastIndexOf('…') + 1)
        expect(text.startsWith(head) || text.includes('…')).toBe(true)
        expect(text.endsWith(tail)).toBe(true)
      }),
    )
  })
})

describe('textWidth', () => {
  it('asks once per face, and knows all sizes and names from that', () => {
    const { asked, context } = ruler()
    const widths = ['12px', '24px', '9.5px'].flatMap((size) => [
      textWidth(context, `500 ${size} "Some Mono", monospace`, 'web-1'),
      textWidth(context, `500 ${size} Some Sans`, 'node-1.example'),
    ])
    expect(asked).toHaveLength(2)
    expect(widths[2]).toBeCloseTo(2 * (widths[0] ?? 0))
    expect(widths[3]).toBeCloseTo(2 * (widths[1] ?? 0))
    const mono = (text: string) => textWidth(context, '500 12px monospace', text)
    expect(mono('iiii')).toBe(mono('WWW…'))
    expect(textWidth(context, '500 12px Sans', 'WWWW')).toBeGreaterThan(textWidth(context, '500 12px Sans', 'iiii'))
    textWidth(context, '500 12px Sans', 'ünïcode')
    expect(asked.at(-1)).toBe('ünïcode')
  })

  it('measures a text once per font', () => {
    const { asked, context } = ruler()
    textWidth(context, 'a', 'web')
    textWidth(context, 'a', 'web')
    textWidth(context, 'b', 'web')
    expect(asked).toEqual(['web', 'web'])
    forgetWidths()
    textWidth(context, 'a', 'web')
    expect(asked).toHaveLength(3)
  })
})
