import { GUTTER_X, GUTTER_Y, PADDING, POD_HEIGHT, POD_WIDTH, podsOffset } from './chassis.ts'
import { trayColumns } from './layout.ts'
import type { Residents } from './residents.ts'
import { type Chassis, type MachineColumns, NO_MACHINE, type PodColumns, type Rect } from './scene.ts'

export const TRAY_PADDING = 14
export const TRAY_HEADER = 26

/** Every pod in its place: those of nodes by machine and slot, those that wait in the tray. */
export function podColumnsOf(
  residents: Residents,
  machines: Pick<MachineColumns, 'x' | 'y' | 'podStart'>,
  chassis: Chassis,
  tray: Rect | undefined,
): PodColumns {
  const { count } = residents
  const columns = {
    ...residents,
    machine: new Uint32Array(count),
    x: new Float32Array(count),
    y: new Float32Array(count),
    width: new Float32Array(count).fill(POD_WIDTH),
    height: new Float32Array(count).fill(POD_HEIGHT),
  }
  const top = podsOffset(chassis.zoom)
  const rooms = machines.podStart.length - 1
  for (let room = 0; room < rooms; room++) {
    const grid = { x: (machines.x[room] ?? 0) + PADDING, y: (machines.y[room] ?? 0) + top, across: chassis.podColumns }
    placeRoom(columns, machines.podStart[room] ?? 0, machines.podStart[room + 1] ?? 0, room, grid)
  }
  const waiting = machines.podStart[rooms] ?? 0
  const { x = 0, y = 0 } = tray ?? {}
  const across = trayColumns(count - waiting)
  placeRoom(columns, waiting, count, NO_MACHINE, { x: x + TRAY_PADDING, y: y + TRAY_HEADER + TRAY_PADDING, across })
  return columns
}

interface Grid {
  readonly x: number
  readonly y: number
  readonly across: number
}

function placeRoom(columns: PodColumns, from: number, to: number, machine: number, grid: Grid): void {
  for (let i = from; i < to; i++) {
    const slot = columns.slot[i] ?? 0
    columns.machine[i] = machine
    columns.x[i] = grid.x + (slot % grid.across) * (POD_WIDTH + GUTTER_X)
    columns.y[i] = grid.y + Math.floor(slot / grid.across) * (POD_HEIGHT + GUTTER_Y)
  }
}
