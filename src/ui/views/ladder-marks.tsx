import type { KeyboardEvent } from 'react'
import { dispositionText } from '../end-text.ts'
import { t } from '../messages/t.ts'
import { sayingOf } from '../packets/rows.ts'
import { packetsOf, START } from '../position.ts'
import { useStudio } from '../studio.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { type Box, HEAD, type Head, type Wire } from './ladder.ts'

/** Width of a character of the mono face at the ladder's size. */
const CHARACTER = 6.7
const INSET = 8

const fitted = (text: string, width: number): string => {
  const most = Math.floor(width / CHARACTER)
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

const onEnter = (act: () => void) => (event: KeyboardEvent) => {
  if (event.key !== 'Enter' && event.key !== ' ') return
  event.preventDefault()
  act()
}

interface BoxProps {
  readonly box: Box
  readonly lane: number
  readonly record: SentRecord
  readonly current: boolean
}

export function BoxMark({ box, lane, record, current }: BoxProps) {
  const { player } = useStudio()
  const trace = packetsOf(record.conversation)[box.packet]
  const end = box.kind === 'end' && trace ? dispositionText(trace.disposition, record) : undefined
  const title = end ?? (box.name === '' ? t(box.kind === 'route' ? 'ladder.route' : 'ladder.socket') : box.name)
  const act = () => player.seek({ packet: box.packet, hop: box.hop, step: box.from })
  const whole = [title, ...box.notes].join(', ')
  const width = lane - INSET
  return (
    <g
      className="ladder-box"
      role="button"
      tabIndex={current ? 0 : -1}
      aria-label={whole}
      aria-current={current ? 'step' : undefined}
      data-kind={box.kind}
      data-tone={box.tone}
      transform={`translate(${box.lane * lane + INSET / 2} ${box.y})`}
      onClick={act}
      onKeyDown={onEnter(act)}
    >
      <title>{whole}</title>
      <rect
        width={width}
        height={box.height}
        rx={box.kind === 'hook' || box.kind === 'route' ? 4 : box.height / 2 > 14 ? 12 : box.height / 2}
      />
      <text className="ladder-title" x={width / 2} y={17}>
        {fitted(title, width - 12)}
      </text>
      {box.notes.map((note, index) => (
        <text key={note} className="ladder-note" x={width / 2} y={33 + 16 * index}>
          {fitted(note, width - 12)}
        </text>
      ))}
    </g>
  )
}

export function WireMark({ wire, lane }: { readonly wire: Wire; readonly lane: number }) {
  const x1 = (wire.from + 0.5) * lane
  const x2 = (wire.to + 0.5) * lane
  const right = x2 >= x1
  const tip = right ? -1 : 1
  return (
    <g
      className="ladder-wire"
      data-direction={wire.direction}
      data-encapsulated={wire.encapsulated ? '' : undefined}
      data-whole={wire.whole}
    >
      <path
        d={
          wire.from === wire.to
            ? `M${x1 - 6} ${wire.y}h12`
            : `M${x1} ${wire.y}H${x2} m${tip * 7} -4 L${x2} ${wire.y} l${tip * 7} 4${wire.whole ? '' : ` M${x2 - 5} ${wire.y - 5}l10 10m0 -10l-10 10`}`
        }
      />
      {wire.text !== '' && (
        <text className="ladder-address" x={(x1 + x2) / 2} y={wire.y - 7}>
          {fitted(wire.text, Math.max(lane * 1.4, Math.abs(x2 - x1)))}
          <title>{wire.text}</title>
        </text>
      )}
    </g>
  )
}

interface HeadProps {
  readonly head: Head
  readonly record: SentRecord
  readonly width: number
  readonly current: boolean
}

/** One line per packet; a click unfolds it. */
export function HeadMark({ head, record, width, current }: HeadProps) {
  const { player, store } = useStudio()
  const trace = packetsOf(record.conversation)[head.packet]
  if (!trace) return null
  const act = () => player.select(store.getState().playback.conversation, { ...START, packet: head.packet })
  const text = `${head.packet + 1}  ${t(trace.direction === 'reply' ? 'packets.reply' : 'packets.request')}  ${sayingOf(record.conversation, trace)}`
  return (
    <g
      className="ladder-head"
      role="button"
      tabIndex={0}
      aria-expanded={current}
      aria-label={text}
      transform={`translate(0 ${head.y})`}
      onClick={act}
      onKeyDown={onEnter(act)}
    >
      <rect width={width} height={HEAD} rx={6} />
      <rect className="ladder-capsule" data-direction={trace.direction} x={10} y={10} width={12} height={8} rx={4} />
      <text x={32} y={18}>
        {fitted(text, width - 40)}
      </text>
    </g>
  )
}
