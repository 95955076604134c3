import { describe, expect, test } from 'vitest'
import { parseIp, type Ip } from '../../net/ip.ts'
import type { Header } from '../http.ts'
import { failing, parseRule, RuleError } from './rule.ts'

const asked = (url: string, headers: readonly Header[] = [], method = 'GET') => {
  const [, host = '', target = '/'] = /^([^/]*)(\/.*)?$/.exec(url) ?? []
  return {
    request: { method, target, version: '1.1' as const, headers: [['Host', host] as const, ...headers], body: '' },
    remote: parseIp('203.0.113.9') as Ip,
  }
}

describe('rules', () => {
  test.each([
    ['Host(`a.example`)', 'A.example:8080/', true],
    ['Host(`*.example`)', 'a.example/', true],
    ['Host(`*.example`)', 'a.b.example/', false],
    ['PathPrefix(`/foo`)', 'a/foobar', true],
    ['(Path("/foo") || PathPrefix("/foo/"))', 'a/foobar', false],
    ['(Path("/foo") || PathPrefix("/foo/"))', 'a/foo', true],
    ['Path(`/foo`)', 'a/foo?x=y', true],
    ['PathPrefix(`/a b`)', 'a/a%20b/c', true],
    ['PathPrefix(`/a/b`)', 'a/a%2Fb', false],
    ['PathRegexp(`^/v[0-9]+/`)', 'a/v12/x', true],
    ['Host(`a`) && !PathPrefix(`/private`)', 'a/private/x', false],
    ['Host(`a`) && !PathPrefix(`/private`)', 'a/public', true],
    ['Host(`a`) || Host(`b`) && Path(`/x`)', 'a/y', true],
    ['Query(`animal`,`whale`)', 'a/?x=1&animal=whale', true],
    ['Query(`animal`,`whale`)', 'a/?animal=whales', false],
    ['QueryRegexp(`animal`,`^wh`)', 'a/?animal=whales', true],
    ['ClientIP(`203.0.113.0/24`)', 'a/', true],
    ['ClientIP(`192.0.2.1`)', 'a/', false],
  ])('%s of %s: %s', (rule, url, fits) => {
    expect(failing(parseRule(rule), asked(url)) === undefined).toBe(fits)
  })

  test('headers and methods', () => {
    const rule = parseRule('Method(`post`) && Header(`x-version`,`2`) && HeaderRegexp(`X-Team`,`^(red|blue)$`)')
    const headers: readonly Header[] = [
      ['X-Version', '2'],
      ['X-Team', 'blue'],
    ]
    expect(failing(rule, asked('a/', headers, 'POST'))).toBeUndefined()
    expect(failing(rule, asked('a/', headers))).toBe('Method(`post`)')
  })

  test('of v2: several values, a name in braces', () => {
    expect(failing(parseRule('Host(`a`, `b`)', 'v2'), asked('b/'))).toBeUndefined()
    expect(failing(parseRule('HostRegexp("{subdomain:[a-z]+}.example")', 'v2'), asked('x.example/'))).toBeUndefined()
  })

  test.each([
    'Host(`a`',
    'Host(`a`,`b`)',
    'Nothing(`a`)',
    'Path(`a`)',
    'PathRegexp(`(`)',
    'Host(`a`) Host(`b`)',
    '',
    '&& Host(`a`)',
    'ClientIP(`x`)',
  ])('%j is none', (rule) => {
    expect(() => parseRule(rule)).toThrow(RuleError)
  })
})
