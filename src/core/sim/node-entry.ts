/** Where a controller answers on the nodes, for those who have no load balancer: a node port of its Service, or a host port of its pod. */
import { type EndpointSlice, SERVICE_NAME_LABEL } from '../api/endpointslice.ts'
import type { Container, Pod } from '../api/pod.ts'
import { matchesLabels } from '../api/selector.ts'
import type { Service } from '../api/service.ts'
import { type Cluster, get, list } from '../cluster/cluster.ts'
import { contains, parseCidr } from '../net/cidr.ts'
import { familyOf, parseIp } from '../net/ip.ts'

export interface NodeEntry {
  readonly kind: 'NodePort' | 'host port'
  /** Of a node that runs it, which is right under externalTrafficPolicy Local too. */
  readonly address: string
  readonly port: number
  /** Absent for a pod that no Service leads to. */
  readonly service?: Service
}

/** `port`: the one that a URL would name at a load balancer, 80 or 443 mostly. `published`: `namespace/name` of the Service that the controller was told of. */
export function nodeEntry(cluster: Cluster, pod: Pod, published: string | undefined, port: number): NodeEntry | undefined {
  for (const service of servicesOf(cluster, pod, published)) {
    const found = ofService(cluster, service, port)
    if (found) return found
  }
  return ofPod(pod, ({ containerPort, name = '' }) => containerPort === port || NAMED[port]?.has(name) === true)
}

/** What charts and manifests of controllers call these container ports. */
const NAMED: Readonly<Record<number, ReadonlySet<string>>> = { 80: new Set(['http', 'web']), 443: new Set(['https', 'websecure']) }

function* servicesOf(cluster: Cluster, { metadata }: Pod, published: string | undefined): Generator<Service> {
  const [namespace = '', name = ''] = (published ?? '').split('/')
  const told = published === undefined ? undefined : get(cluster, 'Service', namespace, name)
  if (told) yield told
  for (const service of list(cluster, 'Service')) {
    const { selector = {} } = service.spec
    if (service === told || service.metadata.namespace !== metadata.namespace || Object.keys(selector).length === 0) continue
    if (matchesLabels(selector, metadata.labels)) yield service
  }
}

function ofService(cluster: Cluster, service: Service, port: number): NodeEntry | undefined {
  const entry = (service.spec.ports ?? []).find((each) => each.port === port && (each.protocol ?? 'TCP') === 'TCP')
  if (!entry) return undefined
  for (const slice of list(cluster, 'EndpointSlice')) {
    if (!isOf(slice, service)) continue
    const target = slice.ports?.find(({ name = '' }) => name === (entry.name ?? ''))?.port
    for (const { conditions, nodeName, targetRef } of slice.endpoints ?? []) {
      if (conditions?.ready === false) continue
      const address = nodeName === undefined ? undefined : nodePortAddress(cluster, nodeName, slice.addressType)
      if (entry.nodePort && address !== undefined) return { kind: 'NodePort', address, port: entry.nodePort, service }
      const pod = targetRef?.kind === 'Pod' ? get(cluster, 'Pod', targetRef.namespace ?? '', targetRef.name) : undefined
      const onHost = pod && ofPod(pod, ({ containerPort }) => containerPort === target)
      if (onHost) return { ...onHost, service }
    }
  }
  return undefined
}

const isOf = ({ metadata }: EndpointSlice, service: Service): boolean =>
  metadata.labels?.[SERVICE_NAME_LABEL] === service.metadata.name && metadata.namespace === service.metadata.namespace

/** Undefined where --nodeport-addresses leaves the node's own out. */
function nodePortAddress(cluster: Cluster, node: string, family: EndpointSlice['addressType']): string | undefined {
  const ranges = cluster.config.proxy.nodePortAddresses.flatMap((text) => parseCidr(text) ?? [])
  return (get(cluster, 'Node', '', node)?.status.addresses ?? []).find(({ type, address }) => {
    const ip = parseIp(address)
    if (type !== 'InternalIP' || !ip || familyOf(ip) !== family) return false
    return ranges.length === 0 || ranges.some((range) => contains(range, ip))
  })?.address
}

function ofPod(pod: Pod, isMeant: (port: NonNullable<Container['ports']>[number]) => boolean): NodeEntry | undefined {
  const { spec, status } = pod
  if (status.hostIP === undefined) return undefined
  for (const port of spec.containers.flatMap(({ ports = [] }) => ports)) {
    const number = port.hostPort || (spec.hostNetwork ? port.containerPort : 0)
    if (number && (port.protocol ?? 'TCP') === 'TCP' && isMeant(port)) return { kind: 'host port', address: status.hostIP, port: number }
  }
  return undefined
}
