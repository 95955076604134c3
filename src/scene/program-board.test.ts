import { describe, expect, it } from 'vitest'
import { type BoardCell, type Crossing, crossed, crossingAt, shownCells } from './program-board.ts'

const cell = (row: string): BoardCell => ({ table: 'routes', row, text: row })
const column = { cells: ['a', 'b', 'c', 'd', 'e'].map(cell), total: 9 }

describe('a program on the map', () => {
  it.each([
    [3, [], ['a', 'b', 'c']],
    [3, ['e'], ['a', 'b', 'e']],
    [3, ['b'], ['a', 'b', 'c']],
    // A row that is not among the first is shown all the same.
    [2, ['far'], ['a', 'far']],
    [9, [], ['a', 'b', 'c', 'd', 'e']],
    [0, ['e'], []],
  ])('with room for %i and %j lit shows %j', (room, lit, rows) => {
    expect(shownCells(column, room, lit.map(cell)).map((each) => each.cell.row)).toEqual(rows)
  })

  const crossing = (arrived: number, dialled?: number): Crossing => ({
    id: 'pod/a/b',
    cells: [],
    near: new Set(),
    arrived,
    ...(dialled !== undefined && { dialled }),
  })

  it.each([
    [10, 0],
    [12, 0.5],
    [14, 1],
    [40, 1],
  ])('a request that came at 10 and goes on at 14 is at %i so far: %f', (t, far) => {
    expect(crossed(crossing(10, 14), t)).toBe(far)
  })

  it('an answer of its own is there at once', () => {
    expect(crossed(crossing(10), 10)).toBe(1)
  })

  it('shows the last request that came', () => {
    const all = [crossing(3, 5), crossing(20, 22)]
    expect(crossingAt(all, 'pod/a/b', 2)).toBeUndefined()
    expect(crossingAt(all, 'pod/a/b', 19)).toBe(all[0])
    expect(crossingAt(all, 'pod/a/b', 20)).toBe(all[1])
    expect(crossingAt(all, 'pod/c/d', 20)).toBeUndefined()
  })
})
