import { select } from 'd3-selection'
import { type D3ZoomEvent, type ZoomBehavior, zoom, zoomIdentity, zoomTransform } from 'd3-zoom'
import type { Rect } from '../scene/scene.ts'

/** World to screen: `screen = world * k + (x, y)`. */
export interface View {
  readonly k: number
  readonly x: number
  readonly y: number
}

export interface Camera {
  view(): View
  set(view: View): void
  setLimits(smallest: number, largest: number): void
  destroy(): void
}

/** Wheel, drag and pinch through d3-zoom; `onMove` says whether a person moved it. */
export function createCamera(surface: HTMLElement, onMove: (view: View, byHand: boolean) => void): Camera {
  const selection = select<HTMLElement, unknown>(surface)
  const behaviour: ZoomBehavior<HTMLElement, unknown> = zoom<HTMLElement, unknown>()
    .clickDistance(4)
    .scaleExtent([0.01, 8])
    .wheelDelta(wheelDelta)
    .on('zoom', (event: D3ZoomEvent<HTMLElement, unknown>) => onMove(event.transform, Boolean(event.sourceEvent)))
  selection.call(behaviour).on('dblclick.zoom', null)
  return {
    view: () => zoomTransform(surface),
    set(view) {
      behaviour.transform(selection, zoomIdentity.translate(view.x, view.y).scale(view.k))
    },
    setLimits(smallest, largest) {
      behaviour.scaleExtent([smallest, largest])
    },
    destroy() {
      selection.on('.zoom', null)
    },
  }
}

/** A little quicker than d3's own, and pinches on track pads (sent as ctrl + wheel) quicker still. */
function wheelDelta(event: WheelEvent): number {
  const unit = event.deltaMode === 1 ? 0.05 : event.deltaMode === 2 ? 1 : 0.002
  return -event.deltaY * unit * (event.ctrlKey ? 6 : 1.2)
}

export interface Frames {
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly left: number
}

/** The view in which a part of the world fills the window but for its margins. */
export function viewOf(rect: Rect, size: { readonly width: number; readonly height: number }, margin: Frames, largest: number): View {
  const width = Math.max(1, size.width - margin.left - margin.right)
  const height = Math.max(1, size.height - margin.top - margin.bottom)
  const k = Math.min(largest, width / Math.max(1, rect.width), height / Math.max(1, rect.height))
  return {
    k,
    x: margin.left + width / 2 - (rect.x + rect.width / 2) * k,
    y: margin.top + height / 2 - (rect.y + rect.height / 2) * k,
  }
}

/** Between two views at `f` in 0..1: even steps of magnification, and what is in the middle moves evenly on the screen. */
export function between(a: View, b: View, f: number, size: { readonly width: number; readonly height: number }): View {
  if (f >= 1) return b
  const k = a.k * (b.k / a.k) ** f
  const centreOf = (view: View): readonly [number, number] => [(size.width / 2 - view.x) / view.k, (size.height / 2 - view.y) / view.k]
  const [ax, ay] = centreOf(a)
  const [bx, by] = centreOf(b)
  // While magnifying, travel is spent where the magnification is smallest.
  const g = Math.abs(a.k - b.k) < 1e-6 ? f : (1 / a.k - 1 / k) / (1 / a.k - 1 / b.k)
  const [x, y] = [ax + (bx - ax) * g, ay + (by - ay) * g]
  return { k, x: size.width / 2 - x * k, y: size.height / 2 - y * k }
}

export const easeInOut = (f: number): number => (f < 0.5 ? 4 * f ** 3 : 1 - (-2 * f + 2) ** 3 / 2)
