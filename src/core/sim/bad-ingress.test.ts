import { describe, expect, test } from 'vitest'
import type { HttpRequest } from '../apps/http.ts'
import type { Accepted, Decision, Running } from '../apps/program.ts'
import { processOf } from '../apps/programs.ts'
import { seeded } from '../base/choose.ts'
import { emptyCluster, get } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { applyManifests } from '../controllers/apply.ts'
import { type Ip, parseIp } from '../net/ip.ts'

type Name = 'nginx' | 'haproxy' | 'contour' | 'kong'
type Objects = readonly object[]

const pod = (name: string, ...containers: readonly object[]): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'ingress', labels: { app: name } },
  spec: { containers: containers.map((each, i) => ({ name: `c${i}`, ...each })) },
})
const CLASS_OF: Readonly<Record<Name, string>> = {
  nginx: 'k8s.io/ingress-nginx',
  haproxy: 'haproxy.org/ingress-controller',
  contour: 'projectcontour.io/ingress-controller',
  kong: 'ingress-controllers.konghq.com/kong',
}
const classOf = (name: Name): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name, annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
  spec: { controller: CLASS_OF[name] },
})
const CONTROLLERS: Readonly<Record<Name, Objects>> = {
  nginx: [pod('proxy', { image: 'registry.k8s.io/ingress-nginx/controller:v1.13.3' })],
  haproxy: [pod('proxy', { image: 'haproxytech/kubernetes-ingress:3.1.4' })],
  contour: [
    pod('contour', { image: 'ghcr.io/projectcontour/contour:v1.30.0', command: ['contour'], args: ['serve', '--xds-port=8001'] }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'contour', namespace: 'ingress' },
      spec: { selector: { app: 'contour' }, ports: [{ port: 8001 }] },
    },
    pod(
      'proxy',
      { image: 'docker.io/envoyproxy/envoy:v1.31.0', command: ['envoy'], args: ['-c', '/config/envoy.json'] },
      {
        image: 'ghcr.io/projectcontour/contour:v1.30.0',
        command: ['contour'],
        args: ['bootstrap', '--xds-address=contour', '--xds-port=8001'],
      },
    ),
  ],
  kong: [pod('proxy', { image: 'kong:3.7' }, { image: 'kong/kubernetes-ingress-controller:3.2' })],
}
const HTTP: Readonly<Record<Name, number>> = { nginx: 80, haproxy: 8080, contour: 8080, kong: 8000 }

const SERVICES: Objects = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'idle' },
    spec: { selector: { app: 'idle' }, ports: [{ name: 'http', port: 80 }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 8080 }] }] },
  },
]

const to = (name: string, port: object = { number: 80 }): object => ({ service: { name, port } })
const ingress = (
  name: string,
  path: string,
  backend: object,
  more: object = {},
  annotations: object = {},
  pathType = 'Prefix',
): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, annotations },
  spec: { rules: [{ host: 'h.com', http: { paths: [{ path, pathType, backend }] } }], ...more },
})
const secret = (data: object): object => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tls' }, stringData: data })
const TLS = { tls: [{ hosts: ['h.com'], secretName: 'tls' }] }

