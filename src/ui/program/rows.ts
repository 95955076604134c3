import type { MatchColumn } from '../inspector/match-row.tsx'
import type { ProgramRow, ProgramTable } from '../../worker/protocol/programs.ts'
import { type Fates, rowKey } from './decisions.ts'

/** Columns whose values are long. */
const WIDE = /^(rule|match|location|upstream|action|url|to|key|value|address|target|endpoints|certificate|does)$/

/** What needs no column: a row's object and the row that it leads to, which are links below it, and what no row has. */
function hidden({ columns, rows }: ProgramTable): ReadonlySet<number> {
  const away = columns.flatMap((name, i) => {
    const link = name === 'object' || rows.every(({ cells, next }) => next?.row === cells[i])
    return (link && i > 0) || rows.every(({ cells }) => (cells[i] ?? '') === '') ? [i] : []
  })
  return new Set(rows.length > 0 ? away : [])
}

export interface ShownColumns {
  readonly columns: readonly MatchColumn[]
  readonly cellsOf: (row: Pick<ProgramRow, 'cells'>) => readonly string[]
  /** Where a column of the program's stands among those that are shown. */
  readonly at: (column: number) => number | undefined
}

export function shownColumns(table: ProgramTable): ShownColumns {
  const away = hidden(table)
  const kept = table.columns.flatMap((text, index) => (away.has(index) ? [] : [{ text, index }]))
  return {
    columns: kept.map(({ text }) => ({ text, share: WIDE.test(text) ? 2 : 1 })),
    cellsOf: ({ cells }) => kept.map(({ index }) => cells[index] ?? ''),
    at: (column) => {
      const found = kept.findIndex(({ index }) => index === column)
      return found < 0 ? undefined : found
    },
  }
}

/** What a route compares with a path, by the names that programs give it. */
const PATHS = ['path', 'location', 'match', 'rule', 'key']

/** Which column a near miss failed by: the one of that name, or the one that holds what was compared. */
export function failedColumn(
  { columns }: Pick<ProgramTable, 'columns'>,
  { cells }: Pick<ProgramRow, 'cells'>,
  failed: string,
): number | undefined {
  const named = columns.indexOf(failed)
  if (named >= 0) return named
  const holding = cells.findIndex((cell) => failed.length > 2 && cell.includes(failed))
  if (holding >= 0) return holding
  const path = failed === 'path' || failed === 'shorter' ? columns.findIndex((each) => PATHS.includes(each)) : -1
  return path < 0 ? undefined : path
}

export interface RowFate {
  readonly fate: 'won' | 'lost' | 'rest'
  readonly failed?: string
}

/** How a row fared in the request that is looked at. */
export function fateOf(table: Pick<ProgramTable, 'id' | 'role'>, { id, cells }: ProgramRow, fates: Fates): RowFate {
  const fate = fates.get(rowKey(table.id, id)) ?? (table.role === 'endpoints' ? endpointFate(id, cells, fates) : undefined)
  if (!fate) return { fate: 'rest' }
  return fate.won ? { fate: 'won' } : { fate: 'lost', ...(fate.failed !== undefined && { failed: fate.failed }) }
}

/** The balancer names endpoints by upstream and address; their rows may write the address as a URL. */
function endpointFate(id: string, cells: readonly string[], fates: Fates): { readonly won: boolean; readonly failed?: string } | undefined {
  for (const [key, fate] of fates) {
    if (!key.startsWith(' ') || !fate.won) continue
    const [upstream, address] = [key.slice(1, key.lastIndexOf(' ')), key.slice(key.lastIndexOf(' ') + 1)]
    const bare = address.replace(/^\w+:\/\//, '')
    if (id === key.slice(1) || (cells.includes(upstream) && cells.some((cell) => cell.replace(/^\w+:\/\//, '') === bare))) return fate
  }
  return undefined
}
