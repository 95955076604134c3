/** Services and their endpoints (k8s.io/api/core/v1, discovery/v1, v1.30). */
import { kindOf, labels, port, protocol } from './meta-schema.ts'
import { boolean, intOrString, listOf, object, oneOf, opaque, opaques, string } from './schema.ts'

const INGRESS = object('LoadBalancerIngress', {
  ip: string('ip'),
  hostname: string('dns1123Subdomain'),
  ipMode: oneOf('VIP', 'Proxy'),
  ports: opaque,
})

const SERVICE_PORT = object(
  'ServicePort',
  { name: string('dns1123Label'), protocol, appProtocol: string(), port, targetPort: intOrString, nodePort: { kind: 'integer' } },
  'port',
)

const SERVICE_SPEC = object('ServiceSpec', {
  ...opaques('topologyKeys ipFamily'),
  type: oneOf('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
  clusterIP: string('clusterIP'),
  clusterIPs: listOf(string('clusterIP')),
  ipFamilies: listOf(oneOf('IPv4', 'IPv6')),
  ipFamilyPolicy: oneOf('SingleStack', 'PreferDualStack', 'RequireDualStack'),
  selector: labels,
  ports: listOf(SERVICE_PORT, { unique: 'name' }),
  externalIPs: listOf(string('ip')),
  externalName: string('dns1123Subdomain'),
  loadBalancerIP: string(),
  loadBalancerClass: string('labelKey'),
  loadBalancerSourceRanges: listOf(string('cidr')),
  allocateLoadBalancerNodePorts: boolean,
  internalTrafficPolicy: oneOf('Cluster', 'Local'),
  externalTrafficPolicy: oneOf('Cluster', 'Local'),
  healthCheckNodePort: { kind: 'integer', range: [0, 65535] },
  publishNotReadyAddresses: boolean,
  sessionAffinity: oneOf('None', 'ClientIP'),
  sessionAffinityConfig: object('SessionAffinityConfig', { clientIP: object('ClientIPConfig', { timeoutSeconds: { kind: 'integer' } }) }),
  trafficDistribution: oneOf('PreferClose', 'PreferSameZone', 'PreferSameNode'),
})

export const SERVICE = kindOf(
  'Service',
  {
    spec: SERVICE_SPEC,
    status: object('ServiceStatus', { loadBalancer: object('LoadBalancerStatus', { ingress: listOf(INGRESS) }), conditions: opaque }),
  },
  'spec',
)

const REFERENCE = object('ObjectReference', {
  ...opaques('apiVersion resourceVersion fieldPath'),
  kind: string(),
  namespace: string(),
  name: string(),
  uid: string(),
})
const ADDRESS = object(
  'EndpointAddress',
  { ip: string('ip'), hostname: string('dns1123Label'), nodeName: string('dns1123Subdomain'), targetRef: REFERENCE },
  'ip',
)
const SUBSET = object('EndpointSubset', {
  addresses: listOf(ADDRESS),
  notReadyAddresses: listOf(ADDRESS),
  ports: listOf(object('EndpointPort', { name: string('dns1123Label'), port, protocol, appProtocol: string() }, 'port')),
})

export const ENDPOINTS = kindOf('Endpoints', { subsets: listOf(SUBSET) })

const ENDPOINT = object(
  'Endpoint',
  {
    ...opaques('deprecatedTopology topology'),
    addresses: listOf(string()),
    conditions: object('EndpointConditions', { ready: boolean, serving: boolean, terminating: boolean }),
    hostname: string('dns1123Label'),
    nodeName: string('dns1123Subdomain'),
    zone: string(),
    hints: object('EndpointHints', { forZones: listOf(object('ForZone', { name: string() }, 'name')), forNodes: opaque }),
    targetRef: REFERENCE,
  },
  'addresses',
)

export const ENDPOINT_SLICE = kindOf(
  'EndpointSlice',
  {
    addressType: oneOf('IPv4', 'IPv6', 'FQDN'),
    ports: listOf(object('EndpointPort', { name: string(), port, protocol, appProtocol: string() })),
    endpoints: listOf(ENDPOINT),
  },
  'addressType',
)
