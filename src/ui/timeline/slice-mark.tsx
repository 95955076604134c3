import { memo } from 'react'
import type { Slice } from './tracks.ts'

/** Pixels of a row and of the space between two. */
export const ROW = 20
const INSET = 1
/** Width of a character of the face at its size here. */
const CHARACTER = 6.3
const ROOM = 22

interface Props {
  readonly slice: Slice
  readonly title: string
  readonly x: number
  readonly width: number
  /** Playback stands in it. */
  readonly current: boolean
  /** The one that the keyboard is on. */
  readonly active: boolean
  /** Undefined while nobody searches. */
  readonly matches: boolean | undefined
  readonly onChoose: (slice: Slice) => void
}

export const SliceMark = memo(function SliceMark({ slice, title, x, width, current, active, matches, onChoose }: Props) {
  const shown = Math.max(1.5, width - INSET)
  const label = [title, ...slice.notes].join(', ')
  return (
    <g
      className="slice"
      role="button"
      tabIndex={active ? 0 : -1}
      aria-label={label}
      aria-current={current ? 'step' : undefined}
      data-active={active ? '' : undefined}
      data-row={Math.min(2, slice.row)}
      data-tone={slice.tone}
      data-direction={slice.direction}
      data-matches={matches}
      transform={`translate(${x} ${slice.row * ROW})`}
      onClick={() => onChoose(slice)}
    >
      <title>{label}</title>
      <rect width={shown} height={ROW - 2} rx={Math.min(3, shown / 3)} />
      {shown > ROOM && (
        <text x={4} y={13}>
          {fitted(slice.row < 2 || slice.notes.length === 0 ? title : `${slice.name}: ${slice.notes[0] ?? ''}`, shown - 6)}
        </text>
      )}
    </g>
  )
})

function fitted(text: string, width: number): string {
  const most = Math.floor(width / CHARACTER)
  if (text.length <= most) return text
  return most < 3 ? '' : `${text.slice(0, most - 1)}…`
}
