/**
 * Where in a manifest a position is, told from indentation alone: a text that is being typed is seldom valid YAML. Block style only; inside braces
 * nothing is said.
 */
export interface Place {
  /** The document's kind, empty while there is none. */
  readonly kind: string
  /** Keys that lead to the object at this place, list items left out. */
  readonly path: readonly string[]
  /** The key whose value is being written; absent where a key is. */
  readonly key?: string
  /** What is there of the word so far, and where it begins in the text. */
  readonly typed: string
  readonly from: number
  /** Columns before the key, dashes counted as blanks. */
  readonly indent: number
}

const KEY = /^(\s*(?:- +)*)([\w./-]*)$/
const VALUE = /^(\s*(?:- +)*)([\w./-]+):[ \t]+["']?([\w./-]*)$/
const LINE = /^(\s*(?:- +)*)([\w./-]+):(?:\s|$)/

/** The place just before `position`. */
export function placeAt(text: string, position: number): Place | undefined {
  const start = text.lastIndexOf('\n', position - 1) + 1
  const line = text.slice(start, position)
  const { above, kind } = documentAt(text, start)
  const key = KEY.exec(line)
  if (key) {
    const [, lead = '', typed = ''] = key
    return { kind, path: pathTo(above, lead.length), typed, from: position - typed.length, indent: lead.length }
  }
  const value = VALUE.exec(line)
  if (!value) return undefined
  const [, lead = '', name = '', typed = ''] = value
  return { kind, path: pathTo(above, lead.length), key: name, typed, from: position - typed.length, indent: lead.length }
}

/** The key that the position is on, with its place. */
export function keyAt(
  text: string,
  position: number,
):
  | { readonly kind: string; readonly path: readonly string[]; readonly name: string; readonly from: number; readonly to: number }
  | undefined {
  const start = text.lastIndexOf('\n', position - 1) + 1
  const end = text.indexOf('\n', position)
  const [, lead, name] = LINE.exec(text.slice(start, end < 0 ? text.length : end)) ?? []
  if (lead === undefined || name === undefined) return undefined
  const from = start + lead.length
  if (position < from || position > from + name.length) return undefined
  const { above, kind } = documentAt(text, start)
  return { kind, path: pathTo(above, lead.length), name, from, to: from + name.length }
}

/** Lines of this document above the one that begins at `start`, and the kind of the whole document. */
function documentAt(text: string, start: number): { readonly above: readonly string[]; readonly kind: string } {
  const before = text.slice(0, start)
  const from = Math.max(before.startsWith('---') ? 0 : -1, before.lastIndexOf('\n---'))
  const to = text.indexOf('\n---', Math.max(0, start - 1))
  const whole = text.slice(Math.max(0, from + 1), to < 0 ? text.length : to)
  return { above: before.slice(Math.max(0, from + 1)).split('\n'), kind: /^kind:\s*["']?(\w+)/m.exec(whole)?.[1] ?? '' }
}

/** Keys of the lines above that are further left, nearest first found, each further left than the one below it. */
function pathTo(above: readonly string[], indent: number): readonly string[] {
  const path: string[] = []
  let edge = indent
  for (let index = above.length - 1; index >= 0 && edge > 0; index--) {
    const [, lead, name] = LINE.exec(above[index] ?? '') ?? []
    if (lead === undefined || name === undefined || lead.length >= edge) continue
    path.unshift(name)
    edge = lead.length
  }
  return path
}
