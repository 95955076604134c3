import type { ReactNode } from 'react'
import '../messages/with-views.ts'
import './match-table.css'

/** A row of whatever the kernel looks things up in: what it matches by, what it does, and how it fared. */
export interface MatchRow {
  readonly key: string
  readonly cells: readonly ReactNode[]
  readonly fate: 'won' | 'lost'
  /** Column whose value was not good enough. */
  readonly failed?: number
  readonly note: ReactNode
}

interface Props {
  readonly label: string
  readonly columns: readonly string[]
  readonly rows: readonly MatchRow[]
}

/** Routes, neighbours, FDB and conntrack in one form: the winner is lit, near misses are grey with the failing cell marked. */
export function MatchTable({ label, columns, rows }: Props) {
  return (
    <table className="match-table" aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      {rows.map(({ key, cells, fate, failed, note }) => (
        <tbody key={key} data-fate={fate}>
          <tr>
            {cells.map((cell, index) => (
              <td key={columns[index]} className="mono">
                {index === failed ? <mark>{cell}</mark> : cell}
              </td>
            ))}
          </tr>
          <tr className="match-note">
            <td colSpan={columns.length}>{note}</td>
          </tr>
        </tbody>
      ))}
    </table>
  )
}
