import { type KeyboardEvent, useEffect, useMemo, useRef } from 'react'
import { t } from '../messages/t.ts'
import '../messages/with-steps.ts'
import '../messages/with-views.ts'
import { packetsOf } from '../position.ts'
import { currentRecord } from '../store.ts'
import { useApp, useStudio } from '../studio.ts'
import { useWidth } from '../timeline/use-width.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { boxAt, type Ladder, ladderOf } from './ladder.ts'
import { BoxMark, HeadMark, WireMark } from './ladder-marks.tsx'
import './ladder.css'

const MARGIN = 12
const LANES = 36
const LANE = { least: 176, most: 264 }

/** The conversation as a ladder: one lane per network namespace, one box per device or hook, arrows with the addresses on the wire. */
export function LadderView() {
  const record = useApp(currentRecord)
  if (!record) return <p className="empty">{t('packets.empty')}</p>
  return <LadderOf record={record} />
}

function LadderOf({ record }: { readonly record: SentRecord }) {
  const { player } = useStudio()
  const position = useApp((state) => state.playback.position)
  const level = useApp((state) => state.preferences.level)
  const scroll = useRef<HTMLDivElement>(null)
  const head = useRef<SVGGElement>(null)
  const width = useWidth(scroll)
  const packets = packetsOf(record.conversation)
  const ladder = useMemo(() => ladderOf(packets, position, level), [packets, position, level])
  const lane = Math.min(LANE.most, Math.max(LANE.least, (width - 2 * MARGIN) / ladder.lanes.length))
  const current = boxAt(ladder.boxes, position)
  useFollow(scroll, current && { y: current.y, height: current.height, x: MARGIN + current.lane * lane, width: lane })
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (by === 0 || !current) return
    event.preventDefault()
    const next = ladder.boxes[ladder.boxes.indexOf(current) + by]
    if (next && next.kind !== 'end') player.seek({ packet: next.packet, hop: next.hop, step: next.from })
    else player.stepPacket(by)
  }
  const size = { width: 2 * MARGIN + lane * ladder.lanes.length, height: LANES + ladder.height }
  return (
    <div
      className="ladder-scroll"
      ref={scroll}
      role="region"
      aria-label={t('ladder.label')}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onScroll={(event) => head.current?.setAttribute('transform', `translate(0 ${event.currentTarget.scrollTop})`)}
    >
      <svg className="ladder" data-testid="ladder" width={size.width} height={size.height} role="group" aria-label={t('ladder.label')}>
        <Lanes ladder={ladder} lane={lane} />
        <g transform={`translate(${MARGIN} ${LANES})`}>
          {ladder.wires.map((wire) => (
            <WireMark key={`${wire.packet}.${wire.hop}`} wire={wire} lane={lane} />
          ))}
          {ladder.heads.map((one) => (
            <HeadMark
              key={one.packet}
              head={one}
              record={record}
              width={size.width - 2 * MARGIN}
              current={one.packet === position.packet}
            />
          ))}
          {ladder.boxes.map((box) => (
            <BoxMark
              key={`${box.packet}.${box.hop}.${box.from}.${box.kind}`}
              box={box}
              lane={lane}
              record={record}
              current={box === current}
            />
          ))}
        </g>
        <g ref={head} data-stuck="">
          <rect className="ladder-top" width={size.width} height={LANES - 8} />
          {ladder.lanes.map((netns, index) => (
            <text key={netns} className="ladder-lane" x={MARGIN + (index + 0.5) * lane} y={18}>
              {shortened(record.places[netns]?.label ?? netns, lane)}
              <title>{record.places[netns]?.id ?? netns}</title>
            </text>
          ))}
        </g>
      </svg>
    </div>
  )
}

const shortened = (name: string, lane: number): string => {
  const most = Math.floor((lane - 16) / 7)
  return name.length > most ? `${name.slice(0, most - 8)}…${name.slice(-7)}` : name
}

function Lanes({ ladder, lane }: { readonly ladder: Ladder; readonly lane: number }) {
  return ladder.lanes.map((netns, index) => (
    <line
      key={netns}
      className="ladder-line"
      x1={MARGIN + (index + 0.5) * lane}
      x2={MARGIN + (index + 0.5) * lane}
      y1={LANES - 4}
      y2={LANES + ladder.height}
    />
  ))
}

/** Keeps the current box in view, clear of the names of the lanes; the focus goes with it if it is on a box. */
function useFollow(
  scroll: React.RefObject<HTMLDivElement | null>,
  at: { readonly x: number; readonly y: number; readonly width: number; readonly height: number } | undefined,
): void {
  const { x, y, width, height } = at ?? {}
  useEffect(() => {
    const element = scroll.current
    if (!element || x === undefined || y === undefined || width === undefined || height === undefined) return
    if (element.contains(document.activeElement) && document.activeElement !== element)
      element.querySelector<SVGGElement>('.ladder-box[tabindex="0"]')?.focus({ preventScroll: true })
    const bottom = y + height + LANES
    if (y < element.scrollTop + 8) element.scrollTo({ top: y - 40 })
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTo({ top: bottom - element.clientHeight + 40 })
    if (x < element.scrollLeft || x + width > element.scrollLeft + element.clientWidth) element.scrollTo({ left: x - MARGIN })
  }, [scroll, x, y, width, height])
}
