import { expect, test } from 'vitest'
import type { AlbCondition } from '../../cluster/cloud/alb-actions.ts'
import type { Ip } from '../../net/ip.ts'
import type { HttpRequest } from '../http.ts'
import { holds } from './alb-match.ts'

const request = (line: string): HttpRequest => {
  const [method = '', host = '', target = ''] = line.split(' ')
  return {
    method,
    target,
    version: '1.1',
    headers: [
      ['Host', host],
      ['X-Kind', 'Fine Tea'],
    ],
    body: '',
  }
}

test.each<[AlbCondition, string, boolean]>([
  [{ field: 'host-header', values: ['*.example.com'] }, 'GET A.Example.com /', true],
  [{ field: 'host-header', values: ['*.example.com'] }, 'GET a.b.example.com /', true],
  [{ field: 'host-header', values: ['*.example.com'] }, 'GET example.com /', false],
  [{ field: 'host-header', values: ['a.com', 'b.com'] }, 'GET b.com:8080 /', true],
  [{ field: 'host-header', values: ['^(a|b)\\.com$'], regex: true }, 'GET b.com /', true],
  [{ field: 'path-pattern', values: ['/img/*'] }, 'GET a /img/a/b?x=/c', true],
  [{ field: 'path-pattern', values: ['/img/*'] }, 'GET a /img', false],
  [{ field: 'path-pattern', values: ['/img', '/img/*'] }, 'GET a /img?x', true],
  [{ field: 'path-pattern', values: ['/s?.png'] }, 'GET a /s1.png', true],
  [{ field: 'path-pattern', values: ['/s?.png'] }, 'GET a /s.png', false],
  [{ field: 'path-pattern', values: ['/IMG'] }, 'GET a /img', false],
  [{ field: 'path-pattern', values: ['/a.b'] }, 'GET a /axb', false],
  [{ field: 'path-pattern', values: ['('], regex: true }, 'GET a /(', false],
  [{ field: 'http-header', header: 'x-kind', values: ['fine*'] }, 'GET a /', true],
  [{ field: 'http-header', header: 'X-Other', values: ['*'] }, 'GET a /', false],
  [{ field: 'http-request-method', values: ['GET', 'HEAD'] }, 'HEAD a /', true],
  [{ field: 'http-request-method', values: ['GET'] }, 'POST a /', false],
  [{ field: 'query-string', values: [{ key: 'v', value: '1' }] }, 'GET a /?u=1&V=1', true],
  [{ field: 'query-string', values: [{ key: 'v', value: '1' }] }, 'GET a /?v=12', false],
  [{ field: 'query-string', values: [{ value: 'y*' }] }, 'GET a /?x=yes', true],
  [{ field: 'source-ip', values: ['198.51.100.0/24', '192.0.2.0/24'] }, 'GET a /', true],
  [{ field: 'source-ip', values: ['198.51.100.0/24'] }, 'GET a /', false],
])('%j and %s: %s', (condition, line, expected) => {
  expect(holds(condition, request(line), '192.0.2.9' as Ip)).toBe(expected)
})
