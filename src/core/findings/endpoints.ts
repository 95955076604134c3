/** Who answers for a Service: nobody, not yet anybody, or more than was meant. */
import { type EndpointSlice, SERVICE_NAME_LABEL } from '../api/endpointslice.ts'
import type { Pod } from '../api/pod.ts'
import type { Service } from '../api/service.ts'
import { type Cluster, list } from '../cluster/cluster.ts'
import { isEndpoint } from '../controllers/endpoint-of-pod.ts'
import { hasSelector } from '../controllers/endpointslice.ts'
import { podsIn, podsWithLabels } from '../controllers/pods.ts'
import { hintsFor, topologyMode } from '../controllers/topology-hints.ts'
import { type Finding, finding, refOf } from './finding.ts'
import { emptySelection } from './near-miss.ts'
import { targetPorts } from './service-ports.ts'

export type SlicesOf = (service: Service) => readonly EndpointSlice[]

const NO_SLICES: readonly EndpointSlice[] = []
type SliceShard = ReadonlyMap<string, EndpointSlice>
const byService = new WeakMap<SliceShard, ReadonlyMap<string, readonly EndpointSlice[]>>()

/** Slices of all Services, found in one pass over each namespace whose slices changed. */
export function slicesOf(cluster: Cluster): SlicesOf {
  return ({ metadata }) => {
    const shard = cluster.objects.EndpointSlice.get(metadata.namespace ?? '')
    return (shard && grouped(shard).get(metadata.name)) ?? NO_SLICES
  }
}

function grouped(shard: SliceShard): ReadonlyMap<string, readonly EndpointSlice[]> {
  const known = byService.get(shard)
  if (known) return known
  const groups = new Map<string, EndpointSlice[]>()
  for (const slice of shard.values()) {
    const name = slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? ''
    const group = groups.get(name)
    if (group) group.push(slice)
    else groups.set(name, [slice])
  }
  byService.set(shard, groups)
  return groups
}

export function endpointFindings(cluster: Cluster, service: Service, slices: SlicesOf): readonly Finding[] {
  if (service.spec.type === 'ExternalName') return []
  const given = slices(service)
  const own = hasSelector(service) ? selectedFindings(cluster, service, given) : givenFindings(service, given)
  return [...own, ...movedPorts(service, given), ...localPolicies(cluster, service, given), ...hintFindings(cluster, service, given)]
}

/** A headless Service's clients dial pods, where the Service's own number means nothing. */
function movedPorts(service: Service, slices: readonly EndpointSlice[]): readonly Finding[] {
  if (service.spec.clusterIP !== 'None') return []
  return (service.spec.ports ?? []).flatMap(({ name = '', port }, index) => {
    const listed = slices.flatMap(({ ports }) => (ports ?? []).filter((each) => (each.name ?? '') === name))
    const moved = listed.find((each) => each.port !== undefined && each.port !== port)?.port
    if (moved === undefined) return []
    const field = `spec.ports[${index}].targetPort`
    return [finding('headless-port-not-translated', 'warning', refOf(service), { port, targetPort: moved }, { field })]
  })
}

const endpointsOf = (slices: readonly EndpointSlice[]) => slices.flatMap(({ endpoints }) => endpoints ?? [])
const isReady = ({ conditions }: { readonly conditions?: { readonly ready?: boolean } }): boolean => conditions?.ready !== false

function selectedFindings(cluster: Cluster, service: Service, slices: readonly EndpointSlice[]): readonly Finding[] {
  const pods = podsWithLabels(podsIn(cluster, service.metadata.namespace ?? ''), service.spec.selector ?? {}).filter(isEndpoint)
  const endpoints = endpointsOf(slices)
  if (pods.length === 0) return endpoints.length > 0 ? [] : emptySelection(cluster, service)
  const waiting = endpoints.length > 0 && !endpoints.some(isReady)
  const object = refOf(service)
  return [
    ...(waiting ? [finding('no-ready-endpoints', 'error', object, { pods: pods.length }, { related: pods.slice(0, 5).map(refOf) })] : []),
    ...mixedApps(service, pods),
    ...targetPorts(service, pods),
  ]
}

