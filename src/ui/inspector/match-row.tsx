import { Fragment, type MouseEvent, type ReactNode } from 'react'
import '../messages/with-tables.ts'
import '../messages/with-views.ts'
import type { Condition } from '../breakpoints/condition.ts'
import { openValues } from '../menu/values.ts'
import { conditionsIn } from '../views/conditions.ts'
import { Linked } from './linked.tsx'

export interface MatchColumn {
  readonly text: string
  /** What a whole cell is a value of in the filter of packets; other values are found in the text. */
  readonly field?: string
  /** Share of the width in a table that is windowed; 1 where it is not said. What has two shares or more may break. */
  readonly share?: number
}

/** A row of whatever the kernel looks things up in: what it matches by, what it does, and how it fared. */
export interface MatchRow {
  readonly key: string
  readonly cells: readonly string[]
  /** `rest`: nobody asked whether it matches. */
  readonly fate: 'won' | 'lost' | 'rest'
  /** Column whose value was not good enough, and which part of it if not all. */
  readonly failed?: number
  readonly part?: string
  readonly note?: ReactNode
  /** Jumps of chains, for the indent. */
  readonly depth?: number
  /** Where playback stands. */
  readonly current?: boolean
  /** What a breakpoint on it stops at. */
  readonly stop?: Condition
  /** Ends the packet. */
  readonly bad?: boolean
}

/** A cell's text, its failing part marked, its addresses leading to their owners. */
export function CellText({ row, index, text }: { readonly row: MatchRow; readonly index: number; readonly text: string }) {
  if (index !== row.failed) return <Linked text={text} />
  const at = row.part === undefined ? -1 : text.indexOf(row.part)
  if (row.part === undefined || at < 0)
    return (
      <mark>
        <Linked text={text} />
      </mark>
    )
  return (
    <Fragment>
      <Linked text={text.slice(0, at)} />
      <mark>{row.part}</mark>
      <Linked text={text.slice(at + row.part.length)} />
    </Fragment>
  )
}

/** The menu of a row: where it was clicked, or below the row when the keyboard asked for it. */
export function openRowValues(event: MouseEvent, row: MatchRow, columns: readonly MatchColumn[]): void {
  const conditions = [...new Set(row.cells.flatMap((text, index) => conditionsIn(text, columns[index]?.field)))]
  openValues(event, row.cells.join(' '), conditions)
}
