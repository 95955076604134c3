import { expect, test } from 'vitest'
import { readFull } from './full-yaml.ts'

const valuesOf = (text: string): unknown => readFull(text).documents.map(({ value }) => value)
const wordsOf = (text: string): readonly string[] => readFull(text).problems.map(({ message }) => message)

/** What `kubectl label --local -o json` made of them. */
test.each([
  ['y', true],
  ['N', false],
  ['no', false],
  ['0o17', 15],
  ['-0O17', -15],
  ['0X1f', 31],
  ['017', 15],
  ['08', 8],
  ['1e400', '1e400'],
  ['1e3', 1000],
  ['.5', 0.5],
  ['e3', 'e3'],
  ['12:30', '12:30'],
  ['2001-01-01', '2001-01-01'],
])('%s is what go-yaml makes of it', (text, value) => expect(valuesOf(`a: ${text}\n`)).toEqual([{ a: value }]))

test.each([
  ['a: .inf\n', 'json: unsupported value: +Inf'],
  ['a: [-.Inf]\n', 'json: unsupported value: -Inf'],
  ['a: .nan\n', 'json: unsupported value: NaN'],
  ['~: 1\n', 'unsupported map key of type: %!s(<nil>), key: <nil>'],
  ['a: @b\n', 'line 1: found character that cannot start any token'],
])('%j is refused', (text, message) => expect(wordsOf(text)).toEqual([message]))

test('a boolean for a key is a word', () => expect(valuesOf('y: 1\nOff: 2\n')).toEqual([{ true: 1, false: 2 }]))

test('the last of two keys counts, and is pointed at', () => {
  const { documents, problems, warnings } = readFull('a:\n  b: 1\n  c: 2\n  b: 3\n')
  expect(documents.map(({ value }) => value)).toEqual([{ a: { b: 3, c: 2 } }])
  expect(problems).toEqual([])
  expect(warnings).toEqual([{ line: 4, column: 3, message: 'line 4: key "b" already set in map; the last one counts' }])
  expect(documents[0]?.locate(['a', 'b'], 'value')).toEqual({ line: 4, column: 6 })
})

test.each([
  ["a:\n    b: 'x\n  y\nz'\n    c: 1\n", { a: { b: 'x y z', c: 1 } }],
  ['a:\n- b: "x\n\n  \\"y\\"\nz"\n  c: \'{\n}\'\n', { a: [{ b: 'x\n"y" z', c: '{ }' }] }],
])('lines of a quoted scalar may stand anywhere: %j', (text, value) => {
  expect(readFull(text).problems).toEqual([])
  expect(valuesOf(text)).toEqual([value])
})

test.each(["a: 'x\ny\n", "a: 'x\n---\ny'\n"])('an open quote is one: %j', (text) =>
  expect(wordsOf(text)[0]).toMatch(/found unexpected end of stream/),
)
