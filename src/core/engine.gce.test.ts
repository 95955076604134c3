import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { headerOf, type Header } from './apps/http.ts'
import { processOf } from './apps/programs.ts'
import { get } from './cluster/cluster.ts'
import { apply, configure, journey, type Simulation, start, type StartOptions } from './engine.ts'
import { type Ip, parseIp } from './net/ip.ts'
import { type EchoSaid, echoSaid } from './sim/echo-said.ts'

const SAMPLE = readFileSync(new URL('../../public/scenarios/gce.yaml', import.meta.url), 'utf8')
const base = applied(start({ cloud: 'gce' }), SAMPLE)

function applied(simulation: Simulation, text: string): Simulation {
  const done = apply(simulation, [{ name: 'a.yaml', text }])
  expect(done.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return done.simulation
}

const ingressOf = ({ cluster }: Simulation, name = 'shop') => get(cluster, 'Ingress', 'default', name)
const addressOf = (simulation: Simulation, name?: string): Ip | undefined =>
  parseIp(ingressOf(simulation, name)?.status?.loadBalancer?.ingress?.[0]?.ip ?? '')

function logOf({ cluster }: Simulation, name = 'gfe'): readonly string[] {
  const host = cluster.config.site.hosts.find((each) => each.name === name)
  if (!host) throw new Error(`no host ${name}`)
  return processOf({ cluster, place: { kind: 'host', host } }).running.configured.log.map(({ text }) => text)
}

interface Said extends EchoSaid {
  readonly simulation: Simulation
}

interface Asking {
  readonly from?: string
  readonly headers?: readonly Header[]
  readonly name?: string
}

function ask(simulation: Simulation, url: string, { from = 'external/inet', headers = [], name }: Asking = {}): Said {
  const address = addressOf(simulation, name)
  if (!address) throw new Error('the Ingress has no address')
  const resolve = [80, 443].map((port) => ({ host: '*', port, address }))
  const done = journey(simulation, { from, url, headers, resolve, insecure: true })
  if (!done.ok) throw new Error(done.error.message)
  return { ...echoSaid(done.value.conversation), simulation: done.value.simulation }
}

test.each<[string, number, string]>([
  ['http://shop.example.com/', 200, 'front /'],
  ['http://shop.example.com/any/where?x=1', 200, 'front /any/where?x=1'],
  ['http://shop.example.com/api/items', 200, 'api /api/items'],
  ['http://shop.example.com/api/', 200, 'api /api/'],
  ['http://shop.example.com/api', 200, 'front /api'],
  ['http://shop.example.com/apis', 200, 'front /apis'],
  ['http://other.example.com/', 404, ''],
])('%s: %i %s', (url, status, by) => {
  expect(ask(base, url)).toMatchObject({ status, by })
})

describe('on the way to pods', () => {
  test('a network endpoint group is the pods: no node port, nothing translated', () => {
    const { way, peer, conversation } = ask(base, 'http://shop.example.com/')
    expect(way).toEqual(['gfe', 'router', expect.stringMatching(/^node-/), expect.stringMatching(/^p-default-front-/)])
    expect(peer).toBe('35.191.0.2')
    const [first] = conversation.connections[1]?.packets ?? []
    expect(first?.hops.flatMap(({ steps }) => steps).filter(({ kind }) => kind === 'nat')).toEqual([])
  })

  test('an instance group is the node port of any node, and kube-proxy balances once more', () => {
    let simulation = base
    const ways = new Set<string>()
    for (let i = 0; i < 40; i++) {
      const said = ask(simulation, 'http://shop.example.com/api/')
      const nodes = said.way.filter((each) => each.startsWith('node-'))
      expect(said.way.slice(0, 2)).toEqual(['gfe', 'router'])
      expect(said.conversation.connections[1]?.packets[0]?.sent).toMatchObject({ transport: { destinationPort: 30080 } })
      expect(said.peer).toMatch(/^10\.(128|244)\./)
      ways.add(nodes.length > 1 ? 'on to another node' : 'here')
      simulation = said.simulation
    }
    expect(ways).toEqual(new Set(['on to another node', 'here']))
  })

  test('with policy Local only nodes with a pod are well, and pods see the proxy', () => {
    const local = applied(
      base,
      SAMPLE.replace('type: NodePort', 'type: NodePort\n  externalTrafficPolicy: Local').replaceAll('replicas: 2', 'replicas: 1'),
    )
    for (let i = 0, simulation = local; i < 6; i++) {
      const said = ask(simulation, 'http://shop.example.com/api/')
      expect(said).toMatchObject({ status: 200, peer: '35.191.0.2' })
      expect(said.way).toHaveLength(4)
      simulation = said.simulation
    }
  })

  test('the application is told of the client and the load balancer', () => {
    const { body, headers } = ask(base, 'http://shop.example.com/api/', { headers: [['X-Forwarded-For', '192.0.2.1']] })
    expect(JSON.parse(body)).toMatchObject({
      headers: { 'X-Forwarded-For': [`192.0.2.1, 203.0.113.10, ${addressOf(base)}`], 'X-Forwarded-Proto': ['http'], Via: ['1.1 google'] },
    })
    expect(headerOf(headers, 'Via')).toBe('1.1 google')
  })
})

test('who comes with the cookie comes to the same pod', () => {
  const first = ask(base, 'http://shop.example.com/')
  const cookie = headerOf(first.headers, 'Set-Cookie') ?? ''
  expect(cookie).toMatch(/^GCLB="[0-9a-f]{16}"; Max-Age=50; Path=\/; HttpOnly$/)
  const podOf = ({ body }: Said): string => (JSON.parse(body) as { pod: string }).pod
  for (let i = 0, { simulation } = first; i < 5; i++) {
    const again = ask(simulation, 'http://shop.example.com/', { headers: [['Cookie', cookie.split(';')[0] ?? '']] })
    expect(podOf(again)).toBe(podOf(first))
    expect(headerOf(again.headers, 'Set-Cookie')).toBeUndefined()
    simulation = again.simulation
  }
})

test.each<[string, StartOptions]>([
  ['IPVS', { mode: 'ipvs' }],
  ['nftables', { mode: 'nftables' }],
  ['host-gw', { backend: 'host-gw' }],
  ['k3s', { profile: 'k3s' }],
  ['two families', { ipFamilies: ['IPv4', 'IPv6'] }],
])('the same with %s', (_, options) => {
  const simulation = applied(start({ ...options, cloud: 'gce' }), SAMPLE)
  expect(ask(simulation, 'http://shop.example.com/')).toMatchObject({ status: 200, peer: '35.191.0.2' })
  expect(ask(simulation, 'http://shop.example.com/api/')).toMatchObject({ status: 200, by: 'api /api/' })
})

test.each(['external/client', 'node/node-1', 'pod/default/curl'])('%s asks from within', (from) => {
  const simulation = applied(base, 'apiVersion: v1\nkind: Pod\nmetadata: {name: curl}\nspec: {containers: [{name: curl, image: curl}]}')
  expect(ask(simulation, 'http://shop.example.com/api/', { from })).toMatchObject({ status: 200, by: 'api /api/' })
})

test('Services of type LoadBalancer have other addresses, and are no business of this one', () => {
  const simulation = applied(base, SAMPLE.replace('type: NodePort', 'type: LoadBalancer'))
  const ip = get(simulation.cluster, 'Service', 'default', 'api')?.status?.loadBalancer?.ingress?.[0]?.ip
  expect(ip).toBe('203.0.113.241')
  const done = journey(simulation, { from: 'external/inet', url: `http://${ip}/` })
  expect(done.ok && done.value.conversation.connections.map(({ server }) => server?.program)).toEqual(['echo'])
  expect(ask(simulation, 'http://shop.example.com/api/')).toMatchObject({ status: 200, by: 'api /api/' })
})

test('statuses and names are written back', () => {
  const { annotations = {} } = ingressOf(base)?.metadata ?? {}
  expect(Object.keys(annotations).filter((key) => key.startsWith('ingress.kubernetes.io/'))).toEqual([
    'ingress.kubernetes.io/backends',
    'ingress.kubernetes.io/url-map',
    'ingress.kubernetes.io/forwarding-rule',
    'ingress.kubernetes.io/target-proxy',
  ])
  const backends = Object.entries(JSON.parse(annotations['ingress.kubernetes.io/backends'] ?? '') as Record<string, string>)
  expect(backends).toEqual([
    [expect.stringMatching(/^k8s-be-30080--[0-9a-f]{16}$/), 'HEALTHY'],
    [expect.stringMatching(/^k8s1-[0-9a-f]{8}-default-front-80-[0-9a-f]{8}$/), 'HEALTHY'],
  ])
  const status = get(base.cluster, 'Service', 'default', 'front')?.metadata.annotations?.['cloud.google.com/neg-status']
  expect(JSON.parse(status ?? '')).toEqual({ network_endpoint_groups: { 80: backends[1]?.[0] }, zones: ['us-central1-a'] })
})

test('an Ingress that chooses another class loses what it was given, and Services their groups', () => {
  const other = applied(base, SAMPLE.replace('ingress.class: gce', 'ingress.class: nginx'))
  expect(addressOf(other)).toBeUndefined()
  const names = Object.keys(ingressOf(other)?.metadata.annotations ?? {})
  expect(names).toEqual(['kubernetes.io/ingress.class'])
  expect(get(other.cluster, 'Service', 'default', 'front')?.metadata.annotations).not.toHaveProperty(['cloud.google.com/neg-status'])
})

describe('what goes wrong', () => {
  const FAILED = 'Translation failed: invalid ingress spec: '
  test.each<[string, string, string, string]>([
    [
      'a ClusterIP without endpoint groups',
      'type: NodePort\n  selector:\n    app: api\n  ports:\n    - port: 80\n      targetPort: 8080\n      nodePort: 30080',
      'selector:\n    app: api\n  ports:\n    - port: 80',
      `${FAILED}service "default/api" is type "ClusterIP", expected "NodePort" or "LoadBalancer" when not using NEGs`,
    ],
    [
      'a Service that is not there',
      'name: api\n                port',
      'name: apu\n                port',
      `${FAILED}could not find service "default/apu"`,
    ],
    [
      'a port that is not there',
      'name: api\n                port:\n                  number: 80',
      'name: api\n                port:\n                  name: web',
      `${FAILED}could not find port "web" in service "default/api"`,
    ],
    [
      'a star in a prefix',
      '- path: /api/*\n            pathType: ImplementationSpecific',
      '- path: /api/*\n            pathType: Prefix',
      `${FAILED}failed to validate prefix path /api/* due to invalid wildcard`,
    ],
    [
      'a BackendConfig that is not there',
      '"default": "front"',
      '"default": "back"',
      `${FAILED}error getting BackendConfig for port "80" on service "default/front", err: no BackendConfig exists for service port.`,
    ],
  ])('%s: nothing is programmed', (_, from, to, words) => {
    expect(SAMPLE).toContain(from)
    const simulation = applied(start({ cloud: 'gce' }), SAMPLE.replace(from, to))
    expect(addressOf(simulation)).toBeUndefined()
    expect(logOf(simulation)).toEqual([words])
  })

  test('a class that only spec.ingressClassName names is not its own', () => {
    const simulation = applied(
      start({ cloud: 'gce' }),
      SAMPLE.replace('spec:\n  rules', 'spec:\n  ingressClassName: gce\n  rules').replace('kubernetes.io/ingress.class: gce', 'note: none'),
    )
    expect(addressOf(simulation)).toBeUndefined()
    expect(logOf(simulation)).toEqual([])
  })

  test('no pod is well: 502 without a connection to any', () => {
    const deaf = applied(
      base,
      SAMPLE.replaceAll('labels:\n        app: front', 'annotations: {lab/no-listen: "true"}\n      labels:\n        app: front'),
    )
    const { status, body, conversation } = ask(deaf, 'http://shop.example.com/')
    expect([status, conversation.connections.length]).toEqual([502, 1])
    expect(body).toContain('The server encountered a temporary error and could not complete your request.')
    expect(ingressOf(deaf)?.metadata.annotations?.['ingress.kubernetes.io/backends']).toContain('"UNHEALTHY"')
  })

  test('a node that drops what comes from the proxies: their checks fail, and nobody is asked', () => {
    const { config } = base.cluster
    const nodes = ['node-1', 'node-2', 'node-3']
    const rules = Object.fromEntries(nodes.map((node) => [node, ['-I FORWARD -s 35.191.0.0/16 -j DROP']]))
    const closed = configure(base, { ...config, admin: { ...config.admin, rules } })
    const { status, conversation } = ask(closed, 'http://shop.example.com/')
    expect([status, conversation.connections.length]).toEqual([502, 1])
    const only = configure(base, { ...config, admin: { ...config.admin, rules: { 'node-1': rules['node-1'] ?? [] } } })
    for (let i = 0, simulation = only; i < 12; i++) {
      const said = ask(simulation, 'http://shop.example.com/api/')
      expect(said).toMatchObject({ status: 200 })
      simulation = said.simulation
    }
  })

  test('a health check that is answered with something else than 200', () => {
    const checked = SAMPLE.replace('  sessionAffinity:', '  healthCheck:\n    requestPath: /status/404\n  sessionAffinity:')
    expect(ask(applied(base, checked), 'http://shop.example.com/').status).toBe(502)
  })

  test('a server that takes longer than the backend service waits', () => {
    expect(ask(base, 'http://shop.example.com/?delay=29s')).toMatchObject({ status: 200 })
    expect(ask(base, 'http://shop.example.com/?delay=31s')).toMatchObject({ status: 502 })
  })
})

const SECURE = `---
apiVersion: networking.gke.io/v1beta1
kind: FrontendConfig
metadata: {name: secure}
spec: {redirectToHttps: {enabled: true, responseCodeName: PERMANENT_REDIRECT}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: secure
  annotations:
    ingress.gcp.kubernetes.io/pre-shared-cert: shop-cert
    networking.gke.io/v1beta1.FrontendConfig: secure
spec:
  defaultBackend: {service: {name: front, port: {number: 80}}}
  rules:
    - host: a.example.com
      http: {paths: [{pathType: ImplementationSpecific, backend: {service: {name: api, port: {number: 80}}}}]}
    - host: a.example.com
      http: {paths: [{path: /only, pathType: Exact, backend: {service: {name: api, port: {number: 80}}}}]}
`

test('certificates of the cloud, redirects, and a later rule for the same host', () => {
  const simulation = applied(base, SECURE)
  expect(addressOf(simulation, 'secure')).not.toBe(addressOf(simulation))
  const plain = ask(simulation, 'http://a.example.com/x?y=1', { name: 'secure' })
  expect([plain.status, headerOf(plain.headers, 'Location')]).toEqual([308, 'https://a.example.com/x?y=1'])
  const secure = ask(simulation, 'https://a.example.com/only', { name: 'secure' })
  expect(secure).toMatchObject({ status: 200, by: 'api /only' })
  expect(secure.conversation.connections[0]?.tls?.certificate?.subject).toBe('shop-cert')
  expect(ask(simulation, 'https://a.example.com/', { name: 'secure' }).by).toBe('front /')
})

const LEGACY = `---
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: old}
spec:
  backend: {serviceName: front, servicePort: 80}
  rules:
    - http:
        paths:
          - {path: /bar/*, backend: {serviceName: api, servicePort: 80}}
          - {path: /, backend: {serviceName: api, servicePort: 80}}
`

test.each<[string, string]>([
  ['/bar/x', 'api /bar/x'],
  ['/bar', 'front /bar'],
  ['/', 'api /'],
  ['/x', 'front /x'],
])('an Ingress of old, without a class: %s is for %s', (path, by) => {
  expect(ask(applied(base, LEGACY), `http://any.example.com${path}`, { name: 'old' })).toMatchObject({ status: 200, by })
})

test('a client stays with its pod by its address, and headers of its own are added', () => {
  const config = 'affinityType: GENERATED_COOKIE\n    affinityCookieTtlSec: 50'
  expect(SAMPLE).toContain(config)
  const headers =
    'affinityType: CLIENT_IP\n  customRequestHeaders: {headers: ["X-Client: {client_ip_address}"]}\n  customResponseHeaders: {headers: ["X-By: gclb"]}'
  let simulation = applied(base, SAMPLE.replace(config, headers))
  const pods = new Set<string>()
  for (let i = 0; i < 6; i++) {
    const said = ask(simulation, 'http://shop.example.com/')
    expect(JSON.parse(said.body)).toMatchObject({ headers: { 'X-Client': ['203.0.113.10'] } })
    expect(headerOf(said.headers, 'X-By')).toBe('gclb')
    pods.add((JSON.parse(said.body) as { pod: string }).pod)
    simulation = said.simulation
  }
  expect(pods.size).toBe(1)
})

test.each<[string, string, readonly string[]]>([
  ['is not there', '', ['Error syncing to GCP: error initializing translator env: secrets "shop-tls" not found']],
  [
    'lacks a key',
    'type: Opaque\nstringData: {tls.crt: x}',
    ['Error syncing to GCP: secret "shop-tls" does not specify private key as string data'],
  ],
  [
    'holds no certificate',
    'stringData: {tls.crt: x, tls.key: x}',
    [
      'Error syncing to GCP: error running load balancer syncing routine: googleapi: Error 400: The SSL certificate could not be parsed., sslCertificateCouldNotParseCert',
    ],
  ],
])('a Secret that %s', (_, secret, log) => {
  const secure = SAMPLE.replace('spec:\n  rules', 'spec:\n  tls: [{secretName: shop-tls}]\n  rules')
  const text = secret === '' ? secure : `${secure}---\napiVersion: v1\nkind: Secret\nmetadata: {name: shop-tls}\n${secret}\n`
  expect(logOf(applied(start({ cloud: 'gce' }), text))).toEqual(log)
})

test('an internal load balancer comes from the proxy-only subnet, and takes pods whatever the Service is', () => {
  const inside = applied(base, SAMPLE.replace('ingress.class: gce', 'ingress.class: gce-internal'))
  expect(addressOf(inside)).toMatch(/^10\.128\./)
  const said = ask(inside, 'http://shop.example.com/api/', { from: 'external/client' })
  expect(said).toMatchObject({ status: 200, peer: '10.129.0.5' })
  expect(said.way.slice(0, 2)).toEqual(['l7-ilb', 'router'])
  expect(said.way).toHaveLength(4)
})

test('the configuration says which line decided', () => {
  const { conversation } = ask(base, 'http://shop.example.com/api/x')
  const { cluster } = base
  const host = cluster.config.site.hosts.find(({ name }) => name === 'gfe')
  if (!host) throw new Error('no gfe')
  const { files, tables } = processOf({ cluster, place: { kind: 'host', host } }).running.configured
  const lines = (conversation.connections[0]?.exchanges?.[0]?.routed?.matched ?? []).map(({ at, table, row }) => {
    expect(tables.find(({ id }) => id === table)?.rows.map(({ id }) => id)).toContain(row)
    return files
      .find(({ name }) => name === at?.file)
      ?.text.split('\n')
      [(at?.line ?? 0) - 1]?.trim()
  })
  expect(lines).toEqual([
    '- hosts:',
    '- "/api/*"',
    expect.stringMatching(/^name: k8s-be-30080/),
    expect.stringMatching(/^- ipAddress: 10\.128\./),
  ])
})
