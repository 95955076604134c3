import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Header, Headers } from './apps/http.ts'
import { headerOf } from './apps/http.ts'
import { processOf } from './apps/programs.ts'
import { get, list } from './cluster/cluster.ts'
import { apply, journey, type Simulation, start } from './engine.ts'
import { parseIp } from './net/ip.ts'

const SAMPLE = readFileSync(new URL('../../public/scenarios/kong.yaml', import.meta.url), 'utf8')

const plugin = (name: string, config: object, own = name): object => ({
  apiVersion: 'configuration.konghq.com/v1',
  kind: 'KongPlugin',
  metadata: { name: own },
  plugin: name,
  config,
})
const ingress = (host: string, plugins: string, annotations: object = {}): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: host, annotations: { ...(plugins && { 'konghq.com/plugins': plugins }), ...annotations } },
  spec: {
    ingressClassName: 'kong',
    rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'front', port: { number: 80 } } } }] } }],
  },
})
const secret = (name: string, kind: string, stringData: object): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, labels: { 'konghq.com/credential': kind } },
  stringData,
})
const consumer = (username: string, credentials: readonly string[], plugins = ''): object => ({
  apiVersion: 'configuration.konghq.com/v1',
  kind: 'KongConsumer',
  metadata: { name: username, annotations: { 'kubernetes.io/ingress.class': 'kong', ...(plugins && { 'konghq.com/plugins': plugins }) } },
  username,
  credentials,
})

const MORE = [
  plugin('request-termination', { status_code: 451, message: 'not here' }, 'closed'),
  plugin('ip-restriction', { allow: ['192.0.2.0/24'] }, 'inside'),
  plugin('ip-restriction', { deny: ['0.0.0.0/0'], status: 404, message: 'who are you' }, 'nobody'),
  plugin('key-auth', { hide_credentials: true }, 'keys'),
  plugin('basic-auth', { realm: 'house' }, 'words'),
  plugin('rate-limiting', { minute: 2, policy: 'local', limit_by: 'service' }, 'two'),
  plugin('rate-limiting', { minute: 100 }, 'hundred'),
  plugin('cors', { origins: ['https://a.com', 'https://.*\\.b\\.com'], credentials: true, max_age: 60 }, 'origins'),
  plugin(
    'request-transformer',
    { remove: { headers: ['X-Old'] }, add: { headers: ['X-New:1'], querystring: ['q:2'] }, replace: { uri: '/changed' } },
    'before',
  ),
  plugin('response-transformer', { add: { headers: ['X-After:yes'] }, remove: { headers: ['Via'] } }, 'after'),
  plugin('correlation-id', { header_name: 'X-Trace', generator: 'uuid#counter', echo_downstream: true }, 'trace'),
  plugin('jwt', {}, 'token'),
  secret('ann-key', 'key-auth', { key: 'k1' }),
  secret('ann-word', 'basic-auth', { username: 'ann', password: 'pw' }),
  consumer('ann', ['ann-key', 'ann-word', 'gone'], 'hundred'),
  ingress('closed.com', 'closed'),
  ingress('inside.com', 'inside'),
  ingress('nobody.com', 'nobody'),
  ingress('keys.com', 'keys,two'),
  ingress('words.com', 'words'),
  ingress('two.com', 'two'),
  ingress('origins.com', 'origins'),
  ingress('before.com', 'before'),
  ingress('after.com', 'after,trace'),
  ingress('token.com', 'token'),
  ingress('methods.com', '', {
    'konghq.com/methods': 'GET,PUT',
    'konghq.com/headers.x-team': 'red, blue',
    'konghq.com/host-aliases': 'alias.com',
  }),
]
const applied = apply(apply(start({ loadBalancer: 'cloud' }), [{ name: 'kong', text: SAMPLE }]).simulation, [
  { name: 'more', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: MORE }) },
])
const base = applied.simulation

interface Said {
  readonly status: number
  readonly headers: Headers
  readonly body: string
  /** What the pod was asked, where one was. */
  readonly path: string
  readonly sent: Readonly<Record<string, readonly string[]>>
  readonly simulation: Simulation
}

function ask(simulation: Simulation, url: string, headers: readonly Header[] = [], method = 'GET'): Said {
  const ip = get(simulation.cluster, 'Service', 'kong', 'kong-proxy')?.status?.loadBalancer?.ingress?.[0]?.ip
  const address = parseIp(ip ?? '')
  if (!address) throw new Error('Kong has no address')
  const done = journey(simulation, { from: 'external/inet', url, method, headers, resolve: [{ host: '*', port: 80, address }] })
  if (!done.ok) throw new Error(done.error.message)
  const response = done.value.conversation.connections[0]?.exchanges?.at(-1)?.response
  if (!response) throw new Error('no answer')
  const { pod, path = '', headers: sent = {} } = echoOf(response.body)
  const { status, headers: answered, body } = response
  return { status, headers: answered, body, path: pod === undefined ? '' : path, sent, simulation: done.value.simulation }
}

/** What a pod of the simulation says of itself and of what it was asked. */
function echoOf(body: string): { readonly pod?: string; readonly path?: string; readonly headers?: Said['sent'] } {
  return body.startsWith('{') ? (JSON.parse(body) as { pod?: string; path?: string; headers?: Said['sent'] }) : {}
}

const messageOf = ({ body }: Said): string => (JSON.parse(body) as { message?: string }).message ?? ''

test('all is taken', () => {
  expect(applied.problems.filter(({ severity }) => severity === 'error')).toEqual([])
})

