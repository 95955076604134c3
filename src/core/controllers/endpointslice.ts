/** pkg/controller/endpointslice: the pods that a Service selects, as EndpointSlices, in the order that the pods were created. */
import { type Cluster, get } from '../cluster/cluster.ts'
import type { Pod } from '../api/pod.ts'
import type { Service } from '../api/service.ts'
import type { Controller } from './controller.ts'
import { addressesOf, endpointOf, isEndpoint, portsOf } from './endpoint-of-pod.ts'
import { podsIn, podsWithLabels } from './pods.ts'
import { type Hints, hintsFor, withHints } from './topology-hints.ts'
import { type EndpointGroup, EndpointGroups, sameItems, sliceChanges, slicesByService } from './slices.ts'

const NAME = 'endpointslice-controller.k8s.io'

export const endpointslice: Controller = {
  name: 'endpointslice',
  reads: ['Service', 'Pod', 'EndpointSlice', 'Node'],
  scope: 'namespace',
  reconcile: (cluster, namespace) => {
    const slices = slicesByService(cluster, namespace)
    return [...(cluster.objects.Service.get(namespace)?.values() ?? [])].flatMap((service) =>
      hasSelector(service) ? sliceChanges(service, NAME, slices.get(service.metadata.name) ?? [], groupsOf(cluster, service)) : [],
    )
  },
}

/** A Service without selector is somebody else's to fill; ExternalName has no endpoints. */
export const hasSelector = ({ spec }: Service): boolean => Object.keys(spec.selector ?? {}).length > 0 && spec.type !== 'ExternalName'

interface Remembered {
  readonly pods: readonly Pod[]
  readonly nodes: Cluster['objects']['Node']
  readonly groups: readonly EndpointGroup[]
}

/** By Service: when the same pods are on the same nodes, the same groups come out, by identity. */
const remembered = new WeakMap<Service, Remembered>()

export function groupsOf(cluster: Cluster, service: Service): readonly EndpointGroup[] {
  const pods = podsWithLabels(podsIn(cluster, service.metadata.namespace ?? ''), service.spec.selector ?? {})
  const nodes = cluster.objects.Node
  const known = remembered.get(service)
  if (known && known.nodes === nodes && sameItems(known.pods, pods)) return known.groups
  const groups = new EndpointGroups()
  for (const pod of pods) {
    if (!isEndpoint(pod)) continue
    const node = get(cluster, 'Node', '', pod.spec.nodeName ?? '')
    for (const family of service.spec.ipFamilies ?? ['IPv4' as const])
      if (addressesOf(pod, family).length > 0) groups.add(family, portsOf(service, pod), endpointOf(pod, node, service, family))
  }
  const hinted = hintedGroups(service, groups.all, nodes)
  remembered.set(service, { pods, nodes, groups: hinted })
  return hinted
}

/** Hints are given for all endpoints of a family together, whichever slice they are in. */
function hintedGroups(service: Service, groups: readonly EndpointGroup[], nodes: Cluster['objects']['Node']): readonly EndpointGroup[] {
  const hints = new Map<string, Hints>()
  for (const family of new Set(groups.map((group) => group.family))) {
    const endpoints = groups.filter((group) => group.family === family).flatMap((group) => group.endpoints)
    hints.set(family, hintsFor(service, endpoints, nodes))
  }
  if ([...hints.values()].every(({ kind }) => kind !== 'zones')) return groups
  return groups.map((group) => ({ ...group, endpoints: withHints(hints.get(group.family) ?? { kind: 'none' }, group.endpoints) }))
}
