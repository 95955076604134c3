import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { get, list } from './cluster/cluster.ts'
import { apply, journey, parseCurl, type Simulation, start } from './engine.ts'
import { grpcStatus, statusOf, trailersOnly } from './apps/grpc.ts'
import { type Ip, parseIp } from './net/ip.ts'
import type { Conversation } from './sim/conversation.ts'
import { transcriptText } from './sim/transcript.ts'

const sample = (name: string): string => readFileSync(new URL(`../../public/scenarios/${name}.yaml`, import.meta.url), 'utf8')

function applied(simulation: Simulation, ...texts: readonly string[]): Simulation {
  const done = apply(simulation, [{ name: 'case.yaml', text: texts.join('\n---\n') }])
  expect(done.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return done.simulation
}

const CART = `
apiVersion: v1
kind: Pod
metadata: {name: cart, labels: {app: cart}}
spec: {containers: [{name: c, image: example.com/cart, ports: [{containerPort: 9000}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: cart}
spec: {selector: {app: cart}, ports: [{name: grpc, port: 9000}]}
---
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {selector: {app: empty}, ports: [{name: grpc, port: 9000}]}
`

function ask(
  simulation: Simulation,
  namespace: string,
  service: string,
  url: string,
  more: Partial<Parameters<typeof journey>[1]> = {},
): Conversation {
  const address = parseIp(get(simulation.cluster, 'Service', namespace, service)?.status?.loadBalancer?.ingress?.[0]?.ip ?? '') as Ip
  const resolve = [80, 443, 8000, 8443].map((port) => ({ host: '*', port, address }))
  const done = journey(simulation, { from: 'external/client', url, insecure: true, resolve, ...more })
  if (!done.ok) throw new Error(done.error.message)
  return done.value.conversation
}
const versions = ({ connections }: Conversation) => connections.map(({ exchanges }) => exchanges?.[0]?.request.version)

describe('calls of gRPC', () => {
  const nginx = applied(
    start({ loadBalancer: 'cloud' }),
    sample('ingress-nginx'),
    CART,
    `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: grpc, annotations: {nginx.ingress.kubernetes.io/backend-protocol: GRPC, nginx.ingress.kubernetes.io/ssl-redirect: "false"}}
spec:
  ingressClassName: nginx
  rules:
  - host: cart.example
    http:
      paths:
      - {path: /shop.Cart, pathType: Prefix, backend: {service: {name: cart, port: {number: 9000}}}}
      - {path: /shop.None, pathType: Prefix, backend: {service: {name: empty, port: {number: 9000}}}}`,
  )
  const service = [...list(nginx.cluster, 'Service')].find(
    ({ spec, metadata }) => metadata.namespace === 'ingress-nginx' && spec.type === 'LoadBalancer',
  )
  const throughNginx = (url: string): Conversation => ask(nginx, 'ingress-nginx', service?.metadata.name ?? '', url)

  test.each(['grpcs://cart.example/shop.Cart/Add', 'grpc://cart.example/shop.Cart/Add'])('%s goes through nginx by grpc_pass', (url) => {
    const said = throughNginx(url)
    expect(said.outcome.grpc).toEqual(grpcStatus(0))
    expect(versions(said)).toEqual(['2', '2'])
    expect(said.connections[0]?.exchanges?.[0]?.response?.trailers).toEqual([['grpc-status', '0']])
  })

  test('what nginx answers itself is no gRPC: its caller finds a code for the status', () => {
    expect(throughNginx('grpcs://cart.example/shop.None/Add').outcome.grpc).toMatchObject({ code: 14, name: 'UNAVAILABLE' })
    const none = throughNginx('grpcs://cart.example/other/Add')
    expect(none.outcome.grpc).toMatchObject({ code: 12, name: 'UNIMPLEMENTED' })
    expect(none.outcome.grpc?.message).toContain('unexpected HTTP status code received from server: 404')
  })

  test('before v1.10 nginx knows HTTP/2 with TLS only', () => {
    const old = applied(nginx, sample('ingress-nginx').replace(/controller:v[\d.]+/, 'controller:v1.9.6'))
    expect(ask(old, 'ingress-nginx', service?.metadata.name ?? '', 'grpc://cart.example/shop.Cart/Add').outcome.grpc?.code).not.toBe(0)
  })

  const traefik = applied(
    start({ loadBalancer: 'cloud' }),
    sample('traefik'),
    CART,
    'apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: grpc}\nspec: {routes: [{match: "Host(`cart.example`) && PathPrefix(`/shop.Cart/`)", services: [{name: cart, port: 9000, scheme: h2c}]}]}',
  )
  const balancer = [...list(traefik.cluster, 'Service')].find(({ spec }) => spec.type === 'LoadBalancer')?.metadata

  test('Traefik speaks h2c to servers of that scheme', () => {
    const call = (url: string) => ask(traefik, balancer?.namespace ?? '', balancer?.name ?? '', url)
    const said = call('grpc://cart.example/shop.Cart/Add')
    expect([said.outcome.grpc?.code, versions(said)]).toEqual([0, ['2', '2']])
    expect(call('grpc://cart.example/shop.Other/Add').outcome.grpc?.code).toBe(12)
  })

  const contour = applied(
    start({ loadBalancer: 'cloud' }),
    sample('contour'),
    CART,
    `apiVersion: projectcontour.io/v1
kind: HTTPProxy
metadata: {name: grpc}
spec:
  virtualhost: {fqdn: cart.example}
  routes:
  - {conditions: [{prefix: /shop.Cart/}], services: [{name: cart, port: 9000, protocol: h2c}]}
  - {conditions: [{prefix: /shop.None/}], services: [{name: empty, port: 9000, protocol: h2c}]}`,
  )

  test('Envoy answers calls in gRPC’s own terms: nothing matches, nobody is there', () => {
    const call = (url: string) => ask(contour, 'projectcontour', 'envoy', url)
    expect(call('grpc://cart.example/shop.Cart/Add').outcome.grpc?.code).toBe(0)
    const none = call('grpc://cart.example/other/Add')
    expect(none.outcome.grpc?.code).toBe(12)
    expect(none.connections[0]?.exchanges?.[0]?.response).toMatchObject({ status: 200, body: '' })
    expect(call('grpc://cart.example/shop.None/Add').outcome.grpc).toEqual(grpcStatus(14, 'no healthy upstream'))
  })

  const gateway = applied(
    start({ loadBalancer: 'cloud' }),
    CART,
    `apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: contour}
spec: {controllerName: projectcontour.io/gateway-controller}
---
apiVersion: v1
kind: Pod
metadata: {name: provisioner}
spec: {containers: [{name: p, image: "ghcr.io/projectcontour/contour:v1.33.0", command: [contour], args: [gateway-provisioner]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec: {gatewayClassName: contour, listeners: [{name: web, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: cart}
spec:
  parentRefs: [{name: edge}]
  rules:
  - {matches: [{method: {service: shop.Cart, method: Add}, headers: [{name: beta, value: "1"}]}], backendRefs: [{name: empty, port: 9000}]}
  - {matches: [{method: {service: shop.Cart, method: Add}}], backendRefs: [{name: cart, port: 9000}]}`,
  )

  test('a GRPCRoute goes by service and method, then by headers; its backends speak h2c', () => {
    const call = (url: string, headers: readonly (readonly [string, string])[] = []) =>
      ask(gateway, 'default', 'envoy-edge', url, { headers })
    const said = call('grpc://h/shop.Cart/Add')
    expect([said.outcome.grpc?.code, versions(said)]).toEqual([0, ['2', '2']])
    expect(call('grpc://h/shop.Cart/Add', [['beta', '1']]).outcome.grpc?.code).toBe(14)
    expect(call('grpc://h/shop.Cart/Remove').outcome.grpc?.code).toBe(12)
    expect(get(gateway.cluster, 'GRPCRoute', 'default', 'cart')?.status?.parents[0]?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Accepted', status: 'True' }),
    )
  })

  test('a GRPCRoute on Traefik is a rule of paths; what it cannot reach it says in JSON, which no caller reads', () => {
    const calls = (match: string, backend: string) =>
      `{matches: [{method: {service: shop.Cart, method: ${match}}}], backendRefs: [{name: ${backend}, port: 9000}]}`
    const simulation = applied(
      start({ loadBalancer: 'cloud' }),
      sample('gateway'),
      CART,
      `apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: cart}
spec: {parentRefs: [{name: front}], hostnames: [cart.example.com], rules: [${calls('Add', 'cart')}, ${calls('Nobody', 'missing')}]}`,
    )
    const call = (method: string) => ask(simulation, 'kube-system', 'traefik', `grpc://cart.example.com/shop.Cart/${method}`)
    expect([call('Add').outcome.grpc?.code, versions(call('Add'))]).toEqual([0, ['2', '2']])
    expect(call('Remove').outcome.grpc?.code).toBe(12)
    expect(call('Nobody').outcome.grpc).toMatchObject({ code: 2, name: 'UNKNOWN' })
    const conditions = get(simulation.cluster, 'GRPCRoute', 'default', 'cart')?.status?.parents[0]?.conditions
    expect(conditions?.map(({ reason }) => reason)).toEqual(['Accepted', 'BackendNotFound'])
  })

  test('the transcript ends as grpcurl’s does', () => {
    expect(transcriptText(ask(contour, 'projectcontour', 'envoy', 'grpc://cart.example/other/Add'))).toMatch(
      /ERROR:\n {2}Code: Unimplemented\n {2}Message: $/,
    )
    expect(transcriptText(ask(contour, 'projectcontour', 'envoy', 'grpc://cart.example/shop.Cart/Add'))).toMatch(
      /< grpc-status: 0\n[\s\S]*\{\}$/,
    )
  })
})

describe('grpcurl', () => {
  test.each([
    ['grpcurl -plaintext shop:9000 shop.Cart/Add', { url: 'grpc://shop:9000/shop.Cart/Add' }],
    [
      'grpcurl -insecure -d {} shop.example:443 shop.Cart.Add',
      { url: 'grpcs://shop.example:443/shop.Cart/Add', insecure: true, data: '{}' },
    ],
    ["grpcurl -plaintext -H 'X-A: b' -max-time 3 shop s/M", { url: 'grpc://shop:80/s/M', headers: [['x-a', 'b']], maxTime: 3 }],
    [
      'grpcurl -authority cart.example 192.168.1.5:443 s/M',
      { url: 'grpcs://cart.example:443/s/M', resolve: [{ host: 'cart.example', port: 443, address: '192.168.1.5' }] },
    ],
    ['grpcurl --plaintext --authority=cart.example shop:80 s/M', { url: 'grpc://shop:80/s/M', headers: [['Host', 'cart.example']] }],
  ])('%s', (text, expected) => {
    expect(parseCurl(text)).toEqual({ ok: true, value: expected })
  })

  test.each(['grpcurl', 'grpcurl shop:80 list', 'grpcurl shop:80 Method', 'grpcurl -x shop:80 s/M', 'grpcurl -d'])(
    '%s is refused',
    (text) => {
      expect(parseCurl(text).ok).toBe(false)
    },
  )

  test.each([
    [{ ...trailersOnly(14, 'no healthy upstream'), version: '2' as const }, 'UNAVAILABLE no healthy upstream'],
    [{ ...trailersOnly(5, 'ä%'), version: '2' as const }, 'NOT_FOUND ä%'],
    [
      { status: 200, version: '2' as const, headers: [['content-type', 'application/grpc']] as const, body: '' },
      'INTERNAL server closed the stream without sending trailers',
    ],
    [
      { status: 429, version: '2' as const, headers: [], body: '' },
      'UNAVAILABLE unexpected HTTP status code received from server: 429; transport: received unexpected content-type ""',
    ],
  ])('%j is %s', (response, expected) => {
    const { name, message } = statusOf(response)
    expect(`${name} ${message}`).toBe(expected)
  })
})

const CHAT = `
apiVersion: v1
kind: Pod
metadata: {name: chat, labels: {app: chat}}
spec: {containers: [{name: c, image: example.com/chat, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: chat}
spec: {selector: {app: chat}, ports: [{name: http, port: 80, targetPort: 8080}]}
`
const ingress = (className: string): string => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: chat, annotations: {projectcontour.io/websocket-routes: /}}
spec:
  ingressClassName: ${className}
  rules: [{host: chat.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: chat, port: {number: 80}}}}]}}]
