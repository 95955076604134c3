import { HEADER } from '../scene/chassis.ts'
import { hitTest, machineIndex, rectOf } from '../scene/hit-test.ts'
import type { PacketPath } from '../scene/packet-path.ts'
import { progressAt } from '../scene/progress.ts'
import { type Point, type Scene, machineRect } from '../scene/scene.ts'
import type { View } from './camera.ts'
import { Crowd, type CrowdPlay } from './crowd.ts'
import { listenToDrags } from './dragging.ts'
import { type Frame, type Layer, createFrame } from './frame.ts'
import { type Gesture, moveOf } from './gesture.ts'
import type { Mark } from './layers/badges.ts'
import { drawCrowd } from './layers/crowd.ts'
import { drawGesture } from './layers/gesture.ts'
import { drawPacket } from './layers/packet.ts'
import { type Marked, drawSelection } from './layers/selection.ts'
import { Pace } from './pace.ts'
import type { Pen } from './pen.ts'
import type { Play } from './playback.ts'
import { Playhead } from './playhead.ts'
import { type Modifiers, listenToPointer } from './pointer.ts'
import { type Stage, createStage } from './stage.ts'
import { type Sight, StillLayer } from './still-layer.ts'
import type { Overlay } from './overlay.ts'
import { forgetWidths } from './text.ts'
import { type Theme, readTheme } from './theme.ts'
import { Viewpoint } from './viewpoint.ts'
import { PLAIN_WORDS, type Words } from './words.ts'

/** Coordinates are CSS pixels from the container's top left corner. */
export interface PainterCallbacks {
  onSelect(id: string | undefined, modifiers: Modifiers): void
  onHover(id: string | undefined, x: number, y: number): void
  onContext?(id: string | undefined, x: number, y: number): void
  onCamera?(view: View): void
  /** A machine was dragged, alone or with its group: by how much in world units. Without it machines cannot be dragged. */
  onMove?(id: string, by: Point, group: boolean): void
  /** A wire was drawn from one pod, node or host to another. Without it no wires are drawn. */
  onConnect?(from: string, to: string, x: number, y: number): void
}

export interface Painter {
  setScene(scene: Scene): void
  /** Another path stops play and goes back to its beginning. */
  setPath(path: PacketPath | undefined): void
  setProgress(t: number): void
  progress(): number
  play(play: Play): void
  pause(): void
  /** Many requests at once; whatever plays next ends it. */
  playCrowd(play: CrowdPlay): void
  /** Stations of the path at which play stops. Another path has none until it is given some. */
  setBreakpoints(stations: ReadonlySet<number>): void
  setSelection(marked: Marked): void
  /** Where something is wrong. */
  setMarks(marks: readonly Mark[]): void
  /** What another part draws over pods; to be set again when it has changed. */
  setOverlay(overlay: Overlay | undefined): void
  /** Reads the colours of the page again. */
  setTheme(): void
  setReducedMotion(reduced: boolean): void
  /** All, or what is named, as large as the window allows. */
  fit(ids?: readonly string[]): void
  /** Near enough to see the inside of the machine that this is in. */
  focus(id: string): void
  zoomBy(factor: number): void
  hitTest(x: number, y: number): string | undefined
  /** Draws what is on screen once more, elsewhere; how large it is in CSS pixels. */
  drawOn(context: CanvasRenderingContext2D): { readonly width: number; readonly height: number }
  /** The machine at a point, which is marked: for drags that the browser makes, which are not the pointer's. */
  machineAt(x: number, y: number): string | undefined
  destroy(): void
}

const UNSTRETCHED: View = { k: 1, x: 0, y: 0 }

const painters = new WeakMap<Element, Painter>()

export function createPainter(container: HTMLElement, callbacks: PainterCallbacks, words: Words = PLAIN_WORDS): Painter {
  const painter = new CanvasPainter(container, callbacks, words)
  painters.set(container, painter)
  return painter
}

/** Who draws on this element. */
export const painterOf = (container: Element): Painter | undefined => painters.get(container)

class CanvasPainter implements Painter {
  private readonly stage: Stage
  private readonly frame: Frame
  private readonly viewpoint: Viewpoint
  private readonly playhead: Playhead
  private readonly crowd: Crowd
  private readonly stillLayer: StillLayer
  private readonly pace = new Pace()
  private readonly callbacks: PainterCallbacks
  private readonly container: HTMLElement
  private readonly words: Words
  private readonly stopPointer: () => void
  private readonly stopDrags: () => void
  private gesture: Gesture | undefined
  private theme: Theme
  private scene: Scene | undefined
  private pen: Pen | undefined
  private marked: Marked = {}
  private hovered: string | undefined
  /** Whether something stands on the moving layer: what is empty is not emptied again. */
  private busy = true

