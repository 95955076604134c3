import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { get, list } from './cluster/cluster.ts'
import { apply, journey, type Simulation, start } from './engine.ts'
import { parseIp } from './net/ip.ts'
import { processOf } from './apps/programs.ts'
import { headerOf, type Header } from './apps/http.ts'
import { normalised } from './apps/contour/path.ts'
import { secondsOf } from './apps/contour/duration.ts'
import type { Running } from './apps/program.ts'

const SAMPLE = readFileSync(new URL('../../public/scenarios/contour.yaml', import.meta.url), 'utf8')
const base = applied(start({ loadBalancer: 'cloud' }), SAMPLE)

function applied(simulation: Simulation, text: string): Simulation {
  const done = apply(simulation, [{ name: 'more.yaml', text }])
  expect(done.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return done.simulation
}

interface Said {
  readonly status: number | undefined
  /** Application that answered, and the path that it saw. */
  readonly by: string
  readonly body: string
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly location: string | undefined
  readonly simulation: Simulation
}

function ask(simulation: Simulation, url: string, headers: readonly Header[] = []): Said {
  const ip = get(simulation.cluster, 'Service', 'projectcontour', 'envoy')?.status?.loadBalancer?.ingress?.[0]?.ip
  const address = parseIp(ip ?? '')
  if (!address) throw new Error('Envoy has no address')
  const resolve = [80, 443].map((port) => ({ host: '*', port, address }))
  const done = journey(simulation, { from: 'external/inet', url, headers, resolve, insecure: true })
  if (!done.ok) throw new Error(done.error.message)
  const exchange = done.value.conversation.connections[0]?.exchanges?.at(-1)
  const body = exchange?.response?.body ?? ''
  const echo = body.startsWith('{')
    ? (JSON.parse(body) as { pod: string; path: string; headers: Record<string, string[]> })
    : { pod: '', path: '', headers: {} }
  return {
    status: exchange?.response?.status,
    by: `${echo.pod.split('-')[0] ?? ''} ${echo.path}`,
    body,
    headers: Object.fromEntries(Object.entries(echo.headers).map(([name, value]) => [name.toLowerCase(), value])),
    location: exchange?.response && headerOf(exchange.response.headers, 'location'),
    simulation: done.value.simulation,
  }
}

function envoyOf({ cluster }: Simulation): Running {
  const pod = [...list(cluster, 'Pod')].find(({ metadata }) => metadata.labels?.['app'] === 'envoy')
  if (!pod) throw new Error('no Envoy')
  return processOf({ cluster, place: { kind: 'pod', pod } }).running
}

const proxy = (name: string, spec: string): string => `---
apiVersion: projectcontour.io/v1
kind: HTTPProxy
metadata: {name: ${name}}
spec: ${spec}
`
const statusOf = ({ cluster }: Simulation, name: string): string => {
  const status = get(cluster, 'HTTPProxy', 'default', name)?.status
  const [condition] = (status?.conditions ?? []) as readonly { readonly errors?: readonly { readonly reason: string }[] }[]
  return [status?.currentStatus, ...(condition?.errors ?? []).map(({ reason }) => reason)].join(' ')
}

test.each<[string, readonly Header[], number, string]>([
  ['http://shop.example.com/', [], 200, 'front /'],
  ['http://shop.example.com/api/items?x=1', [], 200, 'api /api/items?x=1'],
  ['http://shop.example.com/apis', [], 200, 'front /apis'],
  ['http://shop.example.com/x/../api//y', [], 200, 'api /api/y'],
  ['http://other.example.com/', [], 404, ' '],
  ['http://store.example.com/a', [], 200, 'front /a'],
  ['http://store.example.com/a', [['X-Beta', '1']], 200, 'api /a'],
])('%s %j: %i %s', (url, headers, status, by) => {
  expect(ask(base, url, headers)).toMatchObject({ status, by })
})

test('an included prefix is replaced, and weights divide', () => {
  let simulation = base
  const seen = new Set<string>()
  for (let i = 0; i < 60 && seen.size < 2; i++) {
    const said = ask(simulation, 'http://store.example.com/blog/post')
    expect(said.headers['x-envoy-original-path']).toEqual(['/blog/post'])
    seen.add(said.by)
    simulation = said.simulation
  }
  expect(seen).toEqual(new Set(['front /post', 'api /post']))
})

test('round robin goes through the pods', () => {
  const first = ask(base, 'http://shop.example.com/')
  const second = ask(first.simulation, 'http://shop.example.com/')
  const third = ask(second.simulation, 'http://shop.example.com/')
  const pods = [first, second, third].map(({ body }) => (JSON.parse(body) as { pod: string }).pod)
  expect(pods[0]).not.toBe(pods[1])
  expect(pods[2]).toBe(pods[0])
})

test('headers tell the application of the client', () => {
  const { headers } = ask(base, 'http://shop.example.com/', [['X-Envoy-Internal', 'true']])
  expect(headers).toMatchObject({
    'x-forwarded-for': ['203.0.113.10'],
    'x-forwarded-proto': ['http'],
    'x-envoy-external-address': ['203.0.113.10'],
    'x-envoy-expected-rq-timeout-ms': ['15000'],
  })
  expect(headers['x-request-id']?.[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(headers).not.toHaveProperty('x-envoy-internal')
})

test('endpoints change by EDS alone', () => {
  const texts = (simulation: Simulation): readonly string[] => envoyOf(simulation).configured.files.map(({ text }) => text)
  const more =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: one-more, labels: {app: api}}\nspec: {containers: [{name: a, image: a, ports: [{containerPort: 8080}]}]}'
  const [before, after] = [texts(base), texts(applied(base, more))]
  expect(after.slice(0, 3)).toEqual(before.slice(0, 3))
  expect(after[3]).not.toBe(before[3])
})

test('what matched stands in the configuration', () => {
  const { configured } = envoyOf(base)
  const routes = configured.tables.find(({ id }) => id === 'routes')?.rows ?? []
  const row = routes.find(({ cells }) => cells[0] === 'shop.example.com' && cells[1] === 'segment /api')
  const line = configured.files.find(({ name }) => name === row?.at?.file)?.text.split('\n')[(row?.at?.line ?? 0) - 1]
  expect(line?.trim()).toBe('- match: {path_separated_prefix: "/api"}')
})

test('without Contour Envoy listens on nothing', () => {
  const alone = SAMPLE.split('---\n')
    .filter((text) => !text.includes('kind: Deployment\nmetadata:\n  name: contour'))
    .join('---\n')
  expect(envoyOf(applied(start({ loadBalancer: 'cloud' }), alone)).configured.listeners).toEqual([])
})

describe('HTTPProxy', () => {
  const more =
    proxy('gone', '{virtualhost: {fqdn: gone.com}, routes: [{services: [{name: nobody, port: 80}]}]}') +
    proxy('empty', '{virtualhost: {fqdn: empty.com}, routes: [{services: [{name: idle, port: 80}]}]}') +
    '---\napiVersion: v1\nkind: Service\nmetadata: {name: idle}\nspec: {ports: [{port: 80}], selector: {app: idle}}\n' +
    proxy('one', '{virtualhost: {fqdn: twice.com}, routes: [{services: [{name: front, port: 80}]}]}') +
    proxy('two', '{virtualhost: {fqdn: twice.com}, routes: [{services: [{name: api, port: 8080}]}]}') +
    proxy('loop', '{virtualhost: {fqdn: loop.com}, includes: [{name: a}], routes: [{services: [{name: front, port: 80}]}]}') +
    proxy('a', '{includes: [{name: b}]}') +
    proxy('b', '{includes: [{name: a}]}') +
    proxy('tls', '{virtualhost: {fqdn: tls.com, tls: {secretName: none}}, routes: [{services: [{name: front, port: 80}]}]}') +
    proxy(
      'moved',
      '{virtualhost: {fqdn: moved.com}, routes: [{conditions: [{prefix: /old}], requestRedirectPolicy: {hostname: new.com, prefix: /new, statusCode: 301}}]}',
    ) +
    proxy(
      'said',
      '{virtualhost: {fqdn: said.com}, routes: [{conditions: [{exact: /x}], directResponsePolicy: {statusCode: 418, body: short}}]}',
    ) +
    proxy(
      'denied',
      '{virtualhost: {fqdn: denied.com, ipDenyPolicy: [{source: Peer, cidr: 203.0.113.0/24}]}, routes: [{services: [{name: front, port: 80}]}]}',
    ) +
    proxy('other', '{ingressClassName: theirs, virtualhost: {fqdn: other.com}, routes: [{services: [{name: front, port: 80}]}]}') +
    proxy(
      'regex',
      '{virtualhost: {fqdn: regex.com}, routes: [{conditions: [{regex: "/v[0-9]+/.*"}], services: [{name: api, port: 8080}]}]}',
    )
  const all = applied(base, more)

  test.each<[string, string]>([
    ['store', 'valid'],
    ['blog', 'valid'],
    ['nobody-includes-me', 'orphaned'],
    ['gone', 'invalid ServiceUnresolvedReference'],
    ['empty', 'valid'],
    ['one', 'invalid DuplicateVhost'],
    ['two', 'invalid DuplicateVhost'],
    ['loop', 'valid'],
    ['b', 'invalid IncludeCreatesCycle'],
    ['tls', 'invalid SecretNotValid'],
    ['other', ''],
  ])('%s is %s', (name, expected) => {
    expect(statusOf(all, name)).toBe(expected)
  })

  test.each<[string, number, string]>([
    ['http://gone.com/', 503, ''],
    ['http://empty.com/', 503, 'no healthy upstream'],
    ['http://twice.com/', 404, ''],
    ['http://tls.com/', 404, ''],
    ['http://said.com/x', 418, 'short'],
    ['http://said.com/x/', 404, ''],
    ['http://denied.com/', 403, 'RBAC: access denied'],
    ['http://other.com/', 404, ''],
    ['http://regex.com/v/1', 404, ''],
  ])('%s: %i %s', (url, status, body) => {
    expect(ask(all, url)).toMatchObject({ status, body })
  })

  test('redirects, regular expressions', () => {
    expect(ask(all, 'http://moved.com/old/x?y=1')).toMatchObject({ status: 301, location: 'http://new.com/new/x?y=1' })
    expect(ask(all, 'http://regex.com/v12/x')).toMatchObject({ status: 200, by: 'api /v12/x' })
  })
})

test('TLS passes through by server name, and nobody answers for another', () => {
  const through = proxy(
    'through',
    '{virtualhost: {fqdn: t.com, tls: {passthrough: true}}, tcpproxy: {services: [{name: api, port: 8080}]}}',
  )
  const envoy = envoyOf(applied(base, through))
  const moment = { now: 0, memory: new Map(), choose: () => 0 }
  const ip = parseIp('10.0.0.1')
  if (!ip) throw new Error('no TLS')
  const connection = { local: ip, localPort: 8443, peer: ip, peerPort: 40000, moment }
  expect(envoy.configured.listeners.map(({ port }) => port)).toEqual([8080, 8443])
  expect(envoy.hello?.({ serverName: 't.com', alpn: [] }, connection)).toMatchObject({ kind: 'passthrough', to: { port: 8080 } })
  expect(envoy.hello?.({ serverName: 'u.com', alpn: [] }, connection)).toMatchObject({
    kind: 'passthrough',
    to: undefined,
    why: 'no-filter-chain',
  })
})

test.each<[string, string | undefined]>([
  ['/a/./b/../c', '/a/c'],
  ['/%61/%2f', '/a/%2f'],
  ['//a//b/?q=//', '/a/b/?q=//'],
  ['/a/..', '/'],
  ['/%zz', undefined],
])('the path %s is %s', (given, expected) => {
  expect(normalised(given)).toBe(expected)
})

test.each<[string | undefined, number]>([
  [undefined, 15],
  ['1m30s', 90],
  ['500ms', 0.5],
  ['infinity', 0],
])('the time %s is %d s', (given, expected) => {
  expect(secondsOf(given, 15)).toBe(expected)
})
