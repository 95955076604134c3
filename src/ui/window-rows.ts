import { type RefObject, useEffect, useRef, useState } from 'react'

/** Height of every row of a list or tree, in CSS pixels; `--row` in tokens.css. */
export const ROW = 28
const MARGIN = 8

export interface RowWindow {
  readonly scroll: RefObject<HTMLDivElement | null>
  readonly first: number
  /** Exclusive. */
  readonly last: number
}

/** Which rows of a long list are on screen, so that only those become elements. Keeps `active` in view. `head`: pixels of a sticky header; `row`: of a row. */
export function useRowWindow(count: number, active: number, head = 0, row = ROW): RowWindow {
  const scroll = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ first: 0, last: 60 })
  useEffect(() => {
    const element = scroll.current
    if (!element) return
    const measure = () => {
      const first = Math.max(0, Math.floor(element.scrollTop / row) - MARGIN)
      const last = Math.ceil((element.scrollTop + element.clientHeight) / row) + MARGIN
      setView((old) => (old.first === first && old.last === last ? old : { first, last }))
    }
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    element.addEventListener('scroll', measure, { passive: true })
    measure()
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', measure)
    }
  }, [row])
  useEffect(() => {
    const element = scroll.current
    if (!element || active < 0) return
    const top = active * row
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + row + head > element.scrollTop + element.clientHeight) element.scrollTop = top + row + head - element.clientHeight
  }, [active, head, row])
  return { scroll, first: view.first, last: Math.min(count, view.last) }
}
