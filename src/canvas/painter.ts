import { HEADER } from '../scene/chassis.ts'
import { hitTest, machineIndex, rectOf } from '../scene/hit-test.ts'
import { MARK_BUDGET, SMALL_MARK_BUDGET, detailAt } from '../scene/lod.ts'
import { countPods, machinesIn } from '../scene/machine-grid.ts'
import type { PacketPath } from '../scene/packet-path.ts'
import { progressAt } from '../scene/progress.ts'
import { type Rect, type Scene, machineRect } from '../scene/scene.ts'
import { type Camera, type View, between, createCamera, easeInOut, viewOf } from './camera.ts'
import { type FleetPicture, drawFleet, takeFleet } from './fleet-picture.ts'
import { listenToDrags } from './dragging.ts'
import { type Frame, type Layer, createFrame } from './frame.ts'
import { type Gesture, snapped } from './gesture.ts'
import { drawDiagrams } from './layers/diagram.ts'
import { drawGesture } from './layers/gesture.ts'
import { drawLinks } from './layers/links.ts'
import { drawMachines } from './layers/machines.ts'
import { drawPacket } from './layers/packet.ts'
import { drawPods, drawPodsOf, drawTray, drawWaiting } from './layers/pods.ts'
import { type Marked, drawSelection } from './layers/selection.ts'
import type { Pen } from './pen.ts'
import { type Play, advance, settled, stopOf } from './playback.ts'
import { type PodsPicture, drawPicture, takePicture } from './pods-picture.ts'
import { type Modifiers, listenToPointer } from './pointer.ts'
import { type Stage, createStage } from './stage.ts'
import { forgetWidths } from './text.ts'
import { type Theme, readTheme } from './theme.ts'
import { PLAIN_WORDS, type Words } from './words.ts'

/** Coordinates are CSS pixels from the container's top left corner. */
export interface PainterCallbacks {
  onSelect(id: string | undefined, modifiers: Modifiers): void
  onHover(id: string | undefined, x: number, y: number): void
  onContext?(id: string | undefined, x: number, y: number): void
  onCamera?(view: View): void
  /** A machine was dragged: its new top left corner in world units, for `pins` of the next scene. Without it machines cannot be dragged. */
  onMove?(id: string, x: number, y: number): void
  /** A wire was drawn from one pod, node or host to another. Without it no wires are drawn. */
  onConnect?(from: string, to: string): void
}

export interface Painter {
  setScene(scene: Scene): void
  /** Another path stops play and goes back to its beginning. */
  setPath(path: PacketPath | undefined): void
  setProgress(t: number): void
  progress(): number
  play(play: Play): void
  pause(): void
  /** Stations of the path at which play stops. Another path has none until it is given some. */
  setBreakpoints(stations: ReadonlySet<number>): void
  setSelection(marked: Marked): void
  /** Reads the colours of the page again. */
  setTheme(): void
  setReducedMotion(reduced: boolean): void
  /** All, or what is named, as large as the window allows. */
  fit(ids?: readonly string[]): void
  /** Near enough to see the inside of the machine that this is in. */
  focus(id: string): void
  zoomBy(factor: number): void
  hitTest(x: number, y: number): string | undefined
  destroy(): void
}

export function createPainter(container: HTMLElement, callbacks: PainterCallbacks, words: Words = PLAIN_WORDS): Painter {
  return new CanvasPainter(container, callbacks, words)
}

const MARGIN = { top: 30, right: 26, bottom: 26, left: 26 }
const LARGEST = 6
const NO_BREAKPOINTS: ReadonlySet<number> = new Set()
const FIT_LARGEST = 1.4
const FOCUS_LARGEST = 3
const FLIGHT = 420
/** A frame of the still layer that takes longer than this many milliseconds three times in a row gets a smaller budget. */
const SLOW = 24

class CanvasPainter implements Painter {
  private readonly stage: Stage
  private readonly frame: Frame
  private readonly camera: Camera
  private readonly callbacks: PainterCallbacks
  private readonly container: HTMLElement
  private readonly words: Words
  private readonly stopPointer: () => void
  private readonly stopDrags: () => void
  private gesture: Gesture | undefined
  private theme: Theme
  private scene: Scene | undefined
  private pen: Pen | undefined
  private picture: PodsPicture | undefined
  private fleet: FleetPicture | undefined
  private path: PacketPath | undefined
  private t = 0
  private breakpoints: ReadonlySet<number> = NO_BREAKPOINTS
  private marked: Marked = {}
  private hovered: string | undefined
  private reduced = false
  /** Each play and each flight has a number; a later one ends the earlier. */
  private playing = 0
  private flight = 0
  /** A person moved the map: it is theirs until they ask for all of it again. */
  private moved = false
  private following = true
  private budget = MARK_BUDGET
  private slowFrames = 0

