import type { Finding, FindingKind, FindingParams } from '../core/findings/finding.ts'
import { fill } from './messages.ts'

/** What the command line says of each finding. `{name}` stands for a parameter. */
const LINES: { readonly [K in FindingKind]: string | ((params: FindingParams[K]) => string) } = {
  'no-pods-selected': 'no pod has the labels {selector}: nobody answers',
  'selector-near-miss': ({ has }) =>
    has === ''
      ? '{pods} pod(s) would be selected but for the label {label}, which they do not have (wanted: {wants})'
      : '{pods} pod(s) would be selected but for the label {label}: {has}, where the selector wants {wants}',
  'selector-other-namespace': '{pods} pod(s) with the labels {selector} are in namespace {namespace}: a selector does not reach there',
  'selected-workload-empty': '{workload} would be selected and runs no pods ({replicas} wanted)',
  'no-ready-endpoints': '{pods} pod(s) are selected and none of them is ready',
  'selector-mixes-apps': 'the selector matches pods of several applications ({label}: {apps})',
  'no-selector-no-endpoints': 'no selector, and neither Endpoints nor EndpointSlices are there: nobody answers',
  'endpoints-port-name': ({ port }) =>
    port === ''
      ? 'the endpoints name their ports ({names}), the Service does not: none of them is used'
      : 'no port of the endpoints is called {port}; there are: {names}',
  'target-port-unnamed': ({ names }) =>
    `port {port}: targetPort {targetPort} is no port's name in {pods} of {of} pod(s)${names === '' ? '' : '; there are: {names}'}`,
  'target-port-protocol': 'port {port}: targetPort {targetPort} is {has} in the pods, and {wants} in the Service',
  'target-port-unopened': 'port {port}: no container lists port {targetPort}; they list: {opened}',
  'node-port-out-of-range': 'node port {nodePort} is not in {from}-{to}',
  'node-port-taken': 'node port {nodePort} is also that of {by}',
  'node-port-not-allocated': 'port {port} has got no node port: there are none left',
  'external-name-ports': 'ExternalName is a CNAME to {externalName}: its ports mean nothing, clients dial whatever they like',
  'external-name-selector': 'ExternalName is a CNAME to {externalName}: its selector is ignored',
  'external-name-address': 'externalName {externalName} is an address, and DNS answers with a name that nobody resolves',
  'load-balancer-pending': ({ why }) => PENDING[why],
  'load-balancer-port-taken': 'ServiceLB wants host port {port}, which {by} has: {nodes} of its pods wait',
  'load-balancer-no-node-ports': 'without node ports the balancer outside has nowhere to send to',
  'source-ranges-node-port-open':
    'the ranges ({ranges}) hold for the load balancer’s addresses only: node port {nodePort} stays open to all',
  'headless-no-vip': 'headless: there is no address of its own, DNS answers with those of the pods',
  'headless-port-not-translated': 'headless: port {port} is not translated, clients must dial {targetPort} themselves',
  'local-policy-nodes-without-endpoint': '{policy} is Local, and {nodes} of {of} nodes have no endpoint: they drop what comes to them',
  'topology-hints-refused': ({ why }) => `topology aware routing is asked for and not done: ${REFUSED[why]}`,
  'traffic-distribution-alpha': 'trafficDistribution {value} is alpha in v1.30: without its gate the API server drops it',
  'daemon-set-no-node': ({ has }) => `no node has the labels {selector}, so it runs nowhere${has === '' ? '' : '; {has} is near'}`,
  'ingress-path-unreached': '{rule} (priority {priority}) never gets a request: {by} ({before}) is asked before, and fits them all',
  'ingress-path-star': '{controller} takes the star in {path} for a character: only a path that holds it fits',
  'host-port-conflict': 'host port {hostPort}/{protocol} on {node} is also that of {by}',
  'host-port-unschedulable': 'waits for host port {hostPort}/{protocol}, which {by} has',
  'host-port-shadowed': 'host port {hostPort}/{protocol} is also the node port of {by}, whose rules come first',
  'ingress-no-controller': ({ why }) => NO_CONTROLLER[why],
  'ingress-service-missing': 'there is no Service {service} in the namespace: nginx answers 503, to others there is no such path',
  'ingress-service-port': 'Service {service} has no port {port}; it has: {ports}',
  'ingress-path-taken': '{host}{path} is already that of {by}: only one of the two is heard',
  'ingress-certificate': ({ why }) => `Secret {secret} ${CERTIFICATE[why]}: the controller shows a certificate of its own`,
  'ingress-cloud-missing': ({ why }) =>
    `it is for {cloud}'s balancers, and this cluster is not there (--cloud ${why})`.replace('{cloud}', CLOUDS[why]),
  'ingress-cloud-refused': 'refused by its controller: {words}',
  'ingress-backend-type': ({ why }) => `Service {service} of type {type} has no node port to send to: ${BY_POD[why]}`,
  'controller-says': '{controller}: {words}',
  'ingress-two-defaults': 'several classes are the default one ({classes}): a new Ingress gets the newest',
  'ingress-controller-retired':
    '{controller} is retired since {since} and gets no more fixes: its makers point to the Gateway API, and there are {successors}',
  'gateway-no-controller': ({ why }) => GATEWAY[why],
  'gateway-listener': 'listener {listener} is refused ({reason}): {words}',
  'route-no-gateway': ({ why }) =>
    why === 'missing' ? 'there is no Gateway {gateway}' : 'the controller of Gateway {gateway} takes no {kind}: nothing comes of it',
  'route-refused': 'Gateway {gateway} does not take all of it ({reason}): {words}',
  'route-references': ({ why }) =>
    why === 'grant'
      ? 'it names an object of another namespace, where no ReferenceGrant lets it: {words}'
      : 'what it names is not to be had ({reason}): {words}',
  'route-no-controller': ({ why }) => OWN_KIND[why],
  'route-entry-point': ({ entryPoints }) =>
    `there is no entry point {entryPoint} for {protocol}${entryPoints === '' ? '' : '; there are: {entryPoints}'}`,
  'http-proxy-invalid': 'Contour finds it {status}: {words}',
  'proxy-mode-deprecated': ({ node }) =>
    `kube-proxy's mode {mode}${node === '' ? '' : ' on {node}'} is deprecated since Kubernetes {since}: nftables takes its place`,
}

