/**
 * Splits nft's language into tokens (nftables src/scanner.l). Words are whatever has no separator in it, so addresses, prefixes, ranges and names are one
 * word each; the parser takes them apart where it knows what they are.
 */
export interface Token {
  readonly kind: 'word' | 'string' | 'symbol' | 'end-of-line' | 'end'
  readonly text: string
  /** Both count from 1. */
  readonly line: number
  readonly column: number
}

export interface NftProblem {
  readonly line: number
  readonly column: number
  readonly message: string
}

/** Refused while reading; caught where reading began, and nowhere else. */
export class Refusal extends Error {
  readonly problem: NftProblem

  constructor({ line, column }: { readonly line: number; readonly column: number }, message: string) {
    super(message)
    this.problem = { line, column, message }
  }
}

const SYMBOLS = ['==', '!=', '<=', '>=', '<<', '>>', '{', '}', ';', ',', '(', ')', '@', '<', '>', '=', '&', '|', '^', '!', '$']
const WORD = /[^\s{};,()@<>=&|^!$"#]+/y

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  let line = 1
  let start = 0
  let at = 0
  const push = (kind: Token['kind'], length: number, word: string): void => {
    tokens.push({ kind, text: word, line, column: at - start + 1 })
    at += length
  }
  while (at < text.length) {
    const c = text[at]
    if (c === '\n') {
      push('end-of-line', 1, '\n')
      line++
      start = at
    } else if (c === '\\' && text[at + 1] === '\n') {
      at += 2
      line++
      start = at
    } else if (c === ' ' || c === '\t' || c === '\r') at++
    else if (c === '#') at = endOfLine(text, at)
    else if (c === '"') {
      const end = text.indexOf('"', at + 1)
      if (end < 0 || endOfLine(text, at) < end) throw new Refusal({ line, column: at - start + 1 }, 'a quote is not closed')
      push('string', end + 1 - at, text.slice(at + 1, end))
    } else {
      const symbol = SYMBOLS.find((each) => text.startsWith(each, at))
      if (symbol !== undefined) push('symbol', symbol.length, symbol)
      else {
        WORD.lastIndex = at
        const word = WORD.exec(text)?.[0] ?? text.charAt(at)
        push('word', word.length, word)
      }
    }
  }
  push('end', 0, '')
  return tokens
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}
