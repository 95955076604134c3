import { type KeyboardEvent, type MouseEvent, useId, useState } from 'react'
import { openRowMenu } from '../menu/row-menu.ts'
import { t } from '../messages/t.ts'
import { select } from '../pick.ts'
import { useApp, useStudio } from '../studio.ts'
import { ROW, useRowWindow } from '../window-rows.ts'
import { steerTree } from './tree-keys.ts'
import type { TreeRow } from './tree-rows.ts'
import { TreeLine } from './tree-line.tsx'
import { useTree } from './use-tree.ts'

/** Every object of the cluster by keyboard and screen reader: the canvas's accessible twin. Only rows on screen are elements. */
export function ObjectTree() {
  const studio = useStudio()
  const name = useId()
  const selected = useApp((state) => state.selected)
  const { rows, toggle, more } = useTree()
  // Where the keyboard is; something selected elsewhere since then takes its place.
  const [cursor, setCursor] = useState<{ readonly row: string; readonly selected: string | undefined }>({ row: '', selected: undefined })
  const at = cursor.selected === selected ? cursor.row : selected
  const active = Math.max(
    0,
    rows.findIndex((row) => row.id === at),
  )
  const { scroll, first, last } = useRowWindow(rows.length, active)
  const move = (index: number) => setCursor({ row: rows[Math.min(rows.length - 1, Math.max(0, index))]?.id ?? '', selected })
  const choose = (row: TreeRow) => {
    setCursor({ row: row.id, selected })
    if (row.type === 'branch') toggle(row.id)
    else if (row.type === 'more') more(row.group)
    else select(studio, row.id)
  }
  const onKeyDown = (event: KeyboardEvent) => steerTree(event, { studio, rows, active, move, toggle, choose })
  const onContextMenu = (event: MouseEvent) => {
    const under = event.target instanceof Element ? event.target.closest('[data-id]')?.getAttribute('data-id') : undefined
    const row = rows.find(({ id }) => id === under) ?? rows[active]
    if (row) openRowMenu(event, row.type === 'leaf' ? row.id : undefined, document.getElementById(`${name}-${row.id}`))
  }
  if (rows.length === 0) return <p className="empty">{t('library.empty')}</p>
  const current = rows[active]
  return (
    <div
      className="region-scroll tree-scroll"
      ref={scroll}
      role="tree"
      aria-label={t('library.tree')}
      tabIndex={0}
      aria-activedescendant={current && active >= first && active < last ? `${name}-${current.id}` : undefined}
      onKeyDown={onKeyDown}
      onContextMenu={onContextMenu}
    >
      <div className="tree" role="presentation" style={{ height: rows.length * ROW }}>
        {rows.slice(first, last).map((row, offset) => (
          <TreeLine
            key={row.id}
            id={`${name}-${row.id}`}
            row={row}
            top={(first + offset) * ROW}
            selected={row.id === selected}
            active={first + offset === active}
            onChoose={choose}
          />
        ))}
      </div>
    </div>
  )
}
