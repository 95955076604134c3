import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type WireField, wireOf } from '../../core/net/bytes.ts'
import { packetsOf } from '../position.ts'
import { CONVERSATION } from '../testdata/conversation.ts'
import { cellsOf, type Lit, litBytes, litFields } from './bits.ts'

/** Fields of these widths one after another. */
function fields(...widths: readonly number[]): readonly WireField[] {
  let bit = 0
  return widths.map((bits) => {
    const at = bit
    bit += bits
    return { name: 'reserved', value: '0', bit: at, bits, start: at >>> 3, end: (at + bits + 7) >>> 3 }
  })
}

describe('a header drawn in lines of 32 bits', () => {
  it.each([
    ['fits', [4, 4, 8, 16], '0:0+4* 0:4+4* 0:8+8* 0:16+16*'],
    ['begins a new line', [32, 16], '0:0+32* 1:0+16*'],
    ['breaks over the end of a line and is told in the wider part', [48, 48, 16], '0:0+32* 1:0+16 1:16+16 2:0+32* 3:0+16*'],
    ['gives data one line', [16, 800], '0:0+16* 1:0+32*'],
  ])('%s', (_, widths, expected) => {
    const text = cellsOf(fields(...widths)).map(({ line, column, span, told }) => `${line}:${column}+${span}${told ? '*' : ''}`)
    expect(text.join(' ')).toBe(expected)
  })

  it('has as many bits as the fields, none twice', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 20 }), (widths) => {
        const cells = cellsOf(fields(...widths))
        expect(cells.reduce((sum, { span }) => sum + span, 0)).toBe(widths.reduce((sum, bits) => sum + bits, 0))
        for (const [index, { line, column, span }] of cells.entries()) {
          const next = cells[index + 1]
          if (next) expect(next.line * 32 + next.column).toBe(line * 32 + column + span)
          expect(column + span).toBeLessThanOrEqual(32)
        }
      }),
      { seed: 5 },
    )
  })
})

describe('what is lit', () => {
  const packet = packetsOf(CONVERSATION)[0]?.sent
  if (!packet) throw new Error('no packet')
  const { layers, bytes } = wireOf({ packet })

  it('goes from a field to its bytes and from each of these back to the field', () => {
    for (const [layer, { fields: all }] of layers.entries())
      for (const field of all.keys()) {
        const [start, end] = litBytes({ layer, field }, layers)
        expect(end).toBeGreaterThan(start)
        for (let byte = start; byte < end; byte++) expect(litFields({ byte }, layers).map((one) => one.field)).toContain(all[field])
      }
  })

  it('leaves no byte without a field', () => {
    for (const byte of bytes.keys()) expect(litFields({ byte }, layers)).not.toEqual([])
  })

  it.each<Lit>([undefined, { layer: 9, field: 9 }])('is nothing for %j', (lit) => {
    expect(litBytes(lit, layers)).toEqual([0, 0])
    expect(litFields(lit, layers)).toEqual([])
  })
})
