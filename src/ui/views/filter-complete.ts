import type { Comparison } from './filter.ts'
import { FIELDS, type FieldType, type Seen, valuesOf } from './filter-fields.ts'
import { quoted, type Token, tokensOf } from './filter-tokens.ts'

/** One line below the filter: what to put instead of the characters from `from` to `to`. */
export interface Proposal {
  readonly text: string
  readonly kind: FieldType['type'] | 'comparison' | 'value' | 'joint'
  readonly from: number
  readonly to: number
}

/** Enough to scroll through; a value that is not among them is typed. */
const LIMIT = 60

/** What may stand at the cursor: fields, comparisons, values that packets of the list have, or what joins two terms. */
export function proposalsAt(text: string, cursor: number, list: readonly Seen[]): readonly Proposal[] {
  const before = tokensOf(text).filter((token) => token.at < cursor)
  const last = before.at(-1)
  // A word that the cursor touches is still being typed.
  const typing = last && (last.kind === 'word' || last.kind === 'compare') && last.at + last.length >= cursor ? last : undefined
  const done = typing ? before.slice(0, -1) : before
  const place = typing ? { from: typing.at, to: typing.at + typing.length } : { from: cursor, to: cursor }
  const typed = text.slice(place.from, cursor).replace(/^"/, '').toLowerCase()
  return wantedAfter(done, list)
    .filter((one) => one.text.toLowerCase().includes(typed) && one.text.toLowerCase() !== typed)
    .toSorted((a, b) => Number(b.text.toLowerCase().startsWith(typed)) - Number(a.text.toLowerCase().startsWith(typed)))
    .slice(0, LIMIT)
    .map((one) => ({ ...one, text: one.kind === 'value' ? quoted(one.text) : one.text, ...place }))
}

type Wanted = Pick<Proposal, 'text' | 'kind'>

function wantedAfter(tokens: readonly Token[], list: readonly Seen[]): readonly Wanted[] {
  const last = tokens.at(-1)
  if (!last || last.kind === 'and' || last.kind === 'or' || last.kind === 'not' || last.kind === 'open') return terms()
  if (last.kind === 'close') return JOINTS
  if (last.kind === 'compare') return valuesFor(tokens.at(-2), list)
  const isName = last.kind === 'word' && tokens.at(-2)?.kind !== 'compare' && !isField(tokens.at(-2))
  if (!isName) return JOINTS
  const type = typeOf(last)
  if (type === undefined) return []
  if (type === 'flag') return JOINTS
  const signs = COMPARISONS.filter((sign) => sign === '==' || sign === '!=' || sign === 'contains' || type === 'number')
  const bare = last.text === 'host' || last.text === 'port' ? valuesFor(last, list) : []
  return [...bare, ...signs.map((text) => ({ text, kind: 'comparison' as const }))]
}

const COMPARISONS: readonly Comparison[] = ['==', '!=', 'contains', '<', '<=', '>', '>=']
const JOINTS: readonly Wanted[] = [
  { text: '&&', kind: 'joint' },
  { text: '||', kind: 'joint' },
]

const typeOf = (token: Token | undefined) =>
  token && Object.hasOwn(FIELDS, token.text.toLowerCase()) ? FIELDS[token.text.toLowerCase()]?.type : undefined
const isField = (token: Token | undefined): boolean => token?.kind === 'word' && (typeOf(token) ?? 'flag') !== 'flag'

const terms = (): readonly Wanted[] => Object.entries(FIELDS).map(([text, { type }]) => ({ text, kind: type }))

function valuesFor(token: Token | undefined, list: readonly Seen[]): readonly Wanted[] {
  const field = token?.text.toLowerCase()
  if (field === undefined) return []
  const found = new Set<string>()
  for (const seen of list) for (const value of valuesOf(field, seen)) found.add(value)
  const numeric = FIELDS[field]?.type === 'number'
  return [...found]
    .toSorted((a, b) => (numeric ? Number(a) - Number(b) : a.localeCompare(b, 'en', { numeric: true })))
    .map((text) => ({ text, kind: 'value' }))
}
