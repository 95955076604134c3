import type { PacketPath, Station } from './packet-path.ts'
import type { Point } from './scene.ts'

/** Where a packet is at `t`: at a station, or between two. */
export interface Progress extends Point {
  /** The station whose header it carries: the one it stands on, or left last. */
  readonly at: number
  /** The one that it goes to; equal to `at` when it stands. */
  readonly towards: number
  /** How much of the way there is behind it, 0..1 by length. */
  readonly fraction: number
}

/** Milliseconds at normal speed from station `i - 1` to the end of the stop at `i`. Never 0, so that play always moves on. */
export function duration(path: PacketPath, i: number): number {
  const station = path.stations[i]
  return station ? Math.max(20, station.travel + station.pause) : 20
}

export function progressAt(path: PacketPath, t: number): Progress | undefined {
  const last = path.stations.length - 1
  const clamped = Math.min(last, Math.max(0, t))
  const next = Math.ceil(clamped)
  const station = path.stations[next]
  if (!station) return undefined
  const before = path.stations[next - 1]
  const arrived: Progress = { x: station.x, y: station.y, at: next, towards: next, fraction: 1 }
  if (!before || next === clamped || before.packet !== station.packet) return arrived
  const moving = station.travel / duration(path, next)
  const f = (clamped - (next - 1)) / (moving || 1)
  if (moving === 0 || f >= 1) return arrived
  const fraction = ease(f)
  return { ...along(leg(before, station), fraction), at: next - 1, towards: next, fraction }
}

const ease = (f: number): number => f * f * (3 - 2 * f)

/** All points between two stations that follow each other, both included. */
export const leg = (from: Station, to: Station): readonly Point[] => [from, ...to.via, to]

export const lengthOf = (points: readonly Point[]): number =>
  points.reduce((sum, point, i) => sum + distance(point, points[i - 1] ?? point), 0)

const distance = (a: Point, b: Point): number => Math.hypot(b.x - a.x, b.y - a.y)

export function along(points: readonly Point[], f: number): Point {
  const part = firstPart(points, f)
  return part.at(-1) ?? { x: 0, y: 0 }
}

/** The first `f` (0..1) of a polyline, by length. */
export function firstPart(points: readonly Point[], f: number): readonly Point[] {
  let left = lengthOf(points) * Math.min(1, Math.max(0, f))
  const part: Point[] = []
  for (const [i, point] of points.entries()) {
    const before = points[i - 1]
    if (!before) {
      part.push(point)
      continue
    }
    const step = distance(before, point)
    if (step > left) {
      const g = step === 0 ? 0 : left / step
      part.push({ x: before.x + (point.x - before.x) * g, y: before.y + (point.y - before.y) * g })
      return part
    }
    left -= step
    part.push(point)
  }
  return part
}

/** The way that a packet came, in pieces that are all inside a tunnel or all outside of one. */
export interface Stretch {
  readonly tunnel: boolean
  readonly points: readonly Point[]
}

export function travelled(path: PacketPath, packet: number, t: number): readonly Stretch[] {
  const span = path.packets[packet]
  if (!span) return []
  const stretches: { tunnel: boolean; points: Point[] }[] = []
  for (let i = span.first + 1; i <= span.last && i - 1 < t; i++) {
    const [before, station] = [path.stations[i - 1], path.stations[i]]
    if (!before || !station || (station.travel === 0 && station.via.length === 0)) continue
    const here = progressAt(path, Math.min(t, i))
    const whole = leg(before, station)
    const points = firstPart(whole, here?.fraction ?? 1)
    const tunnel = before.label.outer !== undefined
    const last = stretches.at(-1)
    if (last?.tunnel === tunnel) last.points.push(...points.slice(1))
    else stretches.push({ tunnel, points: [...points] })
  }
  return stretches
}