  constructor(container: HTMLElement, callbacks: PainterCallbacks, words: Words) {
    this.container = container
    this.callbacks = callbacks
    this.words = words
    this.theme = readTheme(container)
    this.stillLayer = new StillLayer(words)
    this.frame = createFrame((dirty, now) => this.draw(dirty, now))
    this.stage = createStage(container, () => this.resized())
    // Before the camera: a press that takes hold of a thing is not a drag of the map.
    this.stopDrags = listenToDrags(this.stage.surface, {
      hit: (x, y) => this.hitTest(x, y),
      movable: (id, y) => callbacks.onMove !== undefined && this.onTitle(id, y),
      wires: () => callbacks.onConnect !== undefined && this.pen?.detail.machines === 'header',
      show: (gesture) => this.showGesture(gesture),
      done: (gesture) => this.endGesture(gesture),
    })
    this.viewpoint = new Viewpoint(this.stage, this.frame, (view) => this.viewMoved(view))
    this.playhead = new Playhead(this.frame, () => this.follow())
    this.crowd = new Crowd(this.frame)
    this.stopPointer = listenToPointer(this.stage.surface, {
      hit: (x, y) => this.hitTest(x, y),
      select: (id, modifiers) => callbacks.onSelect(id, modifiers),
      hover: (id, x, y) => this.hover(id, x, y),
      context: (id, x, y) => callbacks.onContext?.(id, x, y),
      enter: (id) => (id === undefined ? this.fit() : this.focus(id)),
    })
    void document.fonts.ready.then(() => this.fontsLoaded())
    document.fonts.addEventListener('loadingdone', this.fontsLoaded)
  }

  setScene(scene: Scene): void {
    const first = this.scene === undefined
    this.scene = scene
    this.crowd.stop()
    this.stillLayer.renew()
    this.stillLayer.prepare({ scene, theme: this.theme })
    this.viewpoint.show(scene.bounds, first)
    this.invalidate()
  }

  setPath(path: PacketPath | undefined): void {
    this.playhead.setPath(path)
  }

  setProgress(t: number): void {
    this.crowd.stop()
    this.playhead.setProgress(t)
  }

  progress(): number {
    return this.playhead.t
  }

  playCrowd(play: CrowdPlay): void {
    this.playhead.pause()
    this.crowd.play(play)
  }

  play(play: Play): void {
    this.crowd.stop()
    this.viewpoint.startFollowing()
    this.playhead.play(play)
  }

  pause(): void {
    this.playhead.pause()
  }

  setBreakpoints(stations: ReadonlySet<number>): void {
    this.playhead.setBreakpoints(stations)
  }

  setSelection(marked: Marked): void {
    this.marked = marked
    this.frame.invalidate('overlay')
  }

  setMarks(marks: readonly Mark[]): void {
    this.stillLayer.setMarks(marks)
    this.frame.invalidate('scene')
  }

  setOverlay(overlay: Overlay | undefined): void {
    this.stillLayer.overlay = overlay
    this.invalidate()
  }

  setTheme(): void {
    this.theme = readTheme(this.container)
    this.stillLayer.repaint()
    this.invalidate()
  }

  setReducedMotion(reduced: boolean): void {
    this.viewpoint.setReducedMotion(reduced)
    this.playhead.setReducedMotion(reduced)
    this.crowd.setReducedMotion(reduced)
  }

  fit(ids: readonly string[] = []): void {
    const { scene } = this
    if (scene)
      this.viewpoint.fit(
        scene.bounds,
        ids.flatMap((id) => rectOf(scene, id) ?? []),
      )
  }

  focus(id: string): void {
    if (!this.scene) return
    const opens = this.stillLayer.overlay?.opens(id)
    const machine = opens ? undefined : machineIndex(this.scene, id)
    const rect = machine === undefined ? rectOf(this.scene, id) : machineRect(this.scene, machine)
    if (rect) this.viewpoint.focus(rect, opens)
  }

  zoomBy(factor: number): void {
    this.viewpoint.zoomBy(factor)
  }

  hitTest(x: number, y: number): string | undefined {
    if (!this.scene) return undefined
    const view = this.viewpoint.view()
    const devices = this.pen?.detail.devices ?? false
    const over = this.pen && this.stillLayer.overlay?.hitTest(this.pen, x, y)
    if (over !== undefined) return over
    return hitTest(this.scene, (x - view.x) / view.k, (y - view.y) / view.k, { devices, slack: devices ? 4 / view.k : 0 })
  }

  drawOn(context: CanvasRenderingContext2D): { readonly width: number; readonly height: number } {
    const size = this.stage.size()
    if (!this.scene) return size
    this.drawThings(this.stillLayer.drawCopy(context, { scene: this.scene, view: this.viewpoint.view(), size, theme: this.theme }))
    return size
  }

  machineAt(x: number, y: number): string | undefined {
    const hit = this.hitTest(x, y)
    const machine = this.scene && hit !== undefined ? machineIndex(this.scene, hit) : undefined
    const id = machine === undefined ? undefined : this.scene?.machines.ids[machine]
    this.hover(id, x, y)
    return id
  }

