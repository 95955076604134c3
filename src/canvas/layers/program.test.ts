import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BoardColumn, type Crossing, type ProgramBoard, ROLES } from '../../scene/program-board.ts'
import { overlaps } from '../../scene/scene.ts'
import { planOpened } from './program.ts'

const column = (table: string, total: number): BoardColumn => ({
  cells: Array.from({ length: Math.min(16, total) }, (_, i) => ({ table, row: String(i), text: `${table} ${i}` })),
  total,
})
const boardOf = (listeners: number, routes: number, upstreams: number, endpoints: number): ProgramBoard => ({
  id: 'pod/a/b',
  name: 'traefik',
  tables: {},
  wires: [],
  columns: {
    listeners: column('listeners', listeners),
    routes: column('routes', routes),
    upstreams: column('upstreams', upstreams),
    endpoints: column('endpoints', endpoints),
  },
})
const counts = fc.tuple(fc.nat(40), fc.nat(4000), fc.nat(40), fc.nat(40))
const size = fc.record({ width: fc.integer({ min: 300, max: 900 }), height: fc.integer({ min: 100, max: 320 }) })

describe('an opened program', () => {
  it('keeps its cells within itself and apart, whatever there is', () => {
    fc.assert(
      fc.property(counts, size, (each, { width, height }) => {
        const rect = { x: 10, y: 20, width, height }
        const { cells, columns } = planOpened(rect, boardOf(...each))
        const within = cells.every(
          ({ rect: { x, y, width: w, height: h } }) => x >= rect.x && x + w <= rect.x + width && y >= rect.y && y + h <= rect.y + height,
        )
        const apart = cells.every((a, i) => cells.slice(i + 1).every((b) => !overlaps(a.rect, b.rect)))
        expect({ within, apart }).toEqual({ within: true, apart: true })
        // Every row is either there or counted.
        for (const [i, { role, more }] of columns.entries()) {
          expect(role).toBe(ROLES[i])
          expect(cells.filter((cell) => cell.role === role).length + more).toBe(each[i])
        }
      }),
    )
  })

  it('shows the row that a request takes, though it is the last of thousands', () => {
    const far = { table: 'routes', row: '3999', text: 'far' }
    const crossing: Crossing = { id: 'pod/a/b', cells: [{ role: 'routes', cell: far }], near: new Set(), arrived: 3 }
    const { cells } = planOpened({ x: 0, y: 0, width: 400, height: 140 }, boardOf(2, 4000, 3, 3), crossing)
    expect(cells.some(({ cell }) => cell.row === '3999')).toBe(true)
  })
})
