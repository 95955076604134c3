/**
 * TOML (toml.io, v1.0), as configuration files of programs are written in it. Dates and times stay text. Left out: what only a validator wants, such as a table that is defined twice; a key given
 * twice has its last value.
 */
import { fail, ok, type Result } from '../base/result.ts'

export type TomlValue = string | number | boolean | readonly TomlValue[] | TomlTable
export interface TomlTable {
  readonly [key: string]: TomlValue
}

/** `line` from 1. */
export interface TomlError {
  readonly line: number
  readonly message: string
}

export function parseToml(text: string): Result<TomlTable, TomlError> {
  const reader = new Reader(text)
  try {
    return ok(reader.document())
  } catch (thrown) {
    if (!(thrown instanceof Wrong)) throw thrown
    return fail({ line: reader.line, message: thrown.message })
  }
}

export const isTable = (value: TomlValue | undefined): value is TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Thrown and caught in this file only. */
class Wrong extends Error {}

type Table = { [key: string]: TomlValue | Table }

const BARE = /[A-Za-z0-9_-]+/y
const SPACE = /[ \t]*/y
const GAP = /(?:\s|#[^\n]*)*/y
const SCALAR = /[^\s,\]}#]+/y
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', '"': '"', '\\': '\\' }
const DEEPEST = 40

class Reader {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text.replaceAll('\r\n', '\n')
  }

  get line(): number {
    return this.#text.slice(0, this.#at).split('\n').length
  }

  document(): TomlTable {
    const root: Table = Object.create(null) as Table
    let table = root
    for (this.#match(GAP); this.#at < this.#text.length; this.#match(GAP)) {
      if (this.#take('[[')) table = this.#header(root, true)
      else if (this.#take('[')) table = this.#header(root, false)
      else this.#pair(table)
      this.#match(SPACE)
      if (this.#text[this.#at] === '#') this.#match(/#[^\n]*/y)
      if (this.#at < this.#text.length && this.#text[this.#at] !== '\n') throw new Wrong(`expected a new line, not ${this.#next()}`)
    }
    return root as TomlTable
  }

  #header(root: Table, many: boolean): Table {
    const keys = this.#keys()
    this.#expect(many ? ']]' : ']')
    const last = keys.at(-1) ?? ''
    const parent = within(root, keys.slice(0, -1))
    const own = parent[last]
    if (!many) return within(parent, [last])
    const added: Table = Object.create(null) as Table
    if (own !== undefined && !Array.isArray(own)) throw new Wrong(`${keys.join('.')} is no list of tables`)
    parent[last] = [...((own as TomlValue[] | undefined) ?? []), added as TomlTable]
    return added
  }

  #pair(table: Table): void {
    const keys = this.#keys()
    this.#expect('=')
    this.#match(SPACE)
    within(table, keys.slice(0, -1))[keys.at(-1) ?? ''] = this.#value()
  }

  #keys(): readonly string[] {
    const keys: string[] = []
    do {
      this.#match(SPACE)
      const sign = this.#text[this.#at]
      const key = sign === '"' || sign === "'" ? this.#string() : this.#match(BARE)
      if (key === '' && sign !== '"' && sign !== "'") throw new Wrong(`expected a key, not ${this.#next()}`)
      keys.push(key)
      this.#match(SPACE)
    } while (this.#take('.'))
    return keys
  }

  #value(): TomlValue {
    const sign = this.#text[this.#at]
    if (sign === '"' || sign === "'") return this.#string()
    if (sign !== '[' && sign !== '{') return scalar(this.#match(SCALAR) + this.#time())
    if (++this.#depth > DEEPEST) throw new Wrong('nested too deeply')
    const value = sign === '[' ? this.#list() : this.#inline()
    this.#depth--
    return value
  }

  /** `1979-05-27 07:32:00`: a date and a time may have a space between them. */
  #time(): string {
    return this.#match(/ \d\d:\d\d:\S*/y)
  }

  #list(): TomlValue {
    this.#expect('[')
    const values: TomlValue[] = []
    for (this.#match(GAP); !this.#take(']'); this.#match(GAP)) {
      values.push(this.#value())
      this.#match(GAP)
      if (!this.#take(',') && this.#text[this.#at] !== ']') throw new Wrong(`expected a comma or ], not ${this.#next()}`)
    }
    return values
  }

  #inline(): TomlValue {
    this.#expect('{')
    const table: Table = Object.create(null) as Table
    for (this.#match(GAP); !this.#take('}'); this.#match(GAP)) {
      this.#pair(table)
      this.#match(GAP)
      if (!this.#take(',') && this.#text[this.#at] !== '}') throw new Wrong(`expected a comma or }, not ${this.#next()}`)
    }
    return table as TomlTable
  }

  #string(): string {
    for (const [fence, escapes] of [
      ['"""', true],
      ["'''", false],
    ] as const)
      if (this.#take(fence)) {
        this.#take('\n')
        return this.#until(fence, escapes, true)
      }
    const fence = this.#text[this.#at] ?? ''
    this.#at++
    return this.#until(fence, fence === '"', false)
  }

  #until(fence: string, escapes: boolean, lines: boolean): string {
    let out = ''
    for (;;) {
      const sign = this.#text[this.#at]
      if (sign === undefined || (sign === '\n' && !lines)) throw new Wrong('a text without its end')
      if (this.#take(fence)) return out
      this.#at++
      out += sign === '\\' && escapes ? this.#escape(lines) : sign
    }
  }

  #escape(lines: boolean): string {
    const [, code] = /^(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/.exec(this.#text.slice(this.#at, this.#at + 9))?.filter(Boolean) ?? []
    if (code !== undefined) {
      this.#at += code.length + 1
      const point = Number.parseInt(code, 16)
      if (point > 0x10ffff) throw new Wrong(`\\U${code} is no character`)
      return String.fromCodePoint(point)
    }
    if (lines && this.#match(/[ \t]*\n\s*/y) !== '') return ''
    const sign = this.#text[this.#at++] ?? ''
    const value = ESCAPES[sign]
    if (value === undefined) throw new Wrong(`\\${sign} is no escape`)
    return value
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const [found = ''] = pattern.exec(this.#text) ?? []
    this.#at += found.length
    return found
  }

  #take(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false
    this.#at += word.length
    return true
  }

  #expect(word: string): void {
    if (!this.#take(word)) throw new Wrong(`expected ${word}, not ${this.#next()}`)
  }

  #next(): string {
    const sign = this.#text[this.#at]
    return sign === undefined ? 'the end' : sign === '\n' ? 'a new line' : JSON.stringify(sign)
  }
}

/** The table below some keys; of a list of tables its last. */
function within(from: Table, keys: readonly string[]): Table {
  let table = from
  for (const key of keys) {
    const found = table[key] ?? Object.create(null)
    const next: unknown = Array.isArray(found) ? found.at(-1) : found
    if (typeof next !== 'object' || next === null) throw new Wrong(`${key} is no table`)
    table[key] = found
    table = next as Table
  }
  return table
}

function scalar(text: string): TomlValue {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^\d{4}-\d\d-\d\d|^\d\d:\d\d/.test(text)) return text
  const plain = text.replaceAll('_', '')
  if (/^[+-]?inf$/.test(plain)) return plain.startsWith('-') ? -Infinity : Infinity
  if (/^[+-]?nan$/.test(plain)) return Number.NaN
  if (/^0x[0-9A-Fa-f]+$|^0o[0-7]+$|^0b[01]+$|^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(plain)) return Number(plain)
  throw new Wrong(text === '' ? 'a value is missing' : `${text} is no value`)
}