  destroy(): void {
    this.playhead.pause()
    this.crowd.stop()
    document.fonts.removeEventListener('loadingdone', this.fontsLoaded)
    this.stopPointer()
    this.stopDrags()
    this.viewpoint.destroy()
    this.frame.destroy()
    this.stage.destroy()
  }

  private readonly fontsLoaded = (): void => {
    forgetWidths()
    this.invalidate()
  }

  private invalidate(): void {
    this.frame.invalidate('scene')
    this.frame.invalidate('overlay')
  }

  private hover(id: string | undefined, x: number, y: number): void {
    if (id !== this.hovered) {
      this.hovered = id
      this.frame.invalidate('overlay')
    }
    this.callbacks.onHover(id, x, y)
  }

  /** A node is taken by its header, as windows are: the rest of it stays the map's, which near by is all that there is to drag the map by. */
  private onTitle(id: string, y: number): boolean {
    const machine = this.scene ? this.scene.machines.ids.indexOf(id) : -1
    if (!this.scene || machine < 0 || this.pen?.detail.machines !== 'header') return false
    const view = this.viewpoint.view()
    return this.scene.machines.kinds[machine] !== 'node' || (y - view.y) / view.k <= machineRect(this.scene, machine).y + HEADER
  }

  private showGesture(gesture: Gesture | undefined): void {
    this.gesture = gesture
    this.stage.surface.style.cursor = gesture ? 'grabbing' : ''
    this.frame.invalidate('overlay')
  }

  private endGesture(gesture: Gesture): void {
    if (gesture.kind === 'wire') {
      if (gesture.over !== undefined) this.callbacks.onConnect?.(gesture.from, gesture.over, gesture.to.x, gesture.to.y)
      return
    }
    if (!this.scene) return
    this.viewpoint.hold()
    const by = moveOf(this.scene, gesture, this.viewpoint.view().k)
    if (by) this.callbacks.onMove?.(gesture.id, by, gesture.group)
  }

  private viewMoved(view: View): void {
    this.callbacks.onCamera?.(view)
    this.frame.invalidate('view')
  }

  /** Called by the stage's constructor too, when there is nothing yet. */
  private resized(): void {
    if (this.scene) this.viewpoint.resized(this.scene.bounds)
    this.invalidate()
  }

  private follow(): void {
    const { path, t } = this.playhead
    const here = path && progressAt(path, t)
    if (here && this.scene) this.viewpoint.follow(here, this.scene.bounds)
  }

  private draw(dirty: ReadonlySet<Layer>, now: number): void {
    if (!this.scene) return
    this.pace.next(now)
    const sight = { scene: this.scene, view: this.viewpoint.view(), size: this.stage.size(), theme: this.theme }
    if (dirty.has('scene') || !this.pen) this.pen = this.drawAnew(sight, now)
    else if (dirty.has('view')) {
      if (this.stretched(sight.view)) return
      this.pen = this.stillLayer.push(this.stage.still, sight) ?? this.drawAnew(sight, now)
      this.stage.stretch(UNSTRETCHED)
    }
    this.drawMoving({ ...this.pen, context: this.stage.moving })
  }

  private drawAnew(sight: Sight, now: number): Pen {
    this.stage.stretch(UNSTRETCHED)
    this.pace.drawn(now)
    // How long this took shows in the next frame.
    this.frame.animate((next) => {
      this.pace.next(next)
      return false
    })
    return this.stillLayer.draw(this.stage.still, sight)
  }

  /** Shows what was drawn last as it looks from here, when there was no time to draw it anew; that is done in one of the next frames. */
  private stretched(view: View): boolean {
    const drawn = this.pen?.view
    if (!drawn || drawn.k === view.k || !this.pace.mayStretch(view.k / drawn.k)) return false
    const k = view.k / drawn.k
    this.stage.stretch({ k, x: view.x - drawn.x * k, y: view.y - drawn.y * k })
    this.frame.invalidate('view')
    return true
  }

  private drawMoving(pen: Pen): void {
    const something =
      this.playhead.path !== undefined ||
      this.crowd.clock > 0 ||
      this.gesture !== undefined ||
      this.hovered !== undefined ||
      Object.keys(this.marked).length > 0
    if (!something && !this.busy) return
    this.busy = something
    pen.context.clearRect(0, 0, pen.size.width, pen.size.height)
    this.drawThings(pen)
  }

  private drawThings(pen: Pen): void {
    const { path, t, breakpoints } = this.playhead
    drawSelection(pen, this.marked, this.hovered)
    if (this.gesture) drawGesture(pen, this.gesture)
    this.stillLayer.overlay?.drawMoving(pen, path, t)
    if (this.crowd.clock > 0) drawCrowd(pen, this.crowd.shown(), this.crowd.clock)
    else if (path) drawPacket(pen, path, { t, breakpoints }, this.words)
  }
}
