import type { PersistentMap } from '../../base/persistent-map.ts'
import type { EndpointSlice } from '../../api/endpointslice.ts'
import type { Service } from '../../api/service.ts'
import type { Shard } from '../../cluster/cluster.ts'
import type { ClusterConfig } from '../../cluster/config.ts'
import type { IpFamily } from '../../net/ip.ts'
import type { NodeView } from './endpoints.ts'
import { PortProgram } from './port-program.ts'
import { type ServicePortInfo, servicePorts } from './service-port.ts'

export type ServiceShard = Shard<'Service'>

/** Nodes with the same key have the same rules; all nodes share `''`. */
export const viewKey = (node: NodeView | undefined): string => (node ? `${node.name} ${node.zone ?? ''} ${node.ip ?? ''}` : '')

interface Programs {
  readonly slices: readonly EndpointSlice[]
  readonly programs: readonly PortProgram[]
}

/** One Service, and what was compiled of it last: valid for as long as its slices are the same objects. */
export class ServiceEntry {
  private shared: Programs | undefined = undefined
  private views: Map<string, Programs> | undefined = undefined

  constructor(
    readonly service: Service,
    readonly sharedPorts: readonly ServicePortInfo[],
    readonly ownPorts: readonly ServicePortInfo[],
  ) {}

  /** The programs that all nodes share (`node` undefined), or those that only this node has. */
  programs(slices: readonly EndpointSlice[], node: NodeView | undefined): readonly PortProgram[] {
    const key = viewKey(node)
    const before = node ? this.views?.get(key) : this.shared
    if (before && sameSlices(before.slices, slices)) return before.programs
    const ports = node ? this.ownPorts : this.sharedPorts
    const after = { slices, programs: ports.map((port, i) => new PortProgram(port, slices, node, before?.programs[i])) }
    if (node) (this.views ??= new Map<string, Programs>()).set(key, after)
    else this.shared = after
    return after.programs
  }
}

const sameSlices = (a: readonly EndpointSlice[], b: readonly EndpointSlice[]): boolean =>
  a === b || (a.length === b.length && a.every((slice, i) => slice === b[i]))

/** The Services of one namespace, by name and in the order of the shard; those that have rules. */
export interface Entries {
  readonly services: ServiceShard
  readonly byName: PersistentMap<ServiceEntry>
  readonly shared: readonly ServiceEntry[]
  readonly own: readonly ServiceEntry[]
  /** Where a Service stands in `shared` or `own`. */
  placeOf(name: string, among: 'shared' | 'own'): number | undefined
}

const entriesOfShard: Readonly<Record<IpFamily, WeakMap<ServiceShard, Entries>>> = { IPv4: new WeakMap(), IPv6: new WeakMap() }
/** Last entries of each namespace, for as long as clusters with the same configuration live: a change of one Service keeps the others' entries. */
const lineages: Readonly<Record<IpFamily, WeakMap<ClusterConfig, Map<string, Entries>>>> = { IPv4: new WeakMap(), IPv6: new WeakMap() }

export function entriesOf(config: ClusterConfig, namespace: string, services: ServiceShard, family: IpFamily = 'IPv4'): Entries {
  const known = entriesOfShard[family].get(services)
  if (known) return known
  let lineage = lineages[family].get(config)
  if (!lineage) lineages[family].set(config, (lineage = new Map<string, Entries>()))
  const entries = makeEntries(services, family, lineage.get(namespace))
  entriesOfShard[family].set(services, entries)
  lineage.set(namespace, entries)
  return entries
}

function makeEntries(services: ServiceShard, family: IpFamily, before: Entries | undefined): Entries {
  const byName = before ? updated(before, services, family) : services.map((service) => entryOf(service, family))
  const shared: ServiceEntry[] = []
  const own: ServiceEntry[] = []
  for (const entry of byName.values()) {
    if (entry.sharedPorts.length > 0) shared.push(entry)
    if (entry.ownPorts.length > 0) own.push(entry)
  }
  const places = { shared: placesIn(shared), own: placesIn(own) }
  return { services, byName, shared, own, placeOf: (name, among) => places[among]().get(name) }
}

/** What went goes first: a Service that moved comes back where it is now. One that is as it was keeps its entry. */
function updated(before: Entries, services: ServiceShard, family: IpFamily): PersistentMap<ServiceEntry> {
  const differences = [...before.services.differences(services)]
  const gone = differences.flatMap(({ key, to }) => (to ? [] : [{ key }]))
  const come = differences.flatMap(({ key, to }) => {
    if (!to) return []
    const last = before.byName.get(key)
    return [{ key, value: last?.service === to ? last : entryOf(to, family) }]
  })
  return before.byName.with([...gone, ...come])
}

/** Made when somebody asks: only changes of endpoints do. */
function placesIn(entries: readonly ServiceEntry[]): () => ReadonlyMap<string, number> {
  let places: ReadonlyMap<string, number> | undefined
  return () => (places ??= new Map(entries.map((entry, at) => [entry.service.metadata.name, at])))
}

const NO_PORTS: readonly ServicePortInfo[] = []

function entryOf(service: Service, family: IpFamily): ServiceEntry {
  const ports = servicePorts(service, family)
  if (!ports.some((port) => port.nodeDependent)) return new ServiceEntry(service, ports, NO_PORTS)
  return new ServiceEntry(
    service,
    ports.filter((port) => !port.nodeDependent),
    ports.filter((port) => port.nodeDependent),
  )
}
