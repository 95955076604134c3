/**
 * Which zone's clients an endpoint is for: the EndpointSlice controller's topology aware routing (staging/src/k8s.io/endpointslice/topologycache, annotation
 * `service.kubernetes.io/topology-mode`) and trafficDistribution (trafficdist, KEP-4444). Computed anew each time: what a real controller keeps of earlier
 * hints when endpoints change is left out, and where it follows the order of a Go map, zones are taken by name.
 */
import { unreachable } from '../base/assert.ts'
import type { Endpoint } from '../api/endpointslice.ts'
import type { Node } from '../api/node.ts'
import type { Service } from '../api/service.ts'
import type { Shards } from '../cluster/cluster.ts'

const ZONE = 'topology.kubernetes.io/zone'
/** How much more than its share an endpoint may have to carry. */
const OVERLOAD = 0.2

/** In the words of the controller's event TopologyAwareHintsDisabled, as keys. */
export type NoHints = 'insufficient-node-info' | 'insufficient-endpoints' | 'overload' | 'no-zone'

export type Hints =
  | { readonly kind: 'none' }
  /** The Service asks for hints and does not get any. */
  | { readonly kind: 'refused'; readonly why: NoHints }
  /** The zone for each ready endpoint. */
  | { readonly kind: 'zones'; readonly zones: ReadonlyMap<Endpoint, string> }

const NONE: Hints = { kind: 'none' }

export function topologyMode({ metadata: { annotations } }: Service): string {
  return annotations?.['service.kubernetes.io/topology-aware-hints'] ?? annotations?.['service.kubernetes.io/topology-mode'] ?? ''
}

const CLOSE = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode'])

/** Hints for all endpoints of one family. The annotation goes before the field. */
export function hintsFor(service: Service, endpoints: readonly Endpoint[], nodes: Shards<'Node'>): Hints {
  const mode = topologyMode(service)
  if (mode === 'Auto' || mode === 'auto') return proportional(endpoints.filter(isReady), capacities(nodes))
  if (!CLOSE.has(service.spec.trafficDistribution ?? '')) return NONE
  return { kind: 'zones', zones: new Map(endpoints.filter(isReady).flatMap((each) => (each.zone ? [[each, each.zone] as const] : []))) }
}

/** The endpoints with their hints; the same ones where there are none to add. */
export function withHints(hints: Hints, endpoints: readonly Endpoint[]): readonly Endpoint[] {
  switch (hints.kind) {
    case 'none':
    case 'refused':
      return endpoints
    case 'zones':
      return endpoints.map((endpoint) => {
        const zone = hints.zones.get(endpoint)
        return zone === undefined ? endpoint : { ...endpoint, hints: { forZones: [{ name: zone }] } }
      })
    default:
      return unreachable(hints)
  }
}

const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready === true

const known = new WeakMap<Shards<'Node'>, ReadonlyMap<string, number> | 'unknown'>()

/** Each zone's share of the CPUs of ready workers; unknown as soon as one of them does not tell zone and CPUs, or with fewer than two zones. */
function capacities(shards: Shards<'Node'>): ReadonlyMap<string, number> | 'unknown' {
  let found = known.get(shards)
  if (!found) known.set(shards, (found = shares([...(shards.get('')?.values() ?? [])])))
  return found
}

function shares(nodes: readonly Node[]): ReadonlyMap<string, number> | 'unknown' {
  const cpus = new Map<string, number>()
  let total = 0
  for (const { metadata, status } of nodes) {
    const labels = metadata.labels ?? {}
    if (labels['node-role.kubernetes.io/control-plane'] !== undefined || labels['node-role.kubernetes.io/master'] !== undefined) continue
    if (status.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True') continue
    const zone = labels[ZONE]
    const cpu = milliCpus(status.allocatable?.['cpu'])
    if (!zone || !cpu) return 'unknown'
    cpus.set(zone, (cpus.get(zone) ?? 0) + cpu)
    total += cpu
  }
  if (cpus.size < 2) return 'unknown'
  return new Map([...cpus].sort(([a], [b]) => (a < b ? -1 : 1)).map(([zone, cpu]) => [zone, cpu / total]))
}

/** A resource quantity: `4`, `3920m`, `0.5`. */
function milliCpus(quantity: string | undefined): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(m?)$/.exec(String(quantity ?? '')) ?? []
  return number === undefined ? 0 : Number(number) * (unit === 'm' ? 1 : 1000)
}

function proportional(endpoints: readonly Endpoint[], ratios: ReadonlyMap<string, number> | 'unknown'): Hints {
  if (ratios === 'unknown') return { kind: 'refused', why: 'insufficient-node-info' }
  if (ratios.size > endpoints.length) return { kind: 'refused', why: 'insufficient-endpoints' }
  const desired = new Map<string, number>()
  let needed = 0
  for (const [zone, ratio] of ratios) {
    const minimum = Math.ceil((ratio * endpoints.length) / (1 + OVERLOAD))
    desired.set(zone, Math.max(ratio * endpoints.length, minimum))
    needed += minimum
  }
  if (needed > endpoints.length) return { kind: 'refused', why: 'overload' }
  const zones = new Map<Endpoint, string>()
  const count = new Map<string, number>()
  for (const endpoint of endpoints) {
    if (!endpoint.zone) return { kind: 'refused', why: 'no-zone' }
    zones.set(endpoint, endpoint.zone)
    count.set(endpoint.zone, (count.get(endpoint.zone) ?? 0) + 1)
  }
  redistribute(zones, transfers(desired, count))
  return { kind: 'zones', zones }
}

/** How many endpoints each zone gives away, and how many each gets. */
interface Transfers {
  readonly giving: Map<string, number>
  readonly receiving: Map<string, number>
}

/** Whole endpoints only, from the zone that has most to spare to the one that lacks most, while at least half an endpoint is at stake on both sides. */
function transfers(desired: ReadonlyMap<string, number>, count: ReadonlyMap<string, number>): Transfers {
  const spare = new Map<string, number>()
  const lacking = new Map<string, number>()
  for (const [zone, target] of desired) {
    const has = count.get(zone) ?? 0
    if (has > target) spare.set(zone, has - target)
    else if (has < target) lacking.set(zone, target - has)
  }
  const giving = new Map<string, number>()
  const receiving = new Map<string, number>()
  for (;;) {
    const [from, give] = most(spare)
    const [to, get] = most(lacking)
    if (from === undefined || to === undefined || (give < 1 && get < 1) || give < 0.5 || get < 0.5) return { giving, receiving }
    giving.set(from, (giving.get(from) ?? 0) + 1)
    spare.set(from, give - 1)
    receiving.set(to, (receiving.get(to) ?? 0) + 1)
    lacking.set(to, get - 1)
  }
}

function most(zones: ReadonlyMap<string, number>): readonly [zone: string | undefined, count: number] {
  let zone: string | undefined
  let count = 0
  for (const [each, value] of zones) if (value > count) [zone, count] = [each, value]
  return [zone, count]
}

function redistribute(zones: Map<Endpoint, string>, { giving, receiving }: Transfers): void {
  for (const [endpoint, from] of zones) {
    const give = giving.get(from) ?? 0
    const to = [...receiving].find(([, get]) => get > 0)
    if (give === 0 || !to) continue
    zones.set(endpoint, to[0])
    giving.set(from, give - 1)
    receiving.set(to[0], to[1] - 1)
  }
}
