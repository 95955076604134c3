import type { Cluster } from '../core/cluster/cluster.ts'
import { type Census, nodeAddress, nodeCapacity, nodeFlags, nodeRole, takeCensus } from './census.ts'
import { housesOf } from './houses.ts'
import { type Pins, withPins } from './pins.ts'
import { placed } from './placement.ts'
import { podColumnsOf } from './pod-columns.ts'
import { NETNS_LENGTH } from './places.ts'
import { type Residents, residentsOf } from './residents.ts'
import { MACHINE_READY, type MachineKind, type Scene } from './scene.ts'
import { assignSlots } from './slots.ts'

export interface BuildOptions {
  /** What was on screen before: whoever is in both keeps its place. Ignored when its columns were transferred away. */
  readonly previous?: Scene
  /** What the simulator calls the namespace of a pod whose name is too long to be one (`netnsOfPod` of the engine). */
  readonly netnsOf?: NetnsOf
  /** Where a person put nodes and hosts (top left corners, by id), whatever their slot says. */
  readonly pins?: Pins
  /** Width / height of the window that the scene should fill. Default 1.6. */
  readonly aspect?: number
}

export type NetnsOf = (namespace: string, name: string) => string | undefined

const isUsable = (scene: Scene): boolean =>
  scene.pods.slot.length === scene.pods.count && scene.pods.nameStart.length === scene.pods.count + 1

/** Everything that the canvas draws of a cluster, placed. Deterministic: equal arguments, equal scene. */
export function buildScene(cluster: Cluster, options: BuildOptions = {}): Scene {
  const previous = options.previous && isUsable(options.previous) ? options.previous : undefined
  const census = takeCensus(cluster)
  const houses = housesOf(census, previous)
  const residents = residentsOf(census, houses.slots)
  const slots = assignSlots(
    census.nodes.map((node) => `node/${node.metadata.name}`),
    previous && slotsOfNodes(previous),
  )
  const columns = previous?.chassis.podColumns
  const { machines, ...rest } = placed(cluster.config, {
    places: houses.places,
    slots,
    start: census.start,
    count: residents.count,
    ...(columns === undefined ? {} : { columns }),
    ...(options.aspect === undefined ? {} : { aspect: options.aspect }),
  })
  const scene: Scene = {
    ...rest,
    pods: podColumnsOf(residents, machines, rest.chassis, rest.tray),
    machines: { ...machines, ...namedMachines(census, cluster, slots) },
    revision: cluster.revision,
    longNames: longNamesOf(residents, 0, options.netnsOf),
  }
  return options.pins ? withPins(scene, options.pins) : scene
}

/** Of pods from `first` on. */
export function longNamesOf(
  { count, names, nameStart, namespaces, namespace }: Residents,
  first: number,
  netnsOf: NetnsOf | undefined,
): Scene['longNames'] {
  const found: { pod: number; netns: string }[] = []
  if (!netnsOf) return found
  for (let pod = 0; pod < count; pod++) {
    const [from, to] = [nameStart[pod] ?? 0, nameStart[pod + 1] ?? 0]
    const owner = namespaces[namespace[pod] ?? 0] ?? ''
    if (owner.length + to - from + 3 <= NETNS_LENGTH) continue
    const netns = netnsOf(owner, names.slice(from, to))
    if (netns !== undefined) found.push({ pod: first + pod, netns })
  }
  return found
}

function slotsOfNodes(scene: Scene): ReadonlyMap<string, number> {
  const { ids, kinds, slot } = scene.machines
  const slots = new Map<string, number>()
  for (const [i, id] of ids.entries()) if (kinds[i] === 'node') slots.set(id, slot[i] ?? 0)
  return slots
}

/** What machines are, wherever they stand. Nodes first, then the hosts of the site: indices of nodes do not depend on the world outside. */
function namedMachines({ nodes }: Census, { config }: Cluster, slots: Uint32Array) {
  const { hosts } = config.site
  const kinds: MachineKind[] = [...nodes.map(() => 'node' as const), ...hosts.map(({ role }) => role)]
  return {
    count: kinds.length,
    ids: [...nodes.map((node) => `node/${node.metadata.name}`), ...hosts.map(({ name }) => `external/${name}`)],
    labels: [...nodes.map((node) => node.metadata.name), ...hosts.map(({ name }) => name)],
    addresses: [...nodes.map(nodeAddress), ...hosts.map(({ interfaces }) => interfaces[0]?.address.split('/')[0] ?? '')],
    kinds,
    roles: [...nodes.map(nodeRole), ...hosts.map(({ role }) => role)],
    slot: Uint32Array.from(kinds, (_, i) => slots[i] ?? 0),
    flags: Uint8Array.from(kinds, (_, i) => (nodes[i] ? nodeFlags(nodes[i]) : MACHINE_READY)),
    capacity: Uint32Array.from(kinds, (_, i) => (nodes[i] ? nodeCapacity(nodes[i]) : 0)),
  }
}
