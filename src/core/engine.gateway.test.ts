import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { larger, matchFits, precedence } from './apps/gateway/match.ts'
import { redirectLocation, withPrefix } from './apps/gateway/filters.ts'
import { headerOf, type HttpRequest, type HttpResponse } from './apps/http.ts'
import { get } from './cluster/cluster.ts'
import { apply, journey, type Simulation, start } from './engine.ts'
import { type Ip, parseIp } from './net/ip.ts'

const SAMPLE = readFileSync(new URL('../../public/scenarios/gateway.yaml', import.meta.url), 'utf8').replace(
  '- --entryPoints.web.address=:80',
  '- --entryPoints.web.address=:80\n            - --entryPoints.websecure.address=:8443',
)

function made(more: string): Simulation {
  const done = apply(start({ loadBalancer: 'cloud' }), [
    { name: 'a.yaml', text: SAMPLE },
    { name: 'b.yaml', text: more },
  ])
  expect(done.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return done.simulation
}

function ask(
  simulation: Simulation,
  url: string,
  headers: readonly (readonly [string, string])[] = [],
  method = 'GET',
): HttpResponse | undefined {
  const address = parseIp(get(simulation.cluster, 'Gateway', 'default', 'front')?.status?.addresses?.[0]?.value ?? '') as Ip
  const done = journey(simulation, {
    from: 'external/client',
    url,
    headers,
    method,
    insecure: true,
    resolve: [{ host: '*', port: 80, address }],
  })
  if (!done.ok) throw new Error(done.error.message)
  return done.value.conversation.connections.find(({ parent }) => parent === undefined)?.exchanges?.at(-1)?.response
}

const route = (rules: string): string => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: more}
spec:
  parentRefs: [{name: front}]
  hostnames: [more.example.com]
  rules: ${rules}
