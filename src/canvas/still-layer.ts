import { MARK_BUDGET, SMALL_MARK_BUDGET, detailAt } from '../scene/lod.ts'
import { countPods, hostsOf, machinesIn } from '../scene/machine-grid.ts'
import type { Scene } from '../scene/scene.ts'
import type { View } from './camera.ts'
import { type FleetPicture, drawFleet, takeFleet } from './fleet-picture.ts'
import { type Badges, type Mark, drawBadges, placeBadges } from './layers/badges.ts'
import { drawDiagrams } from './layers/diagram.ts'
import { drawLinks } from './layers/links.ts'
import { drawMachines } from './layers/machines.ts'
import { drawPods, drawPodsOf, drawTray, drawWaiting } from './layers/pods.ts'
import type { Overlay } from './overlay.ts'
import type { Pen } from './pen.ts'
import { type PodsPicture, drawPicture, takePicture } from './pods-picture.ts'
import type { Theme } from './theme.ts'
import type { Words } from './words.ts'

/** A frame that takes longer than this many milliseconds three times in a row gets a smaller budget. */
const SLOW = 24

/** Everything that does not move by itself: cables, machines, pods. Holds the pictures that far views are made of, and how much may be drawn. */
export class StillLayer {
  overlay: Overlay | undefined
  private readonly words: Words
  private picture: PodsPicture | undefined
  private fleet: FleetPicture | undefined
  private budget = MARK_BUDGET
  private slowFrames = 0
  private marks: readonly Mark[] = []
  private badges: { readonly scene: Scene; readonly placed: Badges } | undefined

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
    this.picture = undefined
    this.fleet = undefined
  }

  /** The pen that it was drawn with: what moves is drawn over it in the same way. */
  draw(context: CanvasRenderingContext2D, scene: Scene, view: View, size: Pen['size'], theme: Theme): Pen {
    const start = performance.now()
    const pen = penFor(context, scene, view, size, theme, this.budget)
    this.paint(pen)
    this.notice(performance.now() - start)
    return pen
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
    const picture = (this.picture ??= takePicture(pen.scene, pen.theme))
    drawPicture(pen, picture)
    if (picture.loose.length > 0) drawPodsOf(pen, picture.loose)
  }

  private notice(milliseconds: number): void {
    this.slowFrames = milliseconds > SLOW ? this.slowFrames + 1 : 0
    if (this.slowFrames >= 3) this.budget = SMALL_MARK_BUDGET
  }
}

/** Furthest away nodes are one picture, and none of them is looked at by itself. */
function penFor(context: CanvasRenderingContext2D, scene: Scene, view: View, size: Pen['size'], theme: Theme, budget: number): Pen {
  const window = { x: -view.x / view.k, y: -view.y / view.k, width: size.width / view.k, height: size.height / view.k }
  const far = detailAt(scene, view.k, Infinity, budget)
  const machines = far.machines === 'density' ? hostsOf(scene) : machinesIn(scene, window)
  const detail = far.machines === 'density' ? far : detailAt(scene, view.k, countPods(scene, machines), budget)
  return { context, scene, view, window, size, detail, theme, machines }
}
