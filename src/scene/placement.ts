import type { ClusterConfig } from '../core/cluster/config.ts'
import { GUTTER_X, GUTTER_Y, POD_HEIGHT, POD_WIDTH, diagramZoom } from './chassis.ts'
import { BELOW_BAR, type Rack, packNodes, pitchOf, podColumnsFor, trayColumns } from './layout.ts'
import { HOST_HEIGHT, type Outside, planOutside } from './outside.ts'
import { TRAY_HEADER, TRAY_PADDING } from './pod-columns.ts'
import { type Chassis, type MachineColumns, type Rect, type Scene, type Segment, type Wire, around } from './scene.ts'

/** The bridge CNI plugin's bridge and flannel's VXLAN device, as their configurations name them by default. */
const BRIDGE = 'cni0'
const OVERLAY = 'flannel.1'
const NODE_PORT = 'eth0'

/** Of the first bar, beyond the last cable. */
const OVERHANG = 24
const TRAY_GAP = 56

/** Who needs how much room, and where they stood. */
export interface Placing {
  /** Per node, cells of its grid up to the highest in use. */
  readonly places: Uint32Array
  /** Per node, its slot in the rack. */
  readonly slots: Uint32Array
  /** Per node, its first pod; then the first that waits. */
  readonly start: Uint32Array
  /** Of all pods. */
  readonly count: number
  /** Columns of the pod grid before. */
  readonly columns?: number
  readonly aspect?: number
}

/** What of a scene follows from how much room everybody needs. */
export type Placed = Omit<Scene, 'revision' | 'longNames' | 'machines' | 'pods'> & { readonly machines: PlacedMachines }
export type PlacedMachines = Pick<MachineColumns, 'x' | 'y' | 'width' | 'height' | 'podStart' | 'bar'>

function ipvsNodes({ proxy: { mode, nodeModes = {} } }: ClusterConfig): Pick<Chassis, 'ipvs'> {
  const all = mode === 'ipvs'
  const but = Object.entries(nodeModes).flatMap(([node, own]) => ((own === 'ipvs') === all ? [] : [`node/${node}`]))
  return all || but.length > 0 ? { ipvs: { all, but } } : {}
}

/** Nodes in their rack, the world outside above, the tray of those who wait beside it. */
export function placed(config: ClusterConfig, placing: Placing): Placed {
  const { places, slots, start, count } = placing
  const fullest = places.reduce((top, room) => Math.max(top, room), 0)
  const podColumns = podColumnsFor(fullest, placing.columns)
  const chassis: Chassis = {
    pitch: pitchOf(podColumns),
    podColumns,
    port: NODE_PORT,
    zoom: diagramZoom(podColumns),
    bridge: BRIDGE,
    ...(config.flannel.backend === 'vxlan' ? { overlay: OVERLAY } : {}),
    ...ipvsNodes(config),
  }
  const rows = Array.from(places, (room) => Math.max(1, Math.ceil(room / podColumns)))
  const rack = packNodes(slots, rows, podColumns, placing.aspect ?? 1.6)
  // Beside thousands of nodes the outside world would be specks: it grows with them, to half of its usual share.
  const outside = planOutside(config.site, Math.max(1, rack.bounds.width / 3600))
  const axis = rack.bounds.x + rack.bounds.width / 2
  const tray = trayOf(count - (start[places.length] ?? 0), outside, rack, axis)
  const machines = placedMachines(rack, [...rack.rects, ...outside.hosts.map(({ rect }) => moved(rect, axis))], start)
  return {
    chassis,
    machines,
    wires: hostWires(rack, outside, axis),
    segments: segmentsOf(config, rack, outside, axis),
    ...(tray ? { tray } : {}),
    bounds: around([rack.bounds, moved(outside.bounds, axis), ...(tray ? [tray] : [])]),
  }
}

function placedMachines(rack: Rack, rects: readonly Rect[], start: Uint32Array): PlacedMachines {
  const count = rects.length
  const columns = {
    x: new Float32Array(count),
    y: new Float32Array(count),
    width: new Float32Array(count),
    height: new Float32Array(count),
    podStart: new Uint32Array(count + 1),
    bar: new Float32Array(count),
  }
  for (const [i, { x, y, width, height }] of rects.entries()) {
    columns.x[i] = x
    columns.y[i] = y
    columns.width[i] = width
    columns.height[i] = height
    columns.podStart[i + 1] = start[Math.min(i + 1, rack.rects.length)] ?? 0
    columns.bar[i] = i < rack.rects.length ? y - BELOW_BAR : NaN
  }
  return columns
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

function segmentsOf({ site }: ClusterConfig, rack: Rack, outside: Outside, axis: number): readonly Segment[] {
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
