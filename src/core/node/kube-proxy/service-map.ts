import { type EndpointSlice, SERVICE_NAME_LABEL } from '../../api/endpointslice.ts'
import type { Service } from '../../api/service.ts'
import type { Cluster, Shards } from '../../cluster/cluster.ts'
import type { DispatchRule } from './dispatch.ts'
import { type DispatchIndex, indexDispatch } from './dispatch-index.ts'
import { endpointBound, endpointsOf, type NodeView } from './endpoints.ts'
import { type PortProgram, portPrograms, viewKey } from './port-program.ts'
import { isIgnored, servicePorts } from './service-port.ts'

/** Above this many endpoints kube-proxy leaves out comments that name them (largeClusterEndpointsThreshold). */
const LARGE = 1000
const NO_SLICES: readonly EndpointSlice[] = []

/** The Services and EndpointSlices of a cluster, as far as kube-proxy watches them. */
export interface ServiceMap {
  readonly services: Shards<'Service'>
  slicesOf(service: Service): readonly EndpointSlice[]
  /** Whether more than 1,000 endpoints exist in all service ports together, ready or not. */
  readonly large: boolean
  /** Ports whose rules are the same on every node. */
  readonly shared: PortSet
  /** The others, as one node has them. */
  of(node: NodeView): PortSet
}

export interface PortSet {
  programs(): Iterable<PortProgram>
  /** The program of the same port in this cluster. */
  programOf(service: Service, index: number): PortProgram | undefined
  readonly dispatch: DispatchIndex
}

const maps = new WeakMap<Shards<'Service'>, WeakMap<Shards<'EndpointSlice'>, ServiceMap>>()

export function serviceMap({ objects }: Cluster): ServiceMap {
  let bySlices = maps.get(objects.Service)
  if (!bySlices) maps.set(objects.Service, (bySlices = new WeakMap<Shards<'EndpointSlice'>, ServiceMap>()))
  let map = bySlices.get(objects.EndpointSlice)
  if (!map) bySlices.set(objects.EndpointSlice, (map = makeMap(objects.Service, objects.EndpointSlice)))
  return map
}

function makeMap(services: Shards<'Service'>, shards: Shards<'EndpointSlice'>): ServiceMap {
  const slicesOf = (service: Service): readonly EndpointSlice[] =>
    byService(shards.get(service.metadata.namespace ?? ''))?.get(service.metadata.name) ?? NO_SLICES
  const nodes = new Map<string, PortSet>()
  let large: boolean | undefined
  let shared: PortSet | undefined
  return {
    services,
    slicesOf,
    get large() {
      return (large ??= isLarge(services, slicesOf))
    },
    get shared() {
      return (shared ??= portSet(services, slicesOf, undefined))
    },
    of(node) {
      const key = viewKey(node)
      let set = nodes.get(key)
      if (!set) nodes.set(key, (set = portSet(dependentServices(services), slicesOf, node)))
      return set
    },
  }
}

const indexes = new WeakMap<ReadonlyMap<string, EndpointSlice>, ReadonlyMap<string, readonly EndpointSlice[]>>()

/** One namespace's slices by the Service that their label names, in the order of the shard. */
function byService(shard: ReadonlyMap<string, EndpointSlice> | undefined): ReadonlyMap<string, readonly EndpointSlice[]> | undefined {
  if (!shard) return undefined
  const known = indexes.get(shard)
  if (known) return known
  const index = new Map<string, EndpointSlice[]>()
  for (const slice of shard.values()) {
    const labels = slice.metadata.labels
    const name = labels?.[SERVICE_NAME_LABEL]
    if (!name || isIgnored(labels)) continue
    const list = index.get(name)
    if (list) list.push(slice)
    else index.set(name, [slice])
  }
  indexes.set(shard, index)
  return index
}

const dependents = new WeakMap<Shards<'Service'>, Shards<'Service'>>()

/** Only the Services that have node-dependent ports, so that another node costs no walk over all. */
function dependentServices(services: Shards<'Service'>): Shards<'Service'> {
  let found = dependents.get(services)
  if (!found) {
    const chosen = [...services].map(
      ([namespace, shard]) =>
        [namespace, new Map([...shard].filter(([, service]) => servicePorts(service).some((port) => port.nodeDependent)))] as const,
    )
    found = new Map(chosen.filter(([, shard]) => shard.size > 0))
    dependents.set(services, found)
  }
  return found
}

interface Dispatched {
  readonly rules: readonly (readonly DispatchRule[])[]
  readonly index: DispatchIndex
}

/** The last index made for the same Services and view: reused as a whole when no port's rules in shared chains changed, which is nearly always. */
const lastDispatch = new WeakMap<Shards<'Service'>, Map<string, Dispatched>>()

function portSet(
  services: Shards<'Service'>,
  slicesOf: (service: Service) => readonly EndpointSlice[],
  node: NodeView | undefined,
): PortSet {
  let dispatch: DispatchIndex | undefined
  function* programs(): Generator<PortProgram> {
    for (const shard of services.values()) for (const service of shard.values()) yield* portPrograms(service, slicesOf(service), node)
  }
  return {
    programs,
    programOf: (service, index) => portPrograms(service, slicesOf(service), node).find((program) => program.port.index === index),
    get dispatch() {
      return (dispatch ??= dispatchOf(services, programs(), node ? viewKey(node) : ''))
    },
  }
}

function dispatchOf(services: Shards<'Service'>, programs: Iterable<PortProgram>, key: string): DispatchIndex {
  const rules: (readonly DispatchRule[])[] = []
  for (const program of programs) rules.push(program.rules)
  let views = lastDispatch.get(services)
  if (!views) lastDispatch.set(services, (views = new Map<string, Dispatched>()))
  const last = views.get(key)
  if (last && last.rules.length === rules.length && last.rules.every((some, i) => some === rules[i])) return last.index
  const index = indexDispatch(rules)
  views.set(key, { rules, index })
  return index
}

/** Exact, but stops counting at the threshold; when even the bound is below it nothing is counted at all. */
function isLarge(services: Shards<'Service'>, slicesOf: (service: Service) => readonly EndpointSlice[]): boolean {
  const count = (size: typeof endpointBound): boolean => {
    let total = 0
    for (const shard of services.values())
      for (const service of shard.values())
        for (const port of servicePorts(service)) {
          total += size(port, slicesOf(service))
          if (total > LARGE) return true
        }
    return false
  }
  return count(endpointBound) && count((port, slices) => endpointsOf(port, slices).length)
}
