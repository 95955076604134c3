/** Ingress controllers as a suite installs them: one replica behind a LoadBalancer, its class the default one, nothing that an Ingress did not ask for (redirects to https). */
export interface Controller {
  readonly name: string
  readonly manifest: string
  /**
   * It answers a path that lacks only the slash of another one with 301 (nginx does, `verify:proxies` shows it): where the tables want no match, that is none,
   * for the path itself is not served; where they want one, the redirect leads to it.
   */
  readonly redirectsToSlash?: true
  /** Headers that it leaves to the server behind it, which in the cluster says only what it must. */
  readonly addsNo?: readonly string[]
  /** Its default backend is for hosts that no rule names: where a rule names the host, paths that none of its own takes are not found. */
  readonly defaultForOtherHosts?: boolean
  /** Where a path that is there exactly may lose to a prefix around it, so that such requests are left out: to any of them, or to that of the same path alone. */
  readonly exactLosesTo?: 'prefixes' | 'itself'
}

const service = (namespace: string, name: string, labels: string): string => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  type: LoadBalancer
  selector: ${labels}
  ports:
  - {name: http, port: 80, targetPort: http}
  - {name: https, port: 443, targetPort: https}
`

const ingressClass = (name: string, controller: string): string => `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata:
  name: ${name}
  annotations: {ingressclass.kubernetes.io/is-default-class: "true"}
spec: {controller: ${controller}}
`

const deployment = (namespace: string, name: string, labels: string, container: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {matchLabels: ${labels}}
  template:
    metadata: {labels: ${labels}}
    spec:
      containers:
      - ${container.trim().split('\n').join('\n        ')}
`

const configMap = (namespace: string, name: string, data: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, namespace: ${namespace}}
data: ${data}
`

const namespaced = (name: string): string => `\napiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`

const NGINX = [
  namespaced('ingress-nginx'),
  ingressClass('nginx', 'k8s.io/ingress-nginx'),
  configMap('ingress-nginx', 'ingress-nginx-controller', '{ssl-redirect: "false", server-tokens: "true"}'),
  service('ingress-nginx', 'ingress-nginx-controller', '{app: ingress-nginx}'),
  deployment(
    'ingress-nginx',
    'ingress-nginx-controller',
    '{app: ingress-nginx}',
    `name: controller
image: registry.k8s.io/ingress-nginx/controller:v1.11.2
args:
- /nginx-ingress-controller
- --publish-service=$(POD_NAMESPACE)/ingress-nginx-controller
- --configmap=$(POD_NAMESPACE)/ingress-nginx-controller
ports:
- {name: http, containerPort: 80}
- {name: https, containerPort: 443}`,
  ),
].join('---')

const HAPROXY = [
  namespaced('haproxy-controller'),
  ingressClass('haproxy', 'haproxy.org/ingress-controller'),
  configMap('haproxy-controller', 'haproxy-kubernetes-ingress', '{ssl-redirect: "false"}'),
  service('haproxy-controller', 'haproxy-kubernetes-ingress', '{app: haproxy}'),
  deployment(
    'haproxy-controller',
    'haproxy-kubernetes-ingress',
    '{app: haproxy}',
    `name: controller
image: haproxytech/kubernetes-ingress:3.1.4
args:
- --configmap=$(POD_NAMESPACE)/haproxy-kubernetes-ingress
- --publish-service=$(POD_NAMESPACE)/haproxy-kubernetes-ingress
ports:
- {name: http, containerPort: 8080}
- {name: https, containerPort: 8443}`,
  ),
].join('---')

const CONTOUR = [
  namespaced('projectcontour'),
  ingressClass('contour', 'projectcontour.io/ingress-controller'),
  service('projectcontour', 'envoy', '{app: envoy}'),
  `
apiVersion: v1
kind: Service
metadata: {name: contour, namespace: projectcontour}
spec: {selector: {app: contour}, ports: [{name: xds, port: 8001}]}
`,
  deployment(
    'projectcontour',
    'contour',
    '{app: contour}',
    `name: contour
image: ghcr.io/projectcontour/contour:v1.30.0
command: [contour]
args: [serve, --incluster, --xds-address=0.0.0.0, --xds-port=8001]
ports:
- {name: xds, containerPort: 8001}`,
  ),
  `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: envoy, namespace: projectcontour}
spec:
  selector: {matchLabels: {app: envoy}}
  template:
    metadata: {labels: {app: envoy}}
    spec:
      initContainers:
      - name: envoy-initconfig
        image: ghcr.io/projectcontour/contour:v1.30.0
        command: [contour]
        args: [bootstrap, /config/envoy.json, --xds-address=contour, --xds-port=8001]
      containers:
      - name: envoy
        image: docker.io/envoyproxy/envoy:v1.31.0
        command: [envoy]
        args: [-c, /config/envoy.json]
        ports:
        - {name: http, containerPort: 8080}
        - {name: https, containerPort: 8443}
`,
].join('---')

const TRAEFIK = [
  namespaced('traefik'),
  ingressClass('traefik', 'traefik.io/ingress-controller'),
  service('traefik', 'traefik', '{app: traefik}'),
  deployment(
    'traefik',
    'traefik',
    '{app: traefik}',
    `name: traefik
image: docker.io/traefik:v3.5
args:
- --entryPoints.web.address=:8000/tcp
- --entryPoints.websecure.address=:8443/tcp
- --entryPoints.websecure.http.tls=true
- --providers.kubernetesIngress
- --providers.kubernetesIngress.strictPrefixMatching=true
- --providers.kubernetesIngress.ingressEndpoint.publishedService=traefik/traefik
ports:
- {name: http, containerPort: 8000}
- {name: https, containerPort: 8443}`,
  ),
].join('---')

const KONG = [
  namespaced('kong'),
  ingressClass('kong', 'ingress-controllers.konghq.com/kong'),
  service('kong', 'kong-proxy', '{app: kong}'),
  deployment(
    'kong',
    'kong',
    '{app: kong}',
    `name: ingress-controller
image: kong/kubernetes-ingress-controller:3.2
env:
- {name: CONTROLLER_PUBLISH_SERVICE, value: kong/kong-proxy}
- {name: CONTROLLER_INGRESS_CLASS, value: kong}
`,
  ).replace(
    '      - name: ingress-controller',
    `      - name: proxy
        image: kong:3.7
        ports:
        - {name: http, containerPort: 8000}
        - {name: https, containerPort: 8443}
      - name: ingress-controller`,
  ),
].join('---')

export const CONTROLLERS: readonly Controller[] = [
  { name: 'ingress-nginx', manifest: NGINX, redirectsToSlash: true },
  { name: 'haproxy', manifest: HAPROXY, addsNo: ['Date', 'Server'] },
  { name: 'contour', manifest: CONTOUR, defaultForOtherHosts: true },
  // Its routes are tried by the length of their rules, and that of a strict prefix is longer than that of a path. A default backend beside rules is nothing to Traefik: only an Ingress without rules gives it one.
  { name: 'traefik', manifest: TRAEFIK, addsNo: ['Server'], defaultForOtherHosts: true, exactLosesTo: 'prefixes' },
  // One regular expression for both, and nothing says which route is tried first (kubernetes-ingress-controller issue 7824).
  { name: 'kong', manifest: KONG, addsNo: ['Date', 'Server'], exactLosesTo: 'itself' },
]
