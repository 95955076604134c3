import { useEffect, useRef, useState } from 'react'
import type { ProgramReport, ProgramTable, Role } from '../../worker/protocol/programs.ts'
import { MatchTable } from '../inspector/match-table.tsx'
import type { MatchRow } from '../inspector/match-row.tsx'
import { number, t, tell } from '../messages/t.ts'
import type { Fates } from './decisions.ts'
import type { Pointed } from './focus.ts'
import { RowLinks } from './row-links.tsx'
import { failedColumn, fateOf, shownColumns } from './rows.ts'

interface Props {
  readonly report: ProgramReport
  readonly role: Role
  readonly fates: Fates
  readonly pointed: Pointed | undefined
  readonly turn: number
}

/** More rows than these are looked through by words. */
const FEW = 12

/** The tables of one kind, each under the name that the program itself has for it. */
export function TablesPart({ report, role, fates, pointed, turn }: Props) {
  const [find, setFind] = useState('')
  const part = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const row = turn === 0 ? undefined : part.current?.querySelector<HTMLElement>('[aria-current=step]')
    row?.scrollIntoView({ block: 'nearest' })
    row?.focus({ preventScroll: true })
  }, [turn, pointed])
  const tables = report.tables.filter((table) => table.role === role)
  if (role === 'listeners' && tables.length === 0) return <Listeners report={report} />
  const rows = tables.reduce((sum, table) => sum + table.rows.length, 0)
  return (
    <div className="program-tables" ref={part}>
      {rows > FEW && (
        <input
          className="select tables-find mono"
          type="search"
          aria-label={t('program.find')}
          placeholder={t('program.find')}
          value={find}
          onChange={(event) => setFind(event.target.value)}
        />
      )}
      {rows === 0 && <p className="tables-none">{t(role === 'routes' ? 'program.none.routes' : 'program.none')}</p>}
      {tables
        .filter((table) => table.rows.length > 0)
        .map((table) => (
          <Table key={table.id} report={report} table={table} find={find} fates={fates} pointed={pointed} />
        ))}
    </div>
  )
}

interface TableProps {
  readonly report: ProgramReport
  readonly table: ProgramTable
  readonly find: string
  readonly fates: Fates
  readonly pointed: Pointed | undefined
}

function Table({ report, table, find, fates, pointed }: TableProps) {
  const shown = shownColumns(table)
  const words = find.toLowerCase().split(/\s+/).filter(Boolean)
  const rows = table.rows.flatMap((row): readonly MatchRow[] => {
    const text = row.cells.join(' ').toLowerCase()
    if (!words.every((word) => text.includes(word))) return []
    const { fate, failed } = fateOf(table, row, fates)
    const compared = failed === undefined ? undefined : failedColumn(table, row, failed)
    const column = compared === undefined ? undefined : shown.at(compared)
    const part = failed !== undefined && compared !== undefined && (row.cells[compared] ?? '').includes(failed) ? failed : undefined
    const current = pointed?.kind === 'row' && pointed.table === table.id && pointed.row === row.id
    return [
      {
        key: row.id,
        cells: shown.cellsOf(row),
        fate,
        ...(column !== undefined && failed !== 'shorter' && { failed: column }),
        ...(part !== undefined && { part }),
        ...(current && { current: true }),
        note: (row.next ?? row.object ?? row.at ?? failed) !== undefined && (
          <>
            <RowLinks target={report.id} next={row.next} object={row.object} at={row.at} />
            {failed !== undefined && <span className="program-failed"> {failedText(failed)}</span>}
          </>
        ),
      },
    ]
  })
  return (
    <section aria-label={table.id}>
      <h4 className="program-table-name">
        <code>{table.id}</code> <small className="muted">{number(table.total)}</small>
      </h4>
      {rows.length > 0 ? (
        <MatchTable label={table.id} columns={shown.columns} rows={rows} />
      ) : (
        <p className="tables-none">{t('program.none.found')}</p>
      )}
      {table.total > table.rows.length && <p className="muted">{t('program.cut', { count: number(table.rows.length) })}</p>}
    </section>
  )
}

export const failedText = (failed: string): string =>
  failed === 'shorter' ? t('program.failed.shorter') : tell('program.failed', { failed })

/** Of a program that has no table of them. */
function Listeners({ report }: { readonly report: ProgramReport }) {
  const rows = report.listeners.map(({ protocol, address, port, purpose }): MatchRow => {
    return { key: `${protocol} ${address ?? ''} ${port}`, cells: [protocol, `${address ?? '*'}:${port}`, purpose], fate: 'rest' }
  })
  const columns = ['protocol', 'address', 'purpose'].map((text) => ({ text }))
  return <MatchTable label={t('program.role.listeners')} columns={columns} rows={rows} />
}
