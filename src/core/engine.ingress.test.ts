import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Cluster, get, list } from './cluster/cluster.ts'
import { apply, journey, type JourneyText, type Simulation, start } from './engine.ts'
import { type Ip, parseIp } from './net/ip.ts'
import type { Conversation } from './sim/conversation.ts'
import { transcriptText } from './sim/transcript.ts'

const SAMPLE = readFileSync(new URL('../../public/scenarios/ingress-nginx.yaml', import.meta.url), 'utf8')
const NGINX = SAMPLE.slice(0, SAMPLE.indexOf('kind: Ingress\n') - 'apiVersion: networking.k8s.io/v1\n'.length)

const HAPROXY = `apiVersion: v1
kind: Service
metadata: {name: haproxy-kubernetes-ingress, namespace: haproxy-controller}
spec: {type: LoadBalancer, selector: {app: haproxy}, ports: [{name: http, port: 80, targetPort: http}, {name: https, port: 443, targetPort: https}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: haproxy-kubernetes-ingress, namespace: haproxy-controller}
spec:
  selector: {matchLabels: {app: haproxy}}
  template:
    metadata: {labels: {app: haproxy}}
    spec:
      containers:
      - name: controller
        image: haproxytech/kubernetes-ingress:3.1.4
        args: [--publish-service=$(POD_NAMESPACE)/haproxy-kubernetes-ingress]
        ports: [{name: http, containerPort: 8080}, {name: https, containerPort: 8443}]
---
`

const APP = `
apiVersion: v1
kind: Service
metadata: {name: app}
spec: {selector: {app: app}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 3
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}, annotations: {}}
    spec: {containers: [{name: app, image: example.com/app, ports: [{containerPort: 8080}]}]}
---
`

const ingress = (annotations = '', className = ''): string => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: app, annotations: {${annotations}}}
spec:
  ${className}
  rules:
  - host: app.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: app, port: {name: http}}}}]}
