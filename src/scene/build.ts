import type { Pod } from '../core/api/pod.ts'
import type { Cluster } from '../core/cluster/cluster.ts'
import { type Census, hasId, nodeAddress, nodeFlags, nodeRole, podFlags, podId, takeCensus } from './census.ts'
import { GUTTER_X, GUTTER_Y, POD_HEIGHT, POD_WIDTH, diagramZoom, podCell } from './chassis.ts'
import { appOf, hueOf } from './hue.ts'
import { BELOW_BAR, type Rack, packNodes, pitchOf, podColumnsFor, trayColumns } from './layout.ts'
import { HOST_HEIGHT, type Outside, planOutside } from './outside.ts'
import { isCut } from './places.ts'
import {
  type Chassis,
  MACHINE_READY,
  type MachineKind,
  NO_MACHINE,
  type Point,
  type Rect,
  type Scene,
  type Segment,
  type Wire,
} from './scene.ts'
import { assignSlots } from './slots.ts'

export interface BuildOptions {
  /** What was on screen before: whoever is in both keeps its place. Ignored when its columns were transferred away. */
  readonly previous?: Scene
  /** What the simulator calls the namespace of a pod whose name is too long to be one (`netnsOfPod` of the engine). */
  readonly netnsOf?: (namespace: string, name: string) => string | undefined
  /** Width / height of the window that the scene should fill. Default 1.6. */
  readonly aspect?: number
}

/** The bridge CNI plugin's bridge and flannel's VXLAN device, as their configurations name them by default. */
const BRIDGE = 'cni0'
const OVERLAY = 'flannel.1'
const NODE_PORT = 'eth0'

/** Of the first bar, beyond the last cable. */
const OVERHANG = 24
const TRAY_PADDING = 14
const TRAY_HEADER = 26
const TRAY_GAP = 56

/** Everything that the canvas draws of a cluster, placed. Deterministic: equal arguments, equal scene. */
export function buildScene(cluster: Cluster, options: BuildOptions = {}): Scene {
  const previous = options.previous?.pods.slot.length === options.previous?.pods.count ? options.previous : undefined
  const census = takeCensus(cluster)
  const tenants = houseOf(census, previous)
  const fullest = tenants.reduce((top, house) => Math.max(top, house.places), 0)
  const podColumns = podColumnsFor(fullest, previous?.chassis.podColumns)
  const backend = cluster.config.flannel.backend
  const chassis: Chassis = {
    pitch: pitchOf(podColumns),
    podColumns,
    zoom: diagramZoom(podColumns),
    bridge: BRIDGE,
    ...(backend === 'vxlan' ? { overlay: OVERLAY } : {}),
  }
  const nodeSlots = assignSlots(
    census.nodes.map((node) => `node/${node.metadata.name}`),
    previous && slotsOfNodes(previous),
  )
  const rows = tenants.map((house) => Math.max(1, Math.ceil(house.places / podColumns)))
  const rack = packNodes(nodeSlots, rows, podColumns, options.aspect ?? 1.6)
  // Beside thousands of nodes the outside world would be specks: it grows with them, to half of its usual share.
  const scale = Math.max(1, rack.bounds.width / 3600)
  const outside = planOutside(cluster.config.site, scale)
  const axis = rack.bounds.x + rack.bounds.width / 2
  const tray = trayOf(census.waiting.length, outside, rack, axis)
  const pods = podColumnsOf(census, tenants, rack, chassis, tray)
  return {
    revision: cluster.revision,
    chassis,
    longNames: longNamesOf(pods.ids, options.netnsOf),
    machines: machineColumns(census, rack, nodeSlots, outside, axis, tenants),
    pods,
    wires: wiresOf(rack, outside, axis, cluster.config.site.nodeNetwork),
    segments: segmentsOf(cluster, rack, outside, axis),
    ...(tray ? { tray } : {}),
    bounds: union([rack.bounds, moved(outside.bounds, axis), ...(tray ? [tray] : [])]),
  }
}

function longNamesOf(ids: readonly string[], netnsOf: BuildOptions['netnsOf']): Scene['longNames'] {
  if (!netnsOf) return []
  return ids.flatMap((id, pod) => {
    if (!isCut(id)) return []
    const [, namespace = '', name = ''] = id.split('/')
    const netns = netnsOf(namespace, name)
    return netns === undefined ? [] : [{ pod, netns }]
  })
}

interface House {
  readonly slots: Uint32Array
  /** Slots up to the highest in use. */
  readonly places: number
}

function houseOf(census: Census, previous: Scene | undefined): readonly House[] {
  const machines = previous && new Map(previous.machines.ids.map((id, machine) => [id, machine]))
  return census.pods.map((pods, i) => {
    const machine = machines?.get(`node/${census.nodes[i]?.metadata.name}`)
    const slots = previous && machine !== undefined ? slotsAsBefore(pods, previous, machine) : inOrder(pods.length)
    let places = 0
    for (const slot of slots) places = Math.max(places, slot + 1)
    return { slots, places }
  })
}

const inOrder = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i)

