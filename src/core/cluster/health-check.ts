/**
 * The health check of a Service with externalTrafficPolicy Local (kubernetes pkg/proxy/healthcheck/service_health.go, v1.30): on each node kube-proxy
 * tells over HTTP how many ready endpoints the Service has there, so that a balancer outside leaves out nodes without any.
 */
import { type EndpointSlice, SERVICE_NAME_LABEL } from '../api/endpointslice.ts'
import type { Service } from '../api/service.ts'
import { type Cluster, list } from './cluster.ts'
import type { Shards } from './cluster.ts'

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Only a LoadBalancer with policy Local is asked after. */
export const healthPortOf = ({ spec }: Service): number | undefined =>
  spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' && spec.healthCheckNodePort ? spec.healthCheckNodePort : undefined

const checked = new WeakMap<Shards<'Service'>, ReadonlyMap<number, Service>>()

/** Services by the port on which every node answers for them. The same map for the same Services. */
export function healthChecks(cluster: Cluster): ReadonlyMap<number, Service> {
  const shards = cluster.objects.Service
  let found = checked.get(shards)
  if (!found) {
    const ports = new Map<number, Service>()
    for (const service of list(cluster, 'Service')) {
      const port = healthPortOf(service)
      if (port !== undefined && !ports.has(port)) ports.set(port, service)
    }
    checked.set(shards, (found = ports))
  }
  return found
}

/** Ready endpoints of a Service on a node, of its first family, each address once however many ports it has. */
export function localEndpoints(cluster: Cluster, { metadata, spec }: Service, node: string): number {
  const family = spec.ipFamilies?.[0] ?? 'IPv4'
  const addresses = new Set<string>()
  const slices: Iterable<EndpointSlice> = cluster.objects.EndpointSlice.get(metadata.namespace ?? '')?.values() ?? []
  for (const slice of slices) {
    if (slice.metadata.labels?.[SERVICE_NAME_LABEL] !== metadata.name || slice.addressType !== family) continue
    for (const { addresses: own, conditions, nodeName } of slice.endpoints ?? [])
      if (nodeName === node && conditions?.ready !== false && own[0] !== undefined) addresses.add(own[0])
  }
  return addresses.size
}

/** What kube-proxy of a node answers on a port; undefined when it does not listen there. */
export function healthAnswer(cluster: Cluster, node: string, port: number): HttpAnswer | undefined {
  const service = healthChecks(cluster).get(port)
  if (!service) return undefined
  const count = localEndpoints(cluster, service, node)
  const { name, namespace } = service.metadata
  const report = { service: { namespace, name }, localEndpoints: count, serviceProxyHealthy: true }
  return {
    status: count > 0 ? 200 : 503,
    headers: { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' },
    body: JSON.stringify(report, null, '\t'),
  }
}
