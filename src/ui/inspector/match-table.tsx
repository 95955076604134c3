import { type CSSProperties, type KeyboardEvent, useRef, useState } from 'react'
import { BreakDot } from '../breakpoints/break-dot.tsx'
import { conditionText } from '../breakpoints/condition.ts'
import { toggle } from '../breakpoints/set.ts'
import { useStudio } from '../studio.ts'
import { LongTable } from './long-table.tsx'
import { CellText, type MatchColumn, type MatchRow, openRowValues } from './match-row.tsx'
import './match-table.css'

interface Props {
  readonly label: string
  readonly columns: readonly MatchColumn[]
  readonly rows: readonly MatchRow[]
}

/** More rows than these are only made for what is on screen. */
const LONG = 60

/**
 * Routes, rules, neighbours, FDB and conntrack in one form: the winner is lit, near misses are grey with the failing cell marked. Each row has a menu of
 * its values as filters, by the mouse and by the keyboard's own menu key.
 */
export function MatchTable({ label, columns, rows }: Props) {
  return rows.length > LONG ? (
    <LongTable label={label} columns={columns} rows={rows} />
  ) : (
    <ShortTable label={label} columns={columns} rows={rows} />
  )
}

function ShortTable({ label, columns, rows }: Props) {
  const studio = useStudio()
  const table = useRef<HTMLTableElement>(null)
  const [at, setAt] = useState(0)
  const onKeyDown = (event: KeyboardEvent) => {
    const stop = event.key === 'b' && event.target instanceof HTMLTableRowElement ? rows[at]?.stop : undefined
    if (stop) {
      event.stopPropagation()
      toggle(studio, conditionText(stop))
    }
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key]
    if (to === undefined || !(event.target instanceof HTMLTableRowElement)) return
    event.preventDefault()
    event.stopPropagation()
    table.current?.querySelectorAll<HTMLElement>('tr.match-row')[Math.max(0, Math.min(rows.length - 1, to))]?.focus()
  }
  const reachable = Math.min(at, rows.length - 1)
  return (
    <table className="match-table" aria-label={label} ref={table} onKeyDown={onKeyDown}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.text} scope="col">
              {column.text}
            </th>
          ))}
        </tr>
      </thead>
      {rows.map((row, index) => (
        <tbody
          key={row.key}
          data-fate={row.fate}
          data-bad={row.bad ? '' : undefined}
          style={{ '--depth': row.depth ?? 0 } as CSSProperties}
        >
          <tr
            className="match-row"
            tabIndex={index === reachable ? 0 : -1}
            aria-current={row.current ? 'step' : undefined}
            onFocus={() => setAt(index)}
            onContextMenu={(event) => openRowValues(event, row, columns)}
          >
            <Cells row={row} columns={columns} />
          </tr>
          {row.note !== undefined && row.note !== '' && (
            <tr className="match-note">
              <td colSpan={columns.length}>{row.note}</td>
            </tr>
          )}
        </tbody>
      ))}
    </table>
  )
}

const Cells = ({ row, columns }: { readonly row: MatchRow; readonly columns: readonly MatchColumn[] }) =>
  row.cells.map((text, index) => (
    <td key={columns[index]?.text ?? index} className="mono" data-wide={(columns[index]?.share ?? 1) >= 2 ? '' : undefined}>
      {index === 0 && row.stop && <BreakDot condition={row.stop} />}
      <CellText row={row} index={index} text={text} />
    </td>
  ))