  constructor(container: HTMLElement, callbacks: PainterCallbacks, words: Words) {
    this.container = container
    this.callbacks = callbacks
    this.words = words
    this.theme = readTheme(container)
    this.frame = createFrame((dirty) => this.draw(dirty))
    this.stage = createStage(container, () => this.resized())
    // Before the camera: a press that takes hold of a thing is not a drag of the map.
    this.stopDrags = listenToDrags(this.stage.surface, {
      hit: (x, y) => this.hitTest(x, y),
      movable: (id, y) => callbacks.onMove !== undefined && this.onTitle(id, y),
      wires: () => callbacks.onConnect !== undefined && this.pen?.detail.machines === 'header',
      show: (gesture) => this.showGesture(gesture),
      done: (gesture) => this.endGesture(gesture),
    })
    this.camera = createCamera(this.stage.surface, (view, byHand) => this.cameraMoved(view, byHand))
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
    this.picture = undefined
    this.fleet = undefined
    this.slowFrames = 0
    this.budget = MARK_BUDGET
    const { k } = this.fitted(scene.bounds)
    this.camera.setLimits(Math.min(0.5, k * 0.6), LARGEST)
    if (first) this.camera.set(this.fitted(scene.bounds))
    else if (!this.moved) this.flyTo(this.fitted(scene.bounds))
    this.invalidate()
  }

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

  progress(): number {
    return this.t
  }

  play(play: Play): void {
    const turn = ++this.playing
    this.following = true
    let before: number | undefined
    let exact = play.from
    const stop = stopOf(play.from, play.to, this.breakpoints)
    this.setProgress(play.from)
    this.frame.animate((now) => {
      if (turn !== this.playing || !this.path) return false
      const elapsed = before === undefined ? 0 : Math.min(100, now - before) * play.speed
      before = now
      exact = advance(this.path, exact, stop, elapsed)
      const shown = this.reduced ? settled(exact, stop) : exact
      if (shown !== this.t || elapsed === 0) {
        this.t = shown
        this.frame.invalidate('overlay')
        play.onProgress?.(shown)
      }
      this.follow()
      if (exact !== stop) return true
      if (stop === play.to) play.onEnd?.()
      else play.onBreak?.(stop)
      return false
    })
  }

  pause(): void {
    this.playing++
  }

  setBreakpoints(stations: ReadonlySet<number>): void {
    this.breakpoints = stations
    this.frame.invalidate('overlay')
  }

  setSelection(marked: Marked): void {
    this.marked = marked
    this.frame.invalidate('overlay')
  }

  setTheme(): void {
    this.theme = readTheme(this.container)
    this.picture = undefined
    this.fleet = undefined
    this.invalidate()
  }

  setReducedMotion(reduced: boolean): void {
    this.reduced = reduced
    this.setProgress(this.t)
  }

  fit(ids?: readonly string[]): void {
    if (!this.scene) return
    const rects = (ids ?? []).flatMap((id) => (this.scene && rectOf(this.scene, id)) ?? [])
    this.moved = rects.length > 0
    this.flyTo(this.fitted(rects.length > 0 ? union(rects) : this.scene.bounds))
  }

  focus(id: string): void {
    if (!this.scene) return
    const machine = machineIndex(this.scene, id)
    const rect = machine === undefined ? rectOf(this.scene, id) : machineRect(this.scene, machine)
    if (!rect) return
    this.moved = true
    this.flyTo(viewOf(rect, this.stage.size(), MARGIN, FOCUS_LARGEST))
  }

  zoomBy(factor: number): void {
    const { width, height } = this.stage.size()
    const { k, x, y } = this.camera.view()
    const next = Math.min(LARGEST, k * factor)
    this.moved = true
    this.flyTo({ k: next, x: width / 2 - ((width / 2 - x) * next) / k, y: height / 2 - ((height / 2 - y) * next) / k }, 180)
  }

  hitTest(x: number, y: number): string | undefined {
    if (!this.scene) return undefined
    const view = this.camera.view()
    const devices = this.pen?.detail.devices ?? false
    return hitTest(this.scene, (x - view.x) / view.k, (y - view.y) / view.k, { devices, slack: devices ? 4 / view.k : 0 })
  }

  destroy(): void {
    this.playing++
    this.flight++
    document.fonts.removeEventListener('loadingdone', this.fontsLoaded)
    this.stopPointer()
    this.stopDrags()
    this.camera.destroy()
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
    const view = this.camera.view()
    return this.scene.machines.kinds[machine] !== 'node' || (y - view.y) / view.k <= machineRect(this.scene, machine).y + HEADER
  }

  private showGesture(gesture: Gesture | undefined): void {
    this.gesture = gesture
    this.stage.surface.style.cursor = gesture ? 'grabbing' : ''
    this.frame.invalidate('overlay')
  }