function running(name: Name, items: Objects, own?: Objects): Running {
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [classOf(name), ...SERVICES, ...(own ?? CONTROLLERS[name]), ...items],
  })
  const namespace = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ingress' } })
  const files = [
    { name: 'namespace', text: namespace },
    { name: 'all', text },
  ]
  const { cluster, problems } = applyManifests(emptyCluster(defaultConfig('kubeadm')), files, { nodes: 2 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const processIn = (pod: string): Running => {
    const found = get(cluster, 'Pod', 'ingress', pod)
    if (!found) throw new Error(`no pod ${pod}`)
    return processOf({ cluster, place: { kind: 'pod', pod: found } }).running
  }
  const it = processIn('proxy')
  // Of two programs it is the controller that says what is wrong.
  return it
}

function ask(of: Running, name: Name, path: string): string {
  const moment = { now: 0, memory: new Map(), choose: seeded(1) }
  const [local, peer] = [parseIp('10.244.1.2'), parseIp('203.0.113.9')] as [Ip, Ip]
  const connection: Accepted = { local, localPort: HTTP[name], peer, peerPort: 40000, moment }
  const request: HttpRequest = { method: 'GET', target: path, version: '1.1', headers: [['Host', 'h.com']], body: '' }
  return brief(of.request?.({ request, connection, tried: [] }))
}

function brief(decision: Decision | undefined): string {
  if (decision?.kind === 'proxy') return 'proxied'
  return decision?.kind === 'respond' ? String(decision.response.status) : 'closed'
}

function certificateOf(of: Running, name: Name): string {
  const moment = { now: 0, memory: new Map(), choose: seeded(1) }
  const local = parseIp('10.244.1.2') as Ip
  const hello = of.hello?.({ serverName: 'h.com', alpn: [] }, { local, localPort: HTTP[name], peer: local, peerPort: 40000, moment })
  return hello?.kind === 'terminate' ? hello.certificate.subject : (hello?.kind ?? 'none')
}

/** What the path `/x` of h.com is answered, and what the log says; a controller that is not named has no answer of its own to give. */
interface Row {
  readonly what: string
  readonly items: Objects
  readonly path?: string
  readonly expected: Readonly<Partial<Record<Name, readonly [answer: string, ...log: readonly string[]]>>>
}

const ROWS: readonly Row[] = [
  {
    what: 'a Service that is not there',
    items: [ingress('i', '/x', to('nobody'))],
    expected: {
      nginx: ['503', 'Error obtaining Endpoints for Service "default/nobody": no object matching key "default/nobody" in local store'],
      haproxy: ['404', "Ingress 'default/i': service 'default/nobody' does not exist"],
      contour: ['closed', 'unresolved service reference error="service "default/nobody" not found"'],
      kong: [
        '503',
        'failed to resolve Kubernetes Service for backend: failed to fetch Service default/nobody: Service default/nobody not found',
        "can't add target for backend nobody: no kubernetes service found",
      ],
    },
  },
  {
    what: 'a port that the Service has not',
    items: [ingress('i', '/x', to('web', { name: 'https' }))],
    expected: {
      nginx: ['503'],
      haproxy: ['404', "Ingress 'default/i': service web: no service port matching 'https'"],
      contour: ['closed', 'service is not found error="port "https" on service "default/web" not matched"'],
      kong: ['503', "can't find port for backend kubernetes service: no suitable port found"],
    },
  },
  {
    what: 'a Service without endpoints',
    items: [ingress('i', '/x', to('idle'))],
    expected: {
      nginx: ['503', 'Service "default/idle" does not have any active Endpoint.'],
      haproxy: ['503', "Ingress 'default/idle': no available endpoints"],
      contour: ['503'],
      kong: ['503', 'No targets could be found for kubernetes service namespace=default name=idle'],
    },
  },
  {
    what: 'a default backend that is not there, and nothing else',
    items: [{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'i' }, spec: { defaultBackend: to('nobody') } }],
    expected: {
      nginx: [
        '503',
        'Error creating upstream "default-nobody-80": no object matching key "default/nobody" in local store',
        'Error obtaining Service "default/nobody": no object matching key "default/nobody" in local store',
      ],
      haproxy: ['404', "Ingress 'default/i': default backend: service 'default/nobody' does not exist"],
      contour: ['closed', 'unresolved service reference error="service "default/nobody" not found"'],
      kong: [
        '503',
        'failed to resolve Kubernetes Service for backend: failed to fetch Service default/nobody: Service default/nobody not found',
        "can't add target for backend nobody: no kubernetes service found",
      ],
    },
  },
  {
    what: 'a backend that is no Service',
    items: [ingress('i', '/x', { resource: { apiGroup: 'k8s.example.com', kind: 'Bucket', name: 'b' } })],
    expected: {
      nginx: ['404'],
      haproxy: ['404', "backend in ingress 'default/i' should have service but none found"],
      kong: ['404', 'failed to get backend for ingress path "/x": unknown resource type k8s.example.com/Bucket'],
    },
  },
]

