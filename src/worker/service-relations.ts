/** What selectors join: Services with the workloads whose pods they mean, both ways. */
import type { EndpointSlice } from '../core/api/endpointslice.ts'
import type { Kind, OfKind } from '../core/api/object.ts'
import type { Service } from '../core/api/service.ts'
import type { Cluster } from '../core/cluster/cluster.ts'
import type { Relation } from './protocol.ts'
import { idOf, SERVICE_NAME } from './tree.ts'

type Labels = Readonly<Record<string, string>>

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job'] as const
type Workload = OfKind<(typeof WORKLOADS)[number]>

/** An empty selector means nobody. */
const means = (selector: Labels, labels: Labels): boolean => {
  const pairs = Object.entries(selector)
  return pairs.length > 0 && pairs.every(([key, value]) => labels[key] === value)
}

const labelsOf = ({ spec }: Workload): Labels => spec.template.metadata?.labels ?? {}

export function workloadsOfService({ metadata, spec }: Service, { objects }: Cluster): readonly Relation[] {
  if (spec.type === 'ExternalName') return []
  return WORKLOADS.flatMap((kind): readonly Workload[] => [...(objects[kind].get(metadata.namespace ?? '')?.values() ?? [])])
    .filter((workload) => means(spec.selector ?? {}, labelsOf(workload)))
    .map((workload) => ({ label: 'workload', id: idOf(workload), text: `${workload.kind} ${workload.metadata.name}` }))
}

/** None for kinds that make no pods. */
export function servicesOfWorkload(object: OfKind<Kind>, { objects }: Cluster): readonly Relation[] {
  if (!isWorkload(object)) return []
  const labels = labelsOf(object)
  return [...(objects.Service.get(object.metadata.namespace ?? '')?.values() ?? [])]
    .filter(({ spec }) => spec.type !== 'ExternalName' && means(spec.selector ?? {}, labels))
    .map((service) => ({ label: 'service', id: idOf(service), text: service.metadata.name }))
}

const isWorkload = (object: OfKind<Kind>): object is Workload => WORKLOADS.some((kind) => kind === object.kind)

export function relationsOfSlice({ metadata, endpoints = [] }: EndpointSlice): readonly Relation[] {
  const namespace = metadata.namespace ?? ''
  const name = metadata.labels?.[SERVICE_NAME]
  const service: readonly Relation[] = name === undefined ? [] : [{ label: 'service', id: `service/${namespace}/${name}`, text: name }]
  const pods = endpoints.flatMap(({ targetRef, addresses }): readonly Relation[] =>
    targetRef?.kind === 'Pod'
      ? [{ label: 'endpoint', id: `pod/${namespace}/${targetRef.name}`, text: `${targetRef.name} ${addresses[0] ?? ''}` }]
      : [],
  )
  return [...service, ...pods]
}
