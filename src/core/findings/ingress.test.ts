import { describe, expect, test } from 'vitest'
import { emptyCluster } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { applyManifests } from '../controllers/apply.ts'
import type { Finding } from './finding.ts'
import { ingressFindings } from './ingress.ts'

const controller = (image: string, ...args: readonly string[]): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'controller', namespace: 'ingress' },
  spec: { containers: [{ name: 'c', image, args }] },
})
const NGINX = controller('registry.k8s.io/ingress-nginx/controller:v1.11.2')
const ingressClass = (name: string, of = 'k8s.io/ingress-nginx', isDefault = false): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name, ...(isDefault && { annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } }) },
  spec: { controller: of },
})
const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ name: 'http', port: 80 }] } }
const ingress = (name: string, className: string | undefined, port: object = { number: 80 }, more: object = {}): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name },
  spec: {
    ...(className && { ingressClassName: className }),
    rules: [{ host: 'a.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port } } }] } }],
    ...more,
  },
})
const secret = (crt: string): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'tls' },
  stringData: { 'tls.crt': crt, 'tls.key': 'x' },
})

function found(...items: readonly object[]): readonly Finding[] {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  const { cluster, problems } = applyManifests(emptyCluster(defaultConfig('kubeadm')), [{ name: 'x', text }], { nodes: 2 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return ingressFindings(cluster).filter(({ kind }) => kind !== 'ingress-controller-retired')
}

const brief = ({ kind, params, object, field }: Finding): string =>
  [kind, object?.name, 'why' in params ? params.why : '', field].filter(Boolean).join(' ')

describe('what is wrong with Ingresses', () => {
  test.each<[string, readonly object[], readonly string[]]>([
    ['nobody', [service, ingress('i', undefined)], ['ingress-no-controller i none spec']],
    ['all is well', [NGINX, ingressClass('nginx'), service, ingress('i', 'nginx')], []],
    ['no class', [NGINX, ingressClass('nginx'), service, ingress('i', undefined)], ['ingress-no-controller i no-class spec']],
    ['a default class, there before', [NGINX, ingressClass('nginx', undefined, true), service, ingress('i', undefined)], []],
    [
      'a default class, too late',
      [NGINX, service, ingress('i', undefined), ingressClass('nginx', undefined, true)],
      ['ingress-no-controller i no-class spec'],
    ],
    [
      'watching those without',
      [controller('ingress-nginx/controller:v1.9.0', '--watch-ingress-without-class=true'), service, ingress('i', undefined)],
      [],
    ],
    ['a class that is not there', [NGINX, service, ingress('i', 'gone')], ['ingress-no-controller i class-missing spec.ingressClassName']],
    [
      'a class of others',
      [NGINX, ingressClass('other', 'acme.io/x'), service, ingress('i', 'other')],
      ['ingress-no-controller i class-unserved spec.ingressClassName'],
    ],
    ['a controller that we do not know', [controller('example.com/kong:3'), service, ingress('i', 'x')], []],
    [
      'the Service is missing',
      [NGINX, ingressClass('nginx'), ingress('i', 'nginx')],
      ['ingress-service-missing i spec.rules[0].http.paths[0].backend.service.name'],
    ],
    [
      'its port is',
      [NGINX, ingressClass('nginx'), service, ingress('i', 'nginx', { name: 'https' })],
      ['ingress-service-port i spec.rules[0].http.paths[0].backend.service.port'],
    ],
    [
      'two want one path',
      [NGINX, ingressClass('nginx'), service, ingress('i', 'nginx'), ingress('j', 'nginx')],
      ['ingress-path-taken j spec.rules[0].http.paths[0]'],
    ],
    [
      'no Secret',
      [NGINX, ingressClass('nginx'), service, ingress('i', 'nginx', undefined, { tls: [{ hosts: ['a.com'], secretName: 'tls' }] })],
      ['ingress-certificate i missing spec.tls[0].secretName'],
    ],
    [
      'a broken certificate',
      [
        NGINX,
        ingressClass('nginx'),
        service,
        secret('nonsense'),
        ingress('i', 'nginx', undefined, { tls: [{ hosts: ['a.com'], secretName: 'tls' }] }),
      ],
      ['ingress-certificate i broken spec.tls[0].secretName'],
    ],
    [
      'two defaults',
      [NGINX, ingressClass('a', undefined, true), ingressClass('b', undefined, true), service, ingress('i', undefined)],
      ['ingress-two-defaults a metadata.annotations'],
    ],
  ])('%s', (_, items, expected) => {
    expect(found(...items).map(brief)).toEqual(expected)
  })
})
