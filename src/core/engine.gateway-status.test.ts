import { expect, test } from 'vitest'
import { get } from './cluster/cluster.ts'
import { apply, start } from './control-plane.ts'

const CONTROLLER = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'traefik', namespace: 'edge' },
  spec: {
    selector: { matchLabels: { app: 'traefik' } },
    template: {
      metadata: { labels: { app: 'traefik' } },
      spec: {
        containers: [
          {
            name: 't',
            image: 'traefik:v3.5',
            args: ['--entryPoints.web.address=:80', '--entryPoints.tls.address=:443', '--providers.kubernetesGateway'],
          },
        ],
      },
    },
  },
}
const CLASS = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GatewayClass',
  metadata: { name: 'traefik' },
  spec: { controllerName: 'traefik.io/gateway-controller' },
}
const gateway = (listener: object): object => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'g', namespace: 'edge' },
  spec: { gatewayClassName: 'traefik', listeners: [{ name: 'l', ...listener }] },
})

function settled(...items: readonly object[]) {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [CONTROLLER, CLASS, ...items] })
  const { simulation, problems } = apply(start(), [{ name: 'x', text }], { nodes: 1 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return get(simulation.cluster, 'Gateway', 'edge', 'g')?.status?.listeners?.[0]
}

test.each(['declared', 'implied'])('a listener finds a namespace that is %s by the label of its name', (how) => {
  const namespaces = { from: 'Selector', selector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } }
  const route = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'r', namespace: 'shop' },
    spec: { parentRefs: [{ name: 'g', namespace: 'edge' }], rules: [{}] },
  }
  const declared = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'a' } } }
  const listener = settled(
    ...(how === 'declared' ? [declared] : []),
    gateway({ port: 80, protocol: 'HTTP', allowedRoutes: { namespaces } }),
    route,
  )
  expect(listener?.attachedRoutes).toBe(1)
})

test.each([
  [{}, 'getting certificate blocks: secret edge/s is missing the following TLS data entries: tls.crt, tls.key'],
  [{ 'tls.crt': 'hello', 'tls.key': 'hello' }, 'validating certificate: tls: failed to find any PEM data in certificate input'],
])('a certificate that is none makes a listener of Traefik useless: %j', (stringData, why) => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'edge' }, type: 'Opaque', stringData }
  const listener = settled(secret, gateway({ port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 's' }] } }))
  expect(listener?.conditions.map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`)).toEqual([
    `ResolvedRefs False InvalidCertificateRef: Cannot load CertificateRef edge/s: ${why}`,
    'Programmed False Invalid: Invalid CertificateRefs',
  ])
})
