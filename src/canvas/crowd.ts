import type { Timetable } from '../scene/timetable.ts'
import type { Frame } from './frame.ts'

/** Milliseconds: what is made in one frame before all set out, the longest step of a tab that slept, and a step where motion is not wanted. */
const MAKING = 6
const LONGEST = 100
const STRIDE = 400

/** One of many packets: its way, and the last point of it that it has passed. */
export interface Mover {
  readonly table: Timetable
  passed: number
}

export interface CrowdPlay {
  /** Makes one way after another, in small pieces of time. */
  readonly ways: Iterator<Timetable>
  readonly speed: number
}

/** Many requests on the map at once, each from its own beginning. */
export class Crowd {
  /** Milliseconds at normal speed since they set out. */
  clock = 0
  private movers: Mover[] = []
  private readonly frame: Frame
  private turn = 0
  private reduced = false

  constructor(frame: Frame) {
    this.frame = frame
  }

  /** Those on the map, once all have set out. */
  shown(): readonly Mover[] {
    return this.clock > 0 ? this.movers : []
  }

  setReducedMotion(reduced: boolean): void {
    this.reduced = reduced
  }

  play({ ways, speed }: CrowdPlay): void {
    this.stop()
    const turn = this.turn
    let [made, before, exact, end] = [false, 0, 0, 0]
    const make = (): void => {
      const start = performance.now()
      while (!made && performance.now() - start < MAKING) {
        const next = ways.next()
        made = next.done === true
        if (next.done) break
        this.movers.push({ table: next.value, passed: 0 })
        end = Math.max(end, next.value.at.at(-1) ?? 0)
      }
    }
    this.frame.animate((now) => {
      if (turn !== this.turn) return false
      if (!made) {
        make()
        before = now
        return true
      }
      exact += Math.min(LONGEST, now - before) * speed
      before = now
      const clock = this.reduced ? Math.floor(exact / STRIDE) * STRIDE : exact
      if (clock !== this.clock) this.frame.invalidate('overlay')
      this.clock = clock
      if (exact < end) return true
      this.stop()
      return false
    })
  }

  stop(): void {
    this.turn++
    if (this.movers.length > 0) this.frame.invalidate('overlay')
    this.movers = []
    this.clock = 0
  }
}
