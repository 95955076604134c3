import './dashboard.css'
import '../messages/with-programs.ts'
import { type ReactNode, useState } from 'react'
import type { ProgramReport, ProgramRow } from '../../worker/protocol/programs.ts'
import { LongTable } from '../inspector/long-table.tsx'
import type { MatchColumn, MatchRow } from '../inspector/match-row.tsx'
import { MatchTable } from '../inspector/match-table.tsx'
import { OwnersContext } from '../inspector/owner-link.tsx'
import { number, t } from '../messages/t.ts'
import { Tabs } from '../tabs.tsx'
import { useProgram } from './use-program.ts'

/** What Traefik's own page shows of its running configuration, in this page's looks: v1.7 by providers in two columns, later ones by kind. */
export function Dashboard({ target }: { readonly target: string }) {
  const report = useProgram(target)
  if (!report) return null
  const { version } = report.dashboard ?? { version: 3 }
  return (
    <OwnersContext value={report.owners}>
      <div className="dashboard" data-testid="dashboard">
        <header className="dashboard-head">
          <h2>{t('dashboard.of', { version: version === 1 ? '1.7' : `v${version}` })}</h2>
          <code>{target.slice(target.lastIndexOf('/') + 1)}</code>
          <small className="muted">{t('dashboard.kept')}</small>
        </header>
        {version === 1 ? <Providers report={report} /> : <Kinds report={report} />}
      </div>
    </OwnersContext>
  )
}

const rowsOf = ({ tables }: ProgramReport, table: string): readonly ProgramRow[] => tables.find(({ id }) => id === table)?.rows ?? []
const isOwn = ({ id }: ProgramRow): boolean => !id.endsWith('@internal')

/** A cell by the name of its column. */
function cellOf({ tables }: ProgramReport, table: string, { cells }: ProgramRow, column: string): string {
  const at = tables.find(({ id }) => id === table)?.columns.indexOf(column) ?? -1
  return cells[at] ?? ''
}

function Providers({ report }: { readonly report: ProgramReport }) {
  const [find, setFind] = useState('')
  const holds = (row: ProgramRow): boolean => row.cells.join(' ').toLowerCase().includes(find.toLowerCase().trim())
  const frontends = rowsOf(report, 'routers').filter(isOwn).filter(holds)
  const backends = rowsOf(report, 'services').filter(isOwn).filter(holds)
  return (
    <>
      <input
        className="select mono dashboard-filter"
        type="search"
        aria-label={t('dashboard.filter')}
        placeholder={t('dashboard.filter')}
        value={find}
        onChange={(event) => setFind(event.target.value)}
      />
      <div className="dashboard-columns">
        <Column title={t('dashboard.frontends')} count={frontends.length}>
          {frontends.map((row) => (
            <Frontend key={row.id} report={report} row={row} />
          ))}
        </Column>
        <Column title={t('dashboard.backends')} count={backends.length}>
          {backends.map((row) => (
            <Backend key={row.id} report={report} row={row} />
          ))}
        </Column>
      </div>
    </>
  )
}

const Column = ({ title, count, children }: { readonly title: string; readonly count: number; readonly children: ReactNode }) => (
  <section aria-label={title}>
    <h3>
      {title} <small className="muted">{number(count)}</small>
    </h3>
    {count === 0 && <p className="muted">{t('dashboard.none')}</p>}
    {children}
  </section>
)

interface CardProps {
  readonly report: ProgramReport
  readonly row: ProgramRow
}

function Frontend({ report, row }: CardProps) {
  const of = (column: string): string => cellOf(report, 'routers', row, column)
  const pairs = [
    [t('dashboard.rule'), of('rule').split(';').join('\n')],
    [t('dashboard.entry'), of('entrypoints')],
    [t('dashboard.priority'), of('priority')],
    [t('dashboard.middlewares'), of('middlewares')],
    [t('dashboard.backend'), of('service')],
  ] as const
  return (
    <article className="dashboard-card" aria-label={row.id}>
      <h4 className="mono">{row.id}</h4>
      <dl className="pairs">
        {pairs
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd className="mono">{value}</dd>
            </div>
          ))}
      </dl>
    </article>
  )
}

function Backend({ report, row }: CardProps) {
  const servers = rowsOf(report, 'servers').filter(({ cells }) => cells[0] === row.id)
  const rows = servers.map(({ id, cells }): MatchRow => ({ key: id, cells: [cells.at(-1) ?? '', cells[1] ?? ''], fate: 'rest' }))
  return (
    <article className="dashboard-card" aria-label={row.id}>
      <h4 className="mono">{row.id}</h4>
      {rows.length > 0 ? (
        <MatchTable label={row.id} columns={[{ text: t('dashboard.server') }, { text: 'URL', share: 2 }]} rows={rows} />
      ) : (
        <p className="muted">{t('dashboard.none')}</p>
      )}
    </article>
  )
}

const KINDS = [
  ['entrypoints', 'dashboard.entrypoints'],
  ['routers', 'dashboard.routers'],
  ['services', 'dashboard.services'],
  ['middlewares', 'dashboard.middlewares'],
] as const

const WIDE = new Set(['rule', 'to', 'service', 'does'])

function Kinds({ report }: { readonly report: ProgramReport }) {
  const [kind, setKind] = useState<(typeof KINDS)[number][0]>('routers')
  const tabs = KINDS.map(([id, key]) => ({
    id,
    text: t(key),
    badge: <span className="badge">{number(rowsOf(report, id).length)}</span>,
  }))
  const table = report.tables.find(({ id }) => id === kind)
  const named = table?.columns[0] === 'priority'
  const columns = [...(named ? ['name'] : []), ...(table?.columns ?? [])].map(
    (text): MatchColumn => ({ text, share: WIDE.has(text) ? 2 : 1 }),
  )
  const rows = (table?.rows ?? []).map(({ id, cells }): MatchRow => ({ key: id, cells: [...(named ? [id] : []), ...cells], fate: 'rest' }))
  const Table = rows.length > 60 ? LongTable : MatchTable
  const text = tabs.find(({ id }) => id === kind)?.text ?? ''
  return (
    <>
      <div className="tables-tabs">
        <Tabs label={t('dashboard.pages')} tabs={tabs} value={kind} onChange={setKind} />
      </div>
      <div className="dashboard-table" role="tabpanel" aria-label={text}>
        {rows.length > 0 ? <Table label={text} columns={columns} rows={rows} /> : <p className="muted">{t('dashboard.none')}</p>}
      </div>
    </>
  )
}
