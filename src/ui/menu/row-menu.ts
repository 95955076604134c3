import type { MouseEvent } from 'react'
import type { Studio } from '../studio.ts'
import { openMenu } from './surface.ts'

const INDENT = 24

/** The menu of a row of the tree: where it was clicked, or below the row when the keyboard's own menu key asked for it. */
export function openRowMenu(event: MouseEvent, target: string | undefined, row: Element | null): void {
  event.preventDefault()
  const { left, bottom } = (row ?? event.currentTarget).getBoundingClientRect()
  if (event.button === 2) openMenu(target, event.clientX, event.clientY)
  else openMenu(target, left + INDENT, bottom)
}

/** What changes the cluster is loaded with the first change. */
export function removeObject(studio: Studio, object: string): void {
  void import('../history/change.ts').then(({ edit }) => edit(studio, { op: 'delete', object })).catch(() => undefined)
}
