import { describe, expect, test } from 'vitest'
import { emptyCluster } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { applyManifests } from '../controllers/apply.ts'
import { gatewayFindings } from './gateway.ts'
import { findings } from './findings.ts'

const pod = (image: string, ...args: readonly string[]): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'controller' },
  spec: { containers: [{ name: 'c', image, args }] },
})
const TRAEFIK = pod(
  'traefik:v3.3',
  '--providers.kubernetesgateway',
  '--providers.kubernetescrd',
  '--entryPoints.web.address=:80',
  '--entryPoints.dns.address=:53/udp',
)
const CONTOUR = pod('ghcr.io/projectcontour/contour:v1.33.0', 'gateway-provisioner')
const gatewayClass = (controllerName: string, more: object = {}): object => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GatewayClass',
  metadata: { name: 'c' },
  spec: { controllerName, ...more },
})
const OF_TRAEFIK = gatewayClass('traefik.io/gateway-controller')
const gateway = (...listeners: readonly object[]): object => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'g' },
  spec: { gatewayClassName: 'c', listeners: listeners.length > 0 ? listeners : [{ name: 'web', port: 80, protocol: 'HTTP' }] },
})
const route = (parent: object, backend: object = { name: 'web', port: 80 }, kind = 'HTTPRoute'): object => ({
  apiVersion: `gateway.networking.k8s.io/${kind === 'HTTPRoute' ? 'v1' : 'v1alpha2'}`,
  kind,
  metadata: { name: 'r' },
  spec: { parentRefs: [{ name: 'g', ...parent }], rules: [{ backendRefs: [backend] }] },
})
const SERVICE = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } }
const own = (kind: string, spec: object, metadata: object = {}, group = 'traefik.io/v1alpha1'): object => ({
  apiVersion: group,
  kind,
  metadata: { name: 'r', ...metadata },
  spec,
})
const TCP = { entryPoints: ['web'], routes: [{ match: 'HostSNI(`*`)', services: [{ name: 'web', port: 80 }] }] }
const UDP = { entryPoints: ['dns'], routes: [{ services: [{ name: 'web', port: 80 }] }] }

function found(...items: readonly object[]): readonly string[] {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [SERVICE, ...items] })
  const { cluster, problems } = applyManifests(emptyCluster(defaultConfig('kubeadm')), [{ name: 'x', text }], { nodes: 2 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(findings(cluster)).toEqual(expect.arrayContaining([...gatewayFindings(cluster)]))
  return gatewayFindings(cluster).map(({ kind, params, object, field }) => {
    const { why = '', reason = '' } = params as { readonly why?: string; readonly reason?: string }
    return [kind, object?.name, why, reason, field].filter(Boolean).join(' ')
  })
}

describe('what is wrong with Gateways and their routes', () => {
  test.each<[string, readonly object[], readonly string[]]>([
    ['all is well', [TRAEFIK, OF_TRAEFIK, gateway(), route({})], []],
    ['no class', [TRAEFIK, gateway()], ['gateway-no-controller g class-missing spec.gatewayClassName']],
    ['nobody’s class', [OF_TRAEFIK, gateway(), route({})], ['gateway-no-controller g class-unserved spec.gatewayClassName']],
    ['another one’s', [CONTOUR, OF_TRAEFIK, gateway()], ['gateway-no-controller g class-unserved spec.gatewayClassName']],
    ['one that may be there', [pod('docker.io/istio/pilot:1.24'), gatewayClass('istio.io/gateway-controller'), gateway()], []],
    [
      'parameters that are not there',
      [
        CONTOUR,
        gatewayClass('projectcontour.io/gateway-controller', {
          parametersRef: { group: 'projectcontour.io', kind: 'ContourDeployment', namespace: 'default', name: 'none' },
        }),
        gateway(),
      ],
      ['gateway-no-controller g class-refused spec.gatewayClassName'],
    ],
    [
      'a port that nobody listens on',
      [TRAEFIK, OF_TRAEFIK, gateway({ name: 'l', port: 81, protocol: 'HTTP' })],
      ['gateway-listener g PortUnavailable spec.listeners[0]'],
    ],
    [
      'a protocol that Contour does not know',
      [CONTOUR, gatewayClass('projectcontour.io/gateway-controller'), gateway({ name: 'l', port: 53, protocol: 'UDP' })],
      ['gateway-listener g UnsupportedProtocol spec.listeners[0]'],
    ],
    ['no such Gateway', [TRAEFIK, OF_TRAEFIK, route({ name: 'other' })], ['route-no-gateway r missing spec.parentRefs[0]']],
    [
      'no such listener',
      [TRAEFIK, OF_TRAEFIK, gateway(), route({ sectionName: 'x' })],
      ['route-refused r NoMatchingParent spec.parentRefs[0]'],
    ],
    [
      'a kind that it does not let in',
      [
        TRAEFIK,
        OF_TRAEFIK,
        gateway({ name: 'l', port: 80, protocol: 'HTTP', allowedRoutes: { kinds: [{ kind: 'GRPCRoute' }] } }),
        route({}),
      ],
      ['route-refused r NotAllowedByListeners spec.parentRefs[0]'],
    ],
    [
      'a kind that its controller does not know',
      [TRAEFIK, OF_TRAEFIK, gateway(), route({}, undefined, 'UDPRoute')],
      ['route-no-gateway r kind spec.parentRefs[0]'],
    ],
    [
      'no such Service',
      [TRAEFIK, OF_TRAEFIK, gateway(), route({}, { name: 'x', port: 80 })],
      ['route-references r broken BackendNotFound spec.rules'],
    ],
    [
      'a Service of another namespace',
      [TRAEFIK, OF_TRAEFIK, gateway(), route({}, { name: 'web', namespace: 'kube-system', port: 80 })],
      ['route-references r grant RefNotPermitted spec.rules'],
    ],
    ['an IngressRoute without Traefik', [own('IngressRoute', { routes: [] })], ['route-no-controller r none']],
    [
      'without its provider',
      [pod('traefik:v3.3', '--providers.kubernetesingress'), own('IngressRoute', { routes: [] })],
      ['route-no-controller r provider'],
    ],
    [
      'of another class',
      [TRAEFIK, own('IngressRoute', { routes: [] }, { annotations: { 'kubernetes.io/ingress.class': 'other' } })],
      ['route-no-controller r other'],
    ],
    ['routes of ports', [TRAEFIK, own('IngressRouteTCP', TCP), own('IngressRouteUDP', UDP)], []],
    [
      'on entry points of the other protocol',
      [TRAEFIK, own('IngressRouteTCP', { ...TCP, entryPoints: ['dns'] }), own('IngressRouteUDP', { ...UDP, entryPoints: ['web'] })],
      ['route-entry-point r spec.entryPoints[0]', 'route-entry-point r spec.entryPoints[0]'],
    ],
    [
      'an HTTPProxy without Contour',
      [own('HTTPProxy', { virtualhost: { fqdn: 'a.com' }, routes: [] }, {}, 'projectcontour.io/v1')],
      ['route-no-controller r none'],
    ],
    [
      'an HTTPProxy that Contour finds wrong',
      [
        pod('ghcr.io/projectcontour/contour:v1.30.0', 'serve'),
        own('HTTPProxy', { virtualhost: { fqdn: 'a.com' }, routes: [{ services: [{ name: 'x', port: 80 }] }] }, {}, 'projectcontour.io/v1'),
      ],
      ['http-proxy-invalid r'],
    ],
  ])('%s', (_, items, expected) => {
    expect(found(...items)).toEqual(expected)
  })
})
