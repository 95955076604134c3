/** Milliseconds of a frame at 60 Hz, and from where on one that was drawn anew was not in time. */
const FRAME = 1000 / 60
const LATE = 1.5 * FRAME
const MOST = 3
/** How much larger or smaller a picture may be shown than it was drawn. */
const LARGEST = 1.3

/**
 * When a map that is zoomed is drawn anew. Where that takes longer than a frame, the picture is shown larger or smaller in the frames between, for as many as
 * drawing took: the map follows the hand, and is sharp again as often as the machine can make it so.
 */
export class Pace {
  private drawnAt: number | undefined
  private left = 0

  /** Drawn anew in the frame of this time. The next one must call `next`, or `rest` when nobody asked for one. */
  drawn(now: number): void {
    this.drawnAt = now
    this.left = 0
  }

  /** A frame later: what the time between says about the drawing. */
  next(now: number): void {
    if (this.drawnAt === undefined) return
    const took = now - this.drawnAt
    this.drawnAt = undefined
    this.left = took < LATE ? 0 : Math.min(MOST, Math.round(took / FRAME) - 1)
  }

  /** Whether the old picture will do for this frame, shown `scale` times as large. */
  mayStretch(scale: number): boolean {
    if (this.left === 0 || scale > LARGEST || scale < 1 / LARGEST) return false
    this.left--
    return true
  }
}
