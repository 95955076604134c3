import { type Detail, MARK_BUDGET, SMALL_MARK_BUDGET, detailAt } from '../scene/lod.ts'
import { countPods, hostsOf, machinesIn } from '../scene/machine-grid.ts'
import type { Rect, Scene } from '../scene/scene.ts'
import type { View } from './camera.ts'
import { type FleetPicture, drawFleet, takeFleet } from './fleet-picture.ts'
import { whenIdle } from './idle.ts'
import { type Badges, type Mark, drawBadges, placeBadges } from './layers/badges.ts'
import { drawDiagrams } from './layers/diagram.ts'
import { drawLinks, segmentLabels } from './layers/links.ts'
import { drawMachines } from './layers/machines.ts'
import { drawPods, drawPodsOf, drawTray, drawWaiting } from './layers/pods.ts'
import type { Overlay } from './overlay.ts'
import { type Pen, windowOf } from './pen.ts'
import { type PodsPicture, drawPicture, paintPicture } from './pods-picture.ts'
import { Pusher, exposedBy, moved, sameRect, shiftOf, wholePixels, wholeRect } from './scroll.ts'
import type { Theme } from './theme.ts'
import type { Words } from './words.ts'

/** A frame that takes longer than this many milliseconds three times in a row gets a smaller budget. */
const SLOW = 24
/** Pixels around a part that is drawn alone: shadows, rings and signs reach so far out of what they belong to. */
const REACH = 24

/** What is drawn, and from where. */
export interface Sight {
  readonly scene: Scene
  readonly view: View
  readonly size: Pen['size']
  readonly theme: Theme
}

/** Everything that does not move by itself: cables, machines, pods. Holds the pictures that far views are made of, and how much may be drawn. */
export class StillLayer {
  overlay: Overlay | undefined
  private readonly words: Words
  private readonly pusher = new Pusher()
  private picture: PodsPicture | undefined
  /** The picture while it is made. */
  private painting: Generator<undefined, PodsPicture> | undefined
  private stopPainting: () => void = () => undefined
  private fleet: FleetPicture | undefined
  private budget = MARK_BUDGET
  private slowFrames = 0
  private marks: readonly Mark[] = []
  private badges: { readonly scene: Scene; readonly placed: Badges } | undefined
  /** What stands on the canvas. */
  private shown: { readonly pen: Pen; readonly labels: readonly Rect[] } | undefined

  constructor(words: Words) {
    this.words = words
  }

  /** Another scene: what was too much of the one before need not be too much of this one. */
  renew(): void {
    this.slowFrames = 0
    this.budget = MARK_BUDGET
    this.repaint()
  }

  /** What is wrong, and where. */
  setMarks(marks: readonly Mark[]): void {
    this.marks = marks
    this.badges = undefined
  }

  /** Other colours. */
  repaint(): void {
    this.stopPainting()
    this.picture = undefined
    this.painting = undefined
    this.fleet = undefined
  }

  /** Makes the picture of a large scene's pods in time that nobody needs, before somebody zooms to where it is seen. */
  prepare({ scene, theme }: Pick<Sight, 'scene' | 'theme'>): void {
    this.stopPainting()
    if (scene.pods.count <= SMALL_MARK_BUDGET || this.picture) return
    const painting = (this.painting ??= paintPicture(scene, theme))
    this.stopPainting = whenIdle(() => {
      const { done, value } = painting.next()
      if (done && this.painting === painting) this.picture = value
      return !done && this.painting === painting
    })
  }

  /** All of it. The pen that it was drawn with: what moves is drawn over it in the same way. */
  draw(context: CanvasRenderingContext2D, sight: Sight): Pen {
    const start = performance.now()
    const pen = this.penFor(context, sight)
    this.paint(pen)
    this.notice(performance.now() - start)
    this.shown = { pen, labels: segmentLabels(pen) }
    return pen
  }

  /** The same once more, somewhere else. */
  drawCopy(context: CanvasRenderingContext2D, sight: Sight): Pen {
    const pen = this.penFor(context, sight)
    this.paint(pen)
    return pen
  }