  private endGesture(gesture: Gesture): void {
    if (gesture.kind === 'wire') {
      if (gesture.over !== undefined) this.callbacks.onConnect?.(gesture.from, gesture.over)
      return
    }
    const home = this.scene && rectOf(this.scene, gesture.id)
    if (!home) return
    const { k } = this.camera.view()
    const to = snapped({ x: home.x + (gesture.to.x - gesture.from.x) / k, y: home.y + (gesture.to.y - gesture.from.y) / k })
    // The map was not to be rearranged around what was just put somewhere.
    this.moved = true
    this.callbacks.onMove?.(gesture.id, to.x, to.y)
  }

  private cameraMoved(view: View, byHand: boolean): void {
    if (byHand) {
      this.moved = true
      this.following = false
      this.flight++
    }
    this.callbacks.onCamera?.({ k: view.k, x: view.x, y: view.y })
    this.invalidate()
  }

  /** Called by the stage's constructor too, when there is no camera yet. */
  private resized(): void {
    if (this.scene && !this.moved) this.camera.set(this.fitted(this.scene.bounds))
    this.invalidate()
  }

  private fitted(rect: Rect): View {
    return viewOf(rect, this.stage.size(), MARGIN, FIT_LARGEST)
  }

  private flyTo(to: View, milliseconds = FLIGHT): void {
    const turn = ++this.flight
    const from = { ...this.camera.view() }
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

  /** Keeps a packet that plays in the window, unless all of the map is, or a person moved it meanwhile. */
  private follow(): void {
    const here = this.path && progressAt(this.path, this.t)
    if (!here || !this.scene || !this.following) return
    const { width, height } = this.stage.size()
    const { k, x, y } = this.camera.view()
    const { bounds } = this.scene
    if (
      bounds.x * k + x >= 0 &&
      bounds.y * k + y >= 0 &&
      (bounds.x + bounds.width) * k + x <= width &&
      (bounds.y + bounds.height) * k + y <= height
    )
      return
    const inset = Math.min(72, width * 0.15, height * 0.15)
    const [sx, sy] = [here.x * k + x, here.y * k + y]
    const dx = Math.min(width - inset, Math.max(inset, sx)) - sx
    const dy = Math.min(height - inset, Math.max(inset, sy)) - sy
    if (Math.abs(dx) < 1 && Math.abs(dy) < 1) return
    const pace = this.reduced ? 1 : 0.16
    this.camera.set({ k, x: x + dx * pace, y: y + dy * pace })
  }

  private draw(dirty: ReadonlySet<Layer>): void {
    if (!this.scene) return
    if (dirty.has('scene') || !this.pen) this.drawStill(this.scene)
    if (this.pen) this.drawMoving({ ...this.pen, context: this.stage.moving })
  }

  private drawStill(scene: Scene): void {
    const start = performance.now()
    const context = this.stage.still
    const size = this.stage.size()
    const view = { ...this.camera.view() }
    const window = { x: -view.x / view.k, y: -view.y / view.k, width: size.width / view.k, height: size.height / view.k }
    const machines = machinesIn(scene, window)
    const detail = detailAt(scene, view.k, countPods(scene, machines), this.budget)
    const pen: Pen = { context, scene, view, window, size, detail, theme: this.theme, machines }
    this.pen = pen
    context.fillStyle = this.theme.background
    context.fillRect(0, 0, size.width, size.height)
    drawLinks(pen)
    if (detail.machines === 'density') drawFleet(pen, (this.fleet ??= takeFleet(scene, this.theme)))
    drawMachines(pen)
    drawDiagrams(pen)
    context.globalAlpha = detail.machines === 'block' ? detail.mosaic : 1
    if (detail.machines === 'density') drawWaiting(pen)
    else if (detail.pods === 'picture') this.drawPicture(pen)
    else drawPods(pen)
    context.globalAlpha = 1
    drawTray(pen, this.words)
    this.notice(performance.now() - start)
  }

  private drawPicture(pen: Pen): void {
    const picture = (this.picture ??= takePicture(pen.scene, this.theme))
    drawPicture(pen, picture)
    if (picture.loose.length > 0) drawPodsOf(pen, picture.loose)
  }

  private notice(milliseconds: number): void {
    this.slowFrames = milliseconds > SLOW ? this.slowFrames + 1 : 0
    if (this.slowFrames >= 3) this.budget = SMALL_MARK_BUDGET
  }

  private drawMoving(pen: Pen): void {
    pen.context.clearRect(0, 0, pen.size.width, pen.size.height)
    drawSelection(pen, this.marked, this.hovered)
    if (this.gesture) drawGesture(pen, this.gesture)
    if (this.path) drawPacket(pen, this.path, { t: this.t, breakpoints: this.breakpoints }, this.words)
  }
}

function union(rects: readonly Rect[]): Rect {
  const left = Math.min(...rects.map((rect) => rect.x))
  const top = Math.min(...rects.map((rect) => rect.y))
  const right = Math.max(...rects.map((rect) => rect.x + rect.width))
  const bottom = Math.max(...rects.map((rect) => rect.y + rect.height))
  return { x: left, y: top, width: right - left, height: bottom - top }
}
