import { describe, expect, test } from 'vitest'
import { parseIp, type Ip } from '../../net/ip.ts'
import { modifiersOf, parseFirstRule } from './first-rule.ts'
import { failing, RuleError } from './rule.ts'

const asked = (url: string, method = 'GET') => {
  const [, host = '', target = '/'] = /^([^/]*)(\/.*)?$/.exec(url) ?? []
  return {
    request: { method, target, version: '1.1' as const, headers: [['Host', host] as const, ['X-Team', 'blue'] as const], body: '' },
    remote: parseIp('203.0.113.9') as Ip,
  }
}

describe('rules of v1.7', () => {
  test.each([
    ['Host:a,b;PathPrefix:/bar', 'B:8080/bar/x', undefined],
    ['Host:a;PathPrefix:/bar/*', 'a/bar/x', 'PathPrefix:/bar/*'],
    ['Host:a;PathPrefix:/bar/*', 'a/bar/*', undefined],
    ['PathPrefix:/bar', 'a/barn', undefined],
    ['Path:/bar', 'a/bar/', 'Path:/bar'],
    ['Path:/a/{id}/c', 'a/a/7/c', undefined],
    ['PathPrefix:/v{n:[0-9]+}/', 'a/v12/x', undefined],
    ['PathPrefix:/v{n:[0-9]+}/', 'a/vx/x', 'PathPrefix:/v{n:[0-9]+}/'],
    ['HostRegexp:{subdomain:[A-Za-z0-9-_]+}.example', 'x.example/', undefined],
    ['HostRegexp:{subdomain:[A-Za-z0-9-_]+}.example', 'x.y.example/', 'HostRegexp:{subdomain:[A-Za-z0-9-_]+}.example'],
    ['PathPrefixStrip:/a b', 'x/a%20b/c', undefined],
    ['Method:post', 'a/', 'Method:post'],
    ['Headers:X-Team,blue', 'a/', undefined],
    ['HeadersRegexp:X-Team,^(red|green)$', 'a/', 'HeadersRegexp:X-Team,^(red|green)$'],
    ['Query:a=1', 'a/?b=2&a=1', undefined],
    ['PathPrefix:/;AddPrefix:/x', 'a/', undefined],
  ])('%s of %s: %s', (rule, url, failed) => expect(failing(parseFirstRule(rule), asked(url))).toBe(failed))

  test.each(['', 'Nonsense:/x', 'Host:', 'HostRegexp:{a:(}'])('%s is no rule', (rule) =>
    expect(() => parseFirstRule(rule)).toThrow(RuleError),
  )

  test('what they do: strip, add, replace', () => {
    expect(modifiersOf('ReplacePath:/z;AddPrefix:/y;PathPrefixStrip:/a,/abc')).toEqual([
      { stripPrefix: { prefixes: ['/abc', '/a'] } },
      { addPrefix: { prefix: '/y' } },
      { replacePath: { path: '/z' } },
    ])
    expect(modifiersOf('PathPrefix:/api;ReplacePathRegex: ^/api(.*) /v1$1')).toEqual([
      { replacePathRegex: { regex: '^/api(.*)', replacement: '/v1$1' } },
    ])
    expect(modifiersOf('Host:a')).toEqual([])
  })
})
