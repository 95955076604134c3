import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { headerOf, headersOf, type Header } from './apps/http.ts'
import { processOf } from './apps/programs.ts'
import { get } from './cluster/cluster.ts'
import { apply, journey, type Simulation, start } from './engine.ts'
import { parseIp } from './net/ip.ts'
import { type EchoSaid, echoSaid } from './sim/echo-said.ts'

const SAMPLE = readFileSync(new URL('../../public/scenarios/agic.yaml', import.meta.url), 'utf8')
const base = applied(start({ cloud: 'azure' }), SAMPLE)

function applied(simulation: Simulation, text: string): Simulation {
  const done = apply(simulation, [{ name: 'a.yaml', text }])
  expect(done.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return done.simulation
}

const addressOf = ({ cluster }: Simulation, name = 'shop'): string =>
  get(cluster, 'Ingress', 'default', name)?.status?.loadBalancer?.ingress?.[0]?.ip ?? ''

function configured({ cluster }: Simulation) {
  const host = cluster.config.site.hosts.find(({ balances }) => balances)
  if (!host) throw new Error('no gateway')
  return processOf({ cluster, place: { kind: 'host', host } }).running.configured
}

interface Said extends EchoSaid {
  readonly simulation: Simulation
}

function ask(simulation: Simulation, url: string, headers: readonly Header[] = []): Said {
  const address = parseIp(addressOf(base))
  if (!address) throw new Error('the gateway has no address')
  const resolve = [80, 443, 8080].map((port) => ({ host: '*', port, address }))
  const done = journey(simulation, {
    from: 'external/inet',
    url: url.includes('://') ? url : `http://shop.example.com${url}`,
    headers,
    resolve,
    insecure: true,
  })
  if (!done.ok) throw new Error(done.error.message)
  return { ...echoSaid(done.value.conversation), simulation: done.value.simulation }
}

test('the gateway has one address, which every Ingress tells', () => {
  expect([addressOf(base), addressOf(base, 'shop-api')]).toEqual(['203.0.113.128', '203.0.113.128'])
})

test.each<[string, number, string]>([
  ['/', 200, 'front /'],
  ['/any?x=1', 200, 'front /any?x=1'],
  ['/api/items?x=1', 200, 'api /items?x=1'],
  ['/API/items', 200, 'api /items'],
  ['/api/', 200, 'api /'],
  ['/api', 200, 'front /api'],
  ['/api/health', 200, 'front /'],
  ['/api/health/x', 200, 'api /health/x'],
  ['http://other.example.com/', 404, ''],
])('%s: %i %s', (url, status, by) => {
  expect(ask(base, url)).toMatchObject({ status, by })
})

test('the gateway sends to pods themselves, in turn', () => {
  const first = ask(base, '/api/')
  const second = ask(first.simulation, '/api/')
  expect(first.way).toEqual(['appgw', 'router', expect.stringMatching(/^node-/), expect.stringMatching(/^p-default-api-/)])
  expect(first.peer).toBe('10.225.0.5')
  expect(second.pod).not.toBe(first.pod)
  const packets = first.conversation.connections[1]?.packets ?? []
  const translated = packets.flatMap(({ hops }) => hops.flatMap(({ steps }) => steps)).filter(({ kind }) => kind === 'nat')
  expect(translated).toEqual([])
})

test('pods are told of the client with its port, the host and the path that it asked for', () => {
  const { body, conversation } = ask(base, '/api/x', [['X-Forwarded-For', '192.0.2.1']])
  const client = conversation.connections[0]?.client?.address
  expect((JSON.parse(body) as { headers: unknown }).headers).toMatchObject({
    'X-Forwarded-For': [`192.0.2.1, ${client}`],
    'X-Forwarded-Proto': ['http'],
    'X-Forwarded-Port': ['80'],
    'X-Original-Host': ['shop.example.com'],
    'X-Original-URL': ['/api/x'],
  })
})

test('who comes with the cookie stays with its pod', () => {
  const first = ask(base, '/')
  const cookies = headersOf(first.headers, 'Set-Cookie')
  expect(cookies).toEqual([
    expect.stringMatching(/^ApplicationGatewayAffinityCORS=[0-9a-f]{32}; Path=\/; SameSite=None; Secure$/),
    expect.stringMatching(/^ApplicationGatewayAffinity=[0-9a-f]{32}; Path=\/$/),
  ])
  let { simulation } = first
  for (let i = 0; i < 4; i++) {
    const again = ask(simulation, '/', [['Cookie', cookies[1]?.split(';')[0] ?? '']])
    expect([again.pod, headersOf(again.headers, 'Set-Cookie')]).toEqual([first.pod, []])
    simulation = again.simulation
  }
})

test('a prefix is one of letters: without a slash it takes more than its own', () => {
  const simulation = applied(base, SAMPLE.replace('path: /api/\n', 'path: /api\n'))
  expect(ask(simulation, '/apis')).toMatchObject({ by: 'api /s' })
})

describe('what goes wrong', () => {
  const NO_SERVICE =
    'Ingress default/shop references non existent Service default/gone. Please correct the Service section of your Kubernetes YAML'
  test.each<[string, string, string, string, number, string]>([
    ['a Service that is not there', 'name: front\n                port', 'name: gone\n                port', '/', 502, NO_SERVICE],
    [
      'a port that is not there',
      'name: web\n          - path',
      'name: wob\n          - path',
      '/api/',
      502,
      'Code="ErrorUnableToResolveBackendPortFromServicePort" Message="No port matched default/api"',
    ],
    [
      'a redirect without a certificate',
      'cookie-based-affinity',
      'ssl-redirect',
      '/',
      502,
      `ignoring Ingress default/shop as it has an invalid spec. It is annotated with ssl-redirect: true but is missing a TLS secret or 'appgw.ingress.kubernetes.io/appgw-ssl-certificate' annotation. Please add a TLS secret/annotation or remove ssl-redirect annotation`,
    ],
    [
      'a private address',
      'cookie-based-affinity',
      'use-private-ip',
      '/',
      502,
      `ignoring Ingress default/shop as it requires Application Gateway 'appgw' to have a private IP address. Either add a private IP to Application Gateway or remvove 'appgw.ingress.kubernetes.io/use-private-ip' from the ingress.`,
    ],
    [
      'a Secret that is not there',
      'spec:\n  ingressClassName: azure-application-gateway\n  rules',
      'spec:\n  ingressClassName: azure-application-gateway\n  tls: [{secretName: none}]\n  rules',
      '/',
      200,
      'Unable to find the secret associated to secretId: [default/none]',
    ],
    [
      'the same path twice',
      'path: /api/health\n            pathType: Exact',
      'path: /api/*\n            pathType: ImplementationSpecific',
      '/api/',
      200,
      "A path-rule with path '/api/*' already exists'. Existing path rule {pathMapName=pr-default-shop-api-rule-0-path-0} and new path rule {pathMapName=pr-default-shop-api-rule-0-path-1}.",
    ],
    [
      'an annotation that is not simulated',
      'request-timeout',
      'rewrite-rule-set',
      '/',
      200,
      'annotation appgw.ingress.kubernetes.io/rewrite-rule-set is not simulated',
    ],
  ])('%s', (_, from, to, path, status, words) => {
    expect(SAMPLE).toContain(from)
    const simulation = applied(base, SAMPLE.replace(from, to))
    expect(configured(simulation).log.map(({ text }) => text)).toContain(words)
    expect(ask(simulation, path).status).toBe(status)
  })

  test('no member is well: 502, and nobody is asked', () => {
    const deaf = applied(
      base,
      SAMPLE.replaceAll('labels:\n        app: api', 'annotations: {lab/no-listen: "true"}\n      labels:\n        app: api'),
    )
    const { status, headers, conversation } = ask(deaf, '/api/')
    expect([status, headerOf(headers, 'Server'), conversation.connections.length]).toEqual([
      502,
      'Microsoft-Azure-Application-Gateway/v2',
      1,
    ])
  })

  test('a pod that takes longer than the settings allow', () => {
    expect(ask(base, '/api/?delay=4s').status).toBe(200)
    const late = ask(base, '/api/?delay=6s')
    expect([late.status, late.conversation.connections[0]?.exchanges?.[0]?.routed?.tried.length]).toEqual([504, 2])
  })
})

const SECURE = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: secure
  annotations:
    appgw.ingress.kubernetes.io/appgw-ssl-certificate: wild
    appgw.ingress.kubernetes.io/ssl-redirect: "true"
    appgw.ingress.kubernetes.io/hostname-extension: "*.pay.example.com"
    appgw.ingress.kubernetes.io/backend-hostname: inside.example.com
spec:
  ingressClassName: azure-application-gateway
  defaultBackend: {service: {name: api, port: {number: 80}}}
  rules:
    - host: pay.example.com
      http: {paths: [{path: /img*, pathType: ImplementationSpecific, backend: {service: {name: front, port: {number: 80}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: every, annotations: {kubernetes.io/ingress.class: azure/application-gateway}}
spec:
  defaultBackend: {service: {name: front, port: {number: 80}}}
`

test('TLS, redirects, more hosts, another host name, and what is for every host', () => {
  const simulation = applied(base, SECURE)
  const plain = ask(simulation, 'http://a.pay.example.com/x?y=1')
  expect([plain.status, headerOf(plain.headers, 'Location')]).toEqual([301, 'https://a.pay.example.com/x?y=1'])
  const image = ask(simulation, 'https://pay.example.com/imgs')
  expect(image).toMatchObject({ status: 200, by: 'front /imgs' })
  expect(JSON.parse(image.body)).toMatchObject({ host: 'inside.example.com', headers: { 'X-Original-Host': ['pay.example.com'] } })
  expect(ask(simulation, 'https://pay.example.com/other').by).toBe('api /other')
  expect(ask(simulation, 'http://any.example.com/z').by).toBe('front /z')
})

test('the configuration is JSON, and says which line decided', () => {
  const { files, tables } = configured(base)
  expect(JSON.parse(files[0]?.text ?? '')).toMatchObject({ name: 'appgw', httpListeners: [{ hostNames: ['shop.example.com'] }] })
  const { conversation } = ask(base, '/api/')
  const lines = (conversation.connections[0]?.exchanges?.[0]?.routed?.matched ?? []).map(({ at, table, row }) => {
    expect(tables.find(({ id }) => id === table)?.rows.map(({ id }) => id)).toContain(row)
    return files[0]?.text.split('\n')[at?.line ?? 0]?.trim()
  })
  expect(lines).toEqual([
    expect.stringMatching(/^"name": "fl-/),
    '"name": "pr-default-shop-api-rule-0-path-0",',
    '"name": "bp-default-api-web-8080-shop-api",',
    expect.stringMatching(/^"ipAddress": "10\.244\./),
  ])
})
