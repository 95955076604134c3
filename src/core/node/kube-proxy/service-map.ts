import type { Cluster, Shards } from '../../cluster/cluster.ts'
import type { ClusterConfig } from '../../cluster/config.ts'
import type { IpFamily } from '../../net/ip.ts'
import type { DispatchRule } from './dispatch.ts'
import { type DispatchIndex, indexDispatch } from './dispatch-index.ts'
import type { NodeView } from './endpoints.ts'
import type { PortProgram } from './port-program.ts'
import type { ServicePortInfo } from './service-port.ts'
import { entriesOf, viewKey } from './service-entry.ts'
import { type ShardPrograms, shardPrograms } from './shard-programs.ts'

/** Above this many endpoints kube-proxy leaves out comments that name them (largeClusterEndpointsThreshold). */
const LARGE = 1000

/** The Services and EndpointSlices of a cluster as kube-proxy sees them. */
export interface ServiceMap {
  /** Ports whose rules are the same on every node. */
  readonly shared: PortSet
  /** The others, as one node has them. */
  of(node: NodeView): PortSet
  /** Whether more than 1,000 endpoints exist in all service ports together, ready or not. */
  isLarge(node: NodeView): boolean
}

export interface PortSet {
  programs(): Iterable<PortProgram>
  /** This cluster's program of a port. */
  programOf(port: ServicePortInfo): PortProgram | undefined
  readonly dispatch: DispatchIndex
  /** At most how many endpoints there are; `programs` know how many there really are. */
  readonly bound: number
}

type Maps = WeakMap<Shards<'Service'>, WeakMap<Shards<'EndpointSlice'>, ServiceMap>>
const maps: Readonly<Record<IpFamily, Maps>> = { IPv4: new WeakMap(), IPv6: new WeakMap() }

export function serviceMap({ config, objects }: Cluster, family: IpFamily = 'IPv4'): ServiceMap {
  let bySlices = maps[family].get(objects.Service)
  if (!bySlices) maps[family].set(objects.Service, (bySlices = new WeakMap<Shards<'EndpointSlice'>, ServiceMap>()))
  let map = bySlices.get(objects.EndpointSlice)
  if (!map) bySlices.set(objects.EndpointSlice, (map = makeMap(config, family, objects.Service, objects.EndpointSlice)))
  return map
}

function makeMap(config: ClusterConfig, family: IpFamily, services: Shards<'Service'>, slices: Shards<'EndpointSlice'>): ServiceMap {
  const sets = new Map<string, PortSet>()
  const setOf = (node: NodeView | undefined): PortSet => {
    const key = viewKey(node)
    let set = sets.get(key)
    if (!set) sets.set(key, (set = portSet(config, family, services, slices, node)))
    return set
  }
  let large: boolean | undefined
  return {
    get shared() {
      return setOf(undefined)
    },
    of: setOf,
    isLarge: (node) => (large ??= exceeds([setOf(undefined), setOf(node)])),
  }
}

/** Counts what is really there only if it could be enough, and stops when it is. */
function exceeds(sets: readonly PortSet[]): boolean {
  if (sets.reduce((sum, set) => sum + set.bound, 0) <= LARGE) return false
  let count = 0
  for (const set of sets)
    for (const program of set.programs()) {
      count += program.endpoints().length
      if (count > LARGE) return true
    }
  return false
}

function portSet(
  config: ClusterConfig,
  family: IpFamily,
  services: Shards<'Service'>,
  slices: Shards<'EndpointSlice'>,
  node: NodeView | undefined,
): PortSet {
  const shards = new Map<string, ShardPrograms>()
  for (const [namespace, shard] of services)
    shards.set(namespace, shardPrograms(entriesOf(config, namespace, shard, family), slices.get(namespace), node))
  let dispatch: DispatchIndex | undefined
  return {
    *programs() {
      for (const shard of shards.values()) for (const some of shard.programs) yield* some
    },
    programOf: (port) => shards.get(port.service.metadata.namespace ?? '')?.programOf(port),
    get dispatch() {
      return (dispatch ??= dispatchOf(
        services,
        [...shards.values()].map((shard) => shard.rules),
        `${family} ${viewKey(node)}`,
      ))
    },
    bound: [...shards.values()].reduce((sum, shard) => sum + shard.bound, 0),
  }
}

interface Dispatched {
  readonly rules: readonly (readonly DispatchRule[])[]
  readonly index: DispatchIndex
}

/** The last index made for the same Services and view: reused as a whole when no port's rules in shared chains changed, which is nearly always. */
const lastDispatch = new WeakMap<Shards<'Service'>, Map<string, Dispatched>>()

function dispatchOf(services: Shards<'Service'>, rules: readonly (readonly DispatchRule[])[], view: string): DispatchIndex {
  let views = lastDispatch.get(services)
  if (!views) lastDispatch.set(services, (views = new Map<string, Dispatched>()))
  const last = views.get(view)
  if (last && last.rules.every((some, i) => some === rules[i])) return last.index
  const index = indexDispatch(rules)
  views.set(view, { rules, index })
  return index
}
