import type { WireField, WireLayer } from '../../core/net/bytes.ts'

/** A header as RFCs draw it: lines of 32 bits. Columns count from 0; a field that goes over the end of a line has a cell in each. */
export interface BitCell {
  /** Index in the layer's fields. */
  readonly field: number
  readonly line: number
  readonly column: number
  readonly span: number
  /** Whether the field's name and value stand here: in its widest cell, or the first of those. */
  readonly told: boolean
}

const LINE = 32
/** A longer field is data, whose bits nobody counts: one line of its own. */
const LONGEST = 64

export function cellsOf(fields: readonly WireField[]): readonly BitCell[] {
  const cells: BitCell[] = []
  let bit = 0
  for (const [field, { bits }] of fields.entries()) {
    const drawn = bits > LONGEST ? LINE : bits
    if (bits > LONGEST) bit = Math.ceil(bit / LINE) * LINE
    const parts: Omit<BitCell, 'told'>[] = []
    for (let done = 0; done < drawn; ) {
      const column = (bit + done) % LINE
      const span = Math.min(LINE - column, drawn - done)
      parts.push({ field, line: Math.floor((bit + done) / LINE), column, span })
      done += span
    }
    bit += drawn
    const widest = parts.reduce((best, part, index) => (part.span > (parts[best]?.span ?? 0) ? index : best), 0)
    cells.push(...parts.map((part, index) => ({ ...part, told: index === widest })))
  }
  return cells
}

/** Something under the pointer: a field of a layer, or a byte. */
export type Lit = { readonly layer: number; readonly field: number } | { readonly byte: number } | undefined

export const isFieldLit = (lit: Lit, layer: number, field: number, { start, end }: WireField): boolean =>
  lit !== undefined && ('byte' in lit ? lit.byte >= start && lit.byte < end : lit.layer === layer && lit.field === field)

/** [start, end) of the bytes that are lit. */
export function litBytes(lit: Lit, layers: readonly WireLayer[]): readonly [start: number, end: number] {
  if (!lit) return [0, 0]
  if ('byte' in lit) return [lit.byte, lit.byte + 1]
  const field = layers[lit.layer]?.fields[lit.field]
  return field ? [field.start, field.end] : [0, 0]
}

/** The fields that are lit, with the layer that each is in. */
export const litFields = (lit: Lit, layers: readonly WireLayer[]): readonly { readonly layer: WireLayer; readonly field: WireField }[] =>
  layers.flatMap((layer, at) => layer.fields.flatMap((field, index) => (isFieldLit(lit, at, index, field) ? [{ layer, field }] : [])))
