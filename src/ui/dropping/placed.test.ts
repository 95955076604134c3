import { describe, expect, it } from 'vitest'
import { placedOn } from './placed.ts'

const POD = `# a pod
apiVersion: v1
kind: Pod
metadata:
  name: a
  annotations:
    note: |
      spec:
        containers: none
spec: # its own
  # first
  containers:
  - name: c
    image: x
`
const DEPLOYMENT = `---
kind: Deployment
metadata: { name: web }
spec:
    replicas: 2
    template:
        metadata:
            labels: { app: web }
        spec:
            containers: []
            nodeName: old
status: {}
`

describe('pods of a manifest on one node', () => {
  it('adds a line and leaves the rest as it is', () => {
    const { text, placed } = placedOn(POD, 'node-2')
    expect(placed).toEqual(['a'])
    expect(text).toBe(POD.replace('spec: # its own\n', 'spec: # its own\n  nodeName: node-2\n'))
  })

  it('goes into templates, and replaces a name that is there', () => {
    const { text } = placedOn(POD + DEPLOYMENT, 'n')
    expect(text).toContain('        spec:\n            nodeName: n\n            containers: []\nstatus: {}')
    expect(text).not.toContain('old')
  })

  it.each([
    ['a Service', 'kind: Service\nmetadata:\n  name: s\nspec:\n  ports: []\n'],
    ['a DaemonSet', 'kind: DaemonSet\nspec:\n  template:\n    spec:\n      containers: []\n'],
    ['braces', 'kind: Pod\nspec: { containers: [] }\n'],
    ['an empty spec', 'kind: Pod\nspec:\n'],
    ['no spec', 'kind: Pod\n'],
    ['half a JSON', '{ "kind": "Pod"'],
    ['nothing', ''],
  ])('leaves %s alone', (_, text) => expect(placedOn(text, 'n')).toEqual({ text, placed: [] }))

  it('reads JSON and lists of it', () => {
    const list = {
      kind: 'List',
      items: [
        { kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [] } },
        { kind: 'Service', spec: {} },
      ],
    }
    const { text, placed } = placedOn(JSON.stringify(list), 'n')
    expect(placed).toEqual(['p'])
    expect(JSON.parse(text)).toMatchObject({ items: [{ spec: { containers: [], nodeName: 'n' } }, { spec: {} }] })
  })
})
