import type { RouteStep } from '../../core/kernel/step.ts'
import type { Route } from '../../core/kernel/netns.ts'
import { t } from '../messages/t.ts'
import { columnsOf } from './columns.ts'
import type { MatchRow } from './match-row.tsx'
import { MatchTable } from './match-table.tsx'
import { Why } from './why.tsx'

/** The route that won and those that did not: a table of the kernel like any other. */
export function RouteDetail({ step }: { readonly step: RouteStep }) {
  const { route, table, rejected } = step
  const won: readonly MatchRow[] = route
    ? [
        {
          key: 'won',
          cells: cellsOf(route, table),
          fate: 'won',
          note: (
            <>
              {t('route.chosen')} · <Why origin={route.origin} />
            </>
          ),
        },
      ]
    : []
  const lost = rejected.map(
    (one, index): MatchRow => ({
      key: `${index} ${one.table}`,
      cells: cellsOf(one.route, one.table),
      fate: 'lost',
      ...(one.why === 'metric' ? { failed: 2 } : one.why === 'throw' ? {} : { failed: 1 }),
      note: t(`route.why.${one.why}`),
    }),
  )
  if (won.length + lost.length === 0) return null
  return <MatchTable label={t('kind.route')} columns={columnsOf('route')} rows={[...won, ...lost]} />
}

/** /etc/iproute2/rt_tables. */
const TABLES: Readonly<Record<number, string>> = { 255: 'local', 254: 'main', 253: 'default' }
const tableName = (table: number): string => TABLES[table] ?? String(table)

const cellsOf = (route: Route, table: number | undefined): readonly string[] => [
  table === undefined ? '' : tableName(table),
  prefixText(route),
  wayText(route),
]

function prefixText({ type, destination: { ip, length } }: Route): string {
  const prefix = length === 0 ? 'default' : length === 32 ? ip : `${ip}/${length}`
  return type === 'unicast' ? prefix : `${type} ${prefix}`
}

const wayText = (route: Route): string =>
  [
    route.via === undefined ? '' : `via ${route.via}`,
    route.dev === undefined ? '' : `dev ${route.dev}`,
    route.preferredSource === undefined ? '' : `src ${route.preferredSource}`,
    route.onlink ? 'onlink' : '',
    route.metric > 0 ? `metric ${route.metric}` : '',
  ]
    .filter((part) => part !== '')
    .join(' ')
