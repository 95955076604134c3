import { type KeyboardEvent, type MouseEvent, lazy, Suspense, useId, useMemo, useState } from 'react'
import { openValues } from '../menu/values.ts'
import { t } from '../messages/t.ts'
import '../messages/with-views.ts'
import { START } from '../position.ts'
import { useApp, useStudio } from '../studio.ts'
import { ROW, useRowWindow } from '../window-rows.ts'
import { PacketLine } from './packet-line.tsx'
import { conditionsOf } from './row-conditions.ts'
import { type Row, rowsOf } from './rows.ts'

const FilterBar = lazy(async () => ({ default: (await import('../views/filter-bar.tsx')).FilterBar }))

const COLUMNS = ['no', 'from', 'to', 'protocol', 'info', 'hops', 'outcome'] as const

/** One row a packet, request and reply, of every request that was sent, as far as the filter lets them pass. */
export function PacketList() {
  const records = useApp((state) => state.records)
  const all = useMemo(() => rowsOf(records), [records])
  const [shown, setShown] = useState<readonly Row[]>()
  if (all.length === 0) return <p className="empty">{t('packets.empty')}</p>
  return (
    <>
      <Suspense fallback={<div className="filter" />}>
        <FilterBar rows={all} records={records} onShown={setShown} />
      </Suspense>
      <PacketGrid rows={shown ?? all} />
    </>
  )
}

/** Selecting a packet puts the map and the inspector at its start. */
function PacketGrid({ rows }: { readonly rows: readonly Row[] }) {
  const { player } = useStudio()
  const name = useId()
  const records = useApp((state) => state.records)
  const conversation = useApp((state) => state.playback.conversation)
  const packet = useApp((state) => state.playback.position.packet)
  const active = rows.findIndex((row) => row.conversation === conversation && row.packet === packet)
  const { scroll, first, last } = useRowWindow(rows.length, active, ROW)
  const choose = (row: Row | undefined) => row && player.select(row.conversation, { ...START, packet: row.packet })
  const onKeyDown = (event: KeyboardEvent) => {
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: rows.length - 1, PageDown: active + 8, PageUp: active - 8 }[
      event.key
    ]
    if (to === undefined) return
    event.preventDefault()
    choose(rows[Math.min(rows.length - 1, Math.max(0, to))])
  }
  const menu = (event: MouseEvent, row: Row | undefined) =>
    row && openValues(event, `${row.from} ${row.to} ${row.protocol} ${row.info}`, conditionsOf(row), elementOf(name, active, event))
  if (rows.length === 0) return <p className="empty">{t('filter.none')}</p>
  return (
    <div
      className="region-scroll packet-scroll"
      ref={scroll}
      role="grid"
      aria-label={t('packets.table')}
      aria-rowcount={rows.length + 1}
      aria-activedescendant={active >= first && active < last ? `${name}-${active}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onContextMenu={(event) => event.button !== 2 && menu(event, rows[active])}
    >
      <div className="packet-grid" role="presentation" style={{ height: (rows.length + 1) * ROW, position: 'relative' }}>
        <div className="packet-row packet-head" role="row" aria-rowindex={1}>
          {COLUMNS.map((column) => (
            <span key={column} role="columnheader">
              {t(`packets.${column}`)}
            </span>
          ))}
        </div>
        {rows.slice(first, last).map((row, offset) => (
          <PacketLine
            key={row.number}
            id={`${name}-${first + offset}`}
            row={row}
            record={records[row.conversation]}
            top={(first + offset + 1) * ROW}
            selected={first + offset === active}
            onChoose={choose}
            onMenu={menu}
          />
        ))}
      </div>
    </div>
  )
}

/** The keyboard's menu stands below the row, not below the list. */
const elementOf = (name: string, active: number, event: MouseEvent): Element =>
  document.getElementById(`${name}-${active}`) ?? event.currentTarget
