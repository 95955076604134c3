import type { PacketPath } from '../scene/packet-path.ts'
import { duration } from '../scene/progress.ts'

export interface Play {
  /** Stations; the position that play starts from and the one that it stops at. */
  readonly from: number
  readonly to: number
  /** 1 is normal; 0.5 takes twice as long. */
  readonly speed: number
  onProgress?(t: number): void
  onEnd?(): void
  /** Play stopped at a breakpoint before it came to its end. */
  onBreak?(station: number): void
}

/** Where play that begins at `from` stops: at the next breakpoint on the way, never at the one that it begins at. */
export function stopOf(from: number, to: number, breakpoints: ReadonlySet<number>): number {
  let stop = to
  for (const station of breakpoints) {
    const ahead = to >= from ? station > from && station < stop : station < from && station > stop
    if (ahead) stop = station
  }
  return stop
}

/** Advances `t` by `elapsed` milliseconds of time at normal speed, never past `to`. Backwards when `to` is behind. */
export function advance(path: PacketPath, t: number, to: number, elapsed: number): number {
  let left = elapsed
  let here = t
  const forwards = to >= t
  while (left > 0 && here !== to) {
    const segment = forwards ? Math.floor(here) + 1 : Math.ceil(here)
    const milliseconds = duration(path, segment)
    const edge = forwards ? Math.min(segment, to) : Math.max(segment - 1, to)
    const needed = Math.abs(edge - here) * milliseconds
    if (needed > left) return here + ((forwards ? 1 : -1) * left) / milliseconds
    left -= needed
    here = edge
  }
  return here
}

/** With reduced motion a packet stands on each stop for as long as going there would have taken, and is never seen between two. */
export const settled = (t: number, to: number): number => (to >= t ? Math.floor(t + 1e-9) : Math.ceil(t - 1e-9))