`

describe('WebSockets', () => {
  const simulations = new Map<string, Simulation>()
  const of = (name: string, className: string): Simulation => {
    let made = simulations.get(name)
    if (!made) simulations.set(name, (made = applied(start({ loadBalancer: 'cloud' }), sample(name), CHAT, ingress(className))))
    return made
  }
  const upgraded = (simulation: Simulation, idle: number): Conversation => {
    const service = [...list(simulation.cluster, 'Service')].find(({ spec }) => spec.type === 'LoadBalancer')?.metadata
    return ask(simulation, service?.namespace ?? '', service?.name ?? '', 'ws://chat.example/', { idle })
  }
  const frames = ({ connections }: Conversation): number => (connections[0]?.carries ?? []).filter((each) => each === 'upgraded').length

  test.each([
    ['ingress-nginx', 'nginx', 59, 61],
    ['contour', 'contour', 299, 301],
    ['kong', 'kong', 59, 61],
  ])('through %s stay open for a silence shorter than its patience, and no longer', (name, className, short, long) => {
    const kept = upgraded(of(name, className), short)
    expect(kept.connections[0]?.exchanges?.[0]?.response?.status).toBe(101)
    expect([kept.connections.map(({ end }) => end), frames(kept)]).toEqual([['open', 'open'], 4])
    const cut = upgraded(of(name, className), long)
    expect([cut.connections.map(({ end }) => end), frames(cut)]).toEqual([['closed', 'closed'], 2])
  })

  test('through Traefik stay open whatever the silence', () => {
    const kept = upgraded(of('traefik', 'traefik'), 4000)
    expect([kept.connections.map(({ end }) => end), frames(kept)]).toEqual([['open', 'open'], 4])
  })

  test('Envoy upgrades only where a route says so', () => {
    const plain = applied(of('contour', 'contour'), ingress('contour').replace('projectcontour.io/websocket-routes: /', 'a: b'))
    expect(upgraded(plain, 1).connections[0]?.exchanges?.[0]?.response?.status).toBe(403)
  })
})
