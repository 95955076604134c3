import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { headerOf, type HttpResponse } from './apps/http.ts'
import { processOf } from './apps/programs.ts'
import { get, list } from './cluster/cluster.ts'
import { apply, journey, type Simulation, start } from './engine.ts'
import { type Ip, parseIp } from './net/ip.ts'

const sample = (name: string): string => readFileSync(new URL(`../../public/scenarios/${name}`, import.meta.url), 'utf8')
const ip = (text: string): Ip => parseIp(text) as Ip

function made(...texts: readonly string[]): Simulation {
  let simulation = start({ loadBalancer: 'cloud' })
  for (const text of texts) {
    const done = apply(simulation, [{ name: 'a.yaml', text }])
    expect(done.problems.filter(({ severity }) => severity === 'error')).toEqual([])
    ;({ simulation } = done)
  }
  return simulation
}

interface Asking {
  readonly port?: number
  readonly headers?: readonly (readonly [string, string])[]
  readonly method?: string
  readonly times?: number
}

/** Every response to the client. */
function ask(
  simulation: Simulation,
  address: string,
  url: string,
  { port = 80, headers = [], method = 'GET', times = 1 }: Asking = {},
): readonly HttpResponse[] {
  const done = journey(simulation, {
    from: 'external/client',
    url,
    method,
    headers,
    times,
    insecure: true,
    resolve: [{ host: '*', port, address: ip(address) }],
  })
  if (!done.ok) throw new Error(done.error.message)
  return done.value.conversation.connections
    .filter(({ parent }) => parent === undefined)
    .flatMap(({ exchanges = [] }) => exchanges.flatMap(({ response }) => response ?? []))
}

const podOf = (response: HttpResponse | undefined): string => (JSON.parse(response?.body ?? '{}') as { readonly pod?: string }).pod ?? ''
const appOf = (response: HttpResponse | undefined): string => podOf(response).replace(/-[^-]+-[^-]+$/, '')
const pathOf = (response: HttpResponse | undefined): string => (JSON.parse(response?.body ?? '{}') as { readonly path?: string }).path ?? ''

const serviceAddress = ({ cluster }: Simulation): string =>
  get(cluster, 'Service', 'kube-system', 'traefik')?.status?.loadBalancer?.ingress?.[0]?.ip ?? ''

describe('Traefik as k3s installs it', () => {
  const simulation = made(sample('traefik.yaml'))
  const address = serviceAddress(simulation)

  test('an Ingress, and an IngressRoute whose rule is longer', () => {
    const [shop] = ask(simulation, address, 'http://shop.example.com/cart')
    expect([shop?.status, appOf(shop), pathOf(shop)]).toEqual([200, 'shop', '/cart'])
    const [api] = ask(simulation, address, 'http://shop.example.com/api/items')
    expect([api?.status, appOf(api), pathOf(api)]).toEqual([200, 'api', '/items'])
  })

  test('a prefix is one of characters, not of elements', () => {
    expect(appOf(ask(simulation, address, 'http://shop.example.com/apiary')[0])).toBe('api')
  })

  test('one pod after the other; who brings the cookie stays', () => {
    const pods = ask(simulation, address, 'http://shop.example.com/', { times: 4 }).map(podOf)
    expect(new Set(pods).size).toBe(2)
    expect(pods[0]).toBe(pods[2])
    const [first] = ask(simulation, address, 'http://shop.example.com/api/')
    const cookie = /^(backend=[0-9a-f]{16}); Path=\//.exec(headerOf(first?.headers ?? [], 'Set-Cookie') ?? '')?.[1] ?? ''
    const stuck = ask(simulation, address, 'http://shop.example.com/api/', { times: 3, headers: [['Cookie', cookie]] }).map(podOf)
    expect(stuck).toEqual([podOf(first), podOf(first), podOf(first)])
  })

  test('a host that nobody has', () => {
    const [response] = ask(simulation, address, 'http://other.example.com/')
    expect([response?.status, response?.body]).toEqual([404, '404 page not found\n'])
  })

  test('TLS has a certificate of its own making', () => {
    expect(ask(simulation, address, 'https://shop.example.com/', { port: 443 })[0]?.status).toBe(200)
  })

  test('the status of the Ingress has the address of the Service', () => {
    expect(get(simulation.cluster, 'Ingress', 'default', 'shop')?.status?.loadBalancer?.ingress).toEqual([{ ip: address }])
  })

  test('every row of routers is a line of the configuration', () => {
    const pod = [...list(simulation.cluster, 'Pod')].find(({ metadata }) => metadata.name.startsWith('traefik-'))
    if (!pod) throw new Error('no pod')
    const { files, tables } = processOf({ cluster: simulation.cluster, place: { kind: 'pod', pod } }).running.configured
    const lines = (files[0]?.text ?? '').split('\n')
    const rows = tables.find(({ id }) => id === 'routers')?.rows ?? []
    expect(rows.length).toBeGreaterThan(2)
    for (const { id, at } of rows) expect(lines[(at?.line ?? 0) - 1]).toContain(id)
  })
})

const middleware = (spec: string): string => `
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: m}
spec: ${spec}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: m}
spec:
  entryPoints: [web]
  routes: [{match: "Host(\`m.example.com\`)", kind: Rule, middlewares: [{name: m}], services: [{name: shop, port: 80}]}]
`

