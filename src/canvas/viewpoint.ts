import { type Point, type Rect, around } from '../scene/scene.ts'
import { type Camera, type View, between, createCamera, easeInOut, viewOf } from './camera.ts'
import type { Frame } from './frame.ts'
import type { Stage } from './stage.ts'

const MARGIN = { top: 30, right: 26, bottom: 26, left: 26 }
const LARGEST = 6
const FIT_LARGEST = 1.4
/** Windows that are wider than this many CSS pixels fit larger, so that a small cluster is no island on a large screen. */
const WIDE = 1500
const FIT_WIDEST = 2
const FOCUS_LARGEST = 3
/** Milliseconds. */
const FLIGHT = 420
const ZOOM = 180

/** From where the map is looked at, and how that changes: by hand, by flying somewhere, by following what moves. */
export class Viewpoint {
  private readonly camera: Camera
  private readonly frame: Frame
  private readonly stage: Stage
  private readonly onMove: (view: View) => void
  private reduced = false
  /** Each flight has a number; a later one ends the earlier. */
  private flight = 0
  /** A person moved the map: it is theirs until they ask for all of it again. */
  private moved = false
  private following = true

  constructor(stage: Stage, frame: Frame, onMove: (view: View) => void) {
    this.stage = stage
    this.frame = frame
    this.onMove = onMove
    this.camera = createCamera(stage.surface, (view, byHand) => this.cameraMoved(view, byHand))
  }

  view(): View {
    const { k, x, y } = this.camera.view()
    return { k, x, y }
  }

  /** A map, at once when it is the `first`; whoever moved the one before stays where they are. */
  show(bounds: Rect, first: boolean): void {
    const all = this.fitted(bounds)
    this.camera.setLimits(Math.min(0.5, all.k * 0.6), LARGEST)
    if (first) this.camera.set(all)
    else if (!this.moved) this.flyTo(all)
  }

  /** The map was not to be rearranged around what somebody just put somewhere. */
  hold(): void {
    this.moved = true
  }

  /** All of `bounds`, or these parts of it. */
  fit(bounds: Rect, parts: readonly Rect[]): void {
    this.moved = parts.length > 0
    this.flyTo(this.fitted(parts.length > 0 ? around(parts) : bounds))
  }

  /** `near`: as near as one can come. Who looks at something stays there, and what moves goes on alone. */
  focus(rect: Rect, near = false): void {
    this.moved = true
    this.following = false
    this.flyTo(viewOf(rect, this.stage.size(), MARGIN, near ? LARGEST : FOCUS_LARGEST))
  }

  zoomBy(factor: number): void {
    const { width, height } = this.stage.size()
    const { k, x, y } = this.camera.view()
    const next = Math.min(LARGEST, k * factor)
    this.moved = true
    this.flyTo({ k: next, x: width / 2 - ((width / 2 - x) * next) / k, y: height / 2 - ((height / 2 - y) * next) / k }, ZOOM)
  }

  resized(bounds: Rect): void {
    if (!this.moved) this.camera.set(this.fitted(bounds))
  }

  setReducedMotion(reduced: boolean): void {
    this.reduced = reduced
  }

  startFollowing(): void {
    this.following = true
  }

  /** Keeps a point in the window, unless all of the map is, or a person moved it meanwhile. */
  follow(here: Point, bounds: Rect): void {
    if (!this.following) return
    const { width, height } = this.stage.size()
    const { k, x, y } = this.camera.view()
    const across = bounds.x * k + x >= 0 && (bounds.x + bounds.width) * k + x <= width
    if (across && bounds.y * k + y >= 0 && (bounds.y + bounds.height) * k + y <= height) return
    const inset = Math.min(72, width * 0.15, height * 0.15)
    const [sx, sy] = [here.x * k + x, here.y * k + y]
    const dx = Math.min(width - inset, Math.max(inset, sx)) - sx
    const dy = Math.min(height - inset, Math.max(inset, sy)) - sy
    if (Math.abs(dx) < 1 && Math.abs(dy) < 1) return
    const pace = this.reduced ? 1 : 0.16
    this.camera.set({ k, x: x + dx * pace, y: y + dy * pace })
  }

  destroy(): void {
    this.flight++
    this.camera.destroy()
  }

  private cameraMoved(view: View, byHand: boolean): void {
    if (byHand) {
      this.moved = true
      this.following = false
      this.flight++
    }
    this.onMove({ k: view.k, x: view.x, y: view.y })
  }

  private fitted(rect: Rect): View {
    const size = this.stage.size()
    return viewOf(rect, size, MARGIN, FIT_LARGEST * Math.max(1, Math.min(size.width / WIDE, FIT_WIDEST)))
  }

  private flyTo(to: View, milliseconds = FLIGHT): void {
    const turn = ++this.flight
    const from = this.view()
    let start: number | undefined
    if (this.reduced) {
      this.camera.set(to)
      return
    }
    this.frame.animate((now) => {
      if (turn !== this.flight) return false
      start ??= now
      const f = Math.min(1, (now - start) / milliseconds)
      this.camera.set(between(from, to, easeInOut(f), this.stage.size()))
      return f < 1
    })
  }
}
