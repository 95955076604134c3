import type { Census } from './census.ts'
import { GUTTER_X, GUTTER_Y, PADDING, POD_HEIGHT, POD_WIDTH, podsOffset } from './chassis.ts'
import { trayColumns } from './layout.ts'
import { type Chassis, NO_MACHINE, type PodColumns, type Rect } from './scene.ts'

export const TRAY_PADDING = 14
export const TRAY_HEADER = 26

/** Every pod of the census in its place: those of nodes by machine and slot, those that wait in the tray. */
export function podColumnsOf(
  census: Census,
  slots: Uint32Array,
  rects: readonly Rect[],
  chassis: Chassis,
  tray: Rect | undefined,
): PodColumns {
  const { order, start, nodes, pods } = census
  const columns = emptyColumns(order.length)
  const names: string[] = []
  let end = 0
  for (let i = 0; i < order.length; i++) {
    const pod = order[i] ?? 0
    const name = pods.names[pod] ?? ''
    names.push(name)
    end += name.length
    columns.nameStart[i + 1] = end
    columns.namespace[i] = pods.namespace[pod] ?? 0
    columns.address[i] = pods.address[pod] ?? 0
    columns.hue[i] = pods.hue[pod] ?? 0
    columns.flags[i] = pods.flags[pod] ?? 0
    columns.containers[i] = pods.containers[pod] ?? 0
  }
  const top = podsOffset(chassis.zoom)
  for (let room = 0; room < nodes.length; room++) {
    const { x = 0, y = 0 } = rects[room] ?? {}
    placeRoom(columns, slots, start[room] ?? 0, start[room + 1] ?? 0, room, { x: x + PADDING, y: y + top, across: chassis.podColumns })
  }
  const waiting = start[nodes.length] ?? 0
  const { x = 0, y = 0 } = tray ?? {}
  const across = trayColumns(order.length - waiting)
  placeRoom(columns, slots, waiting, order.length, NO_MACHINE, { x: x + TRAY_PADDING, y: y + TRAY_HEADER + TRAY_PADDING, across })
  return { ...columns, names: names.join(''), namespaces: pods.namespaces, oddAddresses: oddAddresses(census) }
}

interface Grid {
  readonly x: number
  readonly y: number
  readonly across: number
}

function placeRoom(columns: Numbers, slots: Uint32Array, from: number, to: number, machine: number, grid: Grid): void {
  for (let i = from; i < to; i++) {
    const slot = slots[i] ?? 0
    columns.machine[i] = machine
    columns.slot[i] = slot
    columns.x[i] = grid.x + (slot % grid.across) * (POD_WIDTH + GUTTER_X)
    columns.y[i] = grid.y + Math.floor(slot / grid.across) * (POD_HEIGHT + GUTTER_Y)
  }
}

function oddAddresses({ order, pods }: Census): PodColumns['oddAddresses'] {
  const found: { pod: number; address: string }[] = []
  if (pods.odd.size === 0) return found
  for (const [i, pod] of order.entries()) {
    const address = pods.odd.get(pod)
    if (address !== undefined) found.push({ pod: i, address })
  }
  return found
}

type Numbers = Omit<PodColumns, 'names' | 'namespaces' | 'oddAddresses'>

function emptyColumns(count: number): Numbers {
  return {
    count,
    nameStart: new Uint32Array(count + 1),
    namespace: new Uint32Array(count),
    address: new Uint32Array(count),
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
