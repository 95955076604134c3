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