/** A node whose pods are the same as before needs no look at each of them. */
function slotsAsBefore(pods: readonly Pod[], previous: Scene, machine: number): Uint32Array {
  const { ids, slot } = previous.pods
  const [start, end] = [previous.machines.podStart[machine] ?? 0, previous.machines.podStart[machine + 1] ?? 0]
  const same = pods.length === end - start && pods.every((pod, k) => hasId(pod, ids[start + k] ?? ''))
  if (same) return slot.subarray(start, end)
  const before = new Map<string, number>()
  for (let pod = start; pod < end; pod++) before.set(ids[pod] ?? '', slot[pod] ?? 0)
  return assignSlots(pods.map(podId), before)
}

function slotsOfNodes(scene: Scene): ReadonlyMap<string, number> {
  const { ids, kinds, slot } = scene.machines
  const slots = new Map<string, number>()
  for (const [i, id] of ids.entries()) if (kinds[i] === 'node') slots.set(id, slot[i] ?? 0)
  return slots
}

/** Nodes first, then the hosts of the site: indices of nodes do not depend on the world outside. */
function machineColumns(
  census: Census,
  rack: Rack,
  slots: Uint32Array,
  outside: Outside,
  axis: number,
  tenants: readonly House[],
): Scene['machines'] {
  const hosts = outside.hosts.map(({ host, rect }) => ({ host, rect: moved(rect, axis) }))
  const rects = [...rack.rects, ...hosts.map(({ rect }) => rect)]
  const count = rects.length
  const podStart = new Uint32Array(count + 1)
  for (let i = 0; i < count; i++) podStart[i + 1] = (podStart[i] ?? 0) + (tenants[i]?.slots.length ?? 0)
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
  }
}

function podColumnsOf(census: Census, tenants: readonly House[], rack: Rack, chassis: Chassis, tray: Rect | undefined): Scene['pods'] {
  const count = census.pods.reduce((sum, pods) => sum + pods.length, census.waiting.length)
  const columns = emptyColumns(count)
  let next = 0
  const place = (pod: Pod, machine: number, slot: number, cell: Point): void => {
    const i = next++
    columns.ids.push(podId(pod))
    columns.labels.push(pod.metadata.name)
    columns.addresses.push(pod.status.podIP ?? '')
    columns.machine[i] = machine
    columns.x[i] = cell.x
    columns.y[i] = cell.y
    columns.hue[i] = hueOf(appOf(pod.metadata))
    columns.flags[i] = podFlags(pod)
    columns.containers[i] = Math.min(255, pod.spec.containers.length)
    columns.slot[i] = slot
  }
  for (const [machine, pods] of census.pods.entries()) {
    const rect = rack.rects[machine] ?? EMPTY
    const slots = tenants[machine]?.slots
    for (let k = 0; k < pods.length; k++) {
      const slot = slots?.[k] ?? k
      place(pods[k] as Pod, machine, slot, podCell(rect, chassis, slot))
    }
  }
  for (const [k, pod] of census.waiting.entries()) place(pod, NO_MACHINE, k, trayCell(tray ?? EMPTY, census.waiting.length, k))
  return columns
}

function emptyColumns(count: number) {
  return {
    count,
    ids: [] as string[],
    labels: [] as string[],
    addresses: [] as string[],
    machine: new Uint32Array(count),
    x: new Float32Array(count),
    y: new Float32Array(count),
    width: new Float32Array(count).fill(POD_WIDTH),
    height: new Float32Array(count).fill(POD_HEIGHT),
    hue: new Uint16Array(count),
    flags: new Uint8Array(count),
    containers: new Uint8Array(count),
    slot: new Uint32Array(count),
  }
}

const EMPTY: Rect = { x: 0, y: 0, width: 0, height: 0 }

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

function trayCell(tray: Rect, count: number, slot: number): Rect {
  const columns = trayColumns(count)
  return {
    x: tray.x + TRAY_PADDING + (slot % columns) * (POD_WIDTH + GUTTER_X),
    y: tray.y + TRAY_HEADER + TRAY_PADDING + Math.floor(slot / columns) * (POD_HEIGHT + GUTTER_Y),
    width: POD_WIDTH,
    height: POD_HEIGHT,
  }
}

function wiresOf(rack: Rack, outside: Outside, axis: number, nodeNetwork: string): readonly Wire[] {
  const nodes = rack.rects.map((rect, machine): Wire => {
    const x = rect.x + rect.width / 2
    return {
      machine,
      dev: NODE_PORT,
      segment: nodeNetwork,
      points: [
        { x, y: rect.y },
        { x, y: rect.y - BELOW_BAR },
      ],
    }
  })
  const hosts = outside.cables.map((cable): Wire => {
    const points = cable.points.map((point) => ({ x: point.x + axis, y: point.y }))
    return { machine: rack.rects.length + cable.host, dev: cable.dev, segment: cable.network, points }
  })
  return [...nodes, ...hosts]
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

function union(rects: readonly Rect[]): Rect {
  const left = Math.min(...rects.map((rect) => rect.x))
  const top = Math.min(...rects.map((rect) => rect.y))
  const right = Math.max(...rects.map((rect) => rect.x + rect.width))
  const bottom = Math.max(...rects.map((rect) => rect.y + rect.height))
  return { x: left, y: top, width: right - left, height: bottom - top }
}
