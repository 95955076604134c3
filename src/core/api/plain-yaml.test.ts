import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readFull } from './full-yaml.ts'
import type { Path } from './schema.ts'
import { readSource, type Source } from './yaml-source.ts'

/** All paths of a value with where they and their keys stand. */
function placesOf({ value, locate }: Source['documents'][number]): readonly string[] {
  const out: string[] = []
  const visit = (node: unknown, path: Path): void => {
    const [at, key] = [locate(path, 'value'), locate(path, 'key')]
    out.push(`${path.join('.')} ${at.line}:${at.column} ${key.line}:${key.column}`)
    if (Array.isArray(node)) node.forEach((each, index) => visit(each, [...path, index]))
    else if (typeof node === 'object' && node !== null) for (const [name, each] of Object.entries(node)) visit(each, [...path, name])
    if (path.length < 3) out.push(`absent ${JSON.stringify(locate([...path, 'absent', 0], 'value'))}`)
  }
  visit(value, [])
  return out
}

/** What callers can see: empty documents do nothing. */
const seen = ({ documents, problems }: Source) => ({
  documents: documents.filter(({ value }) => value !== null).map((document) => ({ value: document.value, places: placesOf(document) })),
  problems,
})

/** True when the plain reader took all of it. */
function agrees(text: string): boolean {
  const full = seen(readFull(text))
  const plain = readSource(text)
  if (plain) expect(seen(plain), JSON.stringify(text)).toEqual(full)
  const both = readSource(text, readFull)
  expect(both && seen(both), JSON.stringify(text)).toEqual(full)
  return plain !== undefined
}

const TAKEN = [
  "a: 1\nb: two\nc: \"three\"\nd: 'it''s'\n",
  'a:\n- 1\n- b: x\n  c:\n  - - 1\n    - 2\n-\n- \nd:\n  - e\n',
  'a: yes\nb: n\nc: ~\nd:\ne: null\nf: 1.5\ng: -3\nh: 10.244.0.0/16\ni: 1.2.3\nj: http://x:80/y\nk: 80:80\n',
  'text: |\n  a\n   b\n\n  # c\nnext: >-\n  folded\n  line\n\n  para\n\nlast: |+\n  x\n\n\nend: |-\n  y\n',
  'long: one two\n  three\n\n  four\nquoted: "a\n  b \\\n  \\ c\\n"\nsingle: \'x\n\n  y\'\n',
  '# c\na: # d\n  # e\n  b: 1 # f\n  # g\nc: 2\n# h\n',
  'm: { a: 1, "b": [x, v, { z: w }], c: {} }\np: [ ]\no: [a, b,]\n',
  '---\na: 1\n--- # two\nb: 2\n---\n---\n# nothing\n',
  '"a b": 1\n\'c\': 2\nd e: 3\nf.g/h: 4\n"8080": web\n',
  '  a: 1\n  b:\n   - c\n',
  'a: {b: 1,\n  c: [\n   2\n\n   , 3\n  ] }\n',
  '{\n"a": 1,\nb: {\n  c: 2,\n}\n}\n---\n{kind: Node} # c\n',
  'args: ["-c", \'x\']\ncommand:\n- --flag=a:b\n- -v\n- "sh"\n',
]

const LEFT = [
  'a: &x 1\nb: *x\n',
  'a: !!str 1\n',
  '%YAML 1.2\n---\na: 1\n',
  'a: 0644\n',
  'a: 0x1F\nb: 1_000\nc: 1e3\nd: .inf\ne: e2\n',
  '1: a\n',
  'true: a\n',
  '<<: {a: 1}\n',
  'a: 1\r\nb: 2\r\n',
  'a:\t1\n',
  '? a\n: b\n',
  'a: |2\n   x\n',
  'a: 1\na: 2\n',
  '<< : 1\n',
  'a: b: c\n',
  'a: "x\n',
  'a: 1\n b: 2\n',
  'a: 1\n...\nb: 1\n',
  'a: [b\n',
  'a: {b\n  c: 2}\n',
  'a: {\n}\n',
  '__proto__: 1\n',
  'a: 12345678901234567890\n',
  'y: a\n',
  'a: 0o17\n',
  "a: 'x\ny'\n",
]

