import { type KeyboardEvent, useId, useMemo } from 'react'
import { t } from '../messages/t.ts'
import { START } from '../position.ts'
import { useApp, useStudio } from '../studio.ts'
import { ROW, useRowWindow } from '../window-rows.ts'
import { PacketLine } from './packet-line.tsx'
import { type Row, rowsOf } from './rows.ts'

const COLUMNS = ['no', 'from', 'to', 'protocol', 'info', 'hops', 'outcome'] as const

/** One row a packet, request and reply, of every request that was sent. Selecting one puts the map and the inspector at its start. */
export function PacketList() {
  const { player } = useStudio()
  const name = useId()
  const records = useApp((state) => state.records)
  const conversation = useApp((state) => state.playback.conversation)
  const packet = useApp((state) => state.playback.position.packet)
  const rows = useMemo(() => rowsOf(records), [records])
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
  if (rows.length === 0) return <p className="empty">{t('packets.empty')}</p>
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
          />
        ))}
      </div>
    </div>
  )
}