  /** After the view changed alone: a map that was only pushed is pushed on the canvas too, and what came into view is drawn. Undefined where all of it has to be. */
  push(context: CanvasRenderingContext2D, sight: Sight): Pen | undefined {
    const { shown } = this
    if (shown?.pen.scene !== sight.scene || shown.pen.context !== context) return undefined
    const pen = this.penFor(context, sight)
    const { size } = pen
    const shift = shiftOf(shown.pen.view, pen.view, size, context.getTransform().a)
    if (!shift || !sameDetail(shown.pen.detail, pen.detail)) return undefined
    const labels = segmentLabels(pen)
    const stale = shown.labels.map((label) => moved(label, shift))
    const changed = [
      ...stale.filter((label) => !labels.some((other) => sameRect(label, other))),
      ...labels.filter((label) => !stale.some((other) => sameRect(label, other))),
    ]
    if (shift.x !== 0 || shift.y !== 0) this.pusher.push(context, shift)
    for (const part of [...exposedBy(shift, size), ...changed.map((rect) => wholeRect(rect, size))]) this.paintPart(pen, part)
    this.shown = { pen, labels }
    return pen
  }

  private paintPart(pen: Pen, part: Rect): void {
    if (part.width <= 0 || part.height <= 0) return
    const { context, view } = pen
    const wide = { x: part.x - REACH, y: part.y - REACH, width: part.width + 2 * REACH, height: part.height + 2 * REACH }
    const window = windowOf({ k: view.k, x: view.x - wide.x, y: view.y - wide.y }, wide)
    context.save()
    context.beginPath()
    context.rect(part.x, part.y, part.width, part.height)
    context.clip()
    this.paint({ ...pen, window, part: wide, machines: machinesFor(pen.scene, pen.detail, window) })
    context.restore()
  }

  /** Furthest away nodes are one picture, and none of them is looked at by itself. */
  private penFor(context: CanvasRenderingContext2D, { scene, view, size, theme }: Sight): Pen {
    const at = wholePixels(view)
    const window = windowOf(at, size)
    const far = detailAt(scene, at.k, Infinity, this.budget)
    const machines = machinesFor(scene, far, window)
    const detail = far.machines === 'density' ? far : detailAt(scene, at.k, countPods(scene, machines), this.budget)
    return { context, scene, view: at, window, part: { x: 0, y: 0, ...size }, size, detail, theme, machines }
  }

  private paint(pen: Pen): void {
    const { context, detail, scene, size, theme } = pen
    context.fillStyle = theme.background
    context.fillRect(0, 0, size.width, size.height)
    drawLinks(pen)
    if (detail.machines === 'density') drawFleet(pen, (this.fleet ??= takeFleet(scene, theme)))
    drawMachines(pen)
    drawDiagrams(pen)
    context.globalAlpha = detail.machines === 'block' ? detail.mosaic : 1
    if (detail.machines === 'density') drawWaiting(pen)
    else if (detail.pods === 'picture') this.paintPicture(pen)
    else drawPods(pen)
    context.globalAlpha = 1
    drawTray(pen, this.words)
    this.overlay?.drawStill(pen)
    if (this.marks.length > 0) drawBadges(pen, this.placed(scene))
  }

  private placed(scene: Scene): Badges {
    if (this.badges?.scene !== scene) this.badges = { scene, placed: placeBadges(scene, this.marks) }
    return this.badges.placed
  }

  private paintPicture(pen: Pen): void {
    const picture = (this.picture ??= this.finishPicture(pen))
    drawPicture(pen, picture)
    if (picture.loose.length > 0) drawPodsOf(pen, picture.loose)
  }

  private finishPicture({ scene, theme }: Pen): PodsPicture {
    this.stopPainting()
    const painting = this.painting ?? paintPicture(scene, theme)
    this.painting = undefined
    for (;;) {
      const { done, value } = painting.next()
      if (done) return value
    }
  }

  private notice(milliseconds: number): void {
    this.slowFrames = milliseconds > SLOW ? this.slowFrames + 1 : 0
    if (this.slowFrames >= 3) this.budget = SMALL_MARK_BUDGET
  }
}

const machinesFor = (scene: Scene, detail: Detail, window: Rect): readonly number[] =>
  detail.machines === 'density' ? hostsOf(scene) : machinesIn(scene, window)

const sameDetail = (a: Detail, b: Detail): boolean => (Object.keys(a) as (keyof Detail)[]).every((key) => a[key] === b[key])
