import { useEffect, useState } from 'react'
import type { Because, BecauseRule } from '../../worker/protocol.ts'
import { count, t } from '../messages/t.ts'
import '../messages/with-views.ts'
import { useApp, useStudio } from '../studio.ts'
import { cellsOf, columnsOf } from './columns.ts'
import type { MatchRow } from './match-row.tsx'
import { MatchTable } from './match-table.tsx'
import { Why } from './why.tsx'

/** What an object has made agents write into a kernel: the way back from `Why`. */
export function BecauseSection({ target }: { readonly target: string }) {
  const found = useBecause(target)
  if (!found || found.rules.length === 0) return null
  return (
    <section className="section" data-testid="because">
      <div className="section-head">
        <h3>{t('because.title')}</h3>
        <small>{t('because.node', { node: found.node })}</small>
      </div>
      {TABLES.map((table) => {
        const rows = found.rules.filter((rule) => rule.table === table)
        return rows.length === 0 ? null : (
          <MatchTable
            key={table}
            label={`${t('because.title')}: ${t(`table.${table}`)}`}
            columns={columnsOf(table)}
            rows={rows.map(rowOf)}
          />
        )
      })}
      {found.more > 0 && <p className="muted">{count('because.more', found.more)}</p>}
      {!found.complete && <p className="muted">{t('because.incomplete')}</p>}
    </section>
  )
}

const TABLES = ['ipvs', 'nft', 'nft-set', 'chain', 'ipset'] as const

const rowOf = (rule: BecauseRule): MatchRow => ({
  key: `${rule.table} ${rule.cells.join(' ')}`,
  cells: cellsOf(rule.table, rule),
  fate: 'rest',
  ...(rule.origin && { note: <Why origin={rule.origin} /> }),
})

function useBecause(target: string): Because | undefined {
  const { client } = useStudio().actions
  const revision = useApp((state) => state.revision)
  const [answer, setAnswer] = useState<{ readonly key: string; readonly found: Because | undefined }>()
  const key = `${revision} ${target}`
  useEffect(() => {
    let current = true
    client
      .ask({ kind: 'because', target })
      .then((found) => {
        if (current) setAnswer({ key, found })
      })
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, target, key])
  return answer?.key === key ? answer.found : undefined
}
