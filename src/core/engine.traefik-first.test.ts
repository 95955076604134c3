import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { headerOf, type HttpResponse } from './apps/http.ts'
import { processOf } from './apps/programs.ts'
import { get, list } from './cluster/cluster.ts'
import { apply, journey, type Simulation, start } from './engine.ts'
import { type Ip, parseIp } from './net/ip.ts'

const scenario = (name: string): string => readFileSync(new URL(`../../public/scenarios/${name}`, import.meta.url), 'utf8')
const CONTROLLER = scenario('seeds/000-daemonset-traefik-ingress-controller-v1.yaml')
const EDGE = [scenario('edge.yaml'), CONTROLLER, scenario('seeds/000-ingress-my-ingress.yaml')]

/** Of nobody: CN=edge.example.com, signed by itself. */
const CERTIFICATE = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJxRENDQVU2Z0F3SUJBZ0lVU1VvdUFDTW9KcTA3UEtRcGw1bnowVFJaMlNzd0NnWUlLb1pJemowRUF3',
  'SXcKR3pFWk1CY0dBMVVFQXd3UVpXUm5aUzVsZUdGdGNHeGxMbU52YlRBZUZ3MHlOakV4TWpFeE9ETXlNVGxhRncwegpOakV4TVRneE9ETXlNVGxhTUJzeEdU',
  'QVhCZ05WQkFNTUVHVmtaMlV1WlhoaGJYQnNaUzVqYjIwd1dUQVRCZ2NxCmhrak9QUUlCQmdncWhrak9QUU1CQndOQ0FBUTZNbndZMnpxeDhkdjY0RndKZ25l',
  'dGdwR3RXd3NpQStLSFhKa3kKL2xPU1pLRGpLYlJtQ0JIKzVWSVNxVEEwUVcvM0E5WENNdWx5UTlQWHQ2SERkejhBbzNBd2JqQWRCZ05WSFE0RQpGZ1FVVmhX',
  'ZTI5SGw0UVQ0UjlGenlXV1FzTlpsMFZzd0h3WURWUjBqQkJnd0ZvQVVWaFdlMjlIbDRRVDRSOUZ6CnlXV1FzTlpsMFZzd0R3WURWUjBUQVFIL0JBVXdBd0VC',
  'L3pBYkJnTlZIUkVFRkRBU2doQmxaR2RsTG1WNFlXMXcKYkdVdVkyOXRNQW9HQ0NxR1NNNDlCQU1DQTBnQU1FVUNJR2hlU0h4VUhISy93ZXpSOGVjUHlVSml6',
  'Z0NRdGQxZQpYWllsUXNhOWdaT0VBaUVBL1pLTjh6RXFLZGE2SXVtMGhSK0JyZDh0S3ZPdE1CM0NBQWtoRFppV0djOD0KLS0tLS1FTkQgQ0VSVElGSUNBVEUt',
  'LS0tLQo=',
].join('')

const onNode = (toml: string, nodes = 'edge'): string => `apiVersion: v1
kind: ConfigMap
metadata: {name: files-of-${nodes}, namespace: kube-system, annotations: {kubehop/host-path: /etc/traefik, kubehop/nodes: ${nodes}}}
data:
  traefik.toml: |
${toml.replaceAll(/^/gm, '    ')}
`

function made(...texts: readonly string[]): Simulation {
  let simulation = start({})
  for (const text of texts) {
    const done = apply(simulation, [{ name: 'a.yaml', text }])
    expect(done.problems.filter(({ severity }) => severity === 'error')).toEqual([])
    ;({ simulation } = done)
  }
  return simulation
}

const addressOf = ({ cluster }: Simulation): Ip => {
  const { address = '' } = get(cluster, 'Node', '', 'edge')?.status?.addresses?.find(({ type }) => type === 'InternalIP') ?? {}
  return parseIp(address) as Ip
}

