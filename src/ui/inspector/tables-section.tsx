import { useState } from 'react'
import type { Settings, TableKind } from '../../worker/protocol.ts'
import '../messages/with-tables.ts'
import { count, number, t } from '../messages/t.ts'
import { useApp, useStudio } from '../studio.ts'
import { Tabs } from '../tabs.tsx'
import { cellsOf, columnsOf } from './columns.ts'
import { LongTable } from './long-table.tsx'
import './match-table.css'
import type { MatchRow } from './match-row.tsx'
import { OwnersContext } from './owner-link.tsx'
import { useTable } from './use-table.ts'
import { Why } from './why.tsx'

const TABLES: readonly TableKind[] = ['address', 'route', 'neighbour', 'fdb', 'chain', 'conntrack']
/** What the modes of kube-proxy have besides. */
const OF_MODE: Readonly<Partial<Record<Settings['mode'], readonly TableKind[]>>> = {
  nftables: ['nft', 'nft-set'],
  ipvs: ['ipvs', 'ipvs-connection', 'ipset'],
}

function useTables(target: string): readonly TableKind[] {
  const settings = useApp((state) => state.settings)
  const node = target.startsWith('node/') ? target.slice('node/'.length) : undefined
  if (!settings || node === undefined) return TABLES
  return [...TABLES, ...(OF_MODE[settings.nodeModes[node] ?? settings.mode] ?? [])]
}
const LIMIT = 20_000

/** What the kernel of a node, pod or host looks things up in, while no packet is there: one table at a time, narrowed by words. */
export function TablesSection({ target }: { readonly target: string }) {
  const { store } = useStudio()
  const tables = useTables(target)
  const [wanted, setTable] = useState<TableKind>('address')
  const table = tables.includes(wanted) ? wanted : 'address'
  const [find, setFind] = useState('')
  const found = useTable({ target, table, find, limit: LIMIT })
  const rows = (found?.rows ?? []).map((row, index): MatchRow => {
    const cells = cellsOf(table, row)
    return { key: `${index} ${cells.join(' ')}`, cells, fate: 'rest', ...(row.origin ? { note: <Why origin={row.origin} /> } : {}) }
  })
  return (
    <section className="section" data-testid="tables">
      <div className="section-head">
        <h3>{t('tables.title')}</h3>
        {target.startsWith('node/') && (
          <button type="button" className="link" onClick={() => store.getState().change((state) => void (state.dialog = 'listing'))}>
            {t('listing.open')}
          </button>
        )}
        {found && <small>{found.complete ? count('tables.rows', rows.length) : t('tables.cut', { count: number(rows.length) })}</small>}
      </div>
      <div className="tables-tabs">
        <Tabs label={t('tables.title')} tabs={tables.map((id) => ({ id, text: t(`table.${id}`) }))} value={table} onChange={setTable} />
      </div>
      <input
        className="select tables-find mono"
        type="search"
        aria-label={t('tables.find')}
        placeholder={t('tables.find')}
        value={find}
        onChange={(event) => setFind(event.target.value)}
      />
      {rows.length > 0 ? (
        <OwnersContext value={found?.owners ?? NOBODY}>
          <LongTable key={table} label={t(`table.${table}`)} columns={columnsOf(table)} rows={rows} />
        </OwnersContext>
      ) : (
        found && <p className="tables-none">{t(find === '' ? 'tables.empty' : 'tables.none')}</p>
      )}
    </section>
  )
}

const NOBODY: Readonly<Record<string, string>> = {}
