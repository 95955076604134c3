/** Slices that a Service should have against those it has: what both EndpointSlice controllers end with. */
import type { Endpoint, EndpointSlice } from '../api/endpointslice.ts'
import { SERVICE_NAME_LABEL } from '../api/endpointslice.ts'
import type { Service } from '../api/service.ts'
import type { Change, Cluster } from '../cluster/cluster.ts'
import { equal } from '../cluster/equal.ts'
import { isOurUid, uidOf } from '../cluster/uid.ts'
import { type Family, isManagedBy, sliceLabels, type SlicePorts } from './endpoint-of-pod.ts'
import { suffix } from './names.ts'
import { ownerReference } from './pod-template.ts'

/** --max-endpoints-per-slice. */
const MAX_ENDPOINTS = 100

export interface EndpointGroup {
  readonly family: Family
  readonly ports: SlicePorts
  readonly endpoints: readonly Endpoint[]
}

/** Endpoints that have the same numbers behind the Service's ports share slices. Groups keep the order of their first endpoint. */
export class EndpointGroups {
  readonly #groups = new Map<string, EndpointGroup & { readonly endpoints: Endpoint[] }>()

  add(family: Family, ports: SlicePorts, endpoint: Endpoint): void {
    const key = family + JSON.stringify(ports)
    const group = this.#groups.get(key)
    if (group) group.endpoints.push(endpoint)
    else this.#groups.set(key, { family, ports, endpoints: [endpoint] })
  }

  get all(): readonly EndpointGroup[] {
    return [...this.#groups.values()]
  }
}

/** Slices of a namespace by the Service that they belong to. */
export function slicesByService(cluster: Cluster, namespace: string): ReadonlyMap<string, readonly EndpointSlice[]> {
  const found = new Map<string, EndpointSlice[]>()
  for (const slice of cluster.objects.EndpointSlice.get(namespace)?.values() ?? []) {
    const service = slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? ''
    const list = found.get(service)
    if (list) list.push(slice)
    else found.set(service, [slice])
  }
  return found
}

/**
 * Changes that give the Service these endpoints in slices of this controller's. Where all slices are somebody else's, they stay as they are and the Service
 * gets none from us (a real controller would add its own beside them, and kube-proxy would use both: whoever gives slices by hand wants those).
 */
export function sliceChanges(
  service: Service,
  controller: string,
  existing: readonly EndpointSlice[],
  groups: readonly EndpointGroup[],
): Change[] {
  const own = existing.filter((slice) => isManagedBy(slice, controller))
  if (own.length === 0 && existing.length > 0) return []
  const known = agreed.get(groups)
  if (known && sameItems(known, own)) return []
  const wanted = keepingNames(slicesOf(service, controller, groups), own)
  if (sameEndpoints(own, wanted)) {
    agreed.set(groups, own)
    return []
  }
  const byName = new Map(own.map((slice) => [slice.metadata.name, slice]))
  const changes: Change[] = []
  for (const slice of wanted) {
    const before = byName.get(slice.metadata.name)
    byName.delete(slice.metadata.name)
    if (!before || !equal(before, slice)) changes.push({ op: 'put', object: slice })
  }
  for (const { metadata } of byName.values())
    changes.push({ op: 'delete', kind: 'EndpointSlice', namespace: metadata.namespace ?? '', name: metadata.name })
  return changes
}

/** Slices that were found to say what these groups of one Service say. */
const agreed = new WeakMap<readonly EndpointGroup[], readonly EndpointSlice[]>()

export const sameItems = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((each, index) => each === b[index])

function slicesOf(service: Service, controller: string, groups: readonly EndpointGroup[]): EndpointSlice[] {
  const { name, namespace = '' } = service.metadata
  return groups.flatMap(({ family, ports, endpoints }) => {
    const slices: EndpointSlice[] = []
    for (let from = 0; from < endpoints.length; from += MAX_ENDPOINTS) {
      const sliceName = `${name.slice(0, 57)}-${suffix(`${namespace}/${name} ${family} ${JSON.stringify(ports)} ${from}`)}`
      slices.push({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: sliceName,
          namespace,
          generateName: `${name}-`,
          uid: uidOf('EndpointSlice', namespace, sliceName),
          labels: sliceLabels(service, controller),
          ownerReferences: [ownerReference(service)],
        },
        addressType: family,
        ports,
        endpoints: endpoints.slice(from, from + MAX_ENDPOINTS),
      })
    }
    return slices
  })
}

/** Slices of a live dump keep their names and all that they are called by; the reconciler changes only what they say. */
function keepingNames(wanted: readonly EndpointSlice[], existing: readonly EndpointSlice[]): readonly EndpointSlice[] {
  const left = existing.filter(isOfDump)
  if (left.length === 0) return wanted
  return wanted.map((slice) => {
    const at = left.findIndex(
      (each) => each.addressType === slice.addressType && equal(portKeys(each.ports ?? []), portKeys(slice.ports ?? [])),
    )
    const [kept] = at < 0 ? [] : left.splice(at, 1)
    return kept ? { ...slice, metadata: kept.metadata } : slice
  })
}

const isOfDump = ({ metadata }: EndpointSlice): boolean => !isOurUid(metadata.uid)

/** Slices of a live dump that say the same stay. Topology hints and uids are not ours to judge. */
function sameEndpoints(existing: readonly EndpointSlice[], wanted: readonly EndpointSlice[]): boolean {
  if (existing.length !== wanted.length) return false
  if (!existing.some(isOfDump) && existing.every((slice, index) => slice.metadata.name === wanted[index]?.metadata.name))
    return existing.every((slice, index) => equal(slice, wanted[index]))
  return equal(essence(existing), essence(wanted))
}

const essence = (slices: readonly EndpointSlice[]): readonly string[] =>
  slices
    .flatMap(({ addressType, ports, endpoints }) =>
      (endpoints ?? []).map(({ addresses, conditions, nodeName, zone, hostname }) =>
        JSON.stringify([
          addressType,
          portKeys(ports ?? []),
          addresses,
          conditions?.ready !== false,
          conditions?.serving !== false,
          conditions?.terminating === true,
          nodeName,
          zone,
          hostname,
        ]),
      ),
    )
    .sort()

const portKeys = (ports: SlicePorts): readonly string[] =>
  ports.map(({ name = '', port, protocol = 'TCP' }) => `${name} ${port} ${protocol}`).sort()