describe('the plain reader', () => {
  test.each(TAKEN)('takes %j', (text) => expect(agrees(text)).toBe(true))
  test.each(LEFT)('leaves %j', (text) => expect(agrees(text)).toBe(false))

  const folder = new URL('../../../public/scenarios/', import.meta.url)
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'))
  test('takes the samples', () => {
    const left = names.filter((name) => !agrees(readFileSync(new URL(name.replaceAll('\\', '/'), folder), 'utf8')))
    expect(names.length).toBeGreaterThan(20)
    expect(left).toEqual([])
  })
})

describe('the plain reader agrees with the full one', () => {
  const settings = { seed: 11, numRuns: 1500 }

  test('about soup', () => {
    const unit = fc.constantFrom(
      ...Array.from('ab1:{}[]-,&*!|>"\'\n\n   #%?@0.~e\\+'),
      '\n  ',
      ': ',
      '- ',
      ' #',
      'a: ',
      '\n- ',
      '---\n',
      '\n---',
    )
    fc.assert(
      fc.property(fc.string({ maxLength: 30, unit }), (text) => void agrees(text)),
      settings,
    )
  })

  const piece = fc.constantFrom(
    'a',
    'b',
    'key',
    'x y',
    '1',
    '0',
    '-1',
    '1.5',
    '.5',
    '1.',
    '0x1',
    '017',
    '08',
    '1e3',
    '1_0',
    'yes',
    'No',
    'y',
    'null',
    '~',
    'on',
    '.nan',
    '-',
    '--',
    'a:b',
    'a#b',

    '"q"',
    "'s'",
    '"a\\nb"',
    '"\\u00e9\\x41"',
    "'it''s'",
    '""',
    "''",
    '"a',
    "'b",
    '[]',
    '{}',
    '[a, b]',
    '{a: 1}',
    '[a, ]',
    '{a: , b}',
    '[a: 1]',
    '{"a":1}',
    '{a:1}',
    '[ "x" ,y]',

    '|',
    '>',
    '|-',
    '>-',
    '|+',
    '>+',
    '|2',
    '# c',
    ' # c',
    '&a',
    '*a',
    '!t',
    '?',
    ': ',
    ':',
    '@',
    '%',
    '`',
    '\t',
    '- ',
    '- - ',
    '"k": ',
    "'k': ",
    '<<',
    'http://x',
    '-v',
    '+1',
    '2001-01-01',
    '12:30',
    '"a \\',
    'e5',
    '-0',
    '+.inf',
    '1.2.3',
  )
  const indent = fc.constantFrom('', '', '  ', '  ', ' ', '    ', '- ', '  - ', '- - ')
  const line = fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(
          indent,
          fc.constantFrom('a', 'b', 'c', 'd', '"e"'),
          fc.constantFrom(':', ': ', ':  '),
          fc.oneof(fc.constant(''), piece, piece),
        )
        .map((parts) => parts.join('')),
    },
    { weight: 2, arbitrary: fc.tuple(indent, piece).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: fc.tuple(indent, piece, fc.constant(' '), piece).map((parts) => parts.join('')) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        '',
        '   ',
        '# c',
        '  # c',
        '---',
        '--- a',
        '--- # c',
        '...',
        '  text',
        '    text more',
        "  y'",
        '  z"',
        '   w \\',
        ' }',
        '  ]',
        ', b]',
        '{a: [',
        '[',
        'x: {',
      ),
    },
  )
  test('about lines that look like manifests', () => {
    const text = fc.tuple(fc.array(line, { maxLength: 8 }), fc.constantFrom('\n', '')).map(([lines, end]) => lines.join('\n') + end)
    fc.assert(
      fc.property(text, (each) => void agrees(each)),
      settings,
    )
  })

  test('about values as a printer writes them', () => {
    const leaf = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean(), fc.constant(null), piece)
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'k e', 'x/y', '1', 'on'), tie('tree')),
      ),
    }))
    const print = (value: unknown, column: string): string => {
      if (Array.isArray(value))
        return value.length === 0 ? ' []\n' : `\n${value.map((each) => `${column}-${print(each, `${column}  `)}`).join('')}`
      if (typeof value === 'object' && value !== null) {
        const entries = Object.entries(value)
        return entries.length === 0
          ? ' {}\n'
          : `\n${entries.map(([key, each]) => `${column}${key}:${print(each, `${column}  `)}`).join('')}`
      }
      return ` ${typeof value === 'string' && value.length % 2 === 0 ? JSON.stringify(value) : String(value)}\n`
    }
    fc.assert(
      fc.property(tree, (value) => void agrees(print(value, '').replace(/^\n/, ''))),
      settings,
    )
  })
})
