/** Implementations of the Gateway API as a suite installs them, with entry points on the ports that its Gateways want. */
export interface GatewayImplementation {
  readonly name: string
  readonly gatewayClass: string
  readonly manifest: string
}

const PORTS = [
  { name: 'web', port: 80 },
  { name: 'websecure', port: 443 },
  { name: 'alternative', port: 8080 },
  { name: 'another', port: 8090 },
]

const TRAEFIK = `
apiVersion: v1
kind: Namespace
metadata: {name: traefik}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: traefik}
spec: {controllerName: traefik.io/gateway-controller}
---
apiVersion: v1
kind: Service
metadata: {name: traefik, namespace: traefik}
spec:
  type: LoadBalancer
  selector: {app: traefik}
  ports:
${PORTS.map(({ name, port }) => `  - {name: ${name}, port: ${port}, targetPort: ${port}}`).join('\n')}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: traefik, namespace: traefik}
spec:
  selector: {matchLabels: {app: traefik}}
  template:
    metadata: {labels: {app: traefik}}
    spec:
      containers:
      - name: traefik
        image: docker.io/traefik:v3.5
        args:
${PORTS.map(({ name, port }) => `        - --entryPoints.${name}.address=:${port}`).join('\n')}
        - --providers.kubernetesGateway=true
        - --providers.kubernetesGateway.statusAddress.service.namespace=traefik
        - --providers.kubernetesGateway.statusAddress.service.name=traefik
        ports:
${PORTS.map(({ name, port }) => `        - {name: ${name}, containerPort: ${port}}`).join('\n')}
`

export const GATEWAY_IMPLEMENTATIONS: readonly GatewayImplementation[] = [{ name: 'traefik', gatewayClass: 'traefik', manifest: TRAEFIK }]
