import { expect, it } from 'vitest'
import { apply, resolveRequest, start } from './engine.ts'

const ingress = (name: string, host: string, address?: string): string => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ${name}}
spec: {rules: [{host: "${host}", http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]}
${address === undefined ? '' : `status: {loadBalancer: {ingress: [{ip: ${address}}]}}`}
---`

const ROUTE = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front}
spec: {gatewayClassName: some, listeners: [{name: http, port: 80, protocol: HTTP}]}
status: {addresses: [{type: IPAddress, value: 192.0.2.9}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec: {parentRefs: [{name: front}], hostnames: [shop.example]}
---`

const EDGE = `
apiVersion: v1
kind: Node
metadata: {name: edge}
---
apiVersion: v1
kind: Pod
metadata: {name: traefik}
spec: {nodeName: edge, containers: [{name: t, image: "traefik:1.7", args: [--kubernetes], ports: [{containerPort: 80, hostPort: 80}]}]}
---`

it.each([
  [EDGE + ingress('a', 'a.example'), 'http://a.example/', 'Ingress default/a serves that name: --resolve a.example:80:192.168.1.11'],
  [ingress('a', 'a.example'), 'http://a.example/', 'no DNS record; Ingress default/a serves that name, but has no address yet'],
  [ingress('a', 'a.example', '192.0.2.7'), 'https://A.example/', '--resolve A.example:443:192.0.2.7'],
  [ingress('a', '*.example', '192.0.2.7'), 'http://b.example:8080/', '--resolve b.example:8080:192.0.2.7'],
  [
    ingress('a', 'a.example') + ingress('b', 'a.example', '192.0.2.8'),
    'http://a.example/',
    'Ingress default/b serves that name: --resolve a.example:80:192.0.2.8',
  ],
  [ROUTE, 'http://shop.example/', 'HTTPRoute default/shop serves that name: --resolve shop.example:80:192.0.2.9'],
  [ingress('a', 'a.example', '192.0.2.7'), 'http://example/', "the sender's resolv.conf does not point at cluster DNS; dial the address"],
])('a name without a record: who serves it (%#)', (manifests, to, words) => {
  const applied = apply(start(), [{ name: 'a.yaml', text: manifests }])
  const asked = resolveRequest(applied.simulation, { from: 'external/client', to })
  expect(asked.ok ? undefined : asked.error.message).toContain(words)
})
