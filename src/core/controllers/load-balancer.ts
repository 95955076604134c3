/** What the providers of load balancers share (cloud-provider's service controller, v1.30): whose Services they are, and how one is given up. */
import { LOAD_BALANCER_CLEANUP, type Service } from '../api/service.ts'
import { type Change, type Cluster, list } from '../cluster/cluster.ts'
import { type LoadBalancerConfig, loadBalancerOf } from '../cluster/config.ts'
import { equal } from '../cluster/equal.ts'
import { isOurUid } from '../cluster/uid.ts'
import type { Controller } from './controller.ts'

export type Ingress = NonNullable<NonNullable<NonNullable<Service['status']>['loadBalancer']>['ingress']>

export const ingressOf = ({ status }: Service): Ingress => status?.loadBalancer?.ingress ?? []
const isMarked = ({ metadata }: Service): boolean =>
  isOurUid(metadata.uid) && (metadata.finalizers?.includes(LOAD_BALANCER_CLEANUP) ?? false)

/** A provider marks what it takes with a finalizer; addresses without our mark came with the manifest, and whoever gave them sees to them. */
export const isWanted = (service: Service): boolean =>
  service.spec.type === 'LoadBalancer' &&
  service.spec.loadBalancerClass === undefined &&
  (isMarked(service) || ingressOf(service).length === 0)

/** Services that the provider of this kind has to fulfil. */
export function* wantedServices(cluster: Cluster, kind: LoadBalancerConfig['kind']): Generator<Service> {
  if (loadBalancerOf(cluster.config).kind !== kind) return
  for (const service of list(cluster, 'Service')) if (isWanted(service)) yield service
}

/** The Service marked, with these addresses; no change when it says so already. */
export function fulfilled(service: Service, ingress: Ingress): readonly Change[] {
  const { metadata, status } = service
  if (isMarked(service) && equal(ingressOf(service), ingress)) return []
  const finalizers = [...(metadata.finalizers ?? []).filter((each) => each !== LOAD_BALANCER_CLEANUP), LOAD_BALANCER_CLEANUP]
  const loadBalancer = ingress.length > 0 ? { ingress } : {}
  return [{ op: 'put', object: { ...service, metadata: { ...metadata, finalizers }, status: { ...status, loadBalancer } } }]
}

/** When the provider is gone, or the Service wants none any more, the addresses go. */
export const loadBalancerRelease: Controller = {
  name: 'load-balancer-release',
  reads: ['Service'],
  scope: 'cluster',
  reconcile: (cluster) => {
    const provided = loadBalancerOf(cluster.config).kind !== 'none'
    const changes: Change[] = []
    for (const service of list(cluster, 'Service')) {
      if (!isMarked(service) || (provided && isWanted(service))) continue
      const { finalizers = [], ...metadata } = service.metadata
      const others = finalizers.filter((each) => each !== LOAD_BALANCER_CLEANUP)
      const object: Service = {
        ...service,
        metadata: { ...metadata, ...(others.length > 0 && { finalizers: others }) },
        status: { ...service.status, loadBalancer: {} },
      }
      changes.push({ op: 'put', object })
    }
    return changes
  },
}
