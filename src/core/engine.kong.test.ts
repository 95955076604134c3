import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { get, list } from './cluster/cluster.ts'
import { apply, journey, type Simulation, start } from './engine.ts'
import { parseIp } from './net/ip.ts'
import { processOf } from './apps/programs.ts'
import type { Header } from './apps/http.ts'

const SAMPLE = readFileSync(new URL('../../public/scenarios/kong.yaml', import.meta.url), 'utf8')

function applied(simulation: Simulation, text: string): Simulation {
  const done = apply(simulation, [{ name: 'more.yaml', text }])
  expect(done.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return done.simulation
}

function ask(simulation: Simulation, url: string, headers: readonly Header[] = []) {
  const ip = get(simulation.cluster, 'Service', 'kong', 'kong-proxy')?.status?.loadBalancer?.ingress?.[0]?.ip
  const address = parseIp(ip ?? '')
  if (!address) throw new Error('Kong has no address')
  const resolve = [80, 443].map((port) => ({ host: '*', port, address }))
  const done = journey(simulation, { from: 'external/inet', url, headers, resolve, insecure: true })
  if (!done.ok) throw new Error(done.error.message)
  const exchange = done.value.conversation.connections[0]?.exchanges?.at(-1)
  const said = JSON.parse(exchange?.response?.body || '{}') as {
    pod?: string
    path?: string
    message?: string
    headers?: Record<string, string[]>
  }
  const by = said.pod === undefined ? (said.message ?? '') : `${said.pod.split('-')[0] ?? ''} ${said.path ?? ''}`
  return { status: exchange?.response?.status, by, pod: said.pod, headers: said.headers ?? {}, simulation: done.value.simulation }
}

const ingress = (name: string, host: string, path: string, type: string, service: string, annotations = ''): string => `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ${name}, annotations: {${annotations}}}
spec:
  ingressClassName: kong
  rules:
  - host: "${host}"
    http: {paths: [{path: "${path}", pathType: ${type}, backend: {service: {name: ${service}, port: {number: ${service === 'front' ? 80 : 8080}}}}}]}
`
const MORE =
  ingress('exact', 'e.com', '/foo', 'Exact', 'api') +
  ingress('prefix', 'e.com', '/foo', 'Prefix', 'front') +
  ingress('letters', 'e.com', '/im', 'ImplementationSpecific', 'api') +
  ingress('regex', 'r.com', '/~/v[0-9]+/x', 'ImplementationSpecific', 'api') +
  ingress('wild', '*.w.com', '/', 'Prefix', 'front') +
  ingress('named', 'a.w.com', '/x', 'Prefix', 'api') +
  ingress('secure', 's.com', '/', 'Prefix', 'front', 'konghq.com/protocols: https') +
  ingress('moved', 'm.com', '/', 'Prefix', 'front', 'konghq.com/protocols: https, konghq.com/https-redirect-status-code: "301"') +
  ingress('gone', 'g.com', '/', 'Prefix', 'nobody') +
  ingress('plugin', 'p.com', '/', 'Prefix', 'front', 'konghq.com/plugins: rate')
const base = applied(applied(start({ loadBalancer: 'cloud' }), SAMPLE), MORE)

test.each<[string, number, string]>([
  ['http://shop.example.com/api/items?x=1', 200, 'api /items?x=1'],
  ['http://shop.example.com/api', 200, 'api /'],
  ['http://shop.example.com/apis', 200, 'front /apis'],
  ['http://e.com/foo', 200, 'api /foo'],
  ['http://e.com/foo/', 200, 'front /foo/'],
  ['http://e.com/foobar', 404, 'no Route matched with those values'],
  ['http://e.com/image', 200, 'api /image'],
  ['http://r.com/v12/xyz', 200, 'api /v12/xyz'],
  ['http://b.w.com/', 200, 'front /'],
  ['http://a.w.com/x', 200, 'api /x'],
  ['http://a.w.com/y', 200, 'front /y'],
  ['http://none.com/', 404, 'no Route matched with those values'],
  ['http://s.com/', 426, 'Please use HTTPS protocol'],
  ['https://s.com/', 200, 'front /'],
  ['http://m.com/', 301, ''],
  ['http://g.com/', 503, 'failure to get a peer from the ring-balancer'],
])('%s: %i %s', (url, status, by) => {
  expect(ask(base, url)).toMatchObject({ status, by })
})

test('round robin, and headers that tell of the client', () => {
  const first = ask(base, 'http://shop.example.com/api/x')
  const second = ask(first.simulation, 'http://shop.example.com/api/x')
  expect(second.pod).not.toBe(first.pod)
  expect(ask(second.simulation, 'http://shop.example.com/api/x').pod).toBe(first.pod)
  expect(first.headers).toMatchObject({
    'X-Forwarded-Host': ['shop.example.com'],
    'X-Forwarded-Path': ['/api/x'],
    'X-Forwarded-Prefix': ['/api'],
    'X-Forwarded-Proto': ['http'],
  })
})

test('the configuration is text, what is not simulated is named, and the status has the address', () => {
  const pod = [...list(base.cluster, 'Pod')].find(({ metadata }) => metadata.labels?.['app'] === 'kong')
  if (!pod) throw new Error('no Kong')
  const { configured } = processOf({ cluster: base.cluster, place: { kind: 'pod', pod } }).running
  expect(configured.log.map(({ text }) => text)).toEqual([
    'failed to resolve Kubernetes Service for backend: failed to fetch Service default/nobody: Service default/nobody not found',
    "can't add target for backend nobody: no kubernetes service found",
    'referenced KongPlugin or KongClusterPlugin "rate" does not exist',
  ])
  const row = configured.tables[0]?.rows.find(({ cells }) => cells[0] === 'r.com')
  expect(configured.files[0]?.text.split('\n')[(row?.at?.line ?? 0) - 1]).toBe('  - name: "default.regex.api.r.com.8080"')
  expect(get(base.cluster, 'Ingress', 'default', 'shop')?.status?.loadBalancer?.ingress).toHaveLength(1)
})
