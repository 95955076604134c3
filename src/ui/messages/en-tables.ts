import type { TableKind } from '../../worker/protocol.ts'

type Required = `table.${TableKind}`

/** Match/action tables, values as filters. */
export const tables = {
  'tables.title': 'Tables',
  'tables.of': 'of {netns}',
  'tables.find': 'Find in the table',
  'tables.rows.one': '{count} row',
  'tables.rows.other': '{count} rows',
  'tables.cut': 'The first {count} rows; type to find others.',
  'tables.empty': 'Nothing in this table.',
  'tables.none': 'No row holds that.',
  'tables.all': 'Show all entries as they are now',
  'tables.all.hide': 'Hide the other entries',
  'tables.detail': 'The row that is selected',
  'table.address': 'Addresses',
  'table.route': 'Routes',
  'table.neighbour': 'Neighbours',
  'table.fdb': 'FDB',
  'table.chain': 'Rules',
  'table.conntrack': 'Conntrack',
  'column.link': 'link',
  'column.state': 'state',
  'column.out': 'out',
  'column.protocol': 'proto',
  'column.matches': 'matches',
  'column.action': 'action',
  'column.original': 'original',
  'column.reply': 'reply becomes',
  'column.table': 'table',
  'row.won': 'This one was used',
  'row.other': 'not used: {column} differs',

  'values.title': 'Filter by a value',
  'values.not': 'No packets with {condition}',
  'values.copy': 'Copy {text}',
  'filter.noise': 'Hide noise',
  'filter.noise.note': 'Hide bare acknowledgements and name lookups',
  'help.values': 'On a row of packets or of a table: filter by its values',
  'help.noise': 'Hide noise: bare acknowledgements and name lookups',
} as const satisfies Readonly<Record<Required, string>> & Readonly<Record<string, string>>
