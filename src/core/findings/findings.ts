/**
 * What people get wrong, read off a settled cluster: mistakes that the API server takes without a word. Data only; sentences are the views'. What the
 * API server refuses is told when it is applied (api/problem.ts).
 */
import type { EndpointSlice } from '../api/endpointslice.ts'
import type { Service } from '../api/service.ts'
import { type Cluster, get, list } from '../cluster/cluster.ts'
import { sameItems } from '../controllers/slices.ts'
import { daemonSetFindings } from './daemon-sets.ts'
import { endpointFindings, type SlicesOf, slicesOf } from './endpoints.ts'
import type { Finding, Severity } from './finding.ts'
import { gatewayFindings } from './gateway.ts'
import { hostPortFindings } from './host-ports.ts'
import { ingressFindings } from './ingress.ts'
import { loadBalancerFindings } from './load-balancers.ts'
import { nodePortHolders, typeFindings } from './service-types.ts'

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 }
const known = new WeakMap<Cluster, readonly Finding[]>()

/** All findings, the gravest first, then in the order of objects. The same list for the same cluster value. */
export function findings(cluster: Cluster): readonly Finding[] {
  let found = known.get(cluster)
  if (!found) known.set(cluster, (found = collect(cluster)))
  return found
}

function collect(cluster: Cluster): readonly Finding[] {
  const { services, holders, types } = ofServices(cluster)
  const slices = slicesOf(cluster)
  const found = [...proxyModes(cluster)]
  services.forEach((service, i) => {
    for (const one of types[i] ?? []) found.push(one)
    for (const one of remembered(cluster, service, slices)) found.push(one)
  })
  found.push(...hostPortFindings(cluster, holders), ...daemonSetFindings(cluster), ...ingressFindings(cluster), ...gatewayFindings(cluster))
  return found.sort((a, b) => RANK[a.severity] - RANK[b.severity])
}

/** What is known from Services alone, whatever their endpoints. */
interface OfServices {
  readonly services: readonly Service[]
  readonly holders: ReturnType<typeof nodePortHolders>
  /** What their types promise and do not keep, Service by Service. */
  readonly types: readonly (readonly Finding[])[]
}
const servicesOf = new WeakMap<Cluster['objects']['Service'], OfServices>()

function ofServices(cluster: Cluster): OfServices {
  const before = servicesOf.get(cluster.objects.Service)
  if (before) return before
  const services = [...list(cluster, 'Service')].filter((service) => !isApiServer(service))
  const holders = nodePortHolders(services)
  const made = { services, holders, types: services.map((service) => typeFindings(service, holders)) }
  servicesOf.set(cluster.objects.Service, made)
  return made
}

interface Remembered {
  readonly inputs: readonly unknown[]
  readonly found: readonly Finding[]
}
const perService = new WeakMap<Service, Remembered>()

/** Among ten thousand Services a change concerns few: what was found of the others stands. */
function remembered(cluster: Cluster, service: Service, slices: SlicesOf): readonly Finding[] {
  const before = perService.get(service)
  const own = slices(service)
  if (before && sameItems(before.inputs, inputsOf(cluster, service, own, before.found))) return before.found
  const found = [...endpointFindings(cluster, service, slices), ...loadBalancerFindings(cluster, service)]
  perService.set(service, { inputs: inputsOf(cluster, service, own, found), found })
  return found
}

/** What was looked at, by identity. Who found no pods has looked for them everywhere. */
function inputsOf(
  { config, objects }: Cluster,
  { metadata, spec }: Service,
  slices: readonly EndpointSlice[],
  found: readonly Finding[],
): readonly unknown[] {
  const namespace = metadata.namespace ?? ''
  const near = [config, objects.Node, objects.Pod.get(namespace), ...slices]
  if (spec.type !== 'LoadBalancer' && !found.some(({ kind }) => kind === 'no-pods-selected')) return near
  const workloads = [objects.Deployment.get(namespace), objects.StatefulSet.get(namespace), objects.DaemonSet.get(namespace)]
  return [...near, objects.Pod, ...workloads]
}

/** default/kubernetes has no selector by design; the API server keeps its endpoints. */
const isApiServer = ({ metadata }: Service): boolean => metadata.namespace === 'default' && metadata.name === 'kubernetes'

/** Kubernetes 1.35 deprecates IPVS; whoever chose it for one node or for all should know. */
const DEPRECATED: Readonly<Record<string, string>> = { ipvs: '1.35', userspace: '1.23' }

function proxyModes(cluster: Cluster): readonly Finding[] {
  const { mode, nodeModes = {} } = cluster.config.proxy
  const say = (of: string, node: string): readonly Finding[] => {
    const since = DEPRECATED[of]
    if (since === undefined) return []
    const object = node && get(cluster, 'Node', '', node) ? { kind: 'Node' as const, namespace: '', name: node } : undefined
    return [
      { kind: 'proxy-mode-deprecated', severity: 'warning', ...(object && { object }), params: { mode: of, since, node }, related: [] },
    ]
  }
  return [...say(mode, ''), ...Object.entries(nodeModes).flatMap(([node, own]) => (own === mode ? [] : say(own, node)))]
}
