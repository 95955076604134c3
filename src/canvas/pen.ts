import type { Detail } from '../scene/lod.ts'
import type { Point, Rect, Scene } from '../scene/scene.ts'
import type { View } from './camera.ts'
import type { Theme } from './theme.ts'

/** All that a layer needs to draw one frame. */
export interface Pen {
  readonly context: CanvasRenderingContext2D
  readonly scene: Scene
  readonly view: View
  /** The part of the world that is drawn: what is in view, or of that what came into view. */
  readonly window: Rect
  /** The same on the screen, with room for what things wear outside of their rectangles. */
  readonly part: Rect
  readonly size: { readonly width: number; readonly height: number }
  readonly detail: Detail
  readonly theme: Theme
  /** Indices of machines in view. */
  readonly machines: readonly number[]
}

/** The part of the world that a window shows. */
export const windowOf = (view: View, size: Pen['size']): Rect => ({
  x: -view.x / view.k,
  y: -view.y / view.k,
  width: size.width / view.k,
  height: size.height / view.k,
})

/** A rectangle of the world in whole pixels of the screen, so that hairlines are hairlines. */
export function onScreen(view: View, rect: Rect): Rect {
  const x = Math.round(rect.x * view.k + view.x)
  const y = Math.round(rect.y * view.k + view.y)
  return {
    x,
    y,
    width: Math.round((rect.x + rect.width) * view.k + view.x) - x,
    height: Math.round((rect.y + rect.height) * view.k + view.y) - y,
  }
}

export const pointOnScreen = (view: View, point: Point): Point => ({ x: point.x * view.k + view.x, y: point.y * view.k + view.y })

/** A hairline's path lies between pixels: half a pixel in. */
export function roundRect(context: CanvasRenderingContext2D, rect: Rect, radius: number, inset = 0.5): void {
  const { x, y, width, height } = rect
  context.roundRect(
    x + inset,
    y + inset,
    Math.max(0, width - 2 * inset),
    Math.max(0, height - 2 * inset),
    Math.max(0, Math.min(radius, width / 2, height / 2)),
  )
}

export function fillRound(context: CanvasRenderingContext2D, rect: Rect, radius: number, fill: string): void {
  context.beginPath()
  roundRect(context, rect, radius, 0)
  context.fillStyle = fill
  context.fill()
}

export function strokeRound(context: CanvasRenderingContext2D, rect: Rect, radius: number, stroke: string, width = 1): void {
  context.beginPath()
  roundRect(context, rect, radius, 0.5)
  context.strokeStyle = stroke
  context.lineWidth = width
  context.stroke()
}

/** What the path encloses, with an edge that sets it apart from what it lies on. */
export function fillEdged(context: CanvasRenderingContext2D, fill: string, edge: string): void {
  context.fillStyle = fill
  context.fill()
  context.strokeStyle = edge
  context.lineWidth = 1
  context.stroke()
}

/** The path of a diamond; `radius` is half its diagonal. */
export function traceDiamond(context: CanvasRenderingContext2D, { x, y }: Point, radius: number): void {
  context.beginPath()
  context.moveTo(x, y - radius)
  context.lineTo(x + radius, y)
  context.lineTo(x, y + radius)
  context.lineTo(x - radius, y)
  context.closePath()
}

/** A polyline on the screen with rounded bends. */
export function traceLine(context: CanvasRenderingContext2D, view: View, points: readonly Point[], radius: number, snap = false): void {
  const screen = points.map((point) => {
    const { x, y } = pointOnScreen(view, point)
    return snap ? { x: Math.round(x) + 0.5, y: Math.round(y) + 0.5 } : { x, y }
  })
  const [first] = screen
  if (!first) return
  context.moveTo(first.x, first.y)
  for (let i = 1; i < screen.length; i++) {
    const [before, here, after] = [screen[i - 1], screen[i], screen[i + 1]]
    if (!here || !before) continue
    if (!after) {
      context.lineTo(here.x, here.y)
      continue
    }
    const room = Math.min(Math.hypot(here.x - before.x, here.y - before.y), Math.hypot(after.x - here.x, after.y - here.y)) / 2
    if (room < 0.5) continue
    context.arcTo(here.x, here.y, after.x, after.y, Math.min(radius, room))
  }
}

export const isVisible = (rect: Rect, part: Rect): boolean =>
  rect.x < part.x + part.width && rect.y < part.y + part.height && rect.x + rect.width > part.x && rect.y + rect.height > part.y

/** In half pixels: each size is a font of its own to the browser, with letters to be made, and a zoom goes through all of them. */
export function font(theme: Theme, family: 'sans' | 'mono', size: number, weight = 400): string {
  return `${weight} ${Math.round(size * 2) / 2}px ${family === 'sans' ? theme.sans : theme.mono}`
}
