import type { Point } from '../scene/scene.ts'
import { type Gesture, endOf, gestureOn, isDrag } from './gesture.ts'

export interface DragListener {
  hit(x: number, y: number): string | undefined
  /** Whether this machine can be taken at that height. */
  movable(id: string, y: number): boolean
  wires(): boolean
  /** The gesture as it is now, in CSS pixels of the surface; undefined when it is over or was called off. */
  show(gesture: Gesture | undefined): void
  done(gesture: Gesture): void
}

/** Mouse buttons and fingers: only the first of each makes a gesture. */
const PRIMARY = 0

/**
 * Dragging of things, before d3-zoom hears of it: a press that is a gesture never reaches the camera. The click at its end is swallowed, Escape
 * calls it off.
 */
export function listenToDrags(surface: HTMLElement, listener: DragListener): () => void {
  let press:
    | { readonly id: string; readonly kind: Gesture['kind']; readonly at: Point; readonly group: boolean; readonly pointer: number }
    | undefined
  let gesture: Gesture | undefined
  let swallow = false

  const at = (event: MouseEvent): Point => {
    const { left, top } = surface.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }
  const end = (): void => {
    if (gesture) listener.show(undefined)
    press = gesture = undefined
  }
  const down = (event: PointerEvent): void => {
    swallow = false
    if (event.button !== PRIMARY || !event.isPrimary) return end()
    const point = at(event)
    const id = listener.hit(point.x, point.y)
    // A finger moves the map: it has no other way to.
    if (id === undefined || event.pointerType === 'touch') return
    const kind = gestureOn(id, { shift: event.shiftKey, movable: listener.movable(id, point.y) })
    if (kind === undefined || (kind === 'wire' && !listener.wires())) return
    press = { id, kind, at: point, group: event.altKey, pointer: event.pointerId }
  }
  const move = (event: PointerEvent): void => {
    if (!press || event.pointerId !== press.pointer) return
    const to = at(event)
    if (!gesture && !isDrag(press.at, to)) return
    if (!gesture) surface.setPointerCapture(press.pointer)
    gesture =
      press.kind === 'move'
        ? { kind: 'move', id: press.id, group: press.group, from: press.at, to }
        : { kind: 'wire', from: press.id, start: press.at, to, over: endOf(listener.hit(to.x, to.y), press.id) }
    listener.show(gesture)
  }
  const up = (event: PointerEvent): void => {
    const last = event.pointerId === press?.pointer ? gesture : undefined
    end()
    if (!last) return
    swallow = true
    listener.done(last)
  }
  /** d3-zoom listens to the mouse: what began as a gesture is not a drag of the map. */
  const mouse = (event: MouseEvent): void => {
    if (press) event.stopImmediatePropagation()
  }
  const click = (event: MouseEvent): void => {
    if (!swallow) return
    swallow = false
    event.stopImmediatePropagation()
  }
  const key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !gesture) return
    event.stopImmediatePropagation()
    swallow = true
    end()
  }
  const over = new AbortController()
  const { signal } = over
  surface.addEventListener('pointerdown', down, { signal })
  surface.addEventListener('pointermove', move, { signal })
  surface.addEventListener('pointerup', up, { signal })
  surface.addEventListener('pointercancel', end, { signal })
  surface.addEventListener('mousedown', mouse, { signal })
  surface.addEventListener('click', click, { signal })
  window.addEventListener('keydown', key, { signal, capture: true })
  return () => over.abort()
}
