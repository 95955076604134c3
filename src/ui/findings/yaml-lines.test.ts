import { describe, expect, it } from 'vitest'
import { linesOfField } from './yaml-lines.ts'

const YAML = `apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    note: |
      spec:
        ports: none
    a.b/c: x
spec:
  selector:
    app: web
    app.kubernetes.io/name: web
    "a: b": c
  ports:
  - name: http
    port: 80
    targetPort: 8080
  - name: https
    port: 443
    targetPort: tls
  type: LoadBalancer
status:
  loadBalancer: {}
`

const text = (field: string): readonly string[] => {
  const found = linesOfField(YAML, field)
  return found ? YAML.split('\n').slice(found.from, found.to) : []
}

describe('the lines of a field', () => {
  it.each<[string, readonly string[]]>([
    ['spec.type', ['  type: LoadBalancer']],
    ['spec.selector.app', ['    app: web']],
    ['spec.selector.app.kubernetes.io/name', ['    app.kubernetes.io/name: web']],
    ['spec.ports[0].targetPort', ['    targetPort: 8080']],
    ['spec.ports[1].name', ['  - name: https']],
    ['spec.ports[1]', ['  - name: https', '    port: 443', '    targetPort: tls']],
    ['spec.selector.a: b', ['    "a: b": c']],
    ['metadata.annotations.a.b/c', ['    a.b/c: x']],
    ['status.loadBalancer', ['  loadBalancer: {}']],
  ])('%s', (field, lines) => expect(text(field)).toEqual(lines))

  it('of what is not there are those of what it would be in', () => {
    expect(text('spec.ports[1].nodePort')[0]).toBe('  - name: https')
    expect(text('spec.clusterIP')[0]).toBe('spec:')
    expect(text('metadata.labels')[0]).toBe('metadata:')
    expect(text('data')).toEqual([])
  })
})
