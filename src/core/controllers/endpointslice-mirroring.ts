/** pkg/controller/endpointslicemirroring: Endpoints that somebody wrote for a Service without selector, as slices. */
import type { EndpointAddress, Endpoints } from '../api/endpointslice.ts'
import { ipFamily } from '../api/format.ts'
import type { Controller } from './controller.ts'
import { hasSelector } from './endpointslice.ts'
import { EndpointGroups, sliceChanges, slicesByService } from './slices.ts'

const NAME = 'endpointslicemirroring-controller.k8s.io'
const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror'
/** --mirroring-max-endpoints-per-subset. */
const MAX_ADDRESSES = 1000

export const endpointsliceMirroring: Controller = {
  name: 'endpointslice-mirroring',
  reads: ['Endpoints', 'Service', 'EndpointSlice'],
  scope: 'namespace',
  reconcile: (cluster, namespace) => {
    const slices = slicesByService(cluster, namespace)
    return [...(cluster.objects.Service.get(namespace)?.values() ?? [])].flatMap((service) => {
      if (hasSelector(service)) return []
      const given = cluster.objects.Endpoints.get(namespace)?.get(service.metadata.name)
      const groups = given && isMirrored(given) ? groupsOf(given).all : []
      const existing = slices.get(service.metadata.name) ?? []
      return groups.length === 0 && existing.length === 0 ? [] : sliceChanges(service, NAME, existing, groups)
    })
  },
}

/** Leader election once used Endpoints as locks; those and what its writer mirrors by itself are left out. */
const isMirrored = ({ metadata }: Endpoints): boolean =>
  metadata.labels?.[SKIP_LABEL] !== 'true' && metadata.annotations?.['control-plane.alpha.kubernetes.io/leader'] === undefined

function groupsOf({ subsets = [] }: Endpoints): EndpointGroups {
  const groups = new EndpointGroups()
  for (const { addresses = [], notReadyAddresses = [], ports: given = [] } of subsets) {
    const ports = given.map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
      name,
      port,
      protocol,
      ...(appProtocol !== undefined && { appProtocol }),
    }))
    const add = (ready: boolean) => (address: EndpointAddress) => {
      const family = ipFamily(address.ip)
      if (family) groups.add(family, ports, { addresses: [address.ip], conditions: { ready }, ...rest(address) })
    }
    addresses.slice(0, MAX_ADDRESSES).forEach(add(true))
    notReadyAddresses.slice(0, Math.max(0, MAX_ADDRESSES - addresses.length)).forEach(add(false))
  }
  return groups
}

const rest = ({ hostname, nodeName, targetRef }: EndpointAddress): Pick<EndpointAddress, 'hostname' | 'nodeName' | 'targetRef'> => ({
  ...(hostname !== undefined && { hostname }),
  ...(nodeName !== undefined && { nodeName }),
  ...(targetRef && { targetRef }),
})
