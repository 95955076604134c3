import type { TableKind, TableRow } from '../../worker/protocol.ts'
import '../messages/with-tables.ts'
import '../messages/with-views.ts'
import { t } from '../messages/t.ts'
import type { MatchColumn } from './match-row.tsx'
import { ruleParts } from './rule-parts.ts'

/** What the columns of each table are called; the cells are those of `TableRow`, a rule taken apart. */
export function columnsOf(table: TableKind): readonly MatchColumn[] {
  const device: MatchColumn = { text: t('detail.device'), field: 'dev' }
  const mac: MatchColumn = { text: t('detail.mac'), share: 1.4 }
  switch (table) {
    case 'address':
      return [device, { text: t('detail.address'), share: 1.4 }, mac, { text: t('column.link'), share: 2 }]
    case 'route':
      return [{ text: t('route.column.table'), share: 0.6 }, { text: t('route.column.prefix') }, { text: t('route.column.way'), share: 2 }]
    case 'neighbour':
      return [device, { text: t('detail.address') }, mac, { text: t('column.state'), share: 0.8 }]
    case 'fdb':
      return [device, mac, { text: t('column.out'), share: 1.2 }]
    case 'chain':
      return [
        { text: t('column.table'), field: 'table', share: 0.5 },
        { text: t('column.matches'), share: 3 },
        { text: t('column.action'), share: 2 },
      ]
    case 'conntrack':
      return [
        { text: t('column.protocol'), share: 0.5 },
        { text: t('column.original'), share: 2 },
        { text: t('column.reply'), share: 2 },
        { text: t('column.state'), share: 1.2 },
      ]
  }
}

export function cellsOf(table: TableKind, { cells }: TableRow): readonly string[] {
  return table === 'chain' ? [cells[0] ?? '', ...ruleCells(cells[1] ?? '')] : cells
}

/** A rule's match with the chain that it stands in, and its action. */
export function ruleCells(rule: string): readonly [match: string, action: string] {
  const { chain, match, action } = ruleParts(rule)
  return [`-A ${chain} ${match}`.trimEnd(), action]
}
