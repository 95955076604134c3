import type { PacketPath, Station } from './packet-path.ts'
import { duration, leg, lengthOf } from './progress.ts'

/**
 * A way as points in time, for many packets at once: to know where one is takes no look at stations or lengths. Between two points it moves evenly.
 */
export interface Timetable {
  /** Milliseconds at normal speed since the start, ascending. */
  readonly at: Float32Array
  readonly x: Float32Array
  readonly y: Float32Array
  /** From this point on: MOVES_REPLY, MOVES_ENCAPSULATED. */
  readonly looks: Uint8Array
  /** Whether its last packet was lost or refused. */
  readonly broken: boolean
}

export const MOVES_REPLY = 1
export const MOVES_ENCAPSULATED = 2

export function timetableOf(path: PacketPath): Timetable {
  const rows: { at: number; x: number; y: number; looks: number }[] = []
  let clock = 0
  for (const [i, station] of path.stations.entries()) {
    const before = path.stations[i - 1]
    const looks = looksOf(path, station)
    if (before?.packet === station.packet && station.travel > 0) {
      const points = leg(before, station)
      const whole = lengthOf(points)
      // The points between the two, which the packet passes as far along as they are.
      for (let p = 1; p < points.length - 1; p++) {
        const { x, y } = points[p] ?? station
        const done = whole === 0 ? 1 : lengthOf(points.slice(0, p + 1)) / whole
        rows.push({ at: clock + station.travel * done, x, y, looks: looksOf(path, before) })
      }
    }
    rows.push({ at: clock + station.travel, x: station.x, y: station.y, looks })
    clock += duration(path, i)
    rows.push({ at: clock, x: station.x, y: station.y, looks })
  }
  const end = path.stations.at(-1)?.end?.kind
  return {
    at: Float32Array.from(rows, (row) => row.at),
    x: Float32Array.from(rows, (row) => row.x),
    y: Float32Array.from(rows, (row) => row.y),
    looks: Uint8Array.from(rows, (row) => row.looks),
    broken: end !== undefined && end !== 'delivered',
  }
}

const looksOf = (path: PacketPath, station: Station): number =>
  (path.packets[station.packet]?.direction === 'reply' ? MOVES_REPLY : 0) | (station.label.outer ? MOVES_ENCAPSULATED : 0)
