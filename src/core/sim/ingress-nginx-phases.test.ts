import { describe, expect, test } from 'vitest'
import { type Header, headerOf, type HttpRequest, type HttpResponse, respond } from '../apps/http.ts'
import { INGRESS_NGINX } from '../apps/ingress-nginx/ingress-nginx.ts'
import type { Accepted, Decision, Failure, Memory, ProxyDecision, Running } from '../apps/program.ts'
import { seeded } from '../base/choose.ts'
import { emptyCluster, get } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { applyManifests } from '../controllers/apply.ts'
import { type Ip, parseIp } from '../net/ip.ts'

const N = 'nginx.ingress.kubernetes.io'
const service = (name: string, pods: number): readonly object[] => [
  { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] } },
  ...Array.from({ length: pods }, (_, i) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name}-${i}`, labels: { app: name } },
    spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 8080 }] }] },
  })),
]

interface Asked {
  readonly annotations?: Readonly<Record<string, string>>
  readonly to?: string
  readonly settings?: Readonly<Record<string, string>>
}

/** One Ingress for every path of h.com. */
function running({ annotations = {}, to = 'web', settings = {} }: Asked): Running {
  const items = [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'controller' },
      spec: {
        containers: [
          {
            name: 'c',
            image: 'registry.k8s.io/ingress-nginx/controller:v1.13.3',
            args: ['--watch-ingress-without-class', '--configmap=default/own'],
          },
        ],
      },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'own' }, data: { 'ssl-redirect': 'false', ...settings } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'headers' }, data: { 'X-Frame-Options': 'DENY' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'users' }, stringData: { auth: 'ann:{PLAIN}pw' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'map' }, stringData: { ann: '{PLAIN}pw' } },
    ...service('web', 2),
    ...service('idle', 0),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'i', annotations: Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`${N}/${name}`, value])) },
      spec: {
        rules: [
          { host: 'h.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: to, port: { number: 80 } } } }] } },
        ],
      },
    },
  ]
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  const { cluster, problems } = applyManifests(emptyCluster(defaultConfig('kubeadm')), [{ name: 'x', text }], { nodes: 1 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const pod = get(cluster, 'Pod', 'default', 'controller')
  if (!pod) throw new Error('no controller')
  return INGRESS_NGINX.configure({ cluster, place: { kind: 'pod', pod } })
}

interface Sent {
  readonly method?: string
  readonly headers?: readonly Header[]
  readonly body?: string
  readonly tls?: boolean
  readonly memory?: Memory
  readonly now?: number
  readonly tried?: readonly Failure[]
}

function ask(
  of: Running,
  target = '/',
  { method = 'GET', headers = [], body = '', tls, memory = new Map(), now = 0, tried = [] }: Sent = {},
): Decision {
  const local = parseIp('10.244.1.2') as Ip
  const peer = parseIp('203.0.113.9') as Ip
  const secure = tls ? { tls: { serverName: 'h.com', certificate: { subject: '', issuer: '', names: [] } } } : {}
  const connection: Accepted = {
    local,
    localPort: tls ? 443 : 80,
    peer,
    peerPort: 40000,
    moment: { now, memory, choose: seeded(1) },
    ...secure,
  }
  const request: HttpRequest = { method, target, version: '1.1', headers: [['Host', 'h.com'], ...headers], body }
  const decision = of.request?.({ request, connection, tried })
  if (!decision) throw new Error('it takes no requests')
  return decision
}

const statusOf = (decision: Decision): number | string => (decision.kind === 'respond' ? decision.response.status : decision.kind)
const ANSWER: HttpResponse = respond(200, 'hello', [['X-Frame-Options', 'SAMEORIGIN']])

/** What becomes of an upstream's answer. */
function passed(of: Running, decision: Decision, response: HttpResponse, tried: readonly Failure[] = []): HttpResponse | 'retried' {
  if (decision.kind !== 'proxy') throw new Error('it was not proxied')
  const { request } = decision
  const local = parseIp('10.244.1.2') as Ip
  const connection: Accepted = { local, localPort: 80, peer: local, peerPort: 1, moment: { now: 0, memory: new Map(), choose: seeded(1) } }
  const asked = { ...request, headers: [['Host', 'h.com']] as const }
  const made = of.response?.(response, { request: asked, connection, tried }, decision as ProxyDecision) ?? response
  return 'response' in made ? (made.retry ? 'retried' : made.response) : made
}

describe('nobody behind the Service', () => {
  test('is found out before addresses are looked at', () => {
    expect(statusOf(ask(running({ to: 'idle', annotations: { 'whitelist-source-range': '10.0.0.0/8' } })))).toBe(503)
  })

  test('a default backend of the Ingress stands in, and is told why', () => {
    const decision = ask(running({ to: 'idle', annotations: { 'default-backend': 'web' } }))
    if (decision.kind !== 'proxy') throw new Error('it was not proxied')
    expect(decision.to.upstream).toBe('custom-default-backend-default-web')
    expect(headerOf(decision.request.headers, 'X-Code')).toBe('503')
    expect(headerOf(decision.request.headers, 'X-Service-Name')).toBe('idle')
  })
})

test.each<[string, Readonly<Record<string, string>>, string, number | string]>([
  ['app-root is the server’s, for its root alone', { 'app-root': '/app' }, '/', 302],
  ['app-root leaves other paths alone', { 'app-root': '/app' }, '/x', 'proxy'],
  ['it comes before a redirect', { 'app-root': '/app', 'permanent-redirect': 'https://x.org' }, '/', 302],
  ['a redirect comes before addresses', { 'permanent-redirect': 'https://x.org', 'whitelist-source-range': '10.0.0.0/8' }, '/', 301],
  ['a code that is none', { 'temporal-redirect': 'https://x.org', 'temporal-redirect-code': '308' }, '/', 302],
])('%s', (_, annotations, target, expected) => {
  expect(statusOf(ask(running({ annotations }), target))).toBe(expected)
})

describe('passwords', () => {
  const house = { 'auth-type': 'basic', 'auth-secret': 'users', 'auth-realm': 'the house' }
  const says = (text: string): readonly Header[] => [['Authorization', `Basic ${btoa(text)}`]]

  test.each<[string, Readonly<Record<string, string>>, readonly Header[], number | string]>([
    ['nobody', house, [], 401],
    ['a wrong one', house, says('ann:no'), 401],
    ['the right one', house, says('ann:pw'), 'proxy'],
    ['out of a Secret with a key for each', { ...house, 'auth-secret': 'map', 'auth-secret-type': 'auth-map' }, says('ann:pw'), 'proxy'],
    ['a Secret that is not there', { ...house, 'auth-secret': 'gone' }, says('ann:pw'), 503],
    ['a Secret without the key', { ...house, 'auth-secret': 'map' }, says('ann:pw'), 503],
    ['addresses are looked at first', { ...house, 'whitelist-source-range': '10.0.0.0/8' }, [], 403],
  ])('%s', (_, annotations, headers, expected) => {
    expect(statusOf(ask(running({ annotations }), '/', { headers }))).toBe(expected)
  })

  test('the realm is named, and the pod behind does not see the password', () => {
    const it = running({ annotations: house })
    const asked = ask(it)
    expect(asked.kind === 'respond' && headerOf(asked.response.headers, 'WWW-Authenticate')).toBe('Basic realm="the house"')
    const passedOn = ask(it, '/', { headers: says('ann:pw') })
    expect(passedOn.kind === 'proxy' && headerOf(passedOn.request.headers, 'Authorization')).toBe(undefined)
  })
})

test('a body that is too large', () => {
  const it = running({ annotations: { 'proxy-body-size': '1k' } })
  const refused = ask(it, '/', { method: 'POST', body: 'x'.repeat(1025) })
  expect(refused.kind === 'respond' && refused.response).toMatchObject({ status: 413, reason: 'Request Entity Too Large' })
  expect(refused.kind === 'respond' && headerOf(refused.response.headers, 'Connection')).toBe('close')
  expect(statusOf(ask(it, '/', { method: 'POST', body: 'x'.repeat(1024) }))).toBe('proxy')
  expect(statusOf(ask(running({ annotations: { 'proxy-body-size': '0' } }), '/', { method: 'POST', body: 'x'.repeat(2_000_000) }))).toBe(
    'proxy',
  )
})

describe('limits of requests', () => {
  const it = running({ annotations: { 'limit-rps': '1', 'limit-burst-multiplier': '2' } })
  function statuses(times: readonly number[]): readonly (number | string)[] {
    const memory = new Map<string, number | string>()
    return times.map((now) => {
      const decision = ask(it, '/', { memory, now })
      for (const [key, value] of decision.remember ?? []) if (value !== undefined) memory.set(key, value)
      return statusOf(decision)
    })
  }

  test('one at once and two more; a second gives one back', () => {
    expect(statuses([0, 0, 0, 0, 1, 1])).toEqual(['proxy', 'proxy', 'proxy', 503, 'proxy', 503])
  })

  test('what is refused is said, and a further try of the same request is not counted', () => {
    const memory = new Map([[`limit_req default_i__rps 203.0.113.9`, '2000 0']])
    const [zone = ''] = [...(it.configured.files[0]?.text.matchAll(/limit_req zone=(\S+)/g) ?? [])].map(([, name = '']) => name)
    memory.set(`limit_req ${zone} 203.0.113.9`, '2000 0')
    const refused = ask(it, '/', { memory })
    expect(refused.log?.[0]?.text).toMatch(/^limiting requests, excess: 3\.000 by zone "/)
    const again = ask(it)
    if (again.kind !== 'proxy') throw new Error('it was not proxied')
    expect(statusOf(ask(it, '/', { memory, tried: [{ dial: again.to, kind: 'refused', after: 0 }] }))).toBe('proxy')
  })
})

describe('cross-origin requests', () => {
  const it = running({
    annotations: { 'enable-cors': 'true', 'cors-allow-origin': 'https://*.o.com, http://p.com:8080', 'cors-max-age': '10' },
  })
  test.each<[string, string | undefined]>([
    ['https://a.o.com', 'https://a.o.com'],
    ['http://p.com:8080', 'http://p.com:8080'],
    ['https://o.com', undefined],
    ['https://a.b.o.com', undefined],
  ])('%s', (origin, allowed) => {
    const preflight = ask(it, '/', { method: 'OPTIONS', headers: [['Origin', origin]] })
    expect(statusOf(preflight)).toBe(allowed === undefined ? 'proxy' : 204)
    if (preflight.kind === 'respond') expect(headerOf(preflight.response.headers, 'Access-Control-Max-Age')).toBe('10')
    const answer = passed(it, ask(it, '/', { headers: [['Origin', origin]] }), ANSWER)
    if (answer === 'retried') throw new Error('it was retried')
    expect(headerOf(answer.headers, 'Access-Control-Allow-Origin')).toBe(allowed)
  })
})

test('headers of every answer: HSTS over TLS whatever the certificate, a ConfigMap’s in place of the upstream’s', () => {
  const it = running({
    annotations: { 'custom-headers': 'default/headers' },
    settings: { 'global-allowed-response-headers': 'X-Frame-Options' },
  })
  const answer = passed(it, ask(it, '/', { tls: true }), ANSWER)
  if (answer === 'retried') throw new Error('it was retried')
  expect(answer.headers.filter(([name]) => name === 'X-Frame-Options')).toEqual([['X-Frame-Options', 'DENY']])
  expect(headerOf(answer.headers, 'Strict-Transport-Security')).toBe('max-age=31536000; includeSubDomains')
})

describe('headers of a proxy before this one', () => {
  const FORWARDED: readonly Header[] = [
    ['X-Forwarded-For', '192.0.2.1, 192.0.2.2'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Host', 'outer.com, inner.com'],
    ['X-Forwarded-Port', '8443'],
  ]
  const sent = (settings: Readonly<Record<string, string>>): Readonly<Record<string, string | undefined>> => {
    const decision = ask(running({ settings }), '/', { headers: FORWARDED })
    if (decision.kind !== 'proxy') throw new Error('it was not proxied')
    const of = (name: string): string | undefined => headerOf(decision.request.headers, name)
    return {
      host: of('Host'),
      for: of('X-Forwarded-For'),
      proto: of('X-Forwarded-Proto'),
      port: of('X-Forwarded-Port'),
      before: of('X-Original-Forwarded-For'),
    }
  }

  test.each<[string, Readonly<Record<string, string>>, object]>([
    ['are not believed', {}, { host: 'h.com', for: '203.0.113.9', proto: 'http', port: '80', before: '192.0.2.1, 192.0.2.2' }],
    [
      'are, where the ConfigMap says so',
      { 'use-forwarded-headers': 'true' },
      { host: 'outer.com', for: '192.0.2.1', proto: 'https', port: '8443' },
    ],
    [
      'are kept whole',
      { 'use-forwarded-headers': 'true', 'compute-full-forwarded-for': 'true' },
      { for: '192.0.2.1, 192.0.2.2, 203.0.113.9' },
    ],
  ])('%s', (_, settings, expected) => {
    expect(sent(settings)).toMatchObject(expected)
  })
})

test('an answer that proxy-next-upstream names goes to the next endpoint, as long as there are tries', () => {
  const it = running({ annotations: { 'proxy-next-upstream': 'error http_503', 'proxy-next-upstream-tries': '2' } })
  const first = ask(it)
  if (first.kind !== 'proxy') throw new Error('it was not proxied')
  const failure: Failure = { dial: first.to, kind: 'closed', after: 0, response: respond(503) }
  expect(passed(it, first, respond(503))).toBe('retried')
  expect(passed(it, first, respond(500))).toMatchObject({ status: 500 })
  expect(statusOf(ask(it, '/', { tried: [failure] }))).toBe('proxy')
  expect(passed(it, first, respond(503), [failure])).toMatchObject({ status: 503 })
})

test('plain HTTP on the port of TLS', () => {
  const it = running({})
  const local = parseIp('10.244.1.2') as Ip
  const accepted = it.accept({ local, localPort: 443, peer: local, peerPort: 1, moment: { now: 0, memory: new Map(), choose: seeded(1) } })
  expect(accepted.kind === 'tls' && accepted.plain?.status).toBe(400)
  expect(accepted.kind === 'tls' && accepted.plain?.body).toContain('The plain HTTP request was sent to HTTPS port')
})
