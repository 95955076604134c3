/**
 * The YAML that kubectl prints and that people write as manifests: block mappings and sequences, scalars in every notation, flow collections,
 * comments. Some forty times as fast as the full reader, and small. It takes only what it wholly understands: anchors, tags, directives, odd keys, numbers in
 * other bases, tabs between tokens, and whatever is not valid YAML make it give up, and the full reader decides.
 */
import { Marks } from './marks.ts'
import { BEYOND, foldBlock, resolvePlain, unescape, unfold } from './plain-scalar.ts'

export interface PlainDocument {
  readonly value: unknown
  /** Where its nodes are marked. */
  readonly mark: number
}

/** Reads the document that is all of `text` from `start` to `end`, both at line starts. Undefined: not for this reader. `passed` hears where each item of a List ends. */
export function readPlain(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
  marks: Marks,
  passed: (offset: number) => void = () => undefined,
): PlainDocument | undefined {
  const mark = marks.count
  try {
    return { value: new Blocks(text, start, end, marks, passed).document(), mark }
  } catch (thrown) {
    if (!(thrown instanceof Beyond)) throw thrown
    marks.cut(mark)
    return undefined
  }
}

/** The key that begins at an offset where this reader has found one. */
export const keyAt = (text: string, offset: number): string | undefined =>
  new Blocks(text, offset, text.length, new Marks(), () => undefined).keyHere()

/** Thrown and caught in this file only: giving up may happen at any depth. */
class Beyond extends Error {}

const beyond = (): never => {
  throw new Beyond()
}

const NEWLINE = 10
const SPACE = 32
const QUOTE = 34
const HASH = 35
const APOSTROPHE = 39
const DASH = 45
const COLON = 58

const DEEPEST = 60
/** Of the items of a List: below its mapping. */
const LIST_DEPTH = 2
/** The specification's limit of 1,024, less what its exact counting is about. */
const LONGEST_KEY = 1000

const codes = (characters: string): ReadonlySet<number> => new Set(Array.from(characters, (each) => each.charCodeAt(0)))
/** What no plain scalar begins with, or what makes this reader give up when one does. */
const INDICATORS = codes(',[]{}#&*!|>\'"%@`?:\t')
const FLOW_END = codes(',[]{}\n')

/** Whether all further lines of a quoted scalar that are not empty stand right of `column`; its closing quote stands on the last one. */
const indented = (source: string, column: number): boolean =>
  source
    .split('\n')
    .every((line, index, { length }) => index === 0 || (line.trimStart() === '' && index < length - 1) || line.search(/[^ ]|$/) > column)

class Blocks {
  readonly #text: string
  readonly #end: number
  readonly #marks: Marks
  /** The next content, and its column; at the end of the document the column is -1. */
  #at: number
  #column = -1
  #depth = 0
  /** Lines of a flow collection must be indented more than this. */
  #flowColumn = -1
  /** Where the last key or scalar ended. */
  #after = 0

  readonly #passed: (offset: number) => void

  constructor(text: string, start: number, end: number, marks: Marks, passed: (offset: number) => void) {
    this.#passed = passed
    this.#text = text
    this.#at = start
    this.#end = end
    this.#marks = marks
  }

  document(): unknown {
    const mark = this.#marks.open(-1)
    this.#toContent(this.#at)
    const value = this.#column < 0 ? null : this.#root(mark)
    if (this.#column >= 0) beyond()
    this.#marks.close(mark)
    return value
  }

  #root(mark: number): unknown {
    const first = this.#text[this.#at]
    return first === '{' || first === '[' ? this.#scalar(mark, this.#at, -1) : this.#node(mark)
  }

  keyHere(): string | undefined {
    return this.#key(this.#at)
  }

