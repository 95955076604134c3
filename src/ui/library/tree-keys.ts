import type { KeyboardEvent } from 'react'
import { removeObject } from '../menu/row-menu.ts'
import { openEditor } from '../menu/surface.ts'
import { placeEnd, type Studio } from '../studio.ts'
import { parentOf, type TreeRow } from './tree-rows.ts'

export interface Steering {
  readonly studio: Studio
  readonly rows: readonly TreeRow[]
  readonly active: number
  readonly move: (index: number) => void
  readonly toggle: (id: string) => void
  readonly choose: (row: TreeRow) => void
}

const PAGE = 12

/** What a key does at the row where the keyboard is: moving, opening, and what can be done with an object. */
export function steerTree(event: KeyboardEvent, { studio, rows, active, move, toggle, choose }: Steering): void {
  const row = rows[active]
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return
  const object = row.type === 'leaf' ? row.id : undefined
  const moves: Readonly<Record<string, () => unknown>> = {
    ArrowDown: () => move(active + 1),
    ArrowUp: () => move(active - 1),
    Home: () => move(0),
    End: () => move(rows.length - 1),
    PageDown: () => move(active + PAGE),
    PageUp: () => move(active - PAGE),
    ArrowRight: () => (row.type === 'branch' && !row.open ? toggle(row.id) : move(active + 1)),
    ArrowLeft: () => (row.type === 'branch' && row.open ? toggle(row.id) : move(parentOf(rows, active))),
    Enter: () => choose(row),
    ' ': () => choose(row),
    s: () => object !== undefined && placeEnd(studio, 'from', object),
    t: () => object !== undefined && placeEnd(studio, 'to', object),
    e: () => object !== undefined && openEditor({ from: 'object', id: object }),
    Delete: () => object !== undefined && removeObject(studio, object),
  }
  const act = moves[event.key]
  if (!act) return
  event.preventDefault()
  event.stopPropagation()
  act()
}
