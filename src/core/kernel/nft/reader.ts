import { fail, ok, type Result } from '../../base/result.ts'
import { type NftProblem, Refusal, type Token, tokensOf } from './words.ts'

/** Tokens from left to right. What is not as it must be is refused where it stands. */
export class Reader {
  private at = 0

  constructor(private readonly tokens: readonly Token[]) {}

  get token(): Token {
    return this.tokens[this.at] ?? LAST
  }

  /** The one after the next. */
  get following(): Token {
    return this.tokens[this.at + 1] ?? LAST
  }

  /** Where a statement ends. */
  get atEnd(): boolean {
    const { kind, text } = this.token
    return kind === 'end' || kind === 'end-of-line' || (kind === 'symbol' && (text === ';' || text === '}'))
  }

  advance(): Token {
    const { token } = this
    if (this.at < this.tokens.length - 1) this.at++
    return token
  }

  is(text: string): boolean {
    return this.token.kind !== 'string' && this.token.text === text
  }

  /** Takes a token if it is this word or symbol. */
  accept(text: string): boolean {
    const found = this.is(text)
    if (found) this.advance()
    return found
  }

  expect(text: string): void {
    if (!this.accept(text)) this.refuse(`expected "${text}"`)
  }

  word(what: string): string {
    if (this.token.kind !== 'word') this.refuse(`expected ${what}`)
    return this.advance().text
  }

  /** A name, with or without quotes. */
  name(what: string): string {
    if (this.token.kind !== 'word' && this.token.kind !== 'string') this.refuse(`expected ${what}`)
    return this.advance().text
  }

  string(what: string): string {
    if (this.token.kind !== 'string') this.refuse(`expected ${what} in quotes`)
    return this.advance().text
  }

  number(what: string, max = 0xffffffff): number {
    const { text } = this.token
    const value = this.token.kind === 'word' && /^(?:\d{1,10}|0x[0-9a-fA-F]{1,8})$/.test(text) ? Number(text) : -1
    if (value < 0 || value > max) this.refuse(`expected ${what}`)
    this.advance()
    return value
  }

  skipLines(): void {
    while (this.token.kind === 'end-of-line' || this.is(';')) this.advance()
  }

  /** Only ends of lines: inside braces, where they mean nothing. */
  skipSpace(): void {
    while (this.token.kind === 'end-of-line') this.advance()
  }

  endStatement(): void {
    if (this.is('}')) return
    if (!this.atEnd) this.refuse(`not expected here`)
    if (this.token.kind !== 'end') this.advance()
  }

  refuse(message: string, at: Token = this.token): never {
    const shown = at.kind === 'end' || at.kind === 'end-of-line' ? 'end of line' : at.text
    throw new Refusal(at, `${message}: ${shown}`)
  }
}

const LAST: Token = { kind: 'end', text: '', line: 1, column: 1 }

/** Reads a whole text; what was refused on the way is the result. */
export function reading<T>(text: string, read: (reader: Reader) => T): Result<T, NftProblem> {
  try {
    return ok(read(new Reader(tokensOf(text))))
  } catch (thrown) {
    if (thrown instanceof Refusal) return fail(thrown.problem)
    throw thrown
  }
}
