import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { processOf } from './apps/programs.ts'
import { get, list } from './cluster/cluster.ts'
import { apply, journey, type Simulation, start } from './engine.ts'
import { type Ip, parseIp } from './net/ip.ts'

const scenario = (name: string): string => readFileSync(new URL(`../../public/scenarios/${name}`, import.meta.url), 'utf8')
/** The dashboard as k3s' guide opens it: an IngressRoute to Traefik itself. */
const DASHBOARD = `apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: dashboard, namespace: kube-system}
spec:
  entryPoints: [web]
  routes:
    - kind: Rule
      match: Host(\`traefik.localhost\`) && (PathPrefix(\`/dashboard\`) || PathPrefix(\`/api\`))
      services: [{name: api@internal, kind: TraefikService}]
`

function made(...texts: readonly string[]): Simulation {
  const done = apply(
    start({ profile: 'k3s' }),
    texts.map((text, i) => ({ name: `${i}.yaml`, text })),
  )
  expect(done.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return done.simulation
}

function ask(simulation: Simulation, path: string, address = '192.168.1.10', port = 80): string {
  const done = journey(simulation, {
    from: port === 80 ? 'external/client' : 'node/server',
    url: `http://traefik.localhost:${port}${path}`,
    resolve: [{ host: '*', port, address: parseIp(address) as Ip }],
  })
  if (!done.ok) throw new Error(done.error.message)
  const response = done.value.conversation.connections.flatMap(({ exchanges = [] }) => exchanges.flatMap((each) => each.response ?? []))[0]
  return response ? `${response.status} ${response.body.trim()}` : 'no answer'
}

const json = (text: string): unknown => JSON.parse(text.replace(/^\d+ /, ''))
const simulation = made(scenario('k3s-traefik.yaml'), DASHBOARD)

test('routers by name, a page at a time', () => {
  const names = (path: string): unknown =>
    (json(ask(simulation, path)) as readonly { readonly name: string }[]).map(({ name }) => name.replace(/-[0-9a-f]{20}@/, '@'))
  const all = ['default-paths-whoami@kubernetes', 'default-paths@kubernetes', 'kube-system-dashboard@kubernetescrd', 'ping@internal']
  expect(names('/api/http/routers')).toEqual(all)
  expect(names('/api/http/routers?per_page=3&page=2')).toEqual(all.slice(3))
  expect(names('/api/http/routers?search=WHOAMI')).toEqual(all.slice(0, 1))
  expect(ask(simulation, '/api/http/routers?page=9')).toBe('400 {"message":"invalid request: page: 9, per_page: 100"}')
  expect(ask(simulation, '/api/http/routers/none@file')).toBe('404 {"message":"router not found: none@file"}')
})

test('a service tells its servers and who uses it', () => {
  const servers = [...list(simulation.cluster, 'Pod')].flatMap(({ metadata, status }) =>
    metadata.name.startsWith('nginx') ? [`http://${status.podIP ?? ''}:80`] : [],
  )
  expect(json(ask(simulation, '/api/http/services/default-nginx-80%40kubernetes'))).toMatchObject({
    loadBalancer: { servers: servers.map((url) => ({ url })), passHostHeader: true },
    status: 'enabled',
    usedBy: ['default-paths@kubernetes'],
    serverStatus: Object.fromEntries(servers.map((url) => [url, 'UP'])),
    provider: 'kubernetes',
    type: 'loadbalancer',
  })
})

test.each([
  ['/dashboard/', /^200 <!DOCTYPE html>/],
  ['/dashboard', /^404 404 page not found$/],
  ['/api/version', /^200 \{"Version":"3\.3\.6","Codename":"saintnectaire"/],
  ['/api/overview', /"providers":\["KubernetesIngress","KubernetesCRD"\]/],
  ['/api/entrypoints/web', /"address":":8000"/],
  ['/api/tcp/services', /^200 \[\]$/],
  ['/api/nothing', /^404 404 page not found$/],
])('%s', (path, answer) => expect(ask(simulation, path)).toMatch(answer))

test('without api.insecure port 8080 knows nothing but ping; with it, the root leads to the dashboard', () => {
  const podIp = (of: Simulation): string =>
    [...list(of.cluster, 'Pod')].find(({ metadata }) => metadata.name.startsWith('traefik-'))?.status.podIP ?? ''
  expect(get(simulation.cluster, 'Service', 'kube-system', 'traefik')).toBeDefined()
  expect(ask(simulation, '/ping', podIp(simulation), 8080)).toBe('200 OK')
  expect(ask(simulation, '/', podIp(simulation), 8080)).toBe('404 404 page not found')
  const open = made(scenario('k3s-traefik.yaml').replace('--api.dashboard=true', '--api.insecure=true'))
  expect(ask(open, '/', podIp(open), 8080)).toBe('301 Moved Permanently')
  expect(ask(open, '/dashboard', podIp(open), 8080)).toMatch(/^200 <!DOCTYPE html>/)
  expect(ask(open, '/api/rawdata', podIp(open), 8080)).toMatch(/^200 \{"routers":\{"api@internal":/)
})

test('v3 takes its file alone: entry points, a redirection, and what is not simulated', () => {
  const text = `apiVersion: v1
kind: ConfigMap
metadata: {name: static}
data:
  traefik.yaml: |
    entryPoints:
      web:
        address: ":8000"
        http: {redirections: {entryPoint: {to: websecure, scheme: https}}}
      websecure: {address: ":8443"}
    providers: {kubernetesIngress: {}, docker: {}}
    certificatesResolvers: {a: {acme: {email: a@example.com}}}
---
apiVersion: v1
kind: Pod
metadata: {name: traefik}
spec:
  nodeName: server
  containers:
    - name: t
      image: traefik:v3.4.1
      args: [--entryPoints.other.address=:9999]
      volumeMounts: [{name: c, mountPath: /etc/traefik}]
  volumes: [{name: c, configMap: {name: static}}]
`
  const of = made(text)
  const pod = get(of.cluster, 'Pod', 'default', 'traefik')
  if (!pod) throw new Error('no pod')
  const { listeners, log } = processOf({ cluster: of.cluster, place: { kind: 'pod', pod } }).running.configured
  expect(listeners.map(({ port }) => port)).toEqual([8000, 8443])
  expect(ask(of, '/x', pod.status.podIP, 8000)).toBe('301 Moved Permanently')
  expect(log.map((line) => line.text)).toEqual(
    expect.arrayContaining([
      'Configuration loaded from file: /etc/traefik/traefik.yaml',
      'providers.docker is not simulated',
      'certificatesresolvers is not simulated',
    ]),
  )
})
