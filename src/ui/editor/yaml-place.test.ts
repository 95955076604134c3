import { describe, expect, it } from 'vitest'
import { keyAt, placeAt } from './yaml-place.ts'

const DEPLOYMENT = `kind: Service
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  # comment: no key
  template:
    spec:
      containers:
      - name: web
        ports:
        - containerPort: 80
          ‸
      - ‹na
---
kind: Pod
`

/** The text without the mark, and where the mark stood. */
function marked(text: string): readonly [string, number] {
  const at = text.indexOf('|')
  return [text.slice(0, at) + text.slice(at + 1), at]
}

describe('the place of a position', () => {
  it.each<[string, string, object | undefined]>([
    ['an empty text', '|', { kind: '', path: [], typed: '', indent: 0 }],
    ['a first key', 'ki|', { kind: '', path: [], typed: 'ki' }],
    ['a value', 'kind: Ser|', { kind: 'Ser', path: [], key: 'kind', typed: 'Ser' }],
    ['a quoted value', 'kind: Service\nspec:\n  type: "No|', { kind: 'Service', path: ['spec'], key: 'type', typed: 'No' }],
    ['below a key', 'kind: Service\nspec:\n  |', { kind: 'Service', path: ['spec'], indent: 2 }],
    ['a new item', 'kind: Service\nspec:\n  ports:\n  - |', { path: ['spec', 'ports'], indent: 4 }],
    ['a further field of an item', 'kind: Service\nspec:\n  ports:\n  - port: 80\n    tar|', { path: ['spec', 'ports'], typed: 'tar' }],
    ['back at the left', 'kind: Service\nspec:\n  ports: []\n|', { path: [], kind: 'Service' }],
    ['deep in a list', DEPLOYMENT.replace('‸', '|'), { kind: 'Deployment', path: ['spec', 'template', 'spec', 'containers', 'ports'] }],
    [
      'the next item of the outer list',
      DEPLOYMENT.replace('‹na', 'na|'),
      { path: ['spec', 'template', 'spec', 'containers'], typed: 'na' },
    ],
    ['another document', 'kind: Pod\nspec:\n  x: 1\n---\nkind: Service\n|', { kind: 'Service', path: [] }],
    ['braces', 'spec: {ty|', undefined],
    ['words', 'metadata: a b|', undefined],
  ])('%s', (_, text, expected) => {
    const place = placeAt(...marked(text))
    if (expected) expect(place).toMatchObject(expected)
    else expect(place).toBeUndefined()
  })

  it('says where the word begins', () => expect(placeAt('spec:\n  typ', 11)?.from).toBe(8))
})

describe('the key at a position', () => {
  it.each<[string, object | undefined]>([
    ['kind: Service\nspec:\n  ports:\n  - po|rt: 80', { kind: 'Service', path: ['spec', 'ports'], name: 'port' }],
    ['kind: Service\nsp|ec:\n', { path: [], name: 'spec' }],
    ['kind: Ser|vice', undefined],
    ['# ki|nd: Service', undefined],
  ])('%j', (text, expected) => {
    const key = keyAt(...marked(text))
    if (expected) expect(key).toMatchObject(expected)
    else expect(key).toBeUndefined()
  })
})
