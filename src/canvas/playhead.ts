import type { PacketPath } from '../scene/packet-path.ts'
import type { Frame } from './frame.ts'
import { type Play, advance, settled, stopOf } from './playback.ts'

const NO_BREAKPOINTS: ReadonlySet<number> = new Set()
/** Milliseconds: a tab that slept goes on where it was. */
const LONGEST = 100

/** Where on its way a packet is: one path, a position on it, and what moves the position. */
export class Playhead {
  path: PacketPath | undefined
  /** Stations; fractions between two. */
  t = 0
  breakpoints: ReadonlySet<number> = NO_BREAKPOINTS
  private readonly frame: Frame
  private readonly onStep: () => void
  private reduced = false
  /** Each play has a number; a later one ends the earlier. */
  private turn = 0

  /** `onStep` is called in each frame of play. */
  constructor(frame: Frame, onStep: () => void) {
    this.frame = frame
    this.onStep = onStep
  }

  /** Another path stops play and goes back to its beginning. */
  setPath(path: PacketPath | undefined): void {
    this.pause()
    this.path = path
    this.t = 0
    this.breakpoints = NO_BREAKPOINTS
    this.frame.invalidate('overlay')
  }

  setProgress(t: number): void {
    this.t = this.reduced ? settled(t, Infinity) : t
    this.frame.invalidate('overlay')
  }

  setBreakpoints(stations: ReadonlySet<number>): void {
    this.breakpoints = stations
    this.frame.invalidate('overlay')
  }

  setReducedMotion(reduced: boolean): void {
    this.reduced = reduced
    this.setProgress(this.t)
  }

  play(play: Play): void {
    const turn = ++this.turn
    let before: number | undefined
    let exact = play.from
    const stop = stopOf(play.from, play.to, this.breakpoints)
    this.setProgress(play.from)
    this.frame.animate((now) => {
      if (turn !== this.turn || !this.path) return false
      const elapsed = before === undefined ? 0 : Math.min(LONGEST, now - before) * play.speed
      before = now
      exact = advance(this.path, exact, stop, elapsed)
      const shown = this.reduced ? settled(exact, stop) : exact
      if (shown !== this.t || elapsed === 0) {
        this.t = shown
        this.frame.invalidate('overlay')
        play.onProgress?.(shown)
      }
      this.onStep()
      if (exact !== stop) return true
      if (stop === play.to) play.onEnd?.()
      else play.onBreak?.(stop)
      return false
    })
  }

  pause(): void {
    this.turn++
  }
}
