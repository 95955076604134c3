import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BoardColumn, type Crossing, type ProgramBoard, ROLES } from '../../scene/program-board.ts'
import { overlaps } from '../../scene/scene.ts'
import type { Pen } from '../pen.ts'
import { SvgContext } from '../svg-context.ts'
import type { Theme } from '../theme.ts'
import { drawMark, drawOpened, planOpened } from './program.ts'

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

describe('a picture of a program', () => {
  const theme = new Proxy(
    { sans: 'sans', mono: 'mono', dark: false },
    { get: (known, key) => Reflect.get(known, key) ?? '#123456' },
  ) as Theme
  /** What people save is drawn by the same code: nothing may be used that it cannot write. */
  const drawn = (draw: (pen: Pen) => void): string => {
    const context = new SvgContext(
      (_, text) => text.length * 5,
      (colour) => ({ hex: colour, alpha: 1 }),
    )
    draw({ context: context as unknown as CanvasRenderingContext2D, theme, detail: { pods: 'cards' } } as Pen)
    return context.svg(800, 300)
  }
  const board: ProgramBoard = {
    ...boardOf(2, 3, 2, 2),
    wires: [
      { from: 'routes', cell: 1, to: 'upstreams', next: 0 },
      { from: 'upstreams', cell: 0, to: 'endpoints', next: 1 },
    ],
  }
  const cell = (table: string, i: number) => ({ table, row: String(i), text: `${table} ${i}` })
  const at = { t: 9, label: 'traefik-1', hue: '#00ff00', words: { title: (role: string) => role.toUpperCase() } }
  const rect = { x: 0, y: 0, width: 800, height: 280 }

  it('names its columns and rows, and says what it answers by itself', () => {
    const crossing: Crossing = {
      id: 'pod/a/b',
      cells: [{ role: 'listeners', cell: cell('listeners', 0) }],
      near: new Set(['routes 1']),
      arrived: 3,
      answered: 5,
      answer: '404',
    }
    const picture = drawn((pen) => drawOpened(pen, rect, board, { ...at, crossing }))
    for (const text of ['traefik', 'traefik-1', 'LISTENERS', 'ENDPOINTS', 'routes 2', 'upstreams 1', '404'])
      expect(picture).toContain(`>${text}<`)
    expect(picture).toContain('stroke-dasharray="3 2"')
  })

  it('shows a request half way through', () => {
    const crossing: Crossing = {
      id: 'pod/a/b',
      cells: [
        { role: 'listeners', cell: cell('listeners', 0) },
        { role: 'routes', cell: cell('routes', 1) },
      ],
      near: new Set(),
      arrived: 8,
      dialled: 10,
    }
    const [before, half] = [undefined, crossing].map((each) => drawn((pen) => drawOpened(pen, rect, board, { ...at, crossing: each })))
    expect(half).not.toBe(before)
    expect(half).not.toContain('404')
  })

  it('is but a name where there is no room', () => {
    expect(drawn((pen) => drawMark(pen, { x: 0, y: 0, width: 120, height: 40 }, 'kong'))).toContain('>kong<')
  })
})
