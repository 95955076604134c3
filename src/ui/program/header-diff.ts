import type { Header, Headers, HttpRequest, HttpResponse } from '../../core/apps/http.ts'
import { type Piece, wordDiff } from '../views/word-diff.ts'

/** A line of a message that is not on both sides as it is. */
export interface HeaderChange {
  readonly name: string
  readonly before?: readonly Piece[]
  readonly after?: readonly Piece[]
}

/** What a program made of a request: its line, then headers by name in the order of what came out. */
export const requestChanges = (before: HttpRequest, after: HttpRequest): readonly HeaderChange[] => [
  ...lineChange(`${before.method} ${before.target} HTTP/${before.version}`, `${after.method} ${after.target} HTTP/${after.version}`),
  ...headerChanges(before.headers, after.headers),
]

export const responseChanges = (before: HttpResponse, after: HttpResponse): readonly HeaderChange[] => [
  ...lineChange(`HTTP/${before.version} ${before.status}`, `HTTP/${after.version} ${after.status}`),
  ...headerChanges(before.headers, after.headers),
]

const lineChange = (before: string, after: string): readonly HeaderChange[] => (before === after ? [] : [changed('', before, after)])

function changed(name: string, before: string, after: string): HeaderChange {
  const [left, right] = wordDiff(before, after)
  return { name, before: left, after: right }
}

function headerChanges(before: Headers, after: Headers): readonly HeaderChange[] {
  const [then, now] = [byName(before), byName(after)]
  const changes: HeaderChange[] = []
  for (const [key, { name, values }] of now) {
    const was = then.get(key)?.values
    if (!was) changes.push({ name, after: [{ text: values.join(', '), same: false }] })
    else if (was.join(', ') !== values.join(', ')) changes.push(changed(name, was.join(', '), values.join(', ')))
  }
  for (const [key, { name, values }] of then) if (!now.has(key)) changes.push({ name, before: [{ text: values.join(', '), same: false }] })
  return changes
}

/** Names are compared without case; several of one name are one list. */
function byName(headers: Headers): ReadonlyMap<string, { readonly name: string; readonly values: readonly string[] }> {
  const map = new Map<string, { readonly name: string; readonly values: string[] }>()
  for (const [name, value] of headers as readonly Header[]) {
    const key = name.toLowerCase()
    const known = map.get(key)
    if (known) known.values.push(value)
    else map.set(key, { name, values: [value] })
  }
  return map
}