describe.each(ROWS)('$what', ({ items, path = '/x', expected }) => {
  test.each(Object.entries(expected))('%s', (name, [answer, ...log]) => {
    const it = running(name as Name, items)
    expect(ask(it, name as Name, path)).toBe(answer)
    expect(it.configured.log.map(({ text }) => text)).toEqual(log)
  })
})

describe('the same host and path in two Ingresses: the older one has it', () => {
  const dated = (name: string, service: string, creationTimestamp: string): object => {
    const made = ingress(name, '/x', to(service)) as { metadata: object }
    return { ...made, metadata: { ...made.metadata, creationTimestamp } }
  }
  const items = [dated('young', 'idle', '2026-02-01T00:00:00Z'), dated('old', 'web', '2026-01-01T00:00:00Z')]
  test('nginx says so', () => {
    const it = running('nginx', items)
    expect(ask(it, 'nginx', '/x')).toBe('proxied')
    expect(it.configured.log.map(({ text }) => text)).toContain('host "h.com" and path "/x" is already defined in ingress default/old')
  })
})

describe('certificates', () => {
  test.each<[string, Objects, Readonly<Record<'nginx' | 'haproxy' | 'kong', readonly [shown: string, ...log: readonly string[]]>>]>([
    [
      'no Secret',
      [],
      {
        nginx: [
          'Kubernetes Ingress Controller Fake Certificate',
          'Error obtaining X.509 certificate: no object matching key "default/tls" in local store',
          'Error getting SSL certificate "default/tls": local SSL certificate default/tls was not found. Using default certificate',
        ],
        haproxy: ['alert', "Ingress 'default/i': secret 'default/tls' does not exist"],
        kong: ['localhost', 'Failed to fetch the secret (default/tls)'],
      },
    ],
    [
      'a Secret without a key',
      [secret({ 'tls.crt': 'x' })],
      {
        nginx: [
          'Kubernetes Ingress Controller Fake Certificate',
          'Error obtaining X.509 certificate: secret "default/tls" contains no keypair or CA certificate',
          'Error getting SSL certificate "default/tls": local SSL certificate default/tls was not found. Using default certificate',
        ],
        haproxy: ['alert', 'certificate or private key missing in default/tls'],
        kong: ['localhost', 'failed to construct certificate from secret'],
      },
    ],
    [
      'nonsense in it',
      [secret({ 'tls.crt': 'nonsense', 'tls.key': 'nonsense' })],
      {
        nginx: [
          'Kubernetes Ingress Controller Fake Certificate',
          'Error obtaining X.509 certificate: unexpected error creating SSL Cert: no valid PEM formatted block found',
          'Error getting SSL certificate "default/tls": local SSL certificate default/tls was not found. Using default certificate',
        ],
        haproxy: [
          'alert',
          "config : 'bind *:8443' in section 'frontend' : unable to load certificate from file '/etc/haproxy/certs/frontend/default_tls.pem'.",
        ],
        kong: ['localhost', 'failed to construct certificate from secret'],
      },
    ],
  ])('%s', (_, items, expected) => {
    for (const [name, [shown, ...log]] of Object.entries(expected) as [Name, readonly [string, ...string[]]][]) {
      const it = running(name, [...items, ingress('i', '/x', to('web'), TLS)])
      expect(certificateOf(it, name), name).toBe(shown)
      expect(
        it.configured.log.map(({ text }) => text),
        name,
      ).toEqual(log)
    }
  })
})

