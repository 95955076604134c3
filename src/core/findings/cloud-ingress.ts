/** Ingresses of a cloud's classes: where that cloud is not there, where its controller refuses them, and Services that its balancers cannot send to. */
import { unreachable } from '../base/assert.ts'
import { INGRESS_CLASS_ANNOTATION, type Ingress, type IngressBackend } from '../api/ingress.ts'
import type { Service } from '../api/service.ts'
import { appGateway } from '../cluster/cloud/agic.ts'
import { albGroups } from '../cluster/cloud/alb.ts'
import { PREFIX } from '../cluster/cloud/alb-actions.ts'
import { gceBalancers, gceScope } from '../cluster/cloud/gce.ts'
import { negAnnotation } from '../cluster/cloud/gce-backend.ts'
import { servicePort } from '../cluster/cloud/targets.ts'
import { type Cluster, get } from '../cluster/cluster.ts'
import type { IngressController } from '../cluster/ingress-controller.ts'
import type { Cloud } from '../cluster/site.ts'
import { type Finding, finding, refOf } from './finding.ts'

/** GKE's controller is no pod: it takes Ingresses wherever the site is Google's. */
export const takenByCloud = ({ config }: Cluster, ingress: Ingress): boolean =>
  config.site.cloud === 'gce' && gceScope(ingress) !== undefined

/** Classes that only Google's controller knows; without any, an Ingress may be meant for anybody. */
const isGce = ({ metadata }: Ingress): boolean => /^gce(-internal)?$/.test(metadata.annotations?.[INGRESS_CLASS_ANNOTATION] ?? '')

const CLOUD_OF: Readonly<Record<string, Cloud>> = { alb: 'aws', agic: 'azure' }

/** Whether a cloud's controller takes it, here or anywhere. */
export const isOfCloud = (cluster: Cluster, ingress: Ingress, controller: IngressController | undefined): boolean =>
  CLOUD_OF[controller?.implementation ?? ''] !== undefined || isGce(ingress) || (!controller && takenByCloud(cluster, ingress))

/** What changes them besides Ingresses, Services, Secrets, Pods and classes. */
export const cloudInputs = ({ config, objects }: Cluster): readonly unknown[] => {
  const { EndpointSlice, Node, BackendConfig, FrontendConfig } = objects
  return config.site.cloud ? [config.site, EndpointSlice, Node, BackendConfig, FrontendConfig] : [config.site]
}

export function cloudFindings(cluster: Cluster, ingress: Ingress, controller: IngressController | undefined): readonly Finding[] {
  const { cloud } = cluster.config.site
  const wanted = isGce(ingress) ? 'gce' : CLOUD_OF[controller?.implementation ?? '']
  if (wanted === undefined || wanted !== cloud) {
    if (wanted === undefined && !takenByCloud(cluster, ingress)) return []
    if (wanted !== undefined) return [finding('ingress-cloud-missing', 'error', refOf(ingress), { why: wanted }, { field: 'spec' })]
  }
  const types = wrongTypes(cluster, ingress, controller)
  return types.length > 0 ? types : refusals(cluster, ingress)
}

/** In the words of whoever refuses it. */
function refusals(cluster: Cluster, ingress: Ingress): readonly Finding[] {
  return wordsOf(cluster, ingress).map((words) => finding('ingress-cloud-refused', 'error', refOf(ingress), { words }, { field: 'spec' }))
}

function wordsOf(cluster: Cluster, ingress: Ingress): readonly string[] {
  const { cloud } = cluster.config.site
  switch (cloud) {
    case 'gce':
      return gceBalancers(cluster).find((each) => each.ingress === ingress)?.errors ?? []
    case 'aws': {
      const group = albGroups(cluster).find(({ members }) => members.includes(ingress))
      return group?.error === undefined ? [] : [group.error]
    }
    case 'azure':
      return appGateway(cluster).log.flatMap(({ ingress: of, text, warning }) => (of === ingress && !warning ? text : []))
    case undefined:
      return []
    default:
      return unreachable(cloud)
  }
}

/** Services without the node port that an instance group or an instance target needs. */
function wrongTypes(cluster: Cluster, ingress: Ingress, controller: IngressController | undefined): readonly Finding[] {
  const { cloud } = cluster.config.site
  const object = refOf(ingress)
  const seen = new Set<string>()
  return backendsOf(ingress).flatMap(({ backend: { service: named }, field }): readonly Finding[] => {
    const service = named && get(cluster, 'Service', object.namespace, named.name)
    const port = service && servicePort(service, named.port ?? {})
    if (!service || !port || seen.has(named.name) || port.nodePort || !needsNodePort(cloud, ingress, service, controller)) return []
    seen.add(named.name)
    const { type = 'ClusterIP' } = service.spec
    const params = { service: named.name, type, why: cloud === 'gce' ? 'gce' : 'aws' } as const
    const fix = { object: refOf(service), path: ['spec', 'type'], value: 'NodePort' }
    return [
      finding('ingress-backend-type', 'error', object, params, { field, related: [refOf(service)], ...(type === 'ClusterIP' && { fix }) }),
    ]
  })
}

function needsNodePort(cloud: Cloud | undefined, ingress: Ingress, service: Service, controller: IngressController | undefined): boolean {
  if (cloud === 'gce') return gceScope(ingress) === 'external' && !negAnnotation(service)
  if (cloud !== 'aws') return false
  const said = service.metadata.annotations?.[`${PREFIX}target-type`] ?? ingress.metadata.annotations?.[`${PREFIX}target-type`]
  return (said ?? controller?.flags.get('default-target-type') ?? 'instance') === 'instance'
}

interface Named {
  readonly backend: IngressBackend
  readonly field: string
}

/** Every backend that an Ingress names, and where. */
export function backendsOf({ spec }: Ingress): readonly Named[] {
  const own = spec.defaultBackend ? [{ backend: spec.defaultBackend, field: 'spec.defaultBackend' }] : []
  const paths = (spec.rules ?? []).flatMap(({ http }, i) =>
    (http?.paths ?? []).map(({ backend }, j) => ({ backend, field: `spec.rules[${i}].http.paths[${j}].backend` })),
  )
  return [...own, ...paths]
}
