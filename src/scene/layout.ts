import { chassisHeight, chassisWidth, diagramZoom } from './chassis.ts'
import type { Rect } from './scene.ts'

/** Nodes in rows, each row under a bar of the node network; rows are as high as their fullest node. */
export interface Rack {
  readonly columns: number
  readonly rects: readonly Rect[]
  readonly bars: readonly { readonly x1: number; readonly x2: number; readonly y: number }[]
  readonly trunk: number
  readonly bounds: Rect
}

const GAP_X = 48
/** From one node's left side to the next one's. */
export const pitchOf = (podColumns: number): number => chassisWidth(podColumns) + GAP_X
/** From a bar down to the machines, and from the machines down to the next row's bar. */
export const BELOW_BAR = 52
const ABOVE_BAR = 44
const TRUNK_GAP = 36
/** What the outside world usually takes above the first row. */
const OUTSIDE = 240

/** Columns of the pod grid that suit the fullest node; what the last scene had, while it is no worse than one off. */
export function podColumnsFor(fullest: number, previous: number | undefined): number {
  const wanted = Math.max(2, Math.ceil(Math.sqrt(fullest * 0.9)))
  return previous !== undefined && Math.abs(previous - wanted) <= 1 ? previous : wanted
}

/** Rows and columns at which everything is drawn largest in a window of the given aspect (width / height). */
export function rackColumns(count: number, width: number, height: number, aspect: number): number {
  let [best, scale] = [1, 0]
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns)
    const fit = Math.min(aspect / (columns * (width + GAP_X)), 1 / (rows * (height + BELOW_BAR + ABOVE_BAR) + OUTSIDE))
    if (fit <= scale * 1.0001) continue
    best = columns
    scale = fit
  }
  return best
}

/**
 * Places nodes by slot. `podRows` are the rows of pods that each node needs.
 * A slot number at or above `columns * rows` cannot occur: rows follow from the highest slot.
 */
export function packNodes(slots: Uint32Array, podRows: readonly number[], podColumns: number, aspect: number): Rack {
  const zoom = diagramZoom(podColumns)
  const width = chassisWidth(podColumns)
  const pitch = pitchOf(podColumns)
  const tallest = chassisHeight(tallestOf(podRows), zoom)
  const places = slots.length === 0 ? 0 : highest(slots) + 1
  const columns = rackColumns(Math.max(1, places), width, tallest, aspect)
  const rows = Math.ceil(places / columns)
  const rowHeights = Array.from({ length: rows }, () => chassisHeight(1, zoom))
  for (const [i, slot] of slots.entries()) {
    const row = Math.floor(slot / columns)
    rowHeights[row] = Math.max(rowHeights[row] ?? 0, chassisHeight(podRows[i] ?? 1, zoom))
  }
  const barYs: number[] = []
  let y = 0
  for (const height of rowHeights) {
    barYs.push(y)
    y += BELOW_BAR + height + ABOVE_BAR
  }
  const rects = Array.from(slots, (slot) => {
    const row = Math.floor(slot / columns)
    return { x: (slot % columns) * pitch, y: (barYs[row] ?? 0) + BELOW_BAR, width, height: rowHeights[row] ?? 0 }
  })
  const right = Math.min(places, columns) * pitch - GAP_X
  const bars = barYs.map((barY, row) => ({
    x1: rows > 1 ? -TRUNK_GAP : width / 2,
    x2: lastInRow(row, places, columns) * pitch + width / 2,
    y: barY,
  }))
  return {
    columns,
    rects,
    bars,
    trunk: -TRUNK_GAP,
    bounds: { x: rows > 1 ? -TRUNK_GAP : 0, y: 0, width: right + (rows > 1 ? TRUNK_GAP : 0), height: Math.max(0, y - ABOVE_BAR) },
  }
}

const lastInRow = (row: number, places: number, columns: number): number => Math.min(columns, places - row * columns) - 1

function highest(slots: Uint32Array): number {
  let top = 0
  for (const slot of slots) top = Math.max(top, slot)
  return top
}

const tallestOf = (podRows: readonly number[]): number => podRows.reduce((top, rows) => Math.max(top, rows), 1)

/** Tiles of a tray, `columns` wide. */
export function trayColumns(count: number): number {
  return Math.max(1, Math.min(count, Math.ceil(Math.sqrt(count * 0.8))))
}
