/** Services of type LoadBalancer that nobody fulfils, and why. */
import { SERVICE_NAME_LABEL } from '../api/endpointslice.ts'
import type { Pod } from '../api/pod.ts'
import type { Service } from '../api/service.ts'
import { type Cluster, list } from '../cluster/cluster.ts'
import { loadBalancerOf } from '../cluster/config.ts'
import { ingressOf } from '../controllers/load-balancer.ts'
import { hostPortsOf, portsClash } from '../controllers/node-affinity.ts'
import { svclbPods } from '../controllers/service-lb.ts'
import { type Finding, finding, type FindingParams, refOf } from './finding.ts'

type Why = FindingParams['load-balancer-pending']['why']

export function loadBalancerFindings(cluster: Cluster, service: Service): readonly Finding[] {
  const { spec } = service
  if (spec.type !== 'LoadBalancer') return []
  const object = refOf(service)
  const { kind } = loadBalancerOf(cluster.config)
  const usesNodePorts = kind === 'cloud' || (kind === 'service-lb' && spec.externalTrafficPolicy === 'Local')
  const portless = usesNodePorts && ingressOf(service).length > 0 && (spec.ports ?? []).some(({ nodePort }) => !nodePort)
  const noPorts = portless
    ? [finding('load-balancer-no-node-ports', 'error', object, {}, { field: 'spec.allocateLoadBalancerNodePorts' })]
    : []
  if (ingressOf(service).length > 0) return noPorts
  const taken = kind === 'service-lb' && spec.loadBalancerClass === undefined ? takenPorts(cluster, service) : []
  const params = { provider: kind, why: whyPending(cluster, service, kind), loadBalancerClass: spec.loadBalancerClass ?? '' }
  return [finding('load-balancer-pending', 'warning', object, params, { field: 'status.loadBalancer' }), ...taken]
}

function whyPending(cluster: Cluster, service: Service, provider: string): Why {
  if (service.spec.loadBalancerClass !== undefined) return 'class'
  if (provider === 'none') return 'no-provider'
  if (provider === 'cloud') return 'no-address'
  return service.spec.externalTrafficPolicy === 'Local' && !hasEndpoints(cluster, service) ? 'no-local-endpoint' : 'no-node'
}

const hasEndpoints = (cluster: Cluster, { metadata }: Service): boolean =>
  [...(cluster.objects.EndpointSlice.get(metadata.namespace ?? '')?.values() ?? [])].some(
    (slice) =>
      slice.metadata.labels?.[SERVICE_NAME_LABEL] === metadata.name &&
      slice.endpoints?.some(({ conditions }) => conditions?.ready !== false),
  )

/** ServiceLB's pods that wait for a host port which another pod has. */
function takenPorts(cluster: Cluster, service: Service): readonly Finding[] {
  const waiting = svclbPods(cluster, service).filter(({ spec }) => spec.nodeName === undefined)
  const [first] = waiting
  if (!first) return []
  const found = hostPortsOf(first).flatMap((wanted) => {
    const holder = holderOf(cluster, first, wanted)
    return holder ? [{ port: wanted.port, holder }] : []
  })
  return found.map(({ port, holder }) => {
    const by = `${holder.metadata.namespace ?? ''}/${holder.metadata.name}`
    return finding(
      'load-balancer-port-taken',
      'error',
      refOf(service),
      { port, by, nodes: waiting.length },
      { field: 'spec.ports', related: [refOf(holder)] },
    )
  })
}

function holderOf(cluster: Cluster, waiting: Pod, wanted: ReturnType<typeof hostPortsOf>[number]): Pod | undefined {
  for (const pod of list(cluster, 'Pod'))
    if (pod !== waiting && pod.spec.nodeName !== undefined && hostPortsOf(pod).some((each) => portsClash(each, wanted))) return pod
  return undefined
}
