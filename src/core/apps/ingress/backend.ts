/** From a backend of an Ingress to the addresses behind it: what controllers that send to pods themselves read off EndpointSlices. */
import { type EndpointSlice, SERVICE_NAME_LABEL } from '../../api/endpointslice.ts'
import type { IngressServicePort } from '../../api/ingress.ts'
import type { Service, ServicePort } from '../../api/service.ts'
import { type Cluster, get } from '../../cluster/cluster.ts'
import { type Ip, parseIp } from '../../net/ip.ts'
import type { ObjectRef } from '../program.ts'

export interface UpstreamEndpoint {
  readonly address: Ip
  readonly port: number
  readonly object?: ObjectRef
}

export const portText = ({ name, number }: IngressServicePort): string => (name ? name : String(number ?? 0))

/** The port of a Service that a backend means, by the rule of the specification: by name, or by the Service's own number. */
export const servicePortOf = ({ spec }: Service, { name, number }: IngressServicePort): ServicePort | undefined =>
  (spec.ports ?? []).find((port) => (name ? port.name === name : port.port === number))

type Slices = ReadonlyMap<string, readonly EndpointSlice[]>
const indexed = new WeakMap<object, Slices>()
const NONE: readonly EndpointSlice[] = []

/** Slices of a Service in the order of the store. */
export function slicesOf(cluster: Cluster, namespace: string, name: string): readonly EndpointSlice[] {
  const shard = cluster.objects.EndpointSlice.get(namespace)
  if (!shard) return NONE
  let index = indexed.get(shard)
  if (!index) indexed.set(shard, (index = byService(shard.values())))
  return index.get(name) ?? NONE
}

function byService(slices: Iterable<EndpointSlice>): Slices {
  const index = new Map<string, EndpointSlice[]>()
  for (const slice of slices) {
    const name = slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? ''
    const own = index.get(name)
    if (own) own.push(slice)
    else index.set(name, [slice])
  }
  return index
}

/** Ready endpoints of a Service's port over a protocol, each address once. */
export function endpointsOf(
  cluster: Cluster,
  service: Service,
  port: ServicePort,
  protocol: 'TCP' | 'UDP' = 'TCP',
): readonly UpstreamEndpoint[] {
  const found = new Map<string, UpstreamEndpoint>()
  const namespace = service.metadata.namespace ?? ''
  for (const slice of slicesOf(cluster, namespace, service.metadata.name)) {
    if (slice.addressType === 'FQDN') continue
    for (const number of portsOf(slice, port, protocol))
      for (const endpoint of slice.endpoints ?? []) {
        if (endpoint.conditions?.ready === false) continue
        for (const text of endpoint.addresses) {
          const address = parseIp(text)
          if (!address || found.has(`${address} ${number}`)) continue
          found.set(`${address} ${number}`, { address, port: number, ...(endpoint.targetRef && { object: refOf(endpoint.targetRef) }) })
        }
      }
  }
  return [...found.values()]
}

const refOf = ({ kind, namespace, name }: { readonly kind: string; readonly namespace?: string; readonly name: string }): ObjectRef => ({
  kind,
  ...(namespace !== undefined && { namespace }),
  name,
})

/** A slice's port belongs to the Service's port of the same name; where no name fits, a numbered target port is taken at its word. */
function portsOf(slice: EndpointSlice, port: ServicePort, protocol: string): readonly number[] {
  const target = typeof port.targetPort === 'number' ? port.targetPort : undefined
  const ports = slice.ports ?? []
  if (ports.length === 0) return target === undefined ? [] : [target]
  return ports.flatMap((each) => {
    if ((each.protocol ?? 'TCP') !== protocol) return []
    const named = !port.name || port.name === each.name ? each.port : undefined
    return named ?? target ?? []
  })
}

export const serviceOf = (cluster: Cluster, namespace: string, name: string): Service | undefined =>
  get(cluster, 'Service', namespace, name)