---
`

function cluster(...texts: readonly string[]): Simulation {
  const files = texts.map((text, i) => ({ name: `${i}.yaml`, text: text.replace(/---\s*$/, '') }))
  const { simulation, problems } = apply(start({ loadBalancer: 'cloud' }), files)
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return simulation
}

const nginx = (annotations = '', app = APP): Simulation => cluster(NGINX, app, ingress(annotations, 'ingressClassName: nginx'))
const haproxy = (annotations = '', app = APP): Simulation => cluster(HAPROXY, app, ingress(annotations))

const addressOf = (of: Cluster): Ip => parseIp(get(of, 'Ingress', 'default', 'app')?.status?.loadBalancer?.ingress?.[0]?.ip ?? '') as Ip

function fetch(of: Simulation, url: string, more: Partial<JourneyText> = {}): Conversation {
  const address = addressOf(of.cluster)
  const resolve = [80, 443, 9000].map((port) => ({ host: '*', port, address }))
  const done = journey(of, { from: 'external/client', url, resolve, insecure: true, ...more })
  if (!done.ok) throw new Error(done.error.message)
  return done.value.conversation
}

interface Echo {
  readonly pod: string
  readonly peer: string
  readonly path: string
  readonly headers: Readonly<Record<string, readonly string[]>>
}

function echoes({ connections }: Conversation): readonly Echo[] {
  const own = connections.filter(({ parent }) => parent === undefined).flatMap(({ exchanges = [] }) => exchanges)
  return own.flatMap(({ response }) => (response?.body.startsWith('{') ? [JSON.parse(response.body) as Echo] : []))
}

describe.each([
  ['ingress-nginx', nginx],
  ['haproxy', haproxy],
] as const)('through %s, in packets', (name, made) => {
  test('a request is two connections, the second straight to a pod', () => {
    const of = made()
    const said = fetch(of, 'http://app.com/x?y=1')
    expect(said.outcome.http?.status).toBe(200)
    const [outer, inner] = said.connections
    expect([outer?.server?.program, inner?.client?.program, inner?.parent]).toEqual([name, name, 0])
    const pods = [...list(of.cluster, 'Pod')].filter(({ metadata }) => metadata.labels?.['app'] === 'app')
    expect(pods.map(({ status }) => `${status.podIP ?? ''}:8080`)).toContain(inner?.server?.address)
    expect(echoes(said)[0]?.path).toBe('/x?y=1')
    expect(echoes(said)[0]?.peer).toBe(inner?.clientSeen)
  })

  test('every pod has its turn', () => {
    const said = fetch(made(), 'http://app.com/', { times: 6 })
    expect(new Set(echoes(said).map(({ pod }) => pod)).size).toBe(3)
  })

  test('another host is nobody’s: 404', () => {
    expect(fetch(made(), 'http://other.com/').outcome.http?.status).toBe(404)
  })

  test('pods that do not listen', () => {
    const deaf = APP.replace('annotations: {}', 'annotations: {lab/no-listen: "true"}')
    const said = fetch(made('', deaf), 'http://app.com/')
    expect(said.outcome.http?.status).toBe(name === 'haproxy' ? 503 : 502)
    expect(said.connections.filter(({ end }) => end === 'refused').length).toBe(name === 'haproxy' ? 4 : 3)
  })

  test('a pod that takes its time', () => {
    const said = fetch(made(), 'http://app.com/?delay=90s', { method: 'POST', data: 'x' })
    expect(said.outcome.http?.status).toBe(504)
  })

  test('no pods at all: 503', () => {
    expect(fetch(made('', APP.replace('replicas: 3', 'replicas: 0')), 'http://app.com/').outcome.http?.status).toBe(503)
  })

  test('a session keeps its pod by cookie', () => {
    const service = APP.replace(
      'metadata: {name: app}\nspec: {selector',
      'metadata: {name: app, annotations: {haproxy.org/cookie-persistence: keep}}\nspec: {selector',
    )
    const of = made('nginx.ingress.kubernetes.io/affinity: cookie, nginx.ingress.kubernetes.io/session-cookie-name: keep', service)
    const first = fetch(of, 'http://app.com/')
    const set = first.connections[0]?.exchanges?.[0]?.response?.headers.find(([header]) => header.toLowerCase() === 'set-cookie')?.[1] ?? ''
    expect(set).toMatch(/^keep=/)
    const again = fetch(of, 'http://app.com/', { headers: [['Cookie', set.split(';')[0] ?? '']], times: 5 })
    expect(new Set(echoes(again).map(({ pod }) => pod))).toEqual(new Set([echoes(first)[0]?.pod]))
  })
})

describe('ingress-nginx', () => {
  test('TCP from a ConfigMap, passed on as bytes', () => {
    const controller = NGINX.replace(
      '- --configmap=',
      '- --tcp-services-configmap=$(POD_NAMESPACE)/tcp\n            - --configmap=',
    ).replace(
      '    - name: https\n      appProtocol: https',
      '    - name: tcp\n      port: 9000\n      targetPort: 9000\n    - name: https\n      appProtocol: https',
    )
    const map =
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tcp, namespace: ingress-nginx}\ndata: {"9000": "default/app:http", "80": "default/app:http"}\n'
    const of = cluster(controller, APP, ingress('', 'ingressClassName: nginx'), map)
    const said = fetch(of, 'http://any:9000/p')
    expect(said.outcome.http?.status).toBe(200)
    expect(said.connections[0]?.stream?.balance?.upstream).toBe('tcp-default-app-http')
  })

  test('a certificate is chosen by name, the fake one where none fits; http is sent to https', () => {
    const tls = ingress('', 'ingressClassName: nginx').replace('  rules:', '  tls: [{hosts: [app.com], secretName: none}]\n  rules:')
    const of = cluster(NGINX, APP, tls)
    const said = fetch(of, 'http://app.com/x', { follow: true })
    expect(said.outcome.http?.status).toBe(200)
    expect(said.connections[0]?.exchanges?.[0]?.response?.status).toBe(308)
    const secure = said.connections.find((each) => each.tls !== undefined && each.parent === undefined)
    expect(secure?.tls?.certificate?.subject).toBe('Kubernetes Ingress Controller Fake Certificate')
    expect(echoes(said)[0]?.headers['X-Forwarded-Proto']).toEqual(['https'])
    const lines = transcriptText(fetch(of, 'https://app.com/x', { insecure: true })).split('\n')
    expect(lines).toContain('*  subject: O=Acme Co; CN=Kubernetes Ingress Controller Fake Certificate')
    expect(lines).toContain('*  issuer: O=Acme Co; CN=Kubernetes Ingress Controller Fake Certificate')
  })

  test('TLS that passes through is opened by the pod', () => {
    const controller = NGINX.replace('- --configmap=', '- --enable-ssl-passthrough\n            - --configmap=')
    const app = APP.replaceAll('http', 'https').replace('containerPort: 8080', 'name: https, containerPort: 8080')
    const through = ingress('nginx.ingress.kubernetes.io/ssl-passthrough: "true"', 'ingressClassName: nginx').replace(
      'name: http}',
      'name: https}',
    )
    const said = fetch(cluster(controller, app, through), 'https://app.com/')
    expect(said.outcome.http?.status).toBe(200)
    expect(said.connections[0]?.stream?.program).toBe('ingress-nginx')
    expect(said.connections.at(-1)?.tls?.certificate?.subject).toMatch(/^app-/)
  })
})
