/** A piece of a filter with its place, 0-based, so that errors and completion can point at it. */
export interface Token {
  readonly kind: 'word' | 'compare' | 'and' | 'or' | 'not' | 'open' | 'close' | 'bad'
  /** What it stands for: without quotes, words for operators as their sign. */
  readonly text: string
  readonly at: number
  readonly length: number
}

/** Display filters of Wireshark allow words and signs alike. */
const WORDS: Readonly<Record<string, readonly [kind: Token['kind'], text: string]>> = {
  and: ['and', '&&'],
  or: ['or', '||'],
  not: ['not', '!'],
  eq: ['compare', '=='],
  ne: ['compare', '!='],
  lt: ['compare', '<'],
  le: ['compare', '<='],
  gt: ['compare', '>'],
  ge: ['compare', '>='],
  contains: ['compare', 'contains'],
}
const SIGNS: Readonly<Record<string, Token['kind']>> = {
  '&&': 'and',
  '||': 'or',
  '!': 'not',
  '(': 'open',
  ')': 'close',
  '==': 'compare',
  '!=': 'compare',
  '<=': 'compare',
  '>=': 'compare',
  '<': 'compare',
  '>': 'compare',
}
/** Space, a quoted value (still open while it is typed), a sign, a word, and whatever cannot begin anything. */
const PIECE = /\s+|"((?:[^"\\]|\\.)*)(?:"|\\?$)|(==|!=|<=|>=|&&|\|\||[!()<>])|([^\s"()<>!&|=]+)|(.)/gsuy

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  for (const match of text.matchAll(PIECE)) {
    const [whole, quoted, sign, word, bad] = match
    const place = { at: match.index, length: whole.length }
    if (quoted !== undefined) tokens.push({ kind: 'word', text: quoted.replace(/\\(.)/gs, '$1'), ...place })
    else if (sign !== undefined) tokens.push({ kind: SIGNS[sign] ?? 'bad', text: sign, ...place })
    else if (word !== undefined) tokens.push(wordToken(word, place))
    else if (bad !== undefined) tokens.push({ kind: 'bad', text: bad, ...place })
  }
  return tokens
}

function wordToken(word: string, place: { readonly at: number; readonly length: number }): Token {
  const known = Object.hasOwn(WORDS, word.toLowerCase()) ? WORDS[word.toLowerCase()] : undefined
  return known ? { kind: known[0], text: known[1], ...place } : { kind: 'word', text: word, ...place }
}

/** A value as it has to be written so that it is read back as one word. */
export function quoted(value: string): string {
  const [only, ...more] = tokensOf(value)
  return more.length === 0 && only?.kind === 'word' && only.text === value ? value : `"${value.replace(/["\\]/g, '\\$&')}"`
}
