import { describe, expect, it } from 'vitest'
import type { ProgramTable } from '../../worker/protocol/programs.ts'
import { failedColumn, fateOf, shownColumns } from './rows.ts'

const table: ProgramTable = {
  id: 'routers',
  role: 'routes',
  columns: ['priority', 'rule', 'middlewares', 'service'],
  rows: [
    { id: 'a', cells: ['9', 'Host(`a.test`)', '', 'web'], next: { table: 'services', row: 'web' } },
    { id: 'b', cells: ['8', 'Host(`b.test`) && PathPrefix(`/x`)', '', 'api'], next: { table: 'services', row: 'api' } },
  ],
  total: 2,
}
const [row] = table.rows

describe('rows of a program', () => {
  it('need no column for what none of them has, and for where each leads', () => {
    const { columns, cellsOf, at } = shownColumns(table)
    expect(columns.map(({ text }) => text)).toEqual(['priority', 'rule'])
    expect(row && cellsOf(row)).toEqual(['9', 'Host(`a.test`)'])
    expect([at(1), at(3)]).toEqual([1, undefined])
  })

  it.each([
    ['rule', 1],
    ['Host(`a.test`)', 1],
    ['path', 1],
    ['shorter', 1],
    ['nothing of it', undefined],
  ])('that failed by %j are marked in column %s', (failed, column) => {
    expect(row && failedColumn(table, row, failed)).toBe(column)
  })

  it.each([
    [{ id: 'servers', role: 'endpoints' as const }, 'web http://10.0.0.1:80', ['web', 'http://10.0.0.1:80'], 'won'],
    [{ id: 'servers', role: 'endpoints' as const }, 'api http://10.0.0.1:80', ['api', 'http://10.0.0.1:80'], 'rest'],
    [{ id: 'routers', role: 'routes' as const }, 'a', [], 'lost'],
  ])('of %j, %s fared so', (of, id, cells, fate) => {
    const fates = new Map([
      [' web 10.0.0.1:80', { won: true }],
      ['routers a', { won: false, failed: 'rule' }],
    ])
    expect(fateOf(of, { id, cells }, fates).fate).toBe(fate)
  })
})
