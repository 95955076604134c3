import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { seeded } from '../base/choose.ts'
import { type Cluster, emptyCluster, get, list } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { applyManifests } from '../controllers/apply.ts'
import { ingressControllerOf } from '../cluster/ingress-controller.ts'
import { type Ip, parseIp } from '../net/ip.ts'
import type { Header, HttpRequest } from '../apps/http.ts'
import type { Accepted, Decision, Memory, Running } from '../apps/program.ts'
import { INGRESS_NGINX } from '../apps/ingress-nginx/ingress-nginx.ts'

const SAMPLE = readFileSync(new URL('../../../public/scenarios/ingress-nginx.yaml', import.meta.url), 'utf8')

/** The sample without its Ingress: upstreams belong to the Service, so an older Ingress' annotations would hold for it. */
const BARE = SAMPLE.split('---\n')
  .filter((document) => !document.includes('kind: Ingress\n'))
  .join('---\n')

/** The sample's controller, with these manifests besides. */
function cluster(more = '', base = SAMPLE): Cluster {
  const files = [{ name: 'ingress-nginx.yaml', text: base }, ...(more === '' ? [] : [{ name: 'more.yaml', text: more }])]
  const config = { ...defaultConfig('kubeadm'), loadBalancer: { kind: 'cloud' } } as const
  const { cluster: made, problems } = applyManifests(emptyCluster(config), files, { nodes: 3 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return made
}

function running(of: Cluster): Running {
  const pod = [...list(of, 'Pod')].find((each) => ingressControllerOf(each))
  if (!pod) throw new Error('no controller')
  return INGRESS_NGINX.configure({ cluster: of, place: { kind: 'pod', pod } })
}

const ip = (text: string): Ip => parseIp(text) as Ip
const connection = (over: Partial<Accepted> = {}, memory: Memory = new Map(), seed = 1): Accepted => ({
  local: ip('10.244.1.2'),
  localPort: 80,
  peer: ip('203.0.113.9'),
  peerPort: 40000,
  moment: { now: 0, memory, choose: seeded(seed) },
  ...over,
})

/** `GET http://host/path`, `https` for TLS. */
function ask(of: Running, url: string, headers: readonly Header[] = [], at: Accepted = connection()): Decision {
  const [, method = 'GET', scheme, host = '', target = '/'] = /^(?:([A-Z]+) )?(https?):\/\/([^/]*)(\/.*)?$/.exec(url) ?? []
  const request: HttpRequest = { method, target, version: '1.1', headers: [['Host', host], ...headers], body: '' }
  const secure =
    scheme === 'https' ? { localPort: 443, tls: { serverName: host, certificate: { subject: '', issuer: '', names: [] } } } : {}
  const decision = of.request?.({ request, connection: { ...at, ...secure }, tried: [] })
  if (!decision) throw new Error('it takes no requests')
  return decision
}

/** The upstream or status, and what tells more: the target sent on, the place redirected to. */
function brief(decision: Decision): string {
  if (decision.kind === 'proxy') return `${decision.to.upstream} ${decision.request.target}`
  if (decision.kind === 'close') return decision.why
  const location = decision.response.headers.find(([name]) => name === 'Location')?.[1]
  return location === undefined ? String(decision.response.status) : `${decision.response.status} ${location}`
}

const ingress = (name: string, spec: string, annotations = ''): string => `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
  annotations: {${annotations}}
spec:
  ingressClassName: nginx
  ${spec.split('\n').join('\n  ')}
`
const rule = (host: string, paths: readonly (readonly [path: string, type: string, service: string])[]): string =>
  `- host: "${host}"\n  http:\n    paths:${paths
    .map(([path, type, service]) => {
      const [name, port = '8080'] = service.split(':')
      const number = /^\d+$/.test(port) ? `number: ${port}` : `name: ${port}`
      return `\n    - {path: "${path}", pathType: ${type}, backend: {service: {name: ${name}, port: {${number}}}}}`
    })
    .join('')}`
const N = 'nginx.ingress.kubernetes.io'

describe('where requests go', () => {
  test.each<[string, string]>([
    ['http://shop.example.com/', 'default-front-http /'],
    ['http://shop.example.com/api', 'default-api-8080 /api'],
    ['http://shop.example.com/api/v1?x=1', 'default-api-8080 /api/v1?x=1'],
    ['http://shop.example.com/apis', 'default-front-http /apis'],
    ['http://SHOP.example.com:80/API', 'default-front-http /API'],
    ['http://other.example.com/', '404'],
    ['http://10.0.0.1/healthz', '200'],
    ['http://shop.example.com/%61pi/', 'default-api-8080 /%61pi/'],
    ['http://shop.example.com/a/../api/', 'default-api-8080 /a/../api/'],
    ['http://shop.example.com/../', '400'],
  ])('%s: %s', (url, expected) => {
    expect(brief(ask(running(cluster()), url))).toBe(expected)
  })

  const more =
    ingress(
      'exact',
      `rules:\n${rule('e.com', [
        ['/foo', 'Exact', 'api'],
        ['/foo', 'Prefix', 'front:80'],
        ['/bar/', 'Prefix', 'api'],
        ['/im', 'ImplementationSpecific', 'api'],
      ])}`,
    ) +
    ingress('wild', `rules:\n${rule('*.w.com', [['/', 'Prefix', 'front:80']])}`) +
    ingress('named', `rules:\n${rule('a.w.com', [['/x', 'Prefix', 'api']])}`) +
    ingress('catch', 'defaultBackend: {service: {name: front, port: {number: 80}}}') +
    ingress(
      'late',
      `rules:\n${rule('e.com', [
        ['/foo', 'Exact', 'front:80'],
        ['/new', 'Prefix', 'front:80'],
      ])}`,
    )
  const one = running(cluster(more))
  test.each<[string, string]>([
    ['http://e.com/foo', 'default-api-8080 /foo'],
    ['http://e.com/foo/', 'default-front-80 /foo/'],
    ['http://e.com/foo/x', 'default-front-80 /foo/x'],
    ['http://e.com/bar', '301 http://e.com/bar/'],
    ['http://e.com/bar/', 'default-api-8080 /bar/'],
    // What is left to the implementation is a Prefix.
    ['http://e.com/im/x', 'default-api-8080 /im/x'],
    ['http://e.com/imx', '404'],
    ['http://e.com/new', 'default-front-80 /new'],
    ['http://e.com/none', '404'],
    ['http://b.w.com/x', 'default-front-80 /x'],
    ['http://c.b.w.com/x', 'default-front-80 /x'],
    ['http://a.w.com/x', 'default-api-8080 /x'],
    ['http://a.w.com/y', '404'],
    ['http://nobody.com/', 'default-front-80 /'],
  ])('%s: %s', (url, expected) => {
    expect(brief(ask(one, url))).toBe(expected)
  })

  test('the younger Ingress is told of', () => {
    expect(one.configured.log.map(({ text }) => text)).toContain('host "e.com" and path "/foo" is already defined in ingress default/exact')
  })
})

describe('annotations', () => {
  const with_ = (annotations: string, paths: readonly (readonly [string, string, string])[]): Running =>
    running(cluster(ingress('a', `rules:\n${rule('h.com', paths)}`, annotations), BARE))

  test('rewrite-target with groups, without regard to case', () => {
    const it = with_(`${N}/rewrite-target: /$2`, [['/something(/|$)(.*)', 'ImplementationSpecific', 'api']])
    expect(brief(ask(it, 'http://h.com/something/new?a=b'))).toBe('default-api-8080 /new?a=b')
    expect(brief(ask(it, 'http://h.com/SOMETHING'))).toBe('default-api-8080 /')
    expect(brief(ask(it, 'http://h.com/else'))).toBe('404')
  })

  test('use-regex makes every path of the host one', () => {
    const it = with_(`${N}/use-regex: "true"`, [
      ['/a.c', 'Exact', 'api'],
      ['/', 'Prefix', 'front:80'],
    ])
    expect(brief(ask(it, 'http://h.com/ABCD'))).toBe('default-api-8080 /ABCD')
  })

  test('redirects', () => {
    expect(brief(ask(with_(`${N}/force-ssl-redirect: "true"`, [['/', 'Prefix', 'api']]), 'http://h.com/a/?b=c'))).toBe(
      '308 https://h.com/a/?b=c',
    )
    expect(brief(ask(with_(`${N}/force-ssl-redirect: "true"`, [['/', 'Prefix', 'api']]), 'http://h.com/a/'))).toBe('308 https://h.com/a')
    expect(brief(ask(with_(`${N}/permanent-redirect: "https://x.org"`, [['/', 'Prefix', 'api']]), 'http://h.com/a'))).toBe(
      '301 https://x.org',
    )
    expect(brief(ask(with_(`${N}/app-root: /app`, [['/', 'Prefix', 'api']]), 'http://h.com/'))).toBe('302 http://h.com/app')
  })

  test('source ranges', () => {
    const it = with_(`${N}/whitelist-source-range: "10.0.0.0/8, 203.0.113.9"`, [['/', 'Prefix', 'api']])
    expect(brief(ask(it, 'http://h.com/'))).toBe('default-api-8080 /')
    expect(brief(ask(it, 'http://h.com/', [], connection({ peer: ip('203.0.113.10') })))).toBe('403')
  })

  test('service-upstream goes to the cluster IP', () => {
    const of = cluster(ingress('a', `rules:\n${rule('h.com', [['/', 'Prefix', 'api']])}`, `${N}/service-upstream: "true"`), BARE)
    const decision = ask(running(of), 'http://h.com/')
    expect(decision.kind === 'proxy' && `${decision.to.address}:${decision.to.port}`).toBe(
      `${get(of, 'Service', 'default', 'api')?.spec.clusterIP}:8080`,
    )
  })

  test('backend-protocol', () => {
    const https = ask(with_(`${N}/backend-protocol: HTTPS`, [['/', 'Prefix', 'api']]), 'http://h.com/')
    expect(https.kind === 'proxy' && [https.to.tls, https.to.version]).toEqual([{}, '1.1'])
    const grpc = ask(with_(`${N}/backend-protocol: GRPC`, [['/', 'Prefix', 'api']]), 'http://h.com/')
    expect(grpc.kind === 'proxy' && [grpc.to.tls, grpc.to.version]).toEqual([undefined, '2'])
  })

  test('a canary takes by header, cookie and weight, in this order', () => {
    const canary = (annotations: string): Running =>
      running(
        cluster(
          ingress('main', `rules:\n${rule('c.com', [['/', 'Prefix', 'front:80']])}`) +
            ingress('canary', `rules:\n${rule('c.com', [['/', 'Prefix', 'api']])}`, `${N}/canary: "true", ${annotations}`),
          BARE,
        ),
      )
    const it = canary(`${N}/canary-by-header: X-Canary, ${N}/canary-by-cookie: try, ${N}/canary-weight: "0"`)
    expect(brief(ask(it, 'http://c.com/'))).toBe('default-front-80 /')
    expect(brief(ask(it, 'http://c.com/', [['X-Canary', 'always']]))).toBe('default-api-8080 /')
    expect(brief(ask(it, 'http://c.com/', [['Cookie', 'try=always']]))).toBe('default-api-8080 /')
    expect(
      brief(
        ask(it, 'http://c.com/', [
          ['X-Canary', 'never'],
          ['Cookie', 'try=always'],
        ]),
      ),
    ).toBe('default-front-80 /')
    const value = canary(`${N}/canary-by-header: X-Canary, ${N}/canary-by-header-value: yes-please`)
    expect(brief(ask(value, 'http://c.com/', [['X-Canary', 'yes-please']]))).toBe('default-api-8080 /')
    expect(brief(ask(value, 'http://c.com/', [['X-Canary', 'always']]))).toBe('default-front-80 /')
    const half = canary(`${N}/canary-weight: "50"`)
    const seen = new Set(Array.from({ length: 40 }, (_, seed) => brief(ask(half, 'http://c.com/', [], connection({}, new Map(), seed)))))
    expect(seen).toEqual(new Set(['default-front-80 /', 'default-api-8080 /']))
  })

  test('the affinity cookie leads back to the pod that gave it', () => {
    const it = with_(`${N}/affinity: cookie, ${N}/session-cookie-name: route`, [['/', 'Prefix', 'front:80']])
    for (let seed = 0; seed < 6; seed++) {
      const first = ask(it, 'http://h.com/', [], connection({}, new Map(), seed))
      if (first.kind !== 'proxy') throw new Error('not proxied')
      const request = { method: 'GET', target: '/', version: '1.1', headers: [['Host', 'h.com']], body: '' } as const
      const exchange = { request, connection: connection(), tried: [] }
      const answered = it.response?.({ status: 200, version: '1.1', headers: [], body: '' }, exchange, first)
      const set = answered && 'headers' in answered ? (answered.headers.find(([name]) => name === 'Set-Cookie')?.[1] ?? '') : ''
      expect(set).toMatch(/^route=[^;]+; Path=\/; HttpOnly$/)
      const again = ask(it, 'http://h.com/', [['Cookie', set.split(';')[0] ?? '']], connection({}, new Map(), seed + 100))
      expect(again.kind === 'proxy' && again.to.address).toBe(first.to.address)
    }
  })

  test('what is not simulated is named', () => {
    const it = with_(`${N}/auth-url: "http://a/"`, [['/', 'Prefix', 'api']])
    expect(it.configured.log.map(({ text }) => text)).toContain(`annotation ${N}/auth-url is not simulated`)
  })
})

describe('failures', () => {
  const dial = { address: ip('10.244.1.9'), port: 8080, upstream: 'default-api-8080' }
  const after = (kinds: readonly ('refused' | 'timeout' | 'read-timeout' | 'reset')[], method = 'GET'): string => {
    const request: HttpRequest = { method, target: '/api', version: '1.1', headers: [['Host', 'shop.example.com']], body: '' }
    const tried = kinds.map((kind) => ({ dial, kind, after: 1 }))
    const decision = running(cluster()).request?.({ request, connection: connection(), tried })
    return decision ? brief(decision) : ''
  }
  test.each<[Parameters<typeof after>, string]>([
    [[['refused']], 'default-api-8080 /api'],
    [[['refused', 'refused', 'refused']], '502'],
    [[['timeout', 'timeout', 'timeout']], '504'],
    [[['read-timeout'], 'POST'], '504'],
    [[['reset'], 'POST'], '502'],
    [[['refused'], 'POST'], 'default-api-8080 /api'],
  ])('%j: %s', ([kinds, method], expected) => {
    expect(after(kinds, method)).toBe(expected)
  })

  test('a Service without endpoints, without the port, or missing: 503', () => {
    const more =
      ingress(
        'x',
        `rules:\n${rule('x.com', [
          ['/gone', 'Prefix', 'nobody'],
          ['/port', 'Prefix', 'api:nope'],
        ])}`,
      ) +
      '---\napiVersion: v1\nkind: Service\nmetadata: {name: idle}\nspec: {ports: [{port: 80}], selector: {app: idle}}\n' +
      ingress('z', `rules:\n${rule('y.com', [['/', 'Prefix', 'idle:80']])}`)
    const it = running(cluster(more))
    for (const url of ['http://x.com/gone', 'http://x.com/port', 'http://y.com/']) expect(brief(ask(it, url))).toBe('503')
    expect(it.configured.log.map(({ text }) => text)).toEqual([
      'Error obtaining Endpoints for Service "default/nobody": no object matching key "default/nobody" in local store',
      'Service "default/idle" does not have any active Endpoint.',
    ])
  })
})

test('round robin goes on where it was', () => {
  const it = running(cluster())
  let memory: Memory = new Map()
  const seen: string[] = []
  for (let i = 0; i < 4; i++) {
    const decision = ask(it, 'http://shop.example.com/', [], connection({}, memory))
    if (decision.kind !== 'proxy') throw new Error('not proxied')
    seen.push(decision.to.address)
    memory = new Map([
      ...memory,
      ...(decision.remember ?? []).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
    ])
  }
  expect(new Set(seen.slice(0, 2)).size).toBe(2)
  expect(seen.slice(2)).toEqual(seen.slice(0, 2))
})

test('headers that tell of the client', () => {
  const decision = ask(running(cluster()), 'http://shop.example.com/', [
    ['X-Forwarded-For', '1.2.3.4'],
    ['Connection', 'close'],
  ])
  const headers = decision.kind === 'proxy' ? Object.fromEntries(decision.request.headers) : {}
  expect(headers).toMatchObject({
    Host: 'shop.example.com',
    'X-Real-IP': '203.0.113.9',
    'X-Forwarded-For': '203.0.113.9',
    'X-Forwarded-Host': 'shop.example.com',
    'X-Forwarded-Port': '80',
    'X-Forwarded-Proto': 'http',
    'X-Original-Forwarded-For': '1.2.3.4',
  })
  expect(headers).not.toHaveProperty('Connection')
})

test('the Ingress has the balancer’s address, and the matched line is the location’s', () => {
  const of = cluster()
  expect(get(of, 'Ingress', 'default', 'shop')?.status).toEqual({
    loadBalancer: {
      ingress: [{ ip: get(of, 'Service', 'ingress-nginx', 'ingress-nginx-controller')?.status?.loadBalancer?.ingress?.[0]?.ip }],
    },
  })
  const it = running(of)
  const decision = ask(it, 'http://shop.example.com/api/x')
  const at = decision.kind === 'proxy' ? decision.matched.find(({ table }) => table === 'locations')?.at : undefined
  const line = it.configured.files.find(({ name }) => name === at?.file)?.text.split('\n')[(at?.line ?? 0) - 1]
  expect(line?.trim()).toBe('location "/api/" {')
})

test('endpoints change without a reload, paths with one', () => {
  const files = (more: string): readonly string[] =>
    running(cluster(more))
      .configured.files.slice(0, 2)
      .map(({ text }) => text)
  const [conf, backends] = files('')
  const scaled = files(
    'apiVersion: v1\nkind: Pod\nmetadata: {name: one-more, labels: {app: api}}\nspec: {containers: [{name: a, image: a, ports: [{containerPort: 8080}]}]}',
  )
  expect(scaled[0]).toBe(conf)
  expect(scaled[1]).not.toBe(backends)
  expect(files(ingress('other', `rules:\n${rule('n.com', [['/', 'Prefix', 'api']])}`))[0]).not.toBe(conf)
})
