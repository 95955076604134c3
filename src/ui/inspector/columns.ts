import type { TableKind, TableRow } from '../../worker/protocol.ts'
import '../messages/with-tables.ts'
import '../messages/with-views.ts'
import { t } from '../messages/t.ts'
import type { MatchColumn } from './match-row.tsx'
import { nftParts, ruleParts } from './rule-parts.ts'

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
    case 'nft':
      return [
        { text: t('column.table'), share: 0.8 },
        { text: t('column.matches'), share: 3 },
        { text: t('column.action'), share: 2 },
      ]
    case 'nft-set':
      return [
        { text: t('column.set'), share: 1.6 },
        { text: t('column.key'), share: 2 },
        { text: t('column.leads'), share: 2 },
      ]
    case 'ipset':
      return [
        { text: t('column.set'), share: 1.4 },
        { text: t('column.type'), share: 1 },
        { text: t('column.member'), share: 2 },
      ]
    case 'ipvs':
      return [
        { text: t('column.virtual'), share: 2 },
        { text: t('column.scheduler'), share: 0.7 },
        { text: t('column.real'), share: 1.6 },
        { text: t('column.weight'), share: 0.6 },
        { text: t('column.active'), share: 0.6 },
        { text: t('column.inactive'), share: 0.6 },
      ]
    case 'ipvs-connection':
      return [
        { text: t('column.protocol'), share: 0.5 },
        { text: t('column.client'), share: 1.5 },
        { text: t('column.virtual'), share: 1.5 },
        { text: t('column.real'), share: 1.5 },
        { text: t('column.state'), share: 1.3 },
      ]
  }
}

export function cellsOf(table: TableKind, { cells }: TableRow): readonly string[] {
  if (table === 'chain') return [cells[0] ?? '', ...ruleCells(cells[1] ?? '')]
  return table === 'nft' ? [cells[0] ?? '', ...nftCells(cells[1] ?? '', cells[2] ?? '')] : cells
}

/** A rule of nftables does not say which chain it stands in. */
export function nftCells(chain: string, rule: string): readonly [match: string, action: string] {
  const { match, action } = nftParts(rule)
  return [match === '' ? chain : `${chain}: ${match}`, action]
}

/** A rule as a trace holds it: in the words of iptables, or of nft. */
export const stepCells = (chain: string, rule: string): readonly [match: string, action: string] =>
  /^-[AP] /.test(rule) ? ruleCells(rule) : nftCells(chain, rule)

/** A rule's match with the chain that it stands in, and its action. */
export function ruleCells(rule: string): readonly [match: string, action: string] {
  const { chain, match, action } = ruleParts(rule)
  return [`-A ${chain} ${match}`.trimEnd(), action]
}