test.each([
  ['{redirectScheme: {scheme: https, permanent: true}}', 301, 'https://m.example.com/a?b=c'],
  ['{redirectScheme: {scheme: https, port: "8443"}}', 302, 'https://m.example.com:8443/a?b=c'],
  ['{redirectRegex: {regex: "^http://m[.](.*)", replacement: "http://n.${1}"}}', 302, 'http://n.example.com/a?b=c'],
  ['{ipAllowList: {sourceRange: [192.0.2.1]}}', 403, undefined],
  ['{ipAllowList: {sourceRange: [0.0.0.0/0]}}', 200, undefined],
])('middleware %s', (spec, status, location) => {
  const simulation = made(sample('traefik.yaml'), middleware(spec))
  const [response] = ask(simulation, serviceAddress(simulation), 'http://m.example.com/a?b=c')
  expect([response?.status, headerOf(response?.headers ?? [], 'Location')]).toEqual([status, location])
})

describe('the edge router of old', () => {
  const NODES = `
apiVersion: v1
kind: Node
metadata: {name: node-1}
---
apiVersion: v1
kind: Node
metadata: {name: edge, labels: {role: edge-router}}
spec: {unschedulable: true}
`
  const WHALES = ['a', 'b']
    .map(
      (name) => `
apiVersion: v1
kind: Pod
metadata: {name: whale-${name}, labels: {app: whale-${name}}}
spec: {containers: [{name: c, image: example.com/whale, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: whale-svc-${name}}
spec: {selector: {app: whale-${name}}, ports: [{port: 80}]}
`,
    )
    .join('---')
  const simulation = made(
    NODES,
    sample('seeds/000-daemonset-traefik-ingress-controller-v1.yaml'),
    WHALES,
    readFileSync(new URL('../../public/scenarios/seeds/001-ingress-whale-ingress.yaml', import.meta.url), 'utf8'),
  )
  const address = get(simulation.cluster, 'Node', '', 'edge')?.status.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? ''

  test('is reached at the port of its node, and knows hosts', () => {
    expect(podOf(ask(simulation, address, 'http://a.whale.hey/')[0])).toBe('whale-a')
    expect(podOf(ask(simulation, address, 'http://b.whale.hey/x')[0])).toBe('whale-b')
    expect(ask(simulation, address, 'http://c.whale.hey/')[0]?.status).toBe(404)
  })

  test('has its dashboard on 8080', () => {
    expect(headerOf(ask(simulation, address, 'http://edge:8080/', { port: 8080 })[0]?.headers ?? [], 'Location')).toBe('/dashboard/')
    expect(ask(simulation, address, 'http://edge:8080/dashboard/', { port: 8080 })[0]?.status).toBe(200)
  })
})

describe('a Gateway on Traefik', () => {
  const simulation = made(sample('gateway.yaml'))
  const { cluster } = simulation
  const gateway = get(cluster, 'Gateway', 'default', 'front')
  const address = gateway?.status?.addresses?.[0]?.value ?? ''
  const conditions = (of: Simulation): unknown =>
    get(of.cluster, 'HTTPRoute', 'default', 'web')?.status?.parents.map((parent) =>
      parent.conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
    )

  test('has status', () => {
    expect(gateway?.status?.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual(['Accepted True', 'Programmed True'])
    expect(gateway?.status?.listeners?.[0]?.attachedRoutes).toBe(1)
    expect(conditions(simulation)).toEqual([['Accepted True Accepted', 'ResolvedRefs True ResolvedRefs']])
    expect(get(cluster, 'GatewayClass', '', 'traefik')?.status?.conditions?.[0]?.status).toBe('True')
  })

  test('gives each Service its weight', () => {
    const apps = ask(simulation, address, 'http://shop.example.com/', { times: 8 }).map(appOf)
    expect(apps.filter((app) => app === 'web-1')).toHaveLength(6)
  })

  test('rewrites, into another namespace; without the grant 500', () => {
    expect(pathOf(ask(simulation, address, 'http://shop.example.com/login/form')[0])).toBe('/form')
    const bare = made(
      sample('gateway.yaml')
        .split('---\n')
        .filter((document) => !document.includes('kind: ReferenceGrant'))
        .join('---\n'),
    )
    expect(ask(bare, address, 'http://shop.example.com/login')[0]?.status).toBe(500)
    expect(conditions(bare)).toEqual([['Accepted True Accepted', 'ResolvedRefs False RefNotPermitted']])
  })

  test.each([
    ['parentRefs: [{name: front, sectionName: other}]', 'NoMatchingParent'],
    ['parentRefs: [{name: front}]\n  hostnames: [example.org]', 'NoMatchingListenerHostname'],
    ['parentRefs: [{name: front, namespace: default}]', 'NotAllowedByListeners'],
  ])('a route with %s is refused: %s', (spec, reason) => {
    const namespace = reason === 'NotAllowedByListeners' ? 'elsewhere' : 'default'
    const route = `apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: odd, namespace: ${namespace}}\nspec:\n  ${spec}\n`
    const of = made(sample('gateway.yaml'), `apiVersion: v1\nkind: Namespace\nmetadata: {name: elsewhere}\n---\n${route}`)
    expect(get(of.cluster, 'HTTPRoute', namespace, 'odd')?.status?.parents[0]?.conditions[0]).toMatchObject({ status: 'False', reason })
  })
})
