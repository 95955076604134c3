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

/** The provisioner makes a Contour and its Envoys for every Gateway. */
const CONTOUR = `
apiVersion: v1
kind: Namespace
metadata: {name: projectcontour}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: contour}
spec: {controllerName: projectcontour.io/gateway-controller}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: contour-gateway-provisioner, namespace: projectcontour}
spec:
  selector: {matchLabels: {control-plane: contour-gateway-provisioner}}
  template:
    metadata: {labels: {control-plane: contour-gateway-provisioner}}
    spec:
      containers:
      - name: contour-gateway-provisioner
        image: ghcr.io/projectcontour/contour:v1.33.0
        command: [contour]
        args: [gateway-provisioner, '--metrics-addr=127.0.0.1:8080', --enable-leader-election, '--contour-image=ghcr.io/projectcontour/contour:v1.33.0', '--envoy-image=docker.io/envoyproxy/envoy:distroless-v1.35.2']
`

export const GATEWAY_IMPLEMENTATIONS: readonly GatewayImplementation[] = [
  { name: 'traefik', gatewayClass: 'traefik', manifest: TRAEFIK },
  { name: 'contour', gatewayClass: 'contour', manifest: CONTOUR },
]