/** Labels that name the application that a pod belongs to, the most telling first. */
const APP_LABELS = ['app.kubernetes.io/name', 'app', 'k8s-app', 'name']

/** Pods whose label says that they are different things, where the selector leaves that label out. */
function mixedApps(service: Service, pods: readonly Pod[]): readonly Finding[] {
  const label = APP_LABELS.find((each) => pods.every(({ metadata }) => metadata.labels?.[each] !== undefined))
  if (label === undefined || service.spec.selector?.[label] !== undefined) return []
  const apps = new Map<string, Pod>()
  for (const pod of pods) apps.set(pod.metadata.labels?.[label] ?? '', apps.get(pod.metadata.labels?.[label] ?? '') ?? pod)
  if (apps.size < 2) return []
  const params = { label, apps: [...apps.keys()].join(', ') }
  return [
    finding('selector-mixes-apps', 'warning', refOf(service), params, {
      field: 'spec.selector',
      related: [...apps.values()].slice(0, 5).map(refOf),
    }),
  ]
}

function givenFindings(service: Service, slices: readonly EndpointSlice[]): readonly Finding[] {
  const object = refOf(service)
  if (endpointsOf(slices).length === 0) return [finding('no-selector-no-endpoints', 'error', object, {}, { field: 'spec.selector' })]
  const names = new Set(slices.flatMap(({ ports }) => (ports ?? []).map(({ name = '' }) => name)))
  return (service.spec.ports ?? []).flatMap(({ name = '' }, index) => {
    if (names.has(name)) return []
    const params = { port: name, names: [...names].join(', ') }
    const related = slices.slice(0, 5).map(refOf)
    return [finding('endpoints-port-name', 'error', object, params, { field: `spec.ports[${index}].name`, related })]
  })
}

/** With policy Local a node without endpoint drops what comes to it. */
function localPolicies(cluster: Cluster, service: Service, slices: readonly EndpointSlice[]): readonly Finding[] {
  const { spec } = service
  if (spec.internalTrafficPolicy !== 'Local' && spec.externalTrafficPolicy !== 'Local') return []
  const policies = (['internalTrafficPolicy', 'externalTrafficPolicy'] as const).filter((policy) => spec[policy] === 'Local')
  const endpoints = endpointsOf(slices).filter(isReady)
  if (policies.length === 0 || endpoints.length === 0 || spec.clusterIP === 'None') return []
  const nodes = [...list(cluster, 'Node')].map(({ metadata }) => metadata.name)
  const served = new Set(endpoints.map(({ nodeName }) => nodeName))
  const without = nodes.filter((name) => !served.has(name)).length
  if (without === 0) return []
  return policies.map((policy) =>
    finding(
      'local-policy-nodes-without-endpoint',
      'info',
      refOf(service),
      { policy, nodes: without, of: nodes.length },
      { field: `spec.${policy}` },
    ),
  )
}

function hintFindings(cluster: Cluster, service: Service, slices: readonly EndpointSlice[]): readonly Finding[] {
  const object = refOf(service)
  const { trafficDistribution } = service.spec
  if (!hasSelector(service)) return []
  if (trafficDistribution === undefined && topologyMode(service) === '') return []
  const hints = hintsFor(service, endpointsOf(slices), cluster.objects.Node)
  if (hints.kind === 'refused')
    return [finding('topology-hints-refused', 'warning', object, { why: hints.why }, { field: 'metadata.annotations' })]
  if (trafficDistribution === undefined) return []
  return [finding('traffic-distribution-alpha', 'info', object, { value: trafficDistribution }, { field: 'spec.trafficDistribution' })]
}
