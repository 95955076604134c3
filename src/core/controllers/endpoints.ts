/**
 * pkg/controller/endpoint: the older form of the same, one Endpoints object per Service with a selector. Addresses keep the order of the pods (the real
 * controller sorts them by a hash). Endpoints of a dump keep what they are called by.
 */
import type { EndpointAddress, Endpoints } from '../api/endpointslice.ts'
import type { Service } from '../api/service.ts'
import type { Change, Cluster } from '../cluster/cluster.ts'
import { equal } from '../cluster/equal.ts'
import { isOurUid, uidOf } from '../cluster/uid.ts'
import type { Controller } from './controller.ts'
import { groupsOf, hasSelector } from './endpointslice.ts'
import { ownerReference } from './pod-template.ts'
import type { EndpointGroup } from './slices.ts'

export const endpoints: Controller = {
  name: 'endpoints',
  reads: ['Service', 'Pod', 'Endpoints', 'Node'],
  scope: 'namespace',
  reconcile: (cluster, namespace) =>
    [...(cluster.objects.Service.get(namespace)?.values() ?? [])].filter(hasSelector).flatMap((each) => reconcile(cluster, each)),
}

function reconcile(cluster: Cluster, service: Service): Change[] {
  const { name, namespace = '' } = service.metadata
  const before = cluster.objects.Endpoints.get(namespace)?.get(name)
  const groups = groupsOf(cluster, service)
  const dumped = before !== undefined && !isOurs(before)
  // Of a dump without its pods nobody could keep it up.
  if (dumped && groups.length === 0) return []
  if (before && made.get(groups) === before) return []
  const subsets = groups.filter(({ family }) => family === (service.spec.ipFamilies?.[0] ?? 'IPv4')).map(subsetOf)
  if (dumped && equal(spoken(before.subsets), spoken(subsets))) {
    made.set(groups, before)
    return []
  }
  const object: Endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: dumped
      ? before.metadata
      : {
          name,
          namespace,
          uid: uidOf('Endpoints', namespace, name),
          ...(service.metadata.labels && { labels: service.metadata.labels }),
          ownerReferences: [ownerReference(service)],
        },
    subsets,
  }
  made.set(groups, before && equal(before, object) ? before : object)
  return before && equal(before, object) ? [] : [{ op: 'put', object }]
}

/** What came of these groups, which belong to one state of one Service. */
const made = new WeakMap<readonly EndpointGroup[], Endpoints>()

/** Who may be reached and who not, in no order; a real controller's subsets say more about each. */
const spoken = (subsets: Endpoints['subsets']): readonly string[] =>
  (subsets ?? [])
    .flatMap(({ addresses, notReadyAddresses, ports }) => {
      const numbers = (ports ?? []).map(({ name = '', port, protocol = 'TCP' }) => `${name} ${port} ${protocol}`).sort()
      const line = (ready: boolean) => (each: EndpointAddress) => `${each.ip} ${ready} ${numbers.join()}`
      return [...(addresses ?? []).map(line(true)), ...(notReadyAddresses ?? []).map(line(false))]
    })
    .sort()

/** Real ones have no owner (they go with the Service by name); ours do, which is also how they are told apart. */
const isOurs = ({ metadata }: Endpoints): boolean => isOurUid(metadata.uid) && metadata.ownerReferences !== undefined

function subsetOf({ ports, endpoints: all }: EndpointGroup): NonNullable<Endpoints['subsets']>[number] {
  const ready: EndpointAddress[] = []
  const notReady: EndpointAddress[] = []
  for (const { addresses, conditions, hostname, nodeName, targetRef } of all) {
    if (conditions?.terminating) continue
    const address = {
      ip: addresses[0] ?? '',
      ...(hostname !== undefined && { hostname }),
      ...(nodeName !== undefined && { nodeName }),
      ...(targetRef && { targetRef }),
    }
    ;(conditions?.ready === false ? notReady : ready).push(address)
  }
  const numbered = ports.flatMap(({ port, ...each }) => (port === undefined ? [] : [{ ...each, port }]))
  return { ...(ready.length > 0 && { addresses: ready }), ...(notReady.length > 0 && { notReadyAddresses: notReady }), ports: numbered }
}
