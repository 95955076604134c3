/**
 * Scalars of the YAML that plain-yaml.ts reads: what an unquoted word means, escapes, and the folding of lines. What is rare is `undefined` or `BEYOND`: the full
 * reader knows better.
 */

/** Not to be decided here. No value of YAML is a symbol. */
export const BEYOND: unique symbol = Symbol('beyond the plain reader')

const WORDS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...['~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['y', 'Y', 'true', 'True', 'TRUE', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'false', 'False', 'FALSE', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
])

/** Few enough digits that no number is rounded, and no leading zero, which would be octal. */
const INTEGER = /^[-+]?(?:0|[1-9][0-9]{0,14})$/
const FRACTION = /^[-+]?[0-9]{1,15}\.[0-9]{0,15}$/
/** All that is a number to the full reader: other bases, exponents (`e2` among them), underscores, infinity. */
const NUMERIC =
  /^[-+]?(?:0[bB][01_]+|0[oO][0-7_]+|0[xX][0-9a-fA-F_]+|[0-9][0-9_]*|(?:[0-9][0-9_]*)?\.[0-9_]*|(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?[eE][-+]?[0-9]+|\.(?:inf|Inf|INF))$|^\.(?:nan|NaN|NAN)$/

/** Whether a word with this first letter can be anything but a string. */
const SUSPECT = new Set(Array.from('~nNtTyYfFoOeE+-.0123456789', (letter) => letter.charCodeAt(0)))

/** What an unquoted scalar means in the YAML 1.1 of kubectl. */
export function resolvePlain(source: string): string | number | boolean | null | typeof BEYOND {
  if (!SUSPECT.has(source.charCodeAt(0))) return source
  const word = WORDS.get(source)
  if (word !== undefined) return word
  if (INTEGER.test(source) || FRACTION.test(source)) return source.startsWith('-0') ? BEYOND : Number(source)
  return NUMERIC.test(source) ? BEYOND : source
}

/** Lines of a plain or single-quoted scalar as one: a line break is a space, an empty line between is a line break. */
export function unfold(source: string): string {
  const [first = '', ...rest] = source.split('\n')
  let out = first.replace(/ +$/, '')
  let blank = 0
  rest.forEach((line, index) => {
    const text = index === rest.length - 1 ? line.replace(/^ +/, '') : line.replace(/^ +| +$/g, '')
    if (text === '' && index < rest.length - 1) blank++
    else {
      out += (blank === 0 ? ' ' : '\n'.repeat(blank)) + text
      blank = 0
    }
  })
  return out
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
}
const CODES: Readonly<Record<string, RegExp>> = { x: /[0-9a-fA-F]{2}/y, u: /[0-9a-fA-F]{4}/y, U: /[0-9a-fA-F]{8}/y }

/** The content of a double-quoted scalar: escapes and folded lines resolved. */
export function unescape(source: string): string | undefined {
  let out = ''
  for (let at = 0; at < source.length; ) {
    const next = /[\\\n ]/g
    next.lastIndex = at
    const found = next.exec(source)?.index ?? source.length
    out += source.slice(at, found)
    at = found
    if (at >= source.length) break
    const piece = source[at] === '\\' ? escape(source, at) : blanks(source, at)
    if (!piece) return undefined
    out += piece.text
    at = piece.end
  }
  return out
}

interface Piece {
  readonly text: string
  readonly end: number
}

function escape(source: string, at: number): Piece | undefined {
  const letter = source[at + 1] ?? ''
  if (letter === '\n') {
    const end = skipSpaces(source, at + 2)
    // What follows an escaped line break that is no text is left to the full reader.
    return source[end] === '\n' ? undefined : { text: '', end }
  }
  const given = ESCAPES[letter]
  if (given !== undefined) return { text: given, end: at + 2 }
  const digits = CODES[letter]
  if (!digits) return undefined
  digits.lastIndex = at + 2
  const [code] = digits.exec(source) ?? []
  if (code === undefined || Number.parseInt(code, 16) > 0x10ffff) return undefined
  return { text: String.fromCodePoint(Number.parseInt(code, 16)), end: at + 2 + code.length }
}

/** Spaces, or line breaks with the spaces around them. */
function blanks(source: string, at: number): Piece {
  let end = skipSpaces(source, at)
  if (source[end] !== '\n') return { text: source.slice(at, end), end }
  let breaks = 0
  while (source[end] === '\n') {
    breaks++
    end = skipSpaces(source, end + 1)
  }
  return { text: breaks === 1 ? ' ' : '\n'.repeat(breaks - 1), end }
}

function skipSpaces(source: string, at: number): number {
  while (source[at] === ' ') at++
  return at
}

/** Content lines of a `>` scalar as one text, without what chomping adds. Lines that are indented further are not folded: the full reader's. */
export function foldBlock(lines: readonly string[]): string | undefined {
  let out = ''
  let blank = 0
  let begun = false
  for (const line of lines) {
    if (line === '') blank++
    else {
      if (line.startsWith(' ') || line.startsWith('\t')) return undefined
      if (!begun) out += '\n'.repeat(blank)
      else out += blank === 0 ? ' ' : '\n'.repeat(blank)
      out += line
      begun = true
      blank = 0
    }
  }
  return out
}
