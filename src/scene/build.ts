import type { Cluster } from '../core/cluster/cluster.ts'
import { type Census, nodeAddress, nodeCapacity, nodeFlags, nodeRole, takeCensus } from './census.ts'
import { GUTTER_X, GUTTER_Y, POD_HEIGHT, POD_WIDTH, diagramZoom } from './chassis.ts'
import { housesOf } from './houses.ts'
import { BELOW_BAR, type Rack, packNodes, pitchOf, podColumnsFor, trayColumns } from './layout.ts'
import { HOST_HEIGHT, type Outside, planOutside } from './outside.ts'
import { type Pins, withPins } from './pins.ts'
import { NETNS_LENGTH } from './places.ts'
import { TRAY_HEADER, TRAY_PADDING, podColumnsOf } from './pod-columns.ts'
import { type Chassis, MACHINE_READY, type MachineKind, type Rect, type Scene, type Segment, type Wire, around } from './scene.ts'
import { assignSlots } from './slots.ts'

export interface BuildOptions {
  /** What was on screen before: whoever is in both keeps its place. Ignored when its columns were transferred away. */
  readonly previous?: Scene
  /** What the simulator calls the namespace of a pod whose name is too long to be one (`netnsOfPod` of the engine). */
  readonly netnsOf?: (namespace: string, name: string) => string | undefined
  /** Where a person put nodes and hosts (top left corners, by id), whatever their slot says. */
  readonly pins?: Pins
  /** Width / height of the window that the scene should fill. Default 1.6. */
  readonly aspect?: number
}

/** The bridge CNI plugin's bridge and flannel's VXLAN device, as their configurations name them by default. */
const BRIDGE = 'cni0'
const OVERLAY = 'flannel.1'
const NODE_PORT = 'eth0'

const isUsable = (scene: Scene): boolean =>
  scene.pods.slot.length === scene.pods.count && scene.pods.nameStart.length === scene.pods.count + 1

/** Of the first bar, beyond the last cable. */
const OVERHANG = 24
const TRAY_GAP = 56

/** Everything that the canvas draws of a cluster, placed. Deterministic: equal arguments, equal scene. */
export function buildScene(cluster: Cluster, options: BuildOptions = {}): Scene {
  const previous = options.previous && isUsable(options.previous) ? options.previous : undefined
  const census = takeCensus(cluster)
  const houses = housesOf(census, previous)
  const fullest = houses.places.reduce((top, places) => Math.max(top, places), 0)
  const podColumns = podColumnsFor(fullest, previous?.chassis.podColumns)
  const backend = cluster.config.flannel.backend
  const chassis: Chassis = {
    pitch: pitchOf(podColumns),
    podColumns,
    port: NODE_PORT,
    zoom: diagramZoom(podColumns),
    bridge: BRIDGE,
    ...(backend === 'vxlan' ? { overlay: OVERLAY } : {}),
  }
  const nodeSlots = assignSlots(
    census.nodes.map((node) => `node/${node.metadata.name}`),
    previous && slotsOfNodes(previous),
  )
  const rows = Array.from(houses.places, (places) => Math.max(1, Math.ceil(places / podColumns)))
  const rack = packNodes(nodeSlots, rows, podColumns, options.aspect ?? 1.6)
  // Beside thousands of nodes the outside world would be specks: it grows with them, to half of its usual share.
  const scale = Math.max(1, rack.bounds.width / 3600)
  const outside = planOutside(cluster.config.site, scale)
  const axis = rack.bounds.x + rack.bounds.width / 2
  const tray = trayOf(census.order.length - (census.start[census.nodes.length] ?? 0), outside, rack, axis)
  const rects = [...rack.rects, ...outside.hosts.map(({ rect }) => moved(rect, axis))]
  const scene: Scene = {
    revision: cluster.revision,
    chassis,
    longNames: longNamesOf(census, options.netnsOf),
    machines: machineColumns(census, rack, rects, nodeSlots, outside),
    pods: podColumnsOf(census, houses.slots, rack.rects, chassis, tray),
    wires: hostWires(rack, outside, axis),
    segments: segmentsOf(cluster, rack, outside, axis),
    ...(tray ? { tray } : {}),
    bounds: around([rack.bounds, moved(outside.bounds, axis), ...(tray ? [tray] : [])]),
  }
  return options.pins ? withPins(scene, options.pins) : scene
}

function longNamesOf({ order, pods }: Census, netnsOf: BuildOptions['netnsOf']): Scene['longNames'] {
  const names: { pod: number; netns: string }[] = []
  if (!netnsOf) return names
  for (let i = 0; i < order.length; i++) {
    const pod = order[i] ?? 0
    const [namespace, name] = [pods.namespaces[pods.namespace[pod] ?? 0] ?? '', pods.names[pod] ?? '']
    if (namespace.length + name.length + 3 <= NETNS_LENGTH) continue
    const netns = netnsOf(namespace, name)
    if (netns !== undefined) names.push({ pod: i, netns })
  }
  return names
}

