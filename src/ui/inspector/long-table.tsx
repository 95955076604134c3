import { type CSSProperties, type KeyboardEvent, type MouseEvent, useId, useState } from 'react'
import { t } from '../messages/t.ts'
import { ROW, useRowWindow } from '../window-rows.ts'
import { CellText, type MatchColumn, type MatchRow, openRowValues } from './match-row.tsx'

interface Props {
  readonly label: string
  readonly columns: readonly MatchColumn[]
  readonly rows: readonly MatchRow[]
}

const PAGE = 8

/** Thousands of rows of one height, of which only those on screen are made. The row that is selected stands below in full, with what is known of it. */
export function LongTable({ label, columns, rows }: Props) {
  const name = useId()
  const [chosen, setChosen] = useState<number>()
  const won = rows.findIndex((row) => row.current || row.fate === 'won')
  const active = Math.min(chosen ?? won, rows.length - 1)
  const { scroll, first, last } = useRowWindow(rows.length, active, ROW)
  const onKeyDown = (event: KeyboardEvent) => {
    const to = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      Home: 0,
      End: rows.length - 1,
      PageDown: active + PAGE,
      PageUp: active - PAGE,
    }[event.key]
    if (to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    setChosen(Math.max(0, Math.min(rows.length - 1, to)))
  }
  const row = rows[active]
  const template = columns.map(({ share = 1 }) => `minmax(0, ${share}fr)`).join(' ')
  return (
    <div className="long-table" style={{ '--columns': template } as CSSProperties}>
      <div
        className="long-scroll"
        ref={scroll}
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-activedescendant={active >= first && active < last ? `${name}-${active}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onContextMenu={(event) => row && event.button !== 2 && openRowValues(event, row, columns)}
      >
        <div role="presentation" style={{ height: (rows.length + 1) * ROW, position: 'relative' }}>
          <div className="long-row long-head" role="row" aria-rowindex={1}>
            {columns.map((column) => (
              <span key={column.text} role="columnheader">
                {column.text}
              </span>
            ))}
          </div>
          {rows.slice(first, last).map((each, offset) => (
            <LongRow
              key={each.key}
              id={`${name}-${first + offset}`}
              row={each}
              index={first + offset}
              columns={columns}
              selected={first + offset === active}
              onChoose={setChosen}
            />
          ))}
        </div>
      </div>
      {row && <Detail row={row} columns={columns} />}
    </div>
  )
}

interface RowProps {
  readonly id: string
  readonly row: MatchRow
  readonly index: number
  readonly columns: readonly MatchColumn[]
  readonly selected: boolean
  readonly onChoose: (index: number) => void
}

function LongRow({ id, row, index, columns, selected, onChoose }: RowProps) {
  const onContextMenu = (event: MouseEvent) => {
    if (event.button !== 2) return
    onChoose(index)
    openRowValues(event, row, columns)
  }
  return (
    <div
      id={id}
      className="long-row mono"
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      aria-current={row.current ? 'step' : undefined}
      data-fate={row.fate}
      style={{ top: (index + 1) * ROW }}
      onClick={() => onChoose(index)}
      onContextMenu={onContextMenu}
    >
      {row.cells.map((text, column) => (
        <span key={columns[column]?.text ?? column} role="gridcell" title={text}>
          {column === row.failed ? <mark>{text}</mark> : text}
        </span>
      ))}
    </div>
  )
}

function Detail({ row, columns }: { readonly row: MatchRow; readonly columns: readonly MatchColumn[] }) {
  return (
    <div className="long-detail" data-fate={row.fate} role="group" aria-label={t('tables.detail')}>
      <p className="mono">
        {row.cells.map((text, index) =>
          text === '' ? null : (
            <span key={columns[index]?.text ?? index}>
              <CellText row={row} index={index} text={text} />{' '}
            </span>
          ),
        )}
      </p>
      {row.note !== undefined && row.note !== '' && <p>{row.note}</p>}
    </div>
  )
}
