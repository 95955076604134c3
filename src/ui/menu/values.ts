import type { MouseEvent } from 'react'
import { surface } from './surface.ts'

const INDENT = 24

/** A menu of conditions that packets can be filtered by: at the pointer, or below the element that the keyboard's menu key was pressed on. */
export function openValues(event: MouseEvent, text: string, conditions: readonly string[], element: Element = event.currentTarget): void {
  event.preventDefault()
  event.stopPropagation()
  const { left, bottom } = element.getBoundingClientRect()
  const place = event.button === 2 ? { x: event.clientX, y: event.clientY } : { x: left + INDENT, y: bottom }
  surface.setState({ values: { text, conditions, ...place }, menu: undefined })
}