function slotsOfNodes(scene: Scene): ReadonlyMap<string, number> {
  const { ids, kinds, slot } = scene.machines
  const slots = new Map<string, number>()
  for (const [i, id] of ids.entries()) if (kinds[i] === 'node') slots.set(id, slot[i] ?? 0)
  return slots
}

/** Nodes first, then the hosts of the site: indices of nodes do not depend on the world outside. */
function machineColumns(census: Census, rack: Rack, rects: readonly Rect[], slots: Uint32Array, outside: Outside): Scene['machines'] {
  const { hosts } = outside
  const count = rects.length
  const podStart = new Uint32Array(count + 1)
  for (let i = 0; i < count; i++) podStart[i + 1] = census.start[Math.min(i + 1, census.nodes.length)] ?? 0
  const kinds: MachineKind[] = [...census.nodes.map(() => 'node' as const), ...hosts.map(({ host }) => host.role)]
  return {
    count,
    ids: [...census.nodes.map((node) => `node/${node.metadata.name}`), ...hosts.map(({ host }) => `external/${host.name}`)],
    labels: [...census.nodes.map((node) => node.metadata.name), ...hosts.map(({ host }) => host.name)],
    addresses: [...census.nodes.map(nodeAddress), ...hosts.map(({ host }) => host.interfaces[0]?.address.split('/')[0] ?? '')],
    kinds,
    roles: [...census.nodes.map(nodeRole), ...hosts.map(({ host }) => host.role)],
    x: Float32Array.from(rects, (rect) => rect.x),
    y: Float32Array.from(rects, (rect) => rect.y),
    width: Float32Array.from(rects, (rect) => rect.width),
    height: Float32Array.from(rects, (rect) => rect.height),
    podStart,
    slot: Uint32Array.from(rects, (_, i) => slots[i] ?? 0),
    flags: Uint8Array.from(rects, (_, i) => (census.nodes[i] ? nodeFlags(census.nodes[i]) : MACHINE_READY)),
    capacity: Uint32Array.from(rects, (_, i) => (census.nodes[i] ? nodeCapacity(census.nodes[i]) : 0)),
    bar: Float32Array.from(rects, (_, i) => {
      const home = rack.rects[i]
      return home ? home.y - BELOW_BAR : NaN
    }),
  }
}

/** Right of the outside world, with its foot on the node network's level. */
function trayOf(count: number, outside: Outside, rack: Rack, axis: number): Rect | undefined {
  if (count === 0) return undefined
  const columns = trayColumns(count)
  const rows = Math.ceil(count / columns)
  const width = columns * (POD_WIDTH + GUTTER_X) - GUTTER_X + 2 * TRAY_PADDING
  const height = rows * (POD_HEIGHT + GUTTER_Y) - GUTTER_Y + 2 * TRAY_PADDING + TRAY_HEADER
  const left = axis + outside.bounds.x + outside.bounds.width + TRAY_GAP
  const right = rack.bounds.x + rack.bounds.width - width
  const foot = -(HOST_HEIGHT * 0.75)
  return { x: Math.max(left, right), y: foot - height, width, height }
}

function hostWires(rack: Rack, outside: Outside, axis: number): readonly Wire[] {
  return outside.cables.map((cable) => ({
    machine: rack.rects.length + cable.host,
    dev: cable.dev,
    segment: cable.network,
    points: cable.points.map((point) => ({ x: point.x + axis, y: point.y })),
  }))
}

function segmentsOf(cluster: Cluster, rack: Rack, outside: Outside, axis: number): readonly Segment[] {
  const { site } = cluster.config
  const network = site.networks.find((each) => each.name === site.nodeNetwork)
  const reach = outside.reach
  const [first = { x1: axis, x2: axis, y: 0 }, ...rest] = rack.bars
  const left = Math.min(first.x1, (reach?.x1 ?? first.x1 - axis) + axis - OVERHANG)
  const right = Math.max(first.x2, (reach?.x2 ?? first.x2 - axis) + axis) + OVERHANG
  const bars = [{ x1: rest.length > 0 ? left : left - OVERHANG, x2: right, y: first.y }, ...rest]
  const lan: Segment = { name: site.nodeNetwork, cidr: network?.cidr ?? '', bars, trunk: rack.trunk }
  return [lan, ...outside.segments.map((segment) => movedSegment(segment, axis))]
}

const moved = (rect: Rect, dx: number): Rect => ({ ...rect, x: rect.x + dx })

function movedSegment(segment: Segment, dx: number): Segment {
  return { ...segment, trunk: segment.trunk + dx, bars: segment.bars.map((bar) => ({ x1: bar.x1 + dx, x2: bar.x2 + dx, y: bar.y })) }
}