`

describe('routes of the Gateway API on Traefik', () => {
  test('methods, headers and queries come before what they narrow', () => {
    const simulation = made(
      route(`
  - {matches: [{path: {value: /a}}], backendRefs: [{name: web-1, port: 80}]}
  - {matches: [{path: {value: /a}, method: PUT}, {path: {value: /a}, headers: [{name: v, value: "2"}]}], backendRefs: [{name: web-2, port: 80}]}
  - {matches: [{path: {type: RegularExpression, value: "/n[0-9]+"}, queryParams: [{name: q, value: x}]}], backendRefs: [{name: web-2, port: 80}]}`),
    )
    const app = (response: HttpResponse | undefined): string =>
      /"pod": "(web-\d)/.exec(response?.body ?? '')?.[1] ?? String(response?.status)
    expect(app(ask(simulation, 'http://more.example.com/a/b'))).toBe('web-1')
    expect(app(ask(simulation, 'http://more.example.com/a', [], 'PUT'))).toBe('web-2')
    expect(app(ask(simulation, 'http://more.example.com/a', [['v', '2']]))).toBe('web-2')
    expect(app(ask(simulation, 'http://more.example.com/ab'))).toBe('404')
    expect(app(ask(simulation, 'http://more.example.com/n12?q=x'))).toBe('web-2')
    expect(app(ask(simulation, 'http://more.example.com/n12'))).toBe('404')
  })

  test('no backends are 500, a filter that Traefik lacks too', () => {
    const simulation = made(
      route(`
  - {matches: [{path: {value: /none}}]}
  - matches: [{path: {value: /mirror}}]
    filters: [{type: RequestMirror, requestMirror: {backendRef: {name: web-2, port: 80}}}]
    backendRefs: [{name: web-1, port: 80}]`),
    )
    expect(ask(simulation, 'http://more.example.com/none')?.status).toBe(500)
    expect(ask(simulation, 'http://more.example.com/mirror')?.status).toBe(500)
  })

  test('a redirect and CORS', () => {
    const simulation = made(
      route(`
  - {matches: [{path: {value: /old}}], filters: [{type: RequestRedirect, requestRedirect: {scheme: https, path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}}}]}
  - matches: [{path: {value: /cors}}]
    filters: [{type: CORS, cors: {allowOrigins: ["https://*.example.org"], allowMethods: [GET]}}]
    backendRefs: [{name: web-1, port: 80}]`),
    )
    const moved = ask(simulation, 'http://more.example.com/old/x?y=z')
    expect([moved?.status, headerOf(moved?.headers ?? [], 'Location')]).toEqual([302, 'https://more.example.com/new/x?y=z'])
    const shared = ask(simulation, 'http://more.example.com/cors', [['Origin', 'https://a.example.org']])
    expect(headerOf(shared?.headers ?? [], 'Access-Control-Allow-Origin')).toBe('https://a.example.org')
    const strange = ask(simulation, 'http://more.example.com/cors', [['Origin', 'https://a.example.net']])
    expect(headerOf(strange?.headers ?? [], 'Access-Control-Allow-Origin')).toBeUndefined()
  })

  test.each([
    ['{name: l, port: 81, protocol: HTTP}', 'PortUnavailable'],
    ['{name: l, port: 80, protocol: SCTP}', 'UnsupportedProtocol'],
    ['{name: l, port: 8443, protocol: HTTPS, tls: {}}', 'InvalidCertificateRef'],
    ['{name: l, port: 8443, protocol: HTTPS, tls: {certificateRefs: [{name: c, namespace: accounts}]}}', 'RefNotPermitted'],
    ['{name: l, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{kind: TLSRoute}]}}', 'InvalidRouteKinds'],
  ])('listener %s: %s', (listener, reason) => {
    const { cluster } = made(`
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: odd}
spec: {gatewayClassName: traefik, listeners: [${listener}]}
`)
    const { conditions = [], listeners = [] } = get(cluster, 'Gateway', 'default', 'odd')?.status ?? {}
    expect(conditions[0]).toMatchObject({ type: 'Accepted', status: 'False', reason: 'ListenersNotValid' })
    expect(listeners[0]?.conditions.map((each) => each.reason)).toContain(reason)
  })
})

const request = (target: string, headers: HttpRequest['headers'] = [], method = 'GET'): HttpRequest => ({
  method,
  target,
  version: '1.1',
  headers: [['Host', 'a.example'], ...headers],
  body: '',
})

describe('what every implementation shares', () => {
  test.each([
    ['/foo/bar', '/foo', '/x', '/x/bar'],
    ['/foo/bar', '/foo', '/', '/bar'],
    ['/foo', '/foo', '/', '/'],
    ['/foo/', '/foo', '/x', '/x/'],
    ['/foo', '/foo', '/x', '/x'],
  ])('%s with %s replaced by %s is %s', (path, prefix, replacement, result) => {
    expect(withPrefix(path, prefix, replacement)).toBe(result)
  })

  test('a match fits where all of it does', () => {
    const match = { path: { type: 'PathPrefix' as const, value: '/a/' }, headers: [{ name: 'V', value: '1' }], method: 'GET' }
    expect(matchFits(match, request('/a', [['v', '1']]))).toBe(true)
    expect(matchFits(match, request('/ab', [['v', '1']]))).toBe(false)
    expect(matchFits(match, request('/a', [['v', '1']], 'PUT'))).toBe(false)
  })

  test('exact before longer before methods before headers, and a narrower host before all', () => {
    const rows = [
      precedence('', { path: { type: 'PathPrefix', value: '/a' } }),
      precedence('', { path: { type: 'PathPrefix', value: '/a' }, headers: [{ name: 'v', value: '1' }] }),
      precedence('', { path: { type: 'PathPrefix', value: '/a' }, method: 'GET' }),
      precedence('', { path: { type: 'PathPrefix', value: '/a/b' } }),
      precedence('', { path: { type: 'Exact', value: '/a' } }),
      precedence('*.example', { path: { type: 'PathPrefix', value: '/' } }),
      precedence('a.example', { path: { type: 'PathPrefix', value: '/' } }),
    ]
    expect(rows.toReversed()).toEqual(rows.toSorted(larger))
  })

  test('a location keeps what a redirect does not name', () => {
    const at = { secure: false, port: 8080, prefix: '/' }
    expect(redirectLocation(request('/x?y'), {}, at)).toBe('http://a.example:8080/x?y')
    expect(redirectLocation(request('/x'), { scheme: 'https' }, at)).toBe('https://a.example/x')
    expect(redirectLocation(request('/x'), { port: 80, hostname: 'b.example' }, at)).toBe('http://b.example/x')
  })
})

describe('TLSRoute on Traefik', () => {
  const TLS = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: secure}
spec:
  gatewayClassName: traefik
  listeners: [{name: tls, port: 8443, protocol: TLS, tls: {mode: Passthrough}}]
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TLSRoute
metadata: {name: vault}
spec:
  parentRefs: [{name: secure}]
  hostnames: [vault.example.com]
  rules: [{backendRefs: [{name: vault, port: 443}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: vault, labels: {app: vault}}
spec: {containers: [{name: vault, image: example.com/vault, ports: [{name: https, containerPort: 8443}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: vault}
spec: {selector: {app: vault}, ports: [{port: 443, targetPort: 8443}]}
---
apiVersion: v1
kind: Service
metadata: {name: traefik, namespace: kube-system}
spec:
  type: LoadBalancer
  selector: {app: traefik}
  ports: [{name: web, port: 80, targetPort: 80}, {name: websecure, port: 8443, targetPort: 8443}]
`

  test('passes bytes through by server name: the certificate is the pod’s', () => {
    const simulation = made(TLS)
    const address = parseIp(get(simulation.cluster, 'Gateway', 'default', 'secure')?.status?.addresses?.[0]?.value ?? '') as Ip
    const done = journey(simulation, {
      from: 'external/client',
      url: 'https://vault.example.com:8443/',
      insecure: true,
      resolve: [{ host: '*', port: 8443, address }],
    })
    if (!done.ok) throw new Error(done.error.message)
    const client = done.value.conversation.connections.find(({ parent }) => parent === undefined)
    expect(client?.tls?.certificate?.subject).toBe('vault')
    expect(client?.exchanges?.[0]?.response?.status).toBe(200)
    expect(get(simulation.cluster, 'TLSRoute', 'default', 'vault')?.status?.parents[0]?.conditions[0]?.status).toBe('True')
  })
})