  #code(at: number): number {
    return at < this.#end ? this.#text.charCodeAt(at) : NEWLINE
  }

  #lineEnd(at: number): number {
    const found = this.#text.indexOf('\n', at)
    return found < 0 || found > this.#end ? this.#end : found
  }

  #skipSpaces(at: number): number {
    while (this.#code(at) === SPACE) at++
    return at
  }

  /** To the first content at or after the line that begins at `at`. Says whether a comment stood before it. */
  #toContent(at: number): boolean {
    let commented = false
    while (at < this.#end) {
      const content = this.#skipSpaces(at)
      const code = this.#code(content)
      if (code === NEWLINE) at = content + 1
      else if (code === HASH) {
        commented = true
        at = this.#lineEnd(content) + 1
      } else {
        if (code === 9) beyond()
        this.#column = content - at
        this.#at = content
        return commented
      }
    }
    this.#column = -1
    this.#at = this.#end
    return commented
  }

  /** To the next content, when nothing but a comment is left on this line. */
  #finishLine(at: number): boolean {
    const rest = this.#skipSpaces(at)
    const code = this.#code(rest)
    if (code !== NEWLINE && !(code === HASH && rest > at)) beyond()
    return this.#toContent(this.#lineEnd(rest) + 1)
  }

  #isDash(at: number): boolean {
    if (this.#code(at) !== DASH) return false
    const next = this.#code(at + 1)
    return next === SPACE || next === NEWLINE
  }

  #endsLine(at: number): boolean {
    const code = this.#code(at)
    return code === NEWLINE || code === HASH
  }

  /** A collection that begins at the content. */
  #node(mark: number): unknown {
    if (++this.#depth > DEEPEST) beyond()
    this.#marks.begin(mark, this.#at)
    const value = this.#isDash(this.#at) ? this.#sequence() : this.#mapping()
    this.#depth--
    return value
  }

  #mapping(): Readonly<Record<string, unknown>> {
    const column = this.#column
    const out: Record<string, unknown> = {}
    do {
      const key = this.#isDash(this.#at) ? beyond() : (this.#key(this.#at) ?? beyond())
      if (Object.hasOwn(out, key)) beyond()
      const mark = this.#marks.open(this.#at)
      out[key] = this.#mapValue(mark, column)
      this.#marks.close(mark)
    } while (this.#column === column)
    if (this.#column > column) beyond()
    return out
  }

  #mapValue(mark: number, column: number): unknown {
    const at = this.#skipSpaces(this.#after)
    if (!this.#endsLine(at)) return this.#isDash(at) ? beyond() : this.#scalar(mark, at, column)
    this.#marks.begin(mark, at)
    this.#finishLine(at === this.#after ? at : at - 1)
    if (this.#column > column || (this.#column === column && this.#isDash(this.#at))) return this.#node(mark)
    return null
  }

  #sequence(): readonly unknown[] {
    const column = this.#column
    const out: unknown[] = []
    do {
      const mark = this.#marks.open(-1)
      out.push(this.#item(mark, column))
      this.#marks.close(mark)
      if (this.#depth === LIST_DEPTH) this.#passed(this.#at)
    } while (this.#column === column && this.#isDash(this.#at))
    if (this.#column > column) beyond()
    return out
  }

  #item(mark: number, column: number): unknown {
    const dash = this.#at
    const at = this.#skipSpaces(dash + 1)
    if (this.#endsLine(at)) {
      this.#marks.begin(mark, at)
      this.#finishLine(at === dash + 1 ? at : at - 1)
      return this.#column > column ? this.#node(mark) : null
    }
    if (!this.#isDash(at) && this.#key(at) === undefined) return this.#scalar(mark, at, column)
    this.#column = column + at - dash
    this.#at = at
    return this.#node(mark)
  }

  /** The key of a mapping at `at`, on one line; undefined where there is none. The value, or nothing, stands at `#after`. */
  #key(at: number): string | undefined {
    const code = this.#code(at)
    if (code === QUOTE || code === APOSTROPHE) return this.#quotedKey(at)
    if (INDICATORS.has(code) || this.#isDash(at)) return undefined
    const limit = at + LONGEST_KEY
    let end = at
    for (let code = this.#code(end); ; code = this.#code(++end)) {
      if (code === NEWLINE || (code === HASH && this.#code(end - 1) === SPACE)) return undefined
      if (code === COLON && this.#isBlank(end + 1)) break
      if (code === 9 || end > limit) return end > limit ? undefined : beyond()
    }
    const key = this.#text.slice(at, end)
    if (key.endsWith(' ') || key === '<<' || key === '__proto__' || typeof resolvePlain(key) !== 'string') beyond()
    this.#after = end + 1
    return key
  }

  #quotedKey(at: number): string | undefined {
    const content = this.#quoted(at, -1)
    if (this.#code(this.#after) !== COLON || !this.#isBlank(this.#after + 1)) return undefined
    if (this.#after - at > LONGEST_KEY || content === '__proto__' || this.#text.slice(at, this.#after).includes('\n')) beyond()
    this.#after++
    return content
  }

  #isBlank(at: number): boolean {
    const code = this.#code(at)
    return code === SPACE || code === NEWLINE || code === 9
  }

  /** A value that begins on the line of its key or dash; `column` is where the collection around it stands. */
  #scalar(mark: number, at: number, column: number): unknown {
    this.#marks.begin(mark, at)
    const first = this.#text[at]
    if (first === '|' || first === '>') return this.#block(at, column)
    if (first !== '"' && first !== "'" && first !== '[' && first !== '{') return this.#plain(at, column)
    this.#flowColumn = column
    const value = first === '[' || first === '{' ? this.#flow(mark, at) : this.#quoted(at, column)
    this.#finishLine(this.#after)
    return value
  }

  #plain(at: number, column: number): unknown {
    if (INDICATORS.has(this.#code(at)) || this.#isDash(at)) beyond()
    const commented = this.#plainLine(at)
    const end = this.#after
    const interrupted = this.#toContent(this.#lineEnd(end) + 1)
    if (this.#column > column && !commented && !interrupted) return unfold(this.#text.slice(at, this.#continued(column)))
    const value = resolvePlain(this.#text.slice(at, end))
    return value === BEYOND ? beyond() : value
  }

  /** Finds the end of what a plain scalar has on one line; true when a comment follows. */
  #plainLine(at: number): boolean {
    let last = at
    for (let i = at; ; i++) {
      const code = this.#code(i)
      if (code === NEWLINE || (code === HASH && i > at && this.#code(i - 1) === SPACE)) {
        this.#after = last + 1
        return code === HASH
      }
      if (code === 9 || (code === COLON && this.#isBlank(i + 1))) beyond()
      if (code !== SPACE) last = i
    }
  }

  /** Further lines of a plain scalar: all that are indented more than `column`. Returns its end. */
  #continued(column: number): number {
    let end = this.#at
    do {
      if (this.#plainLine(this.#at)) beyond()
      end = this.#after
      if (this.#toContent(this.#lineEnd(end) + 1) && this.#column > column) beyond()
    } while (this.#column > column)
    return end
  }

  /** A quoted scalar; its further lines must be indented more than `column`, or with -1 there may be none that matters. */
  #quoted(at: number, column: number): string {
    const close = this.#code(at) === QUOTE ? this.#doubleEnd(at + 1) : this.#singleEnd(at + 1)
    const source = this.#text.slice(at + 1, close)
    this.#after = close + 1
    const folded = source.includes('\n')
    if (folded && source.includes('\t')) beyond()
    if (folded && column >= 0 && !indented(source, column)) beyond()
    if (this.#code(at) === QUOTE) return source.includes('\\') || folded ? (unescape(source) ?? beyond()) : source
    return (folded ? unfold(source) : source).replaceAll("''", "'")
  }

  #singleEnd(at: number): number {
    for (;;) {
      const close = this.#text.indexOf("'", at)
      if (close < 0 || close >= this.#end) beyond()
      if (this.#code(close + 1) !== APOSTROPHE) return close
      at = close + 2
    }
  }

  #doubleEnd(at: number): number {
    for (; at < this.#end; at++) {
      const code = this.#text.charCodeAt(at)
      if (code === QUOTE) return at
      if (code === 92) at++
    }
    return beyond()
  }

  /** `|` and `>`; an explicit indentation is for the full reader. */
  #block(at: number, column: number): string {
    const [header = '', style = '', chomp = ''] =
      /([|>])([-+]?)(?: +#[^\n]*| *)(?=\n|$)/y.exec(this.#text.slice(at, this.#lineEnd(at))) ?? beyond()
    const { lines, closed } = this.#blockLines(at + header.length + 1, column)
    const last = lines.findLastIndex((line) => line !== '')
    const blank = lines.length - 1 - last
    if (chomp === '+' && (last < 0 || style === '>' || !closed)) beyond()
    if (last < 0) return ''
    const content = lines.slice(0, last + 1)
    const text = style === '|' ? content.join('\n') : (foldBlock(content) ?? beyond())
    return chomp === '-' ? text : text + '\n'.repeat(chomp === '+' ? blank + 1 : 1)
  }

  /** Lines without their indentation. `closed`: the last one ends in a line break. */
  #blockLines(at: number, column: number): { readonly lines: string[]; readonly closed: boolean } {
    const lines: string[] = []
    let indent = -1
    let widest = 0
    let closed = true
    while (at < this.#end) {
      const content = this.#skipSpaces(at)
      const end = this.#lineEnd(content)
      const blank = content >= end
      if (indent < 0 && !blank) {
        indent = content - at
        if (indent <= column || widest > indent) break
      }
      if (indent < 0) widest = Math.max(widest, content - at)
      else if (!blank && content - at < indent) break
      lines.push(indent < 0 ? '' : this.#text.slice(Math.min(at + indent, end), end))
      closed = end < this.#end
      at = end + 1
    }
    // Spaces in lines before the first content, or instead of any, follow rules that need not be known here.
    if (widest > 0 && (indent <= column || widest > indent)) beyond()
    this.#toContent(at)
    if (this.#column > column) beyond()
    return { lines, closed }
  }

  /** A flow collection; no token in it takes more than a line. */
  #flow(mark: number, at: number): unknown {
    if (++this.#depth > DEEPEST) beyond()
    this.#marks.begin(mark, at)
    const value = this.#text[at] === '[' ? this.#flowSequence(at) : this.#flowMapping(at)
    this.#depth--
    return value
  }

  #flowSequence(at: number): readonly unknown[] {
    const out: unknown[] = []
    for (at = this.#skipLines(at + 1); this.#text[at] !== ']'; ) {
      const mark = this.#marks.open(-1)
      out.push(this.#flowValue(mark, at))
      this.#marks.close(mark)
      at = this.#flowNext(']')
    }
    this.#after = at + 1
    return out
  }

  #flowMapping(at: number): Readonly<Record<string, unknown>> {
    const out: Record<string, unknown> = {}
    for (at = this.#skipLines(at + 1); this.#text[at] !== '}'; ) {
      const key = this.#flowKey(at)
      if (Object.hasOwn(out, key)) beyond()
      const mark = this.#marks.open(at)
      out[key] = this.#flowValue(mark, this.#skipSpaces(this.#after))
      this.#marks.close(mark)
      at = this.#flowNext('}')
    }
    this.#after = at + 1
    return out
  }

  #flowKey(at: number): string {
    const key = this.#key(at) ?? beyond()
    const isPlain = this.#code(at) !== QUOTE && this.#code(at) !== APOSTROPHE
    if (this.#code(this.#after) !== SPACE || (isPlain && /[,[\]{}]/.test(key))) beyond()
    return key
  }

  /** After a value: past the comma, or at the closing bracket. */
  #flowNext(close: string): number {
    const at = this.#skipLines(this.#after)
    if (this.#text[at] === close) return at
    return this.#text[at] === ',' ? this.#skipLines(at + 1) : beyond()
  }

  #skipLines(at: number): number {
    for (let code = this.#code((at = this.#skipSpaces(at))); code === NEWLINE; code = this.#code(at)) {
      if (at >= this.#end) beyond()
      const line = at + 1
      at = this.#skipSpaces(line)
      if (this.#code(at) !== NEWLINE && at - line <= this.#flowColumn) beyond()
    }
    return at
  }

  #flowValue(mark: number, at: number): unknown {
    const code = this.#code(at)
    const first = this.#text[at]
    if (first === '[' || first === '{') return this.#flow(mark, at)
    this.#marks.begin(mark, at)
    if (code === QUOTE || code === APOSTROPHE) {
      const value = this.#quoted(at, -1)
      return this.#text.slice(at, this.#after).includes('\n') ? beyond() : value
    }
    return this.#flowPlain(at)
  }

  #flowPlain(at: number): unknown {
    if (INDICATORS.has(this.#code(at)) || this.#code(at) === NEWLINE) beyond()
    let end = at
    for (let code = this.#code(end); !FLOW_END.has(code); code = this.#code(++end))
      if (code === 9 || code === HASH || (code === COLON && (this.#isBlank(end + 1) || FLOW_END.has(this.#code(end + 1))))) beyond()
    while (this.#code(end - 1) === SPACE) end--
    this.#after = end
    const source = this.#text.slice(at, end)
    const value = source === '-' || source.startsWith('- ') ? BEYOND : resolvePlain(source)
    return value === BEYOND ? beyond() : value
  }
}