const GATEWAY: Readonly<Record<FindingParams['gateway-no-controller']['why'], string>> = {
  'class-missing': 'there is no GatewayClass {class}: nothing comes of the Gateway',
  'class-unserved': 'GatewayClass {class} is for {controller}, which does not run here: nothing comes of the Gateway',
  'class-refused': 'GatewayClass {class} is not accepted by {controller}: nothing comes of the Gateway',
}

const OWN_KIND: Readonly<Record<FindingParams['route-no-controller']['why'], string>> = {
  none: '{controller} does not run here, and nobody else reads {kind}',
  provider: '{controller} runs without the provider that reads {kind} (--providers.kubernetescrd)',
  other: '{controller} leaves it alone: its class or its namespace is another one',
}

const CLOUDS: Readonly<Record<FindingParams['ingress-cloud-missing']['why'], string>> = { gce: 'Google Cloud', aws: 'AWS', azure: 'Azure' }

/** How pods themselves would be sent to. */
const BY_POD: Readonly<Record<FindingParams['ingress-backend-type']['why'], string>> = {
  gce: `type NodePort, or the annotation cloud.google.com/neg: '{"ingress": true}'`,
  aws: 'type NodePort, or the annotation alb.ingress.kubernetes.io/target-type: ip',
}

const NO_CONTROLLER: Readonly<Record<FindingParams['ingress-no-controller']['why'], string>> = {
  none: 'an Ingress is only a wish: no ingress controller runs here, so nothing comes of it',
  'class-missing': 'there is no IngressClass {class}: no controller takes it',
  'class-unserved': 'class {class} is that of no controller that runs here ({controllers})',
  annotation: 'its controller goes by the annotation kubernetes.io/ingress.class: spec.ingressClassName {class} is nothing to it',
  'no-class': 'it names no class and none is the default: {controllers} leaves it alone',
}

const CERTIFICATE: Readonly<Record<FindingParams['ingress-certificate']['why'], string>> = {
  missing: 'is not there',
  keys: 'lacks tls.crt or tls.key',
  broken: 'holds no certificate and key that can be read',
  names: 'has a certificate for other names than {hosts}',
}

const PENDING: Readonly<Record<FindingParams['load-balancer-pending']['why'], string>> = {
  'no-provider':
    'pending: nothing here gives load balancers addresses. ServiceLB (--load-balancer service-lb), a cloud (--load-balancer cloud) or an announced address (--site) would',
  class: 'pending: it wants class {loadBalancerClass}, and nobody here is that',
  'no-address': 'pending: the cloud’s pool has no address left',
  'no-node': 'pending: ServiceLB runs on no node for it',
  'no-local-endpoint': 'pending: externalTrafficPolicy is Local, and no node has a ready endpoint',
}

const REFUSED: Readonly<Record<FindingParams['topology-hints-refused']['why'], string>> = {
  'insufficient-node-info': 'fewer than two zones, or a node that tells neither zone nor CPUs',
  'insufficient-endpoints': 'fewer endpoints than zones',
  overload: 'some zone would have to carry over 20% more than its share',
  'no-zone': 'an endpoint has no zone',
}

/** `error: Service/shop/web spec.selector: …` */
export function findingLine(finding: Finding): string {
  const { object, field } = finding
  const where = object ? `${object.kind}/${[object.namespace, object.name].filter(Boolean).join('/')}` : 'cluster'
  return `${finding.severity}: ${where}${field === undefined ? '' : ` ${field}`}: ${fill(sentence(finding), finding.params)}`
}

function sentence<K extends FindingKind>({ kind, params }: { readonly kind: K; readonly params: FindingParams[K] }): string {
  const line: string | ((params: FindingParams[K]) => string) = LINES[kind]
  return typeof line === 'function' ? line(params) : line
}
