import { expect, test } from 'vitest'
import type { AppGw, AppGwListener } from '../../cluster/cloud/agic.ts'
import { listenerFor, pathRuleFor } from './appgw-request.ts'

const listener = (priority: number, hosts: readonly string[], ...paths: readonly string[]): AppGwListener => ({
  hash: String(priority),
  port: 80,
  protocol: 'Http',
  hosts,
  certificate: undefined,
  priority,
  defaultAction: { kind: 'none' },
  rules: paths.map((path) => ({
    name: path,
    path,
    action: { kind: 'none' },
    object: { kind: 'Ingress', namespace: '', name: '', field: '' },
  })),
})
const MODEL: AppGw = {
  listeners: [
    listener(10, ['b.example.com', '*.c.example.com']),
    listener(20, ['*.example.com'], '/a*', '/a/b*', '/a/b/c', '/Case', '/x/*'),
    listener(30, []),
  ],
  settings: new Map(),
  ingresses: [],
  log: [],
}

test.each<[string, number | undefined]>([
  ['b.example.com', 10],
  ['x.c.example.com', 10],
  ['a.example.com', 20],
  ['x.y.example.com', 20],
  ['example.com', 30],
  ['', 30],
])('the listener of %j', (host, expected) => {
  expect(listenerFor(MODEL, 80, host)?.priority).toBe(expected)
})

test('no listener has another port', () => {
  expect(listenerFor(MODEL, 8080, 'a.example.com')).toBeUndefined()
})

test.each<[string, string | undefined]>([
  ['/a', '/a*'],
  ['/apple', '/a*'],
  ['/a/b/x', '/a*'],
  ['/a/b/c', '/a/b/c'],
  ['/A/B/C', '/a/b/c'],
  ['/case', '/Case'],
  ['/case/', undefined],
  ['/x', undefined],
  ['/x/', '/x/*'],
  ['/', undefined],
])('the path rule of %s', (path, expected) => {
  const found = listenerFor(MODEL, 80, 'a.example.com')
  expect(found && pathRuleFor(found, path)?.path).toBe(expected)
})
