/** Where a value stands in JSON text. Reads only as far as it must, and only when a message needs a position. The text is known to be valid. */
import type { Path, Segment } from './schema.ts'

/** Offset of the value at `path` (or of its key); of the nearest enclosing value that exists. */
export function jsonOffset(text: string, path: Path, part: 'key' | 'value'): number {
  let offset = blank(text, 0)
  for (const [index, segment] of path.entries()) {
    const found = child(text, offset, segment)
    if (!found) return offset
    offset = part === 'key' && index === path.length - 1 ? found.key : found.value
  }
  return offset
}

interface Child {
  readonly key: number
  readonly value: number
}

function child(text: string, offset: number, segment: Segment): Child | undefined {
  const open = text[offset]
  if (open !== '{' && open !== '[') return undefined
  let at = blank(text, offset + 1)
  for (let index = 0; text[at] !== '}' && text[at] !== ']'; index++) {
    const key = at
    let name: Segment = index
    if (open === '{') {
      const end = skipString(text, at)
      name = JSON.parse(text.slice(at, end)) as string
      at = blank(text, blank(text, end) + 1)
    }
    if (name === segment) return { key, value: at }
    at = blank(text, skipValue(text, at))
    if (text[at] === ',') at = blank(text, at + 1)
  }
  return undefined
}

function blank(text: string, at: number): number {
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
    if (c === '"') {
      at = skipString(text, at)
      continue
    }
    if (c === '{' || c === '[') depth++
    else if (c === '}' || c === ']') depth--
    at++
  } while (depth > 0 || !/[,\]}\s]/.test(text[at] ?? ','))
  return at
}
