import { compare, type Position } from '../position.ts'
import type { Slice, Tracks } from './tracks.ts'

/** What part of the time is on screen, in units. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Less than this many units is no use to look at. */
const SMALLEST = 6

/** Nearer or further about a point that stays where it is. Never beyond what there is. */
export function zoomed({ from, to }: Range, factor: number, about: number, length: number): Range {
  const size = Math.min(length, Math.max(Math.min(SMALLEST, length), (to - from) / factor))
  const share = to > from ? (about - from) / (to - from) : 0.5
  return within(about - share * size, size, length)
}

export const panned = ({ from, to }: Range, by: number, length: number): Range => within(from + by, to - from, length)

/** The same range, moved as little as needed to show a slice. */
export function showing(range: Range, slice: Pick<Slice, 'from' | 'to'>, length: number): Range {
  const size = range.to - range.from
  if (slice.from >= range.from && Math.min(slice.to, slice.from + size) <= range.to) return range
  return within((slice.from + slice.to) / 2 - size / 2, size, length)
}

function within(from: number, size: number, length: number): Range {
  const start = Math.min(Math.max(0, from), Math.max(0, length - size))
  return { from: start, to: start + size }
}

/** Whether playback stands in a slice. */
export const holds = ({ position, last }: Slice, at: Position): boolean => compare(position, at) <= 0 && compare(at, last) <= 0

const all = ({ tracks }: Tracks): readonly Slice[] => tracks.flatMap(({ slices }) => slices)

/** The slice that playback stands on, in this row or the nearest above it; else the last one before it, for what this depth leaves out. */
export function sliceAt(tracks: Tracks, at: Position, row: number): Slice | undefined {
  const found = all(tracks)
    .filter((slice) => slice.row <= row && holds(slice, at))
    .toSorted((a, b) => b.row - a.row)[0]
  if (found) return found
  return all(tracks)
    .filter((slice) => slice.row === 0 && compare(slice.position, at) <= 0)
    .toSorted((a, b) => compare(b.position, a.position))[0]
}

/** The next slice of the same row, whichever track it is in. */
export function beside(tracks: Tracks, slice: Slice, by: 1 | -1): Slice | undefined {
  const row = all(tracks)
    .filter((each) => (slice.row < 2 ? each.row === slice.row : each.row >= 2))
    .toSorted((a, b) => a.from - b.from)
  return row[row.findIndex((each) => each === slice) + by]
}

/** What a slice is made of (+1), or part of (-1). */
export function below(tracks: Tracks, slice: Slice, by: 1 | -1): Slice | undefined {
  const own = tracks.tracks.find(({ slices }) => slices.includes(slice))?.slices ?? []
  const inside = (outer: Slice, inner: Slice) => outer.from <= inner.from && inner.to <= outer.to
  if (by > 0) return own.find((each) => each.row > slice.row && inside(slice, each))
  return own.findLast((each) => each.row < Math.min(slice.row, 2) && inside(each, slice))
}

/** First or last of all, in a row. */
export function outermost(tracks: Tracks, row: number, by: 1 | -1): Slice | undefined {
  const sorted = all(tracks)
    .filter((each) => each.row === row)
    .toSorted((a, b) => a.from - b.from)
  return by > 0 ? sorted.at(-1) : sorted[0]
}

/** Slices that a text is found in, in order of time; those that others are made of count once, as the innermost. */
export function found(tracks: Tracks, text: string, titleOf: (slice: Slice) => string): readonly Slice[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return []
  return all(tracks)
    .filter((slice) => [titleOf(slice), ...slice.notes].some((one) => one.toLowerCase().includes(wanted)))
    .toSorted((a, b) => a.from - b.from || a.row - b.row)
}
