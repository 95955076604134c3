/**
 * Plain data as YAML, in the block style of kubectl. Strings that this or another YAML reader could take for something else (yes, 0755, 12:30, 2001-01-01) are
 * quoted. What stands here is read back as it was.
 */
import { resolvePlain } from './plain-scalar.ts'

export interface PrintOptions {
  /** As kubectl prints what it has got. */
  readonly sortKeys?: boolean
}

/** Values that JSON has; `undefined` in an object is left out. */
export function printYaml(value: unknown, { sortKeys = false }: PrintOptions = {}): string {
  const text = block(value, '', sortKeys)
  return text.startsWith('\n') ? text.slice(1) : text.replace(/^ /, '')
}

/** What stands after a colon or dash, with the space or line break before it. */
function block(value: unknown, indent: string, sortKeys: boolean): string {
  if (Array.isArray(value)) return value.length === 0 ? ' []\n' : `\n${value.map((each) => item(each, indent, sortKeys)).join('')}`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined)
    if (entries.length === 0) return ' {}\n'
    if (sortKeys) entries.sort(([a], [b]) => (a < b ? -1 : 1))
    return `\n${entries.map(([key, each]) => `${indent}${inLine(key)}:${member(each, indent, sortKeys)}`).join('')}`
  }
  return ` ${typeof value === 'string' ? scalar(value, indent) : String(value)}\n`
}

/** Sequences stand under their key, not indented. */
const member = (value: unknown, indent: string, sortKeys: boolean): string =>
  block(value, Array.isArray(value) ? indent : `${indent}  `, sortKeys)

function item(value: unknown, indent: string, sortKeys: boolean): string {
  const text = block(value, `${indent}  `, sortKeys)
  return `${indent}- ${text.startsWith('\n') ? text.slice(indent.length + 3) : text.slice(1)}`
}

function scalar(text: string, indent: string): string {
  if (!text.includes('\n') || !LITERAL.test(text) || text.trim() === '') return inLine(text)
  const chomp = text.endsWith('\n\n') ? '+' : text.endsWith('\n') ? '' : '-'
  const lines = text.replace(/\n$/, '').split('\n')
  // At the top there is nothing to be indented under.
  const inner = indent === '' ? '  ' : indent
  return `|${chomp}\n${lines.map((line) => (line === '' ? '' : inner + line)).join('\n')}`
}

/** Begins with text, and has nothing that an editor or a reader would not keep. */
const LITERAL = /^[^\s\p{Cc}](?:[^\p{Cc}\u2028\u2029\ufeff]|\n)*$/u
const PLAIN = /^[A-Za-z0-9_./(+=$^;<~-][^\p{Cc}\u2028\u2029\ufeff]*$/u
const ENDS_PLAIN = /: | #|[: ]$|^-+( |$)|^---|^\.\.\.|^<<$/
/** What YAML 1.1 has besides: one-letter booleans, sexagesimal numbers, dates. */
const OLD = /^(?:[yYnN]|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*)$/

const inLine = (text: string): string =>
  PLAIN.test(text) && !ENDS_PLAIN.test(text) && !OLD.test(text) && resolvePlain(text) === text ? text : quoted(text)

const quoted = (text: string): string =>
  JSON.stringify(text).replace(/[\p{Cc}\u2028\u2029\ufeff]/gu, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
