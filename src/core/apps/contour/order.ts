/** Envoy takes the first route that fits, so Contour puts the most particular first (internal/sorter/sorter.go). */
import type { PathMatch, Route, ValueMatch } from './model.ts'

const RANK: Readonly<Record<PathMatch['kind'], number>> = { exact: 0, regex: 1, segment: 2, prefix: 2 }
const KINDS: readonly ValueMatch['kind'][] = ['exact', 'regex', 'prefix', 'suffix', 'contains', 'present']

/** Exact paths, then regular expressions, then prefixes; the longer first; with equal paths one of a method, then the one with more conditions, then the earlier rule. */
export const ordered = (routes: Iterable<Route>): readonly Route[] =>
  [...routes].toSorted((a, b) => {
    const [left, right] = [a.path, b.path]
    if (RANK[left.kind] !== RANK[right.kind]) return RANK[left.kind] - RANK[right.kind]
    if (left.value.length !== right.value.length) return right.value.length - left.value.length
    if (left.value !== right.value) return left.value > right.value ? -1 : 1
    if (left.kind !== right.kind) return left.kind === 'segment' ? -1 : 1
    return byConditions(a, b)
  })

const METHOD = ':method'

function byConditions(a: Route, b: Route): number {
  const methods = [a, b].map(({ headers }) => (headers.some(({ name }) => name === METHOD) ? 0 : 1)) as [number, number]
  if (methods[0] !== methods[1]) return methods[0] - methods[1]
  const [left, right] = [a, b].map(({ headers }) => sorted(headers.filter(({ name }) => name !== METHOD))) as [ValueMatch[], ValueMatch[]]
  if (left.length !== right.length) return right.length - left.length
  if (a.query.length !== b.query.length) return b.query.length - a.query.length
  const [first, second] = [a.priority ?? 0, b.priority ?? 0]
  return first - second || byItems(left, right) || byItems(sorted(a.query), sorted(b.query))
}

const sorted = (all: readonly ValueMatch[]): ValueMatch[] => all.toSorted(compared)

function byItems(a: readonly ValueMatch[], b: readonly ValueMatch[]): number {
  for (const [i, each] of a.entries()) {
    const other = b[i]
    const difference = other ? compared(each, other) : 0
    if (difference !== 0) return difference
  }
  return 0
}

/** By name, then exact values before expressions before parts, then by value. */
function compared(a: ValueMatch, b: ValueMatch): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  if (a.kind !== b.kind) return KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind)
  if (a.value !== b.value) return a.value < b.value ? -1 : 1
  return Number(a.invert) - Number(b.invert)
}
