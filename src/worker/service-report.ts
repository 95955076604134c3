/** A Service seen at a glance: its fields, and what controllers, nodes and balancers have made of them. */
import type { Endpoint, EndpointSlice } from '../core/api/endpointslice.ts'
import type { Service, ServicePort } from '../core/api/service.ts'
import { type Cluster, list } from '../core/cluster/cluster.ts'
import { healthAnswer, healthPortOf, localEndpoints } from '../core/cluster/health-check.ts'
import { addressOf, outsideTraffic } from './outside-traffic.ts'
import type { PolicyField, ReportEndpoint, ReportPort, ServiceAddress, ServiceReport } from './protocol/findings.ts'
import { idOf, objectById, slicesOf } from './tree.ts'

/** Rows of one table; more than these are only counted. */
const ROWS = 100
/** Pods that are named for one target port. */
const NAMED = 5

export function serviceReport(cluster: Cluster, target: string): ServiceReport | undefined {
  const service = objectById(cluster, target)
  if (service?.kind !== 'Service') return undefined
  const slices = [...slicesOf(cluster, service.metadata.namespace ?? '', service.metadata.name)]
  const endpoints = endpointsIn(service, slices)
  const health = healthOf(cluster, service)
  const outside = outsideTraffic(cluster, service, ROWS)
  return {
    id: idOf(service),
    type: service.spec.clusterIP === 'None' ? 'headless' : (service.spec.type ?? 'ClusterIP'),
    addresses: addressesOf(service),
    ports: (service.spec.ports ?? []).map((port) => portOf(port, service, slices)),
    policies: policiesOf(service),
    endpoints: endpoints.slice(0, ROWS),
    endpointCount: endpoints.length,
    ...(health && { health }),
    ...(outside && { outside }),
  }
}

function addressesOf({ spec, status }: Service): readonly ServiceAddress[] {
  if (spec.type === 'ExternalName') return [{ kind: 'name', address: spec.externalName ?? '' }]
  if (spec.clusterIP === 'None') return [{ kind: 'headless', address: '' }]
  const own = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])
  const given = status?.loadBalancer?.ingress ?? []
  const balanced = given.map(({ ip, hostname, ipMode }): ServiceAddress => {
    return { kind: 'load-balancer', address: ip ?? hostname ?? '', ...(ipMode !== undefined && { ipMode }) }
  })
  return [
    ...own.map((address): ServiceAddress => ({ kind: 'cluster', address })),
    ...(spec.externalIPs ?? []).map((address): ServiceAddress => ({ kind: 'external', address })),
    ...(spec.type === 'LoadBalancer' && given.length === 0 ? [{ kind: 'pending', address: '' } as const] : balanced),
  ]
}

/** What the slices say of a port: the number behind it on each pod, and the pods that have none. */
function portOf(port: ServicePort, service: Service, slices: readonly EndpointSlice[]): ReportPort {
  const { name = '', protocol = 'TCP', nodePort, appProtocol } = port
  const byNumber = new Map<number | undefined, Set<string>>()
  const namespace = service.metadata.namespace ?? ''
  for (const slice of slices) {
    const number = slice.ports?.find((each) => (each.name ?? '') === name && (each.protocol ?? 'TCP') === protocol)?.port
    for (const endpoint of slice.endpoints ?? []) {
      const known = byNumber.get(number) ?? new Set<string>()
      byNumber.set(number, known.add(objectOf(endpoint, namespace) || (endpoint.addresses[0] ?? '')))
    }
  }
  const headless = service.spec.clusterIP === 'None'
  return {
    name,
    protocol,
    port: port.port,
    targetPort: String(port.targetPort || port.port),
    ...(nodePort ? { nodePort } : {}),
    ...(appProtocol !== undefined && !headless && { appProtocol }),
    targets: [...byNumber].map(([number, pods]) => ({
      ...(number !== undefined && { number }),
      pods: [...pods].slice(0, NAMED),
      count: pods.size,
    })),
  }
}

const objectOf = ({ targetRef }: Endpoint, namespace: string): string =>
  targetRef?.kind === 'Pod' ? `pod/${targetRef.namespace ?? namespace}/${targetRef.name}` : ''

/** One row for each address, with the ports of all slices that list it. */
function endpointsIn(service: Service, slices: readonly EndpointSlice[]): readonly ReportEndpoint[] {
  const rows = new Map<string, ReportEndpoint>()
  const namespace = service.metadata.namespace ?? ''
  for (const { ports = [], endpoints = [] } of slices) {
    const listed = ports.map(({ port, protocol = 'TCP' }) => `${port ?? ''}/${protocol}`)
    for (const endpoint of endpoints) {
      const { addresses, conditions = {}, nodeName = '', zone = '', hints } = endpoint
      const address = addresses.join(', ')
      const known = rows.get(address)
      rows.set(address, {
        address,
        ports: [...new Set([...(known?.ports ?? []), ...listed])],
        object: objectOf(endpoint, namespace),
        node: nodeName,
        zone,
        hints: hints?.forZones?.map(({ name }) => name) ?? [],
        ready: conditions.ready !== false,
        serving: conditions.serving !== false,
        terminating: conditions.terminating === true,
      })
    }
  }
  return [...rows.values()]
}

const TOPOLOGY = ['service.kubernetes.io/topology-mode', 'service.kubernetes.io/topology-aware-hints']

function policiesOf({ metadata, spec }: Service): ServiceReport['policies'] {
  const affinity =
    spec.sessionAffinity === 'ClientIP' ? `ClientIP, ${spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800} s` : undefined
  const families = [spec.ipFamilyPolicy, (spec.ipFamilies ?? []).join(', ')].filter(Boolean).join(': ')
  const selector = Object.entries(spec.selector ?? {}).map(([key, value]) => `${key}=${value}`)
  const values: Readonly<Record<PolicyField, string | undefined>> = {
    selector: selector.join(', '),
    internalTrafficPolicy: spec.internalTrafficPolicy,
    externalTrafficPolicy: spec.externalTrafficPolicy,
    sessionAffinity: affinity ?? (spec.type === 'ExternalName' ? undefined : 'None'),
    publishNotReadyAddresses: spec.publishNotReadyAddresses ? 'true' : undefined,
    trafficDistribution: spec.trafficDistribution,
    topologyMode: TOPOLOGY.map((name) => metadata.annotations?.[name]).find((value) => value !== undefined),
    ipFamilies: families,
    loadBalancerSourceRanges: spec.loadBalancerSourceRanges?.join(', '),
    loadBalancerClass: spec.loadBalancerClass,
    allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts === false ? 'false' : undefined,
  }
  return (Object.keys(values) as PolicyField[]).flatMap((field) => {
    const value = values[field]
    return value ? [{ field, value }] : []
  })
}

/** What each node's kube-proxy would answer at this moment. */
function healthOf(cluster: Cluster, service: Service): ServiceReport['health'] {
  const port = healthPortOf(service)
  if (port === undefined || cluster.config.proxy.healthServers === false) return undefined
  const answers: { node: string; ip: string; status: number; localEndpoints: number }[] = []
  let nodes = 0
  for (const node of list(cluster, 'Node')) {
    const { name } = node.metadata
    nodes += 1
    if (answers.length === ROWS) continue
    const answer = healthAnswer(cluster, name, port)
    if (answer)
      answers.push({ node: name, ip: addressOf(node), status: answer.status, localEndpoints: localEndpoints(cluster, service, name) })
  }
  return { port, answers, nodes }
}