describe('who may pass', () => {
  test.each<[string, string, readonly Header[], number, string]>([
    ['a route that is closed', 'http://closed.com/', [], 451, 'not here'],
    ['an address that is none of those', 'http://inside.com/', [], 403, 'IP address not allowed: '],
    ['a status and a message of their own', 'http://nobody.com/', [], 404, 'who are you'],
    ['no key', 'http://keys.com/', [], 401, 'No API key found in request'],
    ['a wrong key', 'http://keys.com/', [['apikey', 'k2']], 401, 'Unauthorized'],
    ['no password', 'http://words.com/', [], 401, 'Unauthorized'],
    ['a wrong one', 'http://words.com/', [['Authorization', `Basic ${btoa('ann:no')}`]], 401, 'Unauthorized'],
  ])('%s', (_, url, headers, status, message) => {
    const said = ask(base, url, headers)
    expect(said.status).toBe(status)
    expect(messageOf(said)).toContain(message)
  })

  test('who is known goes on as a consumer, without the key', () => {
    const said = ask(base, 'http://keys.com/?apikey=k1&x=1')
    expect(said.status).toBe(200)
    expect(said.path).toBe('/?x=1')
    expect(said.sent).toMatchObject({ 'X-Consumer-Username': ['ann'] })
    // The consumer's own limit, not the route's.
    expect(headerOf(said.headers, 'X-RateLimit-Limit-Minute')).toBe('100')
    expect(ask(base, 'http://words.com/', [['Authorization', `Basic ${btoa('ann:pw')}`]]).status).toBe(200)
    expect(headerOf(ask(base, 'http://words.com/').headers, 'WWW-Authenticate')).toBe('Basic realm="house"')
  })

  test('two requests a minute and pod: their policy is local', () => {
    const pods = [...list(base.cluster, 'Pod')].filter(({ metadata }) => metadata.labels?.['app'] === 'kong').length
    let at = base
    const said: Said[] = []
    for (let i = 0; i < 2 * pods + 1; i++) {
      const one = ask(at, 'http://two.com/')
      said.push(one)
      at = one.simulation
    }
    expect(said.slice(0, 2).map(({ status }) => status)).toEqual([200, 200])
    const refused = said.find(({ status }) => status === 429)
    if (!refused) throw new Error('nobody was refused')
    expect(messageOf(refused)).toBe('API rate limit exceeded')
    expect(headerOf(refused.headers, 'X-RateLimit-Remaining-Minute')).toBe('0')
    expect(Number(headerOf(refused.headers, 'Retry-After'))).toBeGreaterThan(0)
  })
})

describe('what is changed', () => {
  test('a request', () => {
    const said = ask(base, 'http://before.com/a?x=1', [['X-Old', '1']])
    expect(said.path).toBe('/changed?x=1&q=2')
    expect(said.sent).toMatchObject({ 'X-New': ['1'] })
    expect(said.sent['X-Old']).toBeUndefined()
  })

  test('an answer', () => {
    const { headers } = ask(base, 'http://after.com/')
    expect(headerOf(headers, 'X-After')).toBe('yes')
    expect(headerOf(headers, 'Via')).toBeUndefined()
    expect(headerOf(headers, 'X-Trace')).toMatch(/^[0-9a-f-]{36}#1$/)
  })

  test.each<[string, string | undefined]>([
    ['https://a.com', 'https://a.com'],
    ['https://x.b.com', 'https://x.b.com'],
    ['https://evil.com', undefined],
  ])('origin %s', (origin, allowed) => {
    const preflight = ask(
      base,
      'http://origins.com/',
      [
        ['Origin', origin],
        ['Access-Control-Request-Method', 'PUT'],
      ],
      'OPTIONS',
    )
    expect([preflight.status, preflight.path]).toEqual([200, ''])
    expect(headerOf(preflight.headers, 'Access-Control-Allow-Origin')).toBe(allowed)
    expect(headerOf(preflight.headers, 'Access-Control-Max-Age')).toBe('60')
    expect(headerOf(ask(base, 'http://origins.com/', [['Origin', origin]]).headers, 'Access-Control-Allow-Origin')).toBe(allowed)
  })
})

test.each<[string, string, readonly Header[], number]>([
  ['http://methods.com/', 'GET', [['X-Team', 'red']], 200],
  ['http://alias.com/', 'PUT', [['X-Team', 'blue']], 200],
  ['http://methods.com/', 'GET', [], 404],
  ['http://methods.com/', 'POST', [['X-Team', 'red']], 404],
])('annotations that routes match by: %s %s %j', (url, method, headers, status) => {
  expect(ask(base, url, headers, method).status).toBe(status)
})

test('a page for who wants HTML', () => {
  expect(ask(base, 'http://none.com/', [['Accept', 'text/html']]).body).toContain('<p>no Route matched with those values.</p>')
})

test('what is missing or not simulated is named', () => {
  const pod = [...list(base.cluster, 'Pod')].find(({ metadata }) => metadata.labels?.['app'] === 'kong')
  if (!pod) throw new Error('no Kong')
  const { log, tables } = processOf({ cluster: base.cluster, place: { kind: 'pod', pod } }).running.configured
  expect(log.map(({ text }) => text)).toEqual([
    'plugin jwt is not simulated',
    'credential "gone" failure: Failed to fetch secret: Secret default/gone not found',
  ])
  expect(tables.find(({ id }) => id === 'plugins')?.rows.map(({ cells }) => cells[0])).toContain('rate-limiting')
})
