import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readFull } from './full-yaml.ts'
import { printYaml } from './print-yaml.ts'
import { readSource } from './yaml-source.ts'

test('objects stand as kubectl prints them', () => {
  const pod = {
    kind: 'Pod',
    metadata: { name: 'web', labels: { 'app.kubernetes.io/name': 'web', on: 'yes', version: '1.10', empty: {} }, gone: undefined },
    spec: {
      containers: [{ image: 'nginx:1.25', args: ['-c', 'a\nb\n', '', '* #'], ports: [{ containerPort: 80 }] }, {}],
      list: [[1, [2]], []],
      none: null,
    },
  }
  expect(printYaml(pod, { sortKeys: true })).toBe(`kind: Pod
metadata:
  labels:
    app.kubernetes.io/name: web
    empty: {}
    "on": "yes"
    version: "1.10"
  name: web
spec:
  containers:
  - args:
    - -c
    - |
      a
      b
    - ""
    - "* #"
    image: nginx:1.25
    ports:
    - containerPort: 80
  - {}
  list:
  - - 1
    - - 2
  - []
  none: null
`)
})

test('what is printed is read back', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 12, unit: fc.constantFrom(...Array.from('ab1:{}[]-,&*!|>"\'\n\n  #%?@0.~e\\+=<\ty\u00e9\u2028')) }),
    fc.string({ maxLength: 6, unit: 'binary' }),
    fc.constantFrom(
      'yes',
      'null',
      '1e3',
      'e3',
      '0x1',
      '12:30',
      '2001-01-01',
      '<<',
      '---',
      '...',
      '-',
      '- a',
      'a: b',
      '.5',
      '.',
      '~',
      'N',
      '1_0',
      '#',
      'a:',
      ' a',
      'a\n',
      '\n',
      'a\n\n',
      ' \na',
      'a\n b',
    ),
  )
  const leaf = fc.oneof(text, text, fc.integer(), fc.constantFrom(true, false, null, 1.5, 1e21, -2))
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(
        text.filter((key) => key !== '__proto__'),
        tie('tree'),
        { maxKeys: 4 },
      ),
    ),
  }))
  const root = fc.dictionary(fc.constantFrom('a', 'b', 'c'), tree, { minKeys: 1 })
  fc.assert(
    fc.property(root, (value) => {
      const printed = printYaml(value)
      for (const source of [readFull(printed), readSource(printed, readFull)])
        expect(source && { values: source.documents.map((each) => each.value), problems: source.problems }).toEqual({
          values: [value],
          problems: [],
        })
    }),
    { seed: 5, numRuns: 2000 },
  )
})