describe('annotations of ingress-nginx that it does not take', () => {
  const N = 'nginx.ingress.kubernetes.io'
  const own = (annotations: Readonly<Record<string, string>>, path = '/x', type = 'Prefix'): object =>
    ingress('i', path, to('web'), {}, Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`${N}/${name}`, value])), type)
  test.each<[string, Readonly<Record<string, string>>, string, readonly string[]]>([
    [
      'a word for a truth: the usual value',
      { 'ssl-redirect': 'maybe' },
      'proxied',
      ['validation error on ingress default/i: annotation ssl-redirect contains invalid value maybe'],
    ],
    [
      'a redirect with a variable: the whole Ingress is left out',
      { 'permanent-redirect': 'https://x.org$request_uri' },
      '404',
      [
        'validation error on ingress default/i: annotation permanent-redirect contains invalid value https://x.org$request_uri',
        `annotation ${N}/permanent-redirect contains invalid value`,
      ],
    ],
    [
      'a network that is none: nobody may pass',
      { 'whitelist-source-range': '10.0.0.0/8,everyone' },
      '503',
      [
        'error reading Ingress annotation: location denied, reason: the annotation does not contain a valid IP address or network: invalid CIDR address: everyone',
      ],
    ],
    [
      'a snippet: the whole Ingress is left out',
      { 'configuration-snippet': 'return 418;' },
      '404',
      [
        `annotation ${N}/configuration-snippet is not simulated`,
        'annotation group ConfigurationSnippet contains risky annotation based on ingress configuration',
      ],
    ],
    [
      'headers out of a ConfigMap that is not there',
      { 'custom-headers': 'default/none' },
      '503',
      ['error reading Ingress annotation: location denied, reason: unable to find configMap "default/none"'],
    ],
    [
      'a canary that nobody enabled',
      { 'canary-weight': '10' },
      'proxied',
      ['the annotation canary does not contain a valid configuration: configured but not enabled'],
    ],
    ['a canary without the path that it is for', { canary: 'true', 'canary-weight': '10' }, '404', []],
    ['what is not simulated', { 'auth-url': 'http://auth' }, 'proxied', [`annotation ${N}/auth-url is not simulated`]],
  ])('%s', (_, annotations, answer, log) => {
    const it = running('nginx', [own(annotations)])
    expect(ask(it, 'nginx', '/x')).toBe(answer)
    expect(it.configured.log.map(({ text }) => text)).toEqual(log)
  })

  test('before v1.12 the same redirect was taken, and a snippet dropped', () => {
    const before = [pod('proxy', { image: 'registry.k8s.io/ingress-nginx/controller:v1.11.2' })]
    const it = running('nginx', [own({ 'permanent-redirect': 'https://x.org$request_uri' })], before)
    expect(ask(it, 'nginx', '/x')).toBe('301')
  })

  test('an expression that cannot be compiled', () => {
    const it = running('nginx', [own({ 'use-regex': 'true' }, '/x(', 'ImplementationSpecific')])
    expect(ask(it, 'nginx', '/x')).toBe('404')
    expect(it.configured.log.map(({ text }) => text)).toEqual([
      'Unexpected failure reloading the backend: exit status 1: nginx: [emerg] pcre2_compile() failed in "^/x(" in server h.com',
    ])
  })
})

describe('annotations of HAProxy that it does not take', () => {
  const own = (name: string, value: string): object => ingress('i', '/x', to('web'), {}, { [`haproxy.org/${name}`]: value })
  test.each<[string, string, string, readonly string[]]>([
    [
      'allow-list',
      'everyone',
      'proxied',
      ["Ingress 'default/i': annotation allow-list: incorrect address 'everyone' in allow-list annotation"],
    ],
    [
      'path-rewrite',
      'a b c',
      'proxied',
      ["Ingress 'default/i': annotation path-rewrite: incorrect value 'a b c', path-rewrite takes 1 or 2 params "],
    ],
    ['auth-type', 'basic-auth', 'proxied', ['annotation auth-type is not simulated']],
  ])('%s: %s', (name, value, answer, log) => {
    const it = running('haproxy', [own(name, value)])
    expect(ask(it, 'haproxy', '/x')).toBe(answer)
    expect(it.configured.log.map(({ text }) => text)).toEqual(log)
  })
})
