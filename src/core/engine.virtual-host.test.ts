import { expect, it } from 'vitest'
import { apply, resolveRequest, send, start } from './engine.ts'

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

const TRAEFIK = (ports: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: traefik}
spec:
  selector: {matchLabels: {app: traefik}}
  template:
    metadata: {labels: {app: traefik}}
    spec: {containers: [{name: t, image: "traefik:v3.1", args: [--providers.kubernetesingress, "--entrypoints.web.address=:8000", "--entrypoints.websecure.address=:8443"], ports: [${ports}]}]}
---`

const SERVICE = (type: string, policy = 'Cluster'): string => `
apiVersion: v1
kind: Service
metadata: {name: traefik}
spec:
  type: ${type}
  externalTrafficPolicy: ${policy}
  selector: {app: traefik}
  ports: [{name: web, port: 80, targetPort: web, nodePort: 31915}, {name: websecure, port: 443, targetPort: websecure, nodePort: 31916}]
---`

const PORTS = '{name: web, containerPort: 8000}, {name: websecure, containerPort: 8443}'
const LOADED = TRAEFIK(PORTS) + SERVICE('LoadBalancer')
const BEHIND_NGINX = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: v1
kind: Service
metadata: {name: front}
spec: {type: NodePort, selector: {app: nginx}, ports: [{name: http, port: 80, targetPort: 80, nodePort: 30080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: nginx, labels: {app: nginx}}
spec: {nodeName: node-2, containers: [{name: c, image: "registry.k8s.io/ingress-nginx/controller:v1.11.2", args: [ARGS]}]}
---`
const CLASSED = ingress('a', 'a.example').replace('spec: {rules', 'spec: {ingressClassName: nginx, rules')

const NODE = String.raw`192\.168\.1\.1\d`

it.each([
  [LOADED + ingress('a', 'a.example'), 'http://a.example/', `has no address yet; its controller answers on NodePort ${NODE}:31915\\)$`],
  [LOADED + ingress('a', 'a.example'), 'https://a.example/', `has no address yet; its controller answers on NodePort ${NODE}:31916\\)$`],
  [LOADED + ingress('a', 'a.example'), 'http://a.example:8080/', 'but has no address yet\\)$'],
  [TRAEFIK(PORTS) + ingress('a', 'a.example'), 'http://a.example/', 'but has no address yet\\)$'],
  [SERVICE('LoadBalancer') + ingress('a', 'a.example'), 'http://a.example/', 'but has no address yet\\)$'],
  [
    TRAEFIK('{name: web, containerPort: 8000, hostPort: 8088}') + ingress('a', 'a.example'),
    'http://a.example/',
    `has no address yet; its controller answers on host port ${NODE}:8088\\)$`,
  ],
  [
    BEHIND_NGINX.replace('ARGS', '') + CLASSED,
    'http://a.example/',
    'at 192\\.168\\.1\\.12, but not on port 80; its controller answers on NodePort 192\\.168\\.1\\.12:30080\\)$',
  ],
  [
    BEHIND_NGINX.replace('ARGS', '--publish-service=default/front') + CLASSED,
    'http://a.example/',
    'which is a cluster IP; its controller answers on NodePort 192\\.168\\.1\\.12:30080\\)$',
  ],
])('a name whose controller answers on nodes alone: where (%#)', (manifests, to, words) => {
  const { simulation, problems } = apply(start(), [{ name: 'a.yaml', text: manifests }])
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  const asked = resolveRequest(simulation, { from: 'external/client', to })
  const message = asked.ok ? '' : asked.error.message
  expect(message).toMatch(new RegExp(words))
  const [, at, port] = /answers on [\w ]+ ([\d.]+):(\d+)/.exec(message) ?? []
  if (at === undefined) return
  // What it says holds: somebody answers there.
  const there = resolveRequest(simulation, { from: 'external/client', to: `http://${at}:${port}/` })
  if (!there.ok) throw new Error(there.error.message)
  expect(send(simulation, there.value.request).conversation.outcome.kind).toBe('answered')
})

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
