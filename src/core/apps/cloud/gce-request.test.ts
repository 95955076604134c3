import { expect, test } from 'vitest'
import type { GceHostRule } from '../../cluster/cloud/gce.ts'
import type { GceBackend } from '../../cluster/cloud/gce-backend.ts'
import { hostRuleFor, pathHolds, pathRuleFor } from './gce-request.ts'

test.each<[string, string, boolean]>([
  ['/*', '/', true],
  ['/*', '/any/where', true],
  ['/', '/', true],
  ['/', '/any', false],
  ['/foo', '/foo', true],
  ['/foo', '/foo/', false],
  ['/foo/*', '/foo', false],
  ['/foo/*', '/foo/', true],
  ['/foo/*', '/foo/bar/baz', true],
  ['/foo/*', '/foobar', false],
])('%s holds %s: %s', (pattern, path, holds) => {
  expect(pathHolds(pattern, path)).toBe(holds)
})

const rule = (host: string, ...paths: readonly string[]): GceHostRule => ({
  host,
  paths: paths.map((path) => ({ path, backend: {} as GceBackend, field: '' })),
})
const RULES = [rule('*', '/*'), rule('*.example.com', '/a'), rule('*.b.example.com', '/*', '/x/*', '/x/y/*', '/x/y'), rule('c.example.com')]

test.each<[string, string, string | undefined, string | undefined]>([
  ['c.example.com', '/', 'c.example.com', undefined],
  ['d.example.com', '/a', '*.example.com', '/a'],
  ['d.e.example.com', '/b', '*.example.com', undefined],
  ['a.b.example.com', '/x/y', '*.b.example.com', '/x/y'],
  ['a.b.example.com', '/x/y/z', '*.b.example.com', '/x/y/*'],
  ['a.b.example.com', '/x/', '*.b.example.com', '/x/*'],
  ['a.b.example.com', '/x', '*.b.example.com', '/*'],
  ['b.example.com', '/', '*.example.com', undefined],
  ['example.com', '/', '*', '/*'],
  ['', '/', '*', '/*'],
])('%s%s: host %s, path %s', (host, path, hostRule, pathRule) => {
  const found = hostRuleFor(RULES, host)
  expect([found?.host, found && pathRuleFor(found, path)?.path]).toEqual([hostRule, pathRule])
})