function travel(simulation: Simulation, url: string) {
  const port = Number(/:(\d+)\//.exec(url.replace(/^https?:\/\//, ''))?.[1] ?? (url.startsWith('https') ? 443 : 80))
  const done = journey(simulation, {
    from: 'external/client',
    url,
    insecure: true,
    resolve: [{ host: '*', port, address: addressOf(simulation) }],
  })
  if (!done.ok) throw new Error(done.error.message)
  return done.value.conversation.connections.filter(({ parent }) => parent === undefined)
}

function ask(simulation: Simulation, url: string): HttpResponse | string {
  const [response] = travel(simulation, url).flatMap(({ exchanges = [] }) => exchanges.flatMap((each) => each.response ?? []))
  return response ?? 'no answer'
}

const shown = (simulation: Simulation, url: string): string => travel(simulation, url)[0]?.tls?.certificate?.subject ?? ''

/** Status and who answered: an application by its name, or Traefik by its words. */
function told(response: HttpResponse | string): string {
  if (typeof response === 'string') return response
  const location = headerOf(response.headers, 'Location')
  const body = response.body.startsWith('{') ? (JSON.parse(response.body) as { readonly pod?: string; readonly path?: string }) : undefined
  const who = body?.pod === undefined ? response.body.trim() : `${body.pod.replace(/-[^-]+-[^-]+$/, '')} ${body.path ?? ''}`
  return `${response.status} ${location ?? who}`
}

function configured(simulation: Simulation) {
  const pod = [...list(simulation.cluster, 'Pod')].find(({ metadata }) => metadata.name.startsWith('traefik'))
  if (!pod) throw new Error('no pod')
  return processOf({ cluster: simulation.cluster, place: { kind: 'pod', pod } }).running.configured
}

describe('an edge router of 2018', () => {
  const simulation = made(...EDGE)

  test('it alone is on the node that nothing else may go to', () => {
    const there = [...list(simulation.cluster, 'Pod')]
      .filter(({ spec }) => spec.nodeName === 'edge')
      .map(({ metadata }) => metadata.namespace)
    expect(there).toEqual(['kube-system'])
  })

  test.each([
    ['http://foo.mydomain.com/x', '200 foo /x'],
    ['http://mydomain.com/bar/x', '200 other /bar/x'],
    ['http://mydomain.com/bar/*', '200 bar /bar/*'],
    ['http://elsewhere.com/', '200 other /'],
    ['https://foo.mydomain.com/', 'no answer'],
    ['http://edge:8080/', '302 /dashboard/'],
    ['http://edge:8080/dashboard', '404 404 page not found'],
    ['http://edge:8080/ping', '200 OK'],
    ['http://edge:8080/api/version', '200 {"Version":"v1.7.34","Codename":"maroilles"}'],
    ['http://edge:8080/api/providers/docker', '404 404 page not found'],
  ])('%s: %s', (url, expected) => expect(told(ask(simulation, url))).toBe(expected))

  test('the API has frontends and backends of the running configuration', () => {
    const response = ask(simulation, 'http://edge:8080/api/providers')
    const { kubernetes } = JSON.parse(typeof response === 'string' ? '{}' : response.body) as {
      readonly kubernetes: { readonly frontends: Readonly<Record<string, unknown>>; readonly backends: Readonly<Record<string, unknown>> }
    }
    expect(Object.keys(kubernetes.frontends)).toEqual(['foo.mydomain.com', 'global-default-frontend', 'mydomain.com/bar/*'])
    expect(kubernetes.frontends['mydomain.com/bar/*']).toEqual({
      entryPoints: ['http'],
      backend: 'mydomain.com/bar/*',
      routes: { '/bar/*': { rule: 'PathPrefix:/bar/*' }, 'mydomain.com': { rule: 'Host:mydomain.com' } },
      passHostHeader: true,
      priority: 0,
      basicAuth: null,
    })
    const one = ask(simulation, 'http://edge:8080/api/providers/kubernetes/backends/foo.mydomain.com/servers')
    expect(Object.values(JSON.parse(typeof one === 'string' ? '{}' : one.body) as object)).toHaveLength(2)
  })

  test('a default backend that is not there takes the whole Ingress with it', () => {
    const without = made(...EDGE.map((text) => text.replaceAll('name: other\n', 'name: another\n')))
    expect(told(ask(without, 'http://foo.mydomain.com/'))).toBe('404 404 page not found')
    expect(configured(without).log.map(({ text }) => text)).toContain(
      'Error creating global backend for ingress default/my-ingress: service not found for default/other',
    )
  })
})

describe('traefik.toml on the node', () => {
  const HTTPS = `defaultEntryPoints = ["http", "https"]
[entryPoints.http]
address = ":80"
  [entryPoints.http.redirect]
  entryPoint = "https"
[entryPoints.https]
address = ":443"
  [entryPoints.https.tls]`

  test('entry points, and the way from one to the other', () => {
    const simulation = made(...EDGE, onNode(HTTPS))
    expect(told(ask(simulation, 'http://foo.mydomain.com/a?b=c'))).toBe('302 https://foo.mydomain.com:443/a?b=c')
    expect(told(ask(simulation, 'http://nobody/'))).toBe('302 https://nobody:443/')
    expect(told(ask(simulation, 'https://foo.mydomain.com/a'))).toBe('200 foo /a')
    expect(configured(simulation).files.map(({ name, change }) => [name, change])).toEqual([
      ['dynamic configuration', 'update'],
      ['/etc/traefik/traefik.toml', 'restart'],
    ])
  })

  test('of another node it is nothing to this one', () => {
    expect(told(ask(made(...EDGE, onNode(HTTPS, 'node-1')), 'http://foo.mydomain.com/'))).toBe('200 foo /')
  })

  test('arguments have the last word; [kubernetes] chooses Ingresses', () => {
    const toml = '[web]\naddress = ":9090"\n[kubernetes]\nlabelselector = "edge=yes"\nnamespaces = ["default"]'
    const simulation = made(...EDGE, onNode(toml))
    expect(told(ask(simulation, 'http://edge:9090/ping'))).toBe('no answer')
    expect(configured(simulation).listeners.map(({ port }) => port)).toEqual([80, 9090])
    expect(told(ask(simulation, 'http://foo.mydomain.com/'))).toBe('404 404 page not found')
    const labelled = EDGE.map((text) => text.replace('name: my-ingress\n', 'name: my-ingress\n  labels: {edge: "yes"}\n'))
    expect(told(ask(made(...labelled, onNode(toml)), 'http://foo.mydomain.com/'))).toBe('200 foo /')
    const stated = CONTROLLER.replace('--logLevel=DEBUG', '--entryPoints=Name:http Address::80 Whitelist.SourceRange:10.0.0.0/8')
    expect(told(ask(made(EDGE[0] ?? '', stated, EDGE[2] ?? '', onNode(HTTPS)), 'http://foo.mydomain.com/'))).toBe('403 Forbidden')
  })

  test('rules in the file stand beside those of Ingresses', () => {
    const simulation = made(...EDGE)
    const pod = [...list(simulation.cluster, 'Pod')].find(({ metadata }) => metadata.name.startsWith('foo-'))
    const toml = `[file]
[backends.old.servers.one]
url = "http://${pod?.status.podIP ?? ''}:8080"
weight = 3
[frontends.legacy]
backend = "old"
passHostHeader = false
  [frontends.legacy.routes.a]
  rule = "Host:old.mydomain.com;PathPrefixStrip:/v1"
[frontends.nowhere]
backend = "missing"`
    const done = apply(simulation, [{ name: 'a.yaml', text: onNode(toml) }]).simulation
    const response = ask(done, 'http://old.mydomain.com/v1/x')
    expect(told(response)).toBe('200 foo /x')
    const { host } = JSON.parse(typeof response === 'string' ? '{}' : response.body) as { readonly host?: string }
    expect(host).toBe(`${pod?.status.podIP ?? ''}:8080`)
    expect(told(ask(done, 'http://foo.mydomain.com/'))).toBe('200 foo /')
    expect(configured(done).log.map(({ text }) => text)).toContain(
      "undefined backend 'missing' for frontend nowhere. Skipping frontend nowhere...",
    )
    const api = ask(done, 'http://edge:8080/api')
    expect(Object.keys(JSON.parse(typeof api === 'string' ? '{}' : api.body) as object)).toEqual(['file', 'kubernetes'])
  })

  test('what is not simulated is named; what cannot be read too', () => {
    const said = (toml: string) => configured(made(...EDGE, onNode(toml))).log.map(({ text }) => text)
    expect(
      said('constraints = ["tag==a"]\n[acme]\nemail = "a@example.com"\n[docker]\n[entryPoints.http]\naddress=":80"\ncompress = true'),
    ).toEqual(
      expect.arrayContaining([
        'Using TOML configuration file /etc/traefik/traefik.toml',
        'acme is not simulated',
        'docker is not simulated',
        'entrypoints.http.compress is not simulated',
        'constraints filter by tags, which the Kubernetes provider does not have: they change nothing here',
      ]),
    )
    const broken = made(...EDGE, onNode('[entryPoints'))
    expect(configured(broken).log.map(({ text }) => text)).toContain(
      'Error reading TOML config file /etc/traefik/traefik.toml : Near line 1: expected ], not a new line',
    )
    expect(told(ask(broken, 'http://foo.mydomain.com/'))).toBe('no answer')
    expect(configured(made(...EDGE)).log.map(({ text }) => text)).toContain(
      '/etc/traefik/traefik.toml: no such file (edge:/etc/traefik/traefik.toml): only arguments count',
    )
  })
})

/** As the chart of k3s wrote it in 2020: the file is a key of a ConfigMap, its certificate one of a Secret. */
describe('traefik.toml in a ConfigMap', () => {
  const deployment = `apiVersion: v1
kind: ConfigMap
metadata: {name: traefik, namespace: kube-system}
data:
  traefik.toml: |
    defaultEntryPoints = ["http","https"]
    [entryPoints]
      [entryPoints.http]
      address = ":80"
      [entryPoints.https]
      address = ":443"
        [entryPoints.https.tls]
          [[entryPoints.https.tls.certificates]]
          CertFile = "/ssl/tls.crt"
          KeyFile = "/ssl/tls.key"
    [ping]
    entryPoint = "http"
    [kubernetes]
    [api]
    dashboard = false
---
apiVersion: v1
kind: Pod
metadata: {name: traefik, namespace: kube-system}
spec:
  nodeName: edge
  containers:
    - name: traefik
      image: rancher/library-traefik:1.7.19
      args: [--configfile=/config/traefik.toml]
      ports: [{containerPort: 80, hostPort: 80}, {containerPort: 443, hostPort: 443}, {containerPort: 8080, hostPort: 8080}]
      volumeMounts: [{name: config, mountPath: /config}, {name: ssl, mountPath: /ssl}]
  volumes:
    - {name: config, configMap: {name: traefik}}
    - {name: ssl, secret: {secretName: traefik-default-cert}}
`
  const secret = `apiVersion: v1
kind: Secret
metadata: {name: traefik-default-cert, namespace: kube-system}
data: {tls.crt: ${CERTIFICATE}, tls.key: ${Buffer.from('-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n').toString('base64')}}
`
  const simulation = made(EDGE[0] ?? '', EDGE[2] ?? '', deployment, secret)

  test('has entry points, and a certificate for whom none fits', () => {
    expect(told(ask(simulation, 'https://foo.mydomain.com/x'))).toBe('200 foo /x')
    expect(shown(simulation, 'https://foo.mydomain.com/x')).toBe('edge.example.com')
    expect(told(ask(simulation, 'http://edge/ping'))).toBe('200 OK')
    expect(configured(simulation).log.map(({ level }) => level)).not.toContain('error')
  })

  test('its API without the dashboard', () => {
    expect(told(ask(simulation, 'http://edge:8080/'))).toBe('404 404 page not found')
    expect(told(ask(simulation, 'http://edge:8080/api/version'))).toBe('200 {"Version":"v1.7.19","Codename":"maroilles"}')
  })

  test('without the Secret it has one of its own making, and says so', () => {
    const without = made(EDGE[0] ?? '', EDGE[2] ?? '', deployment)
    expect(shown(without, 'https://foo.mydomain.com/x')).toBe('TRAEFIK DEFAULT CERT')
    expect(configured(without).log.map(({ text }) => text)).toContain(
      'Error creating TLS config: open /ssl/tls.crt: no such file or directory',
    )
  })
})

describe('annotations of v1.7', () => {
  const ingress = (annotations: string, path = '/api'): string => `apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: a, annotations: {${annotations}}}
spec: {rules: [{host: a.example.com, http: {paths: [{path: ${path}, backend: {serviceName: foo, servicePort: 8080}}]}}]}
`
  test.each([
    ['traefik.frontend.rule.type: PathPrefixStrip', '/api', 'http://a.example.com/api/x', '200 foo /x'],
    ['traefik.ingress.kubernetes.io/rule-type: PathStrip', '/api', 'http://a.example.com/api', '200 foo /'],
    ['traefik.ingress.kubernetes.io/rule-type: Path', '/api', 'http://a.example.com/api/x', '404 404 page not found'],
    ['ingress.kubernetes.io/rewrite-target: /v2', '/api', 'http://a.example.com/api/x', '200 foo /v2/x'],
    ['ingress.kubernetes.io/rewrite-target: /v2', '/', 'http://a.example.com/x', '200 foo /v2/x'],
    ['ingress.kubernetes.io/request-modifier: "AddPrefix: /v3"', '/api', 'http://a.example.com/api/x', '200 foo /v3/api/x'],
    ['ingress.kubernetes.io/app-root: /login', '/', 'http://a.example.com/', '302 http://a.example.com/login'],
    ['ingress.kubernetes.io/whitelist-source-range: 10.0.0.0/8', '/', 'http://a.example.com/', '403 Forbidden'],
    ['ingress.kubernetes.io/rule-type: AddPrefix', '/api', 'http://a.example.com/api', '404 404 page not found'],
    ['kubernetes.io/ingress.class: nginx', '/api', 'http://a.example.com/api', '404 404 page not found'],
  ])('%s of %s: %s is %s', (annotations, path, url, expected) => {
    expect(told(ask(made(EDGE[0] ?? '', CONTROLLER, ingress(annotations, path)), url))).toBe(expected)
  })
})
