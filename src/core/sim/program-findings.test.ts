import { expect, test } from 'vitest'
import { emptyCluster } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { applyManifests } from '../controllers/apply.ts'
import { findings } from './program-findings.ts'

const controller = (namespace: string, ...images: readonly string[]): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'controller', namespace },
  spec: { containers: images.map((image, i) => ({ name: `c${i}`, image })) },
})
const ingressClass = (name: string, of: string): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name },
  spec: { controller: of },
})
const ingress = (ingressClassName: string, annotations: object, path = '/', pathType = 'ImplementationSpecific'): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'i', annotations },
  spec: {
    ingressClassName,
    rules: [{ host: 'a.com', http: { paths: [{ path, pathType, backend: { service: { name: 'web', port: { number: 80 } } } }] } }],
  },
})
const WEB = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } }
const NGINX = [controller('default', 'registry.k8s.io/ingress-nginx/controller:v1.13.3'), ingressClass('nginx', 'k8s.io/ingress-nginx')]
const HAPROXY = [controller('default', 'haproxytech/kubernetes-ingress:3.1.4'), ingressClass('haproxy', 'haproxy.org/ingress-controller')]
const KONG = [
  controller('default', 'kong:3.7', 'kong/kubernetes-ingress-controller:3.2'),
  ingressClass('kong', 'ingress-controllers.konghq.com/kong'),
]
const N = 'nginx.ingress.kubernetes.io'

test.each<[string, readonly object[], readonly string[]]>([
  ['nothing to say', [...NGINX, ingress('nginx', {})], []],
  ['an annotation that nobody simulates', [...NGINX, ingress('nginx', { [`${N}/auth-url`]: 'http://x' })], ['info i metadata.annotations']],
  ['one that is not taken', [...NGINX, ingress('nginx', { [`${N}/ssl-redirect`]: 'maybe' })], ['warning i metadata.annotations']],
  [
    'an expression that nginx refuses',
    [...NGINX, ingress('nginx', { [`${N}/use-regex`]: 'true' }, '/a(')],
    ['warning i spec.rules[0].http.paths[0]'],
  ],
  ['an address that is none', [...HAPROXY, ingress('haproxy', { 'haproxy.org/allow-list': 'all' })], ['warning i metadata.annotations']],
  ['a plugin that is not there', [...KONG, ingress('kong', { 'konghq.com/plugins': 'gone' })], ['warning i spec.rules[0].http.paths[0]']],
  [
    'a plugin that nobody simulates',
    [
      ...KONG,
      { apiVersion: 'configuration.konghq.com/v1', kind: 'KongPlugin', metadata: { name: 'token' }, plugin: 'jwt' },
      ingress('kong', { 'konghq.com/plugins': 'token' }),
    ],
    ['info token '],
  ],
])('%s', (_, items, expected) => {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [WEB, ...items] })
  const { cluster } = applyManifests(emptyCluster(defaultConfig('kubeadm')), [{ name: 'x', text }], { nodes: 2 })
  const found = findings(cluster).filter(({ kind }) => kind === 'controller-says')
  expect(found.map(({ severity, object, field = '' }) => `${severity} ${object?.name ?? ''} ${field}`)).toEqual(expected)
  expect(findings(cluster)).toBe(findings(cluster))
})

const route = (name: string, ...routes: readonly object[]): object => ({
  apiVersion: 'traefik.io/v1alpha1',
  kind: 'IngressRoute',
  metadata: { name },
  spec: { entryPoints: ['web'], routes: routes.map((each) => ({ kind: 'Rule', services: [{ name: 'web', port: 80 }], ...each })) },
})

test('what Traefik logs of its own kinds, without any Ingress', () => {
  const traefik = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'traefik' },
    spec: {
      containers: [
        { name: 't', image: 'traefik:v3.2.1', args: ['--entryPoints.web.address=:8000', '--providers.kubernetescrd.allowEmptyServices'] },
      ],
    },
  }
  const items = [
    traefik,
    WEB,
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'out' },
      spec: { type: 'ExternalName', externalName: 'a.org', ports: [{ port: 80 }] },
    },
    route('rule', { match: 'Host(`a.com`' }),
    route('middleware', { match: 'Path(`/a`)', middlewares: [{ name: 'gone' }] }),
    route('service', { match: 'Path(`/b`)', services: [{ name: 'gone', port: 80 }] }),
    route('outside', { match: 'Path(`/c`)', services: [{ name: 'out', port: 80 }] }),
  ]
  const { cluster } = applyManifests(
    emptyCluster(defaultConfig('kubeadm')),
    [{ name: 'x', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) }],
    { nodes: 1 },
  )
  const found = findings(cluster).flatMap(({ kind, object, params }) =>
    kind === 'controller-says' && 'words' in params && object?.kind === 'IngressRoute' ? [`${object.name}: ${params.words}`] : [],
  )
  expect(found.toSorted()).toEqual([
    'middleware: middleware "default-gone@kubernetescrd" does not exist',
    'outside: externalName services not allowed: default/out',
    'rule: error while parsing rule Host(`a.com`: value expected',
    'service: kubernetes service not found: default/gone',
  ])
})
