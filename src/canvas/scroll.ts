import type { Rect } from '../scene/scene.ts'
import type { View } from './camera.ts'

interface Size {
  readonly width: number
  readonly height: number
}

/** Views at whole pixels: a map that was only pushed is then the same picture, elsewhere. */
export const wholePixels = ({ k, x, y }: View): View => ({ k, x: Math.round(x), y: Math.round(y) })

export interface Shift {
  readonly x: number
  readonly y: number
}

/** Of the window's width or height; beyond it little would stay. */
const FURTHEST = 0.6

/**
 * How far a picture was pushed, in CSS pixels; undefined when it has to be drawn anew. `ratio` is that of device pixels: what does not fall on whole
 * ones cannot be copied without a blur.
 */
export function shiftOf(before: View, after: View, size: Size, ratio: number): Shift | undefined {
  const [x, y] = [after.x - before.x, after.y - before.y]
  if (before.k !== after.k || !Number.isInteger(x * ratio) || !Number.isInteger(y * ratio)) return undefined
  return Math.abs(x) > size.width * FURTHEST || Math.abs(y) > size.height * FURTHEST ? undefined : { x, y }
}

/** What came into view: a strip at one side, above or below, or both. */
export function exposedBy({ x, y }: Shift, { width, height }: Size): readonly Rect[] {
  const beside = { x: x > 0 ? 0 : width + x, y: 0, width: Math.abs(x), height }
  const over = { x: 0, y: y > 0 ? 0 : height + y, width, height: Math.abs(y) }
  return [beside, over].filter((rect) => rect.width > 0 && rect.height > 0)
}

/**
 * Pushes the picture of a canvas by way of another one: a canvas that is drawn on itself is copied twice, and slowly. What came into view still shows what was
 * there before.
 */
export class Pusher {
  private back: CanvasRenderingContext2D | undefined

  push(context: CanvasRenderingContext2D, { x, y }: Shift): void {
    const { canvas } = context
    const back = this.backOf(canvas)
    if (!back) return
    const ratio = context.getTransform().a
    back.drawImage(canvas, x * ratio, y * ratio)
    context.save()
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.drawImage(back.canvas, 0, 0)
    context.restore()
  }

  private backOf({ width, height }: HTMLCanvasElement): CanvasRenderingContext2D | undefined {
    if (this.back?.canvas.width === width && this.back.canvas.height === height) return this.back
    const canvas = document.createElement('canvas')
    canvas.width = width
    canvas.height = height
    this.back = canvas.getContext('2d', { alpha: false }) ?? undefined
    return this.back
  }
}

/** In whole pixels and within the window, so that clipping to it needs no soft edges. */
export function wholeRect(rect: Rect, size: Size): Rect {
  const [x, y] = [Math.max(0, Math.floor(rect.x)), Math.max(0, Math.floor(rect.y))]
  return {
    x,
    y,
    width: Math.min(size.width, Math.ceil(rect.x + rect.width)) - x,
    height: Math.min(size.height, Math.ceil(rect.y + rect.height)) - y,
  }
}

export const moved = (rect: Rect, by: Shift): Rect => ({ ...rect, x: rect.x + by.x, y: rect.y + by.y })

export const sameRect = (a: Rect, b: Rect): boolean => a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height
