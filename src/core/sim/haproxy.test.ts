import { describe, expect, test } from 'vitest'
import { HAPROXY } from '../apps/haproxy/haproxy.ts'
import type { Header, HttpRequest } from '../apps/http.ts'
import type { Accepted, Decision, Running } from '../apps/program.ts'
import { seeded } from '../base/choose.ts'
import { emptyCluster, list } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { ingressControllerOf } from '../cluster/ingress-controller.ts'
import { applyManifests } from '../controllers/apply.ts'
import { type Ip, parseIp } from '../net/ip.ts'

const CONTROLLER = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'haproxy', namespace: 'haproxy-controller' },
  spec: { containers: [{ name: 'c', image: 'haproxytech/kubernetes-ingress:3.1.4' }] },
}
const service = (name: string, annotations: object = {}): readonly object[] => [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, annotations },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  },
  ...[1, 2].map((i) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name}-${i}`, labels: { app: name } },
    spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 8080 }] }] },
  })),
]
const backend = (name: string): object => ({ service: { name, port: { name: 'http' } } })
const ingress = (
  annotations: object,
  paths: readonly (readonly [path: string, type: string, service: string])[],
  more: object = {},
): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'i', annotations },
  spec: {
    rules: [{ host: 'h.com', http: { paths: paths.map(([path, pathType, name]) => ({ path, pathType, backend: backend(name) })) } }],
    ...more,
  },
})

function running(...items: readonly object[]): Running {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [CONTROLLER, ...items] })
  const { cluster, problems } = applyManifests(emptyCluster(defaultConfig('kubeadm')), [{ name: 'x', text }], { nodes: 2 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const pod = [...list(cluster, 'Pod')].find((each) => ingressControllerOf(each))
  if (!pod) throw new Error('no controller')
  return HAPROXY.configure({ cluster, place: { kind: 'pod', pod } })
}

const ip = (text: string): Ip => parseIp(text) as Ip

function ask(of: Running, target: string, headers: readonly Header[] = [], peer = '203.0.113.9'): Decision {
  const moment = { now: 0, memory: new Map(), choose: seeded(1) }
  const connection: Accepted = { local: ip('10.244.1.2'), localPort: 8080, peer: ip(peer), peerPort: 40000, moment }
  const request: HttpRequest = { method: 'GET', target, version: '1.1', headers: [['Host', 'h.com'], ...headers], body: '' }
  const decision = of.request?.({ request, connection, tried: [] })
  if (!decision) throw new Error('it takes no requests')
  return decision
}

function brief(decision: Decision): string {
  if (decision.kind === 'proxy') return `${decision.to.upstream} ${decision.request.target}`
  if (decision.kind === 'close') return decision.why
  const location = decision.response.headers.find(([name]) => name === 'location')?.[1]
  return [decision.response.status, location].filter(Boolean).join(' ')
}

const P = 'haproxy.org'

describe('annotations of an Ingress', () => {
  test.each<[string, object, string, string]>([
    ['path-rewrite', { [`${P}/path-rewrite`]: '/a/(.*) /\\1' }, '/a/b?c', 'default_svc_web_http /b?c'],
    ['path-rewrite of all', { [`${P}/path-rewrite`]: '/z' }, '/a', 'default_svc_web_http /z'],
    ['ssl-redirect', { [`${P}/ssl-redirect`]: 'true' }, '/a', '302 https://h.com:8443/a'],
    [
      'its code and port',
      { [`${P}/ssl-redirect`]: 'true', [`${P}/ssl-redirect-code`]: '301', [`${P}/ssl-redirect-port`]: '443' },
      '/a',
      '301 https://h.com:443/a',
    ],
    ['request-redirect', { [`${P}/request-redirect`]: 'x.org' }, '/a', '302 http://x.org/a'],
    ['allow-list', { [`${P}/allow-list`]: '10.0.0.0/8' }, '/a', '403'],
    ['deny-list', { [`${P}/deny-list`]: '10.0.0.0/8' }, '/a', 'default_svc_web_http /a'],
  ])('%s', (_, annotations, target, expected) => {
    expect(brief(ask(running(...service('web'), ingress(annotations, [['/', 'Prefix', 'web']])), target))).toBe(expected)
  })

  test('a TLS section redirects by itself', () => {
    const it = running(...service('web'), ingress({}, [['/', 'Prefix', 'web']], { tls: [{ hosts: ['h.com'], secretName: 'none' }] }))
    expect(brief(ask(it, '/a'))).toBe('302 https://h.com:8443/a')
    expect(it.configured.log.map(({ text }) => text)).toContain("Ingress 'default/i': secret 'default/none' does not exist")
  })
})

test('a missing Service or port leaves its path to the default backend', () => {
  const it = running(
    ...service('web'),
    ingress({}, [
      ['/', 'Prefix', 'web'],
      ['/gone', 'Prefix', 'gone'],
    ]),
  )
  expect(brief(ask(it, '/gone'))).toBe('default_svc_web_http /gone')
  expect(it.configured.log.map(({ text }) => text)).toContain("Ingress 'default/i': service 'default/gone' does not exist")
})

describe('balance', () => {
  const chosen = (load: string, headers: readonly (readonly Header[])[], target = '/'): readonly string[] => {
    const it = running(...service('web', { [`${P}/load-balance`]: load }), ingress({}, [['/', 'Prefix', 'web']]))
    return headers.map((each) => {
      const decision = ask(it, target, each)
      return decision.kind === 'proxy' ? decision.to.address : ''
    })
  }
  test('a hash of a header is the same for the same value', () => {
    const values = Array.from({ length: 20 }, (_, i): readonly Header[] => [['X-User', `u${i % 10}`]])
    const found = chosen('hdr(X-User)', values)
    expect(found.slice(0, 10)).toEqual(found.slice(10))
    expect(new Set(found).size).toBe(2)
  })
  test('first is always the first', () => {
    expect(new Set(chosen('first', [[], [], []])).size).toBe(1)
  })
})

test('slots and maps as files; rows point into them', () => {
  const it = running(
    ...service('web'),
    ingress({}, [
      ['/a', 'Prefix', 'web'],
      ['/b', 'Exact', 'web'],
    ]),
  )
  const text = (name: string): string => it.configured.files.find((file) => file.name.endsWith(name))?.text ?? ''
  expect(text('haproxy.cfg').match(/server SRV_\d+ 127\.0\.0\.1:1 disabled/g)).toHaveLength(40)
  expect(text('path-exact.map')).toBe('h.com/b default_svc_web_http\n')
  expect(text('path-prefix-exact.map')).toBe('h.com/a default_svc_web_http\n')
  expect(text('path-prefix.map')).toBe('h.com/a/ default_svc_web_http\n')
  const decision = ask(it, '/a/x')
  const at = decision.kind === 'proxy' ? decision.matched.find(({ table }) => table === 'backends')?.at : undefined
  expect(text('haproxy.cfg').split('\n')[(at?.line ?? 0) - 1]).toBe('backend default_svc_web_http')
})

test('names of headers in small letters, the client’s address behind what was there', () => {
  const decision = ask(running(...service('web'), ingress({}, [['/', 'Prefix', 'web']])), '/', [['X-Forwarded-For', '1.2.3.4']])
  expect(decision.kind === 'proxy' && decision.request.headers).toEqual([
    ['host', 'h.com'],
    ['x-forwarded-for', '1.2.3.4'],
    ['x-forwarded-for', '203.0.113.9'],
  ])
})
