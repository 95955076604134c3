import type { TableKind, TableRow } from '../../worker/protocol.ts'
import { useApp } from '../studio.ts'
import { cellsOf, columnsOf } from './columns.ts'
import type { MatchRow } from './match-row.tsx'
import { MatchTable } from './match-table.tsx'
import { useTable } from './use-table.ts'

interface Props {
  readonly label: string
  readonly netns: string
  readonly table: TableKind
  /** The entry that the trace holds: what was used then. */
  readonly used: MatchRow
  /** By how many of the first columns entries are looked up. */
  readonly keys: number
}

/** More than these would be no table to look through. */
const LIMIT = 20_000

/** The entry that was used, and all others of its table as they are now: the first key that differs is the failing one. Not while a packet flies by. */
export function LookupTable({ label, netns, table, used, keys }: Props) {
  const playing = useApp((state) => state.playback.playing)
  const found = useTable({ target: playing ? undefined : netns, table, limit: LIMIT })
  const rows = [used, ...(found?.rows ?? []).flatMap((row, index) => otherRow(row, index, used, table, keys))]
  return <MatchTable label={label} columns={columnsOf(table)} rows={rows} />
}

function otherRow(row: TableRow, index: number, used: MatchRow, table: TableKind, keys: number): readonly MatchRow[] {
  const cells = cellsOf(table, row)
  const failed = cells.slice(0, keys).findIndex((cell, column) => cell !== used.cells[column])
  return failed < 0 ? [] : [{ key: `${index} ${cells.join(' ')}`, cells, fate: 'lost', failed }]
}
