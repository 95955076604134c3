/**
 * Where values stand in JSON text. Reads only when a message needs a position, and only as far as it must; the offsets of an array's items are remembered,
 * so that many messages about one long list cost one reading of it. The text is known to be valid.
 */
import { Lines } from './lines.ts'
import type { Path, Segment } from './schema.ts'

interface Child {
  readonly key: number
  readonly value: number
}

export class JsonPositions {
  readonly #text: string
  /** Offset of each array asked about, and of its items. */
  readonly #items = new Map<number, readonly number[]>()
  readonly #lines: Lines

  constructor(text: string) {
    this.#text = text
    this.#lines = new Lines(text)
  }

  /** Of the value at `path`, or its key; of the nearest enclosing value that exists. Lines and columns count from 1. */
  position(path: Path, part: 'key' | 'value'): { readonly line: number; readonly column: number } {
    return this.#lines.position(this.#offset(path, part))
  }

  #offset(path: Path, part: 'key' | 'value'): number {
    let offset = skipBlank(this.#text, 0)
    for (const [index, segment] of path.entries()) {
      const found = this.#child(offset, segment)
      if (!found) return offset
      offset = part === 'key' && index === path.length - 1 ? found.key : found.value
    }
    return offset
  }

  #child(offset: number, segment: Segment): Child | undefined {
    if (this.#text[offset] === '{') return member(this.#text, offset, segment)
    if (this.#text[offset] !== '[') return undefined
    let items = this.#items.get(offset)
    if (!items) this.#items.set(offset, (items = itemsOf(this.#text, offset)))
    const value = items[Number(segment)]
    return value === undefined ? undefined : { key: value, value }
  }
}

function member(text: string, offset: number, name: Segment): Child | undefined {
  for (let at = skipBlank(text, offset + 1); text[at] !== '}'; ) {
    const end = skipString(text, at)
    const value = skipBlank(text, skipBlank(text, end) + 1)
    if (JSON.parse(text.slice(at, end)) === name) return { key: at, value }
    at = skipComma(text, skipValue(text, value))
  }
  return undefined
}

function itemsOf(text: string, offset: number): number[] {
  const items: number[] = []
  for (let at = skipBlank(text, offset + 1); text[at] !== ']'; at = skipComma(text, skipValue(text, at))) items.push(at)
  return items
}

function skipComma(text: string, at: number): number {
  const next = skipBlank(text, at)
  return text[next] === ',' ? skipBlank(text, next + 1) : next
}

function skipBlank(text: string, at: number): number {
  while (at < text.length && text.charCodeAt(at) <= 32) at++
  return at
}

function skipString(text: string, at: number): number {
  for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++
  return at + 1
}

function skipValue(text: string, at: number): number {
  let depth = 0
  do {
    const c = text[at]
    if (c === '"') at = skipString(text, at)
    else {
      if (c === '{' || c === '[') depth++
      else if (c === '}' || c === ']') depth--
      at++
    }
  } while (depth > 0 || !endsValue(text, at))
  return at
}

/** A number or a word ends where punctuation or space begins; strings and brackets have ended already. */
const endsValue = (text: string, at: number): boolean => /["\]}]/.test(text[at - 1] ?? '') || /[\s,\]}]/.test(text[at] ?? ',')
