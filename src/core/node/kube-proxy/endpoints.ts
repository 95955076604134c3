import type { Endpoint, EndpointSlice } from '../../api/endpointslice.ts'
import type { Origin } from '../../kernel/origin.ts'
import { type Ip, joinHostPort, parseIp } from '../../net/ip.ts'
import { lowerProtocol, type ServicePortInfo } from './service-port.ts'

/** One endpoint of one service port (kubernetes pkg/proxy/endpoint.go, v1.30). */
export interface EndpointInfo {
  readonly ip: Ip
  /** `10.244.0.5:8080`, `[fd00::5]:8080`: its identity, its place in the order, and what DNAT rewrites to. */
  readonly address: string
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  readonly nodeName: string | undefined
  readonly zones: readonly string[]
  /** Where it comes from: the slice, and its position in `endpoints`. */
  readonly slice: EndpointSlice
  readonly index: number
}

/** An endpoint as the reason for a piece of kernel state. */
export const endpointOrigin = ({ slice, index }: EndpointInfo): Origin => ({
  agent: 'kube-proxy',
  object: `EndpointSlice/${slice.metadata.namespace ?? 'default'}/${slice.metadata.name}`,
  field: `endpoints[${index}]`,
})

/** Whose rules are made. Undefined where they are the same on every node. */
export interface NodeView {
  readonly name: string
  readonly zone: string | undefined
  readonly ip: Ip | undefined
}

/**
 * Endpoints of a port from all slices of its Service, deduplicated and sorted by `ip:port` as text, as endpointslicecache.go does: the order of the
 * rules in KUBE-SVC chains. When slices disagree about an endpoint (it is moving between them), Go's map order decides there; here the first slice.
 */
export function endpointsOf(port: ServicePortInfo, slices: readonly EndpointSlice[]): readonly EndpointInfo[] {
  const found: EndpointInfo[] = []
  let sorted = true
  let last = ''
  for (const slice of slices) {
    const endpoints = slice.endpoints
    if (slice.addressType !== port.family || !endpoints) continue
    for (const number of numbersOf(port, slice))
      for (let index = 0; index < endpoints.length; index++) {
        const endpoint = endpoints[index]
        const ip = endpoint && parseIp(endpoint.addresses[0] ?? '')
        if (!ip) continue
        const info = infoOf(endpoint, ip, number, slice, index)
        sorted &&= last < info.address
        last = info.address
        found.push(info)
      }
  }
  if (sorted) return found
  found.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0))
  return found.filter(({ address }, i) => address !== found[i - 1]?.address)
}

/** The numbers behind a service port in a slice. A port without number would mean "all" and is left out, as in kube-proxy. */
function numbersOf(port: ServicePortInfo, slice: EndpointSlice): readonly number[] {
  const numbers: number[] = []
  for (const one of slice.ports ?? NO_PORTS) {
    if ((one.name ?? '') === port.portName && lowerProtocol(one.protocol) === port.protocol && one.port) numbers.push(one.port)
  }
  return numbers
}

const NO_ZONES: readonly string[] = []
const NO_PORTS: NonNullable<EndpointSlice['ports']> = []

function infoOf(endpoint: Endpoint, ip: Ip, number: number, slice: EndpointSlice, index: number): EndpointInfo {
  return {
    ip,
    address: joinHostPort(ip, number),
    ready: isReady(endpoint),
    serving: endpoint.conditions?.serving !== false,
    terminating: endpoint.conditions?.terminating === true,
    nodeName: endpoint.nodeName,
    zones: endpoint.hints?.forZones?.map((zone) => zone.name) ?? NO_ZONES,
    slice,
    index,
  }
}

const isReady = (endpoint: Endpoint): boolean => endpoint.conditions?.ready !== false

/** What can be said of a port's endpoints without making the list of them. */
export interface Glance {
  /** Whether any is usable from anywhere: looking stops at the first. */
  readonly any: boolean
  /** At most how many there are: duplicates count. */
  readonly bound: number
}

export function glance(port: ServicePortInfo, slices: readonly EndpointSlice[]): Glance {
  let any = false
  let bound = 0
  for (const slice of slices) {
    const endpoints = slice.endpoints
    const numbers = slice.addressType === port.family && endpoints?.length ? numbersOf(port, slice).length : 0
    if (!endpoints || numbers === 0) continue
    bound += numbers * endpoints.length
    any ||= endpoints.some(isUsable)
  }
  return { any, bound }
}

const isUsable = (endpoint: Endpoint): boolean =>
  (isReady(endpoint) || (endpoint.conditions?.serving !== false && endpoint.conditions?.terminating === true)) &&
  parseIp(endpoint.addresses[0] ?? '') !== undefined

export interface Categorized {
  /** For policy Cluster; undefined when the port never uses it. */
  readonly cluster: readonly EndpointInfo[]
  /** For policy Local. */
  readonly local: readonly EndpointInfo[]
  /** All that some rule of this node can reach. */
  readonly reachable: readonly EndpointInfo[]
  /** Whether there is a usable endpoint anywhere in the cluster. */
  readonly any: boolean
}

const NOBODY: readonly EndpointInfo[] = []

/**
 * pkg/proxy/topology.go CategorizeEndpoints, v1.30: ready endpoints, else those that are terminating and still serving, for each policy on its own;
 * hints narrow the Cluster list. Union order is random there (a Go map) and by address here.
 */
export function categorize(endpoints: readonly EndpointInfo[], port: ServicePortInfo, node: NodeView | undefined): Categorized {
  const usesCluster = !port.internalLocal || port.externallyAccessible
  const usesLocal = port.internalLocal || (port.externalLocal && port.externallyAccessible)
  const zone = port.topology && usesCluster ? zoneToKeep(endpoints, node?.zone) : undefined
  const cluster = usesCluster
    ? readyElseServing(zone === undefined ? endpoints : endpoints.filter((e) => !e.ready || e.zones.includes(zone)))
    : NOBODY
  if (!usesLocal) return { cluster, local: NOBODY, reachable: cluster, any: cluster.length > 0 }
  const local = readyElseServing(endpoints.filter((e) => node !== undefined && e.nodeName === node.name))
  const any = cluster.length > 0 || readyElseServing(endpoints).length > 0
  if (!usesCluster) return { cluster, local, reachable: local, any }
  const reachable = local.every((e) => cluster.includes(e)) ? cluster : endpoints.filter((e) => cluster.includes(e) || local.includes(e))
  return { cluster, local, reachable, any }
}

/** The same list when all of them are ready. */
function readyElseServing(endpoints: readonly EndpointInfo[]): readonly EndpointInfo[] {
  if (endpoints.every((e) => e.ready)) return endpoints
  const ready = endpoints.filter((e) => e.ready)
  return ready.length > 0 ? ready : endpoints.filter((e) => e.serving && e.terminating)
}

/** Hints count only when every ready endpoint has one and some are for this node's zone. */
function zoneToKeep(endpoints: readonly EndpointInfo[], zone: string | undefined): string | undefined {
  if (!zone) return undefined
  const ready = endpoints.filter((e) => e.ready)
  return ready.every((e) => e.zones.length > 0) && ready.some((e) => e.zones.includes(zone)) ? zone : undefined
}
