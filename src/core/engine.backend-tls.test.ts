import { describe, expect, test } from 'vitest'
import { get } from './cluster/cluster.ts'
import { apply, journey, type Simulation, start } from './engine.ts'
import { parseIp } from './net/ip.ts'
import type { Conversation } from './sim/conversation.ts'

const CONTOUR = `
apiVersion: v1
kind: Pod
metadata: {name: provisioner}
spec: {containers: [{name: p, image: "ghcr.io/projectcontour/contour:v1.33.0", command: [contour], args: [gateway-provisioner]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: c}
spec: {controllerName: projectcontour.io/gateway-controller}
`
const TRAEFIK = `
apiVersion: v1
kind: Pod
metadata: {name: traefik, labels: {app: traefik}}
spec: {containers: [{name: t, image: "traefik:v3.5", args: [--entryPoints.web.address=:80, --providers.kubernetesGateway, --providers.kubernetesGateway.statusAddress.service.namespace=default, --providers.kubernetesGateway.statusAddress.service.name=traefik]}]}
---
apiVersion: v1
kind: Service
metadata: {name: traefik}
spec: {type: LoadBalancer, selector: {app: traefik}, ports: [{port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: c}
spec: {controllerName: traefik.io/gateway-controller}
`
const REST = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec: {gatewayClassName: c, listeners: [{name: web, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: vault}
spec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: vault, port: 8443}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: vault, labels: {app: vault}}
spec: {containers: [{name: c, image: example.com/vault, ports: [{name: https, containerPort: 8443}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: vault}
spec: {selector: {app: vault}, ports: [{name: api, port: 8443}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: authority}
data: {ca.crt: authority}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: hollow}
`
const policy = (validation: string, section = ''): string => `
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: vault}
spec: {targetRefs: [{group: "", kind: Service, name: vault${section}}], validation: ${validation}}
`
const GOOD = '{hostname: vault.example, caCertificateRefs: [{group: "", kind: ConfigMap, name: authority}]}'

function made(...texts: readonly string[]): Simulation {
  const done = apply(start({ loadBalancer: 'cloud' }), [{ name: 'case.yaml', text: texts.join('\n---\n') }])
  expect(done.problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return done.simulation
}

function ask(simulation: Simulation): Conversation {
  const address = parseIp(get(simulation.cluster, 'Gateway', 'default', 'edge')?.status?.addresses?.[0]?.value ?? '')
  if (!address) throw new Error('the Gateway has no address')
  const done = journey(simulation, { from: 'external/client', url: 'http://h/', resolve: [{ host: '*', port: 80, address }] })
  if (!done.ok) throw new Error(done.error.message)
  return done.value.conversation
}
const said = ({ cluster }: Simulation): readonly string[] =>
  (get(cluster, 'BackendTLSPolicy', 'default', 'vault')?.status?.ancestors ?? []).flatMap(({ conditions }) =>
    conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`),
  )
const status = (conversation: Conversation): number | undefined => conversation.connections[0]?.exchanges?.[0]?.response?.status

describe('TLS to backends', () => {
  test('without a policy a server of TLS gets plain HTTP, and says so', () => {
    expect(status(ask(made(CONTOUR, REST)))).toBe(400)
    expect(status(ask(made(TRAEFIK, REST)))).toBe(400)
  })

  test.each([
    ['Contour', CONTOUR, ['Accepted=True Accepted'], undefined],
    ['Traefik', TRAEFIK, ['ResolvedRefs=True ResolvedRefs', 'Accepted=True Accepted'], 'vault.example'],
  ])('%s keeps to a policy', (_, controller, conditions, serverName) => {
    const simulation = made(controller, REST, policy(GOOD))
    const conversation = ask(simulation)
    expect(status(conversation)).toBe(200)
    expect(conversation.connections[1]?.tls?.certificate?.subject).toBe('vault')
    expect(conversation.connections[1]?.tls?.serverName).toBe(serverName)
    expect(said(simulation)).toEqual(conditions)
  })

  test.each([
    ['no such authority', GOOD.replace('authority', 'missing'), 'Accepted=False Invalid', 'ResolvedRefs=False InvalidCACertificateRef'],
    [
      'an authority without a certificate',
      GOOD.replace('authority', 'hollow'),
      'Accepted=False Invalid',
      'ResolvedRefs=False InvalidCACertificateRef',
    ],
    ['of another kind', GOOD.replace('ConfigMap', 'Pod'), 'Accepted=False Invalid', 'ResolvedRefs=False InvalidKind'],
  ])('%s: Contour goes on without TLS, Traefik answers 500', (_, validation, ofContour, ofTraefik) => {
    const contour = made(CONTOUR, REST, policy(validation))
    expect([said(contour)[0], status(ask(contour))]).toEqual([ofContour, 400])
    const traefik = made(TRAEFIK, REST, policy(validation))
    expect([said(traefik)[0], status(ask(traefik))]).toEqual([ofTraefik, 500])
    const [parent] = get(traefik.cluster, 'HTTPRoute', 'default', 'vault')?.status?.parents ?? []
    expect(parent?.conditions[1]).toMatchObject({ type: 'ResolvedRefs', status: 'False', reason: 'RefNotPermitted' })
  })

  test('Contour knows no authorities of the system; a policy of one port leaves the others alone', () => {
    expect(said(made(CONTOUR, REST, policy('{hostname: vault.example, wellKnownCACertificates: System}')))).toEqual([
      'Accepted=False Invalid',
    ])
    expect(status(ask(made(TRAEFIK, REST, policy('{hostname: vault.example, wellKnownCACertificates: System}'))))).toBe(200)
    expect(status(ask(made(CONTOUR, REST, policy(GOOD, ', sectionName: other'))))).toBe(400)
    expect(status(ask(made(CONTOUR, REST, policy(GOOD, ', sectionName: api'))))).toBe(200)
  })
})
