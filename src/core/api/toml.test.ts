import { describe, expect, test } from 'vitest'
import { parseToml } from './toml.ts'

const read = (text: string): unknown => {
  const done = parseToml(text)
  return done.ok ? JSON.parse(JSON.stringify(done.value)) : `${done.error.line}: ${done.error.message}`
}

describe('TOML', () => {
  test.each<readonly [name: string, text: string, value: unknown]>([
    ['nothing', '# a comment\n\n', {}],
    ['scalars', 'a = 1\nb = "x" # y\nc = true\nd = -1_000.5\ne = 0xff\n', { a: 1, b: 'x', c: true, d: -1000.5, e: 255 }],
    ['tables, indented as people do', '[a]\n  [a.b]\n  c = ":80"\n[d]\n', { a: { b: { c: ':80' } }, d: {} }],
    ['keys with dots and quotes', '"a.b".c.\'d e\' = 1\n[x."y z"]\nq=2', { 'a.b': { c: { 'd e': 1 } }, x: { 'y z': { q: 2 } } }],
    ['lists over lines', 'a = [\n  "http", # first\n  "https",\n]\nb = [[1], []]', { a: ['http', 'https'], b: [[1], []] }],
    ['lists of tables', '[[a.c]]\nf = 1\n[[a.c]]\nf = 2\n[a.c.d]\ne = 3', { a: { c: [{ f: 1 }, { f: 2, d: { e: 3 } }] } }],
    ['a table in braces', 'a = { b = 1, c.d = "e" }', { a: { b: 1, c: { d: 'e' } } }],
    ['texts of several lines', 'a = """\nx\\\n   y\nz"""\nb = \'\'\'\n\\d\'\'\'', { a: 'xy\nz', b: '\\d' }],
    ['escapes', 'a = "\\t\\u00e9\\"" \nb = \'C:\\x\'', { a: '\té"', b: 'C:\\x' }],
    ['dates', 'a = 1979-05-27T07:32:00Z\nb = 1979-05-27 07:32:00', { a: '1979-05-27T07:32:00Z', b: '1979-05-27 07:32:00' }],
    ['line ends of Windows', 'a = 1\r\n[b]\r\nc = 2\r\n', { a: 1, b: { c: 2 } }],
  ])('%s', (_, text, value) => expect(read(text)).toEqual(value))

  test.each([
    ['a = \n', '1: a value is missing'],
    ['a = "x\n', '1: a text without its end'],
    ['ok = 1\n[a\n', '2: expected ], not a new line'],
    ['a = 1 b = 2\n', '1: expected a new line, not "b"'],
    ['a = [1 2]', '1: expected a comma or ], not "2"'],
    ['a = yes', '1: yes is no value'],
    ['a = 1\na.b = 2', '2: a is no table'],
    ['kind: Pod\n', '1: expected =, not ":"'],
    ['a = "\\q"', '1: \\q is no escape'],
    [`a = ${'['.repeat(50)}`, '1: nested too deeply'],
  ])('%s is wrong', (text, message) => expect(read(text)).toBe(message))

  test('names of prototypes are names', () => expect(read('__proto__ = 1\nconstructor = 2')).toEqual({ ['__proto__']: 1, constructor: 2 }))
})
