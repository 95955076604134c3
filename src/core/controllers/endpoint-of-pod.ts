/** From a pod to its entry in an EndpointSlice (staging/src/k8s.io/endpointslice/utils.go, v1.30). */
import type { Endpoint, EndpointSlice } from '../api/endpointslice.ts'
import { SERVICE_NAME_LABEL } from '../api/endpointslice.ts'
import { ipFamily } from '../api/format.ts'
import type { Node } from '../api/node.ts'
import type { Pod } from '../api/pod.ts'
import type { Service, ServicePort } from '../api/service.ts'
import { isReady } from './pods.ts'

export type Family = 'IPv4' | 'IPv6'
export type SlicePorts = NonNullable<EndpointSlice['ports']>

/** Addresses of the family that a pod has. */
export const addressesOf = ({ status }: Pod, family: Family): readonly string[] =>
  (status.podIPs ?? (status.podIP ? [{ ip: status.podIP }] : [])).map(({ ip }) => ip).filter((ip) => ipFamily(ip) === family)

/** Whether the pod belongs among the endpoints at all: finished pods and those without address do not, unready and leaving ones do. */
export const isEndpoint = ({ status }: Pod): boolean => Boolean(status.podIP) && status.phase !== 'Succeeded' && status.phase !== 'Failed'

export function endpointOf(pod: Pod, node: Node | undefined, service: Service, family: Family): Endpoint {
  const { metadata, spec } = pod
  const serving = isReady(pod)
  const terminating = metadata.deletionTimestamp !== undefined
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating)
  const zone = node?.metadata.labels?.['topology.kubernetes.io/zone']
  const named = spec.hostname !== undefined && spec.subdomain === service.metadata.name && metadata.namespace === service.metadata.namespace
  return {
    addresses: addressesOf(pod, family).slice(0, 1),
    conditions: { ready, serving, terminating },
    ...(spec.nodeName !== undefined && { nodeName: spec.nodeName }),
    ...(zone !== undefined && { zone }),
    ...(named && spec.hostname !== undefined && { hostname: spec.hostname }),
    targetRef: { kind: 'Pod', ...(metadata.namespace !== undefined && { namespace: metadata.namespace }), name: metadata.name },
  }
}

/** The numbers behind the Service's ports on this pod; a named target port that no container has leaves its port out. */
export function portsOf(service: Service, pod: Pod): SlicePorts {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetNumber(port, pod)
    if (number === undefined) return []
    return [
      {
        name: port.name ?? '',
        port: number,
        protocol: port.protocol ?? 'TCP',
        ...(port.appProtocol !== undefined && { appProtocol: port.appProtocol }),
      },
    ]
  })
}

function targetNumber({ targetPort, port, protocol = 'TCP' }: ServicePort, { spec }: Pod): number | undefined {
  if (typeof targetPort !== 'string') return targetPort || port
  for (const container of spec.containers)
    for (const each of container.ports ?? [])
      if (each.name === targetPort && (each.protocol ?? 'TCP') === protocol) return each.containerPort
  return undefined
}

const HEADLESS_LABEL = 'service.kubernetes.io/headless'
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'

/** The Service's own labels, whose slice it is and who keeps it. */
export function sliceLabels({ metadata, spec }: Service, controller: string): Readonly<Record<string, string>> {
  const { [HEADLESS_LABEL]: _, ...labels } = metadata.labels ?? {}
  return {
    ...labels,
    ...(spec.clusterIP === 'None' && { [HEADLESS_LABEL]: '' }),
    [SERVICE_NAME_LABEL]: metadata.name,
    [MANAGED_BY]: controller,
  }
}

export const isManagedBy = ({ metadata }: EndpointSlice, controller: string): boolean => metadata.labels?.[MANAGED_BY] === controller
