import { type PointerEvent, type RefObject, useCallback, useEffect, useState } from 'react'
import { panned, type Range, zoomed } from './moves.ts'

const WHEEL = 0.0016
/** Pixels that a press may tremble before it drags. */
const SLACK = 4

export interface Viewing {
  readonly range: Range
  readonly setRange: (next: (range: Range) => Range) => void
  readonly drag: (event: PointerEvent<HTMLElement>) => void
  readonly zoom: (factor: number) => void
  readonly whole: () => void
}

/**
 * What part of the time is shown: the wheel zooms about the pointer (sideways, or with Shift, it pans), a drag pans. `left`: pixels before the slices;
 * `middle`: what keys and buttons zoom about while it is shown. */
export function useRange(area: RefObject<HTMLDivElement | null>, length: number, left: number, middle: number | undefined): Viewing {
  const [kept, setKept] = useState<{ readonly range: Range; readonly length: number }>({ range: { from: 0, to: length }, length })
  // Another trace, or another depth of it, is seen as a whole first.
  const range = kept.length === length ? kept.range : { from: 0, to: length }
  const setRange = useCallback(
    (next: (range: Range) => Range) =>
      setKept((old) => ({ range: next(old.length === length ? old.range : { from: 0, to: length }), length })),
    [length],
  )
  useEffect(() => {
    const element = area.current
    if (!element) return
    const wheel = (event: WheelEvent) => {
      const box = element.getBoundingClientRect()
      const x = event.clientX - box.left - left
      const width = box.width - left
      // Over the names the wheel scrolls the tracks, as everywhere.
      if (x < 0 || width <= 0) return
      event.preventDefault()
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0
      setRange((old) => {
        const unit = (old.to - old.from) / width
        return sideways === 0
          ? zoomed(old, Math.exp(-event.deltaY * WHEEL), old.from + x * unit, length)
          : panned(old, sideways * unit, length)
      })
    }
    element.addEventListener('wheel', wheel, { passive: false })
    return () => element.removeEventListener('wheel', wheel)
  }, [area, left, length, setRange])
  const drag = (event: PointerEvent<HTMLElement>): void => {
    const element = area.current
    if (!element || event.button !== 0) return
    startDrag(event, element, (dx) => {
      const width = element.clientWidth - left
      setRange((old) => panned(old, (-dx * (old.to - old.from)) / width, length))
    })
  }
  const zoom = (factor: number) =>
    setRange((old) =>
      zoomed(old, factor, middle !== undefined && middle > old.from && middle < old.to ? middle : (old.from + old.to) / 2, length),
    )
  return { range, setRange, drag, zoom, whole: () => setRange(() => ({ from: 0, to: length })) }
}

/** Sideways it is time, up and down the tracks scroll. The click at the end of a drag chooses nothing. */
function startDrag(event: PointerEvent<HTMLElement>, element: HTMLElement, pan: (dx: number) => void): void {
  let { clientX: x, clientY: y } = event
  const [startX, startY] = [x, y]
  let dragging = false
  const stop = new AbortController()
  const { signal } = stop
  const move = (moved: globalThis.PointerEvent) => {
    dragging ||= Math.hypot(moved.clientX - startX, moved.clientY - startY) > SLACK
    if (!dragging) return
    pan(moved.clientX - x)
    element.scrollTop -= moved.clientY - y
    x = moved.clientX
    y = moved.clientY
  }
  const up = () => {
    stop.abort()
    if (dragging) element.addEventListener('click', (click) => click.stopPropagation(), { capture: true, once: true })
  }
  addEventListener('pointermove', move, { signal })
  addEventListener('pointerup', up, { signal })
  addEventListener('pointercancel', () => stop.abort(), { signal })
}
