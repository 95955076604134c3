import { describe, expect, test } from 'vitest'
import { CLOUD_SITES } from '../cluster/cloud/sites.ts'
import { emptyCluster } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import type { Cloud } from '../cluster/site.ts'
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

const found = (...items: readonly object[]): readonly Finding[] => foundIn(undefined, ...items)

function foundIn(cloud: Cloud | undefined, ...items: readonly object[]): readonly Finding[] {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  const config = { ...defaultConfig('kubeadm'), ...(cloud && { site: CLOUD_SITES[cloud] }) }
  const { cluster, problems } = applyManifests(emptyCluster(config), [{ name: 'x', text }], { nodes: 2 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return ingressFindings(cluster).filter(({ kind }) => kind !== 'ingress-controller-retired')
}

const brief = ({ kind, params, object, field }: Finding): string =>
  [kind, object?.name, 'why' in params ? params.why : '', field].filter(Boolean).join(' ')

test.each<[string, object, object, readonly string[]]>([
  ['of prefixes', controller('traefik:1.7', '--kubernetes'), {}, ['ingress-path-star i spec.rules[0].http.paths[0].path']],
  ['of regular expressions', NGINX, { annotations: { 'nginx.ingress.kubernetes.io/use-regex': 'true' } }, []],
])('a star at the end of a path, for a controller %s', (_, running, metadata, expected) => {
  const starred = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'i', ...metadata },
    spec: {
      ...(running === NGINX && { ingressClassName: 'nginx' }),
      rules: [
        {
          http: {
            paths: [{ path: '/bar/*', pathType: 'ImplementationSpecific', backend: { service: { name: 'web', port: { number: 80 } } } }],
          },
        },
      ],
    },
  }
  expect(found(running, ingressClass('nginx'), service, starred).map(brief)).toEqual(expected)
})

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

describe('Ingresses of a cloud', () => {
  const pod = (image: string) => controller(image)
  const ALB = pod('public.ecr.aws/eks/aws-load-balancer-controller:v2.14.1')
  const AGIC = pod('mcr.microsoft.com/azure-application-gateway/kubernetes-ingress:1.8.1')
  const classed = (annotations: Readonly<Record<string, string>>, className?: string): object => ({
    ...ingress('i', className),
    metadata: { name: 'i', annotations },
  })
  const GCE = classed({ 'kubernetes.io/ingress.class': 'gce' })
  const of = (type: string, annotations: Readonly<Record<string, string>> = {}): object => ({
    ...service,
    metadata: { name: 'web', annotations },
    spec: { type, ports: [{ name: 'http', port: 80 }] },
  })

  test.each<[string, Cloud | undefined, readonly object[], readonly string[]]>([
    ['Google’s class elsewhere', undefined, [of('NodePort'), GCE], ['ingress-cloud-missing i gce spec']],
    ['Google’s class in AWS', 'aws', [of('NodePort'), GCE], ['ingress-cloud-missing i gce spec']],
    [
      'AWS’ controller elsewhere',
      undefined,
      [ALB, ingressClass('alb', 'ingress.k8s.aws/alb'), of('NodePort'), ingress('i', 'alb')],
      ['ingress-cloud-missing i aws spec'],
    ],
    [
      'Azure’s controller elsewhere',
      'gce',
      [AGIC, ingressClass('azure-application-gateway', 'azure/application-gateway'), service, ingress('i', 'azure-application-gateway')],
      ['ingress-cloud-missing i azure spec'],
    ],
    ['all is well with Google', 'gce', [of('NodePort'), GCE], []],
    [
      'a Secret that is not there',
      'gce',
      [of('NodePort'), ingress('i', undefined, { number: 80 }, { tls: [{ secretName: 'tls' }] })],
      ['ingress-cloud-refused i spec'],
    ],
    ['without a class too', 'gce', [of('NodePort'), ingress('i', undefined)], []],
    [
      'the field instead of the annotation',
      'gce',
      [of('NodePort'), ingress('i', 'gce')],
      ['ingress-no-controller i annotation spec.ingressClassName'],
    ],
    ['a ClusterIP in an instance group', 'gce', [of('ClusterIP'), GCE], ['ingress-backend-type i gce spec.rules[0].http.paths[0].backend']],
    ['a ClusterIP whose pods are endpoints', 'gce', [of('ClusterIP', { 'cloud.google.com/neg': '{"ingress": true}' }), GCE], []],
    ['a NodePort of an internal balancer', 'gce', [of('NodePort'), classed({ 'kubernetes.io/ingress.class': 'gce-internal' })], []],
    [
      'a ClusterIP of an internal balancer',
      'gce',
      [of('ClusterIP'), classed({ 'kubernetes.io/ingress.class': 'gce-internal' })],
      ['ingress-cloud-refused i spec'],
    ],
    [
      'a BackendConfig that is not there',
      'gce',
      [of('NodePort', { 'cloud.google.com/backend-config': '{"default": "x"}' }), GCE],
      ['ingress-cloud-refused i spec'],
    ],
    [
      'a ClusterIP as an instance target',
      'aws',
      [ALB, ingressClass('alb', 'ingress.k8s.aws/alb'), of('ClusterIP'), ingress('i', 'alb')],
      ['ingress-backend-type i aws spec.rules[0].http.paths[0].backend'],
    ],
    [
      'a ClusterIP as an ip target',
      'aws',
      [
        ALB,
        ingressClass('alb', 'ingress.k8s.aws/alb'),
        of('ClusterIP', { 'alb.ingress.kubernetes.io/target-type': 'ip' }),
        ingress('i', 'alb'),
      ],
      [],
    ],
    [
      'an action instead of a Service',
      'aws',
      [ALB, ingressClass('alb', 'ingress.k8s.aws/alb'), ingress('i', 'alb', { name: 'use-annotation' })],
      [],
    ],
    [
      'a redirect without a certificate',
      'azure',
      [
        AGIC,
        ingressClass('azure-application-gateway', 'azure/application-gateway'),
        service,
        classed({ 'appgw.ingress.kubernetes.io/ssl-redirect': 'true' }, 'azure-application-gateway'),
      ],
      ['ingress-cloud-refused i spec'],
    ],
  ])('%s (%s)', (_, cloud, items, expected) => {
    expect(foundIn(cloud, ...items).map(brief)).toEqual(expected)
  })
})

test('a controller that is retired is told of once, and all its pods have part in it', () => {
  const second = { ...NGINX, metadata: { name: 'second', namespace: 'ingress' } }
  const items = [NGINX, second, { ...controller('traefik:3.1'), metadata: { name: 't', namespace: 'ingress' } }, ingressClass('nginx')]
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  const { cluster } = applyManifests(emptyCluster(defaultConfig('kubeadm')), [{ name: 'x', text }], { nodes: 2 })
  const told = ingressFindings(cluster).filter(({ kind }) => kind === 'ingress-controller-retired')
  expect(told.map(({ severity, object, params, related }) => [severity, object?.name, params, related.map(({ name }) => name)])).toEqual([
    ['info', 'controller', expect.objectContaining({ controller: 'ingress-nginx', since: '2026-03' }), ['second']],
  ])
})
