import '../messages/with-player.ts'
import '../messages/with-steps.ts'
import '../messages/with-views.ts'
import { Maximize, Minus, Pin, PinOff, Plus } from 'lucide-react'
import { type CSSProperties, type KeyboardEvent, type RefObject, useEffect, useMemo, useRef, useState } from 'react'
import { IconButton } from '../icon-button.tsx'
import { count, t } from '../messages/t.ts'
import { sayingOf } from '../packets/rows.ts'
import { packetsOf, START } from '../position.ts'
import { currentRecord } from '../store.ts'
import { useApp, useStudio } from '../studio.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { below, beside, found, holds, outermost, panned, showing, sliceAt } from './moves.ts'
import { inOrder, togglePin, usePinned } from './pinned.ts'
import { ROW, SliceMark } from './slice-mark.tsx'
import './timeline.css'
import { type Slice, type Track, type Tracks, tracksOf } from './tracks.ts'
import { useRange, type Viewing } from './use-range.ts'
import { useWidth } from './use-width.ts'

/** The trace that plays as tracks, one per network namespace. */
export function Timeline() {
  const record = useApp(currentRecord)
  const conversation = useApp((state) => state.playback.conversation)
  if (!record) return <p className="empty">{t('packets.empty')}</p>
  return <TimelineOf key={conversation} record={record} />
}

/** Pixels of the names before the tracks. */
const NAMES = 148
const NAMES_NARROW = 92
const ZOOM = 1.5
/** Deeper than any row. */
const DEEPEST = 9

function TimelineOf({ record }: { readonly record: SentRecord }) {
  const { player } = useStudio()
  const position = useApp((state) => state.playback.position)
  const level = useApp((state) => state.preferences.level)
  const { pinned } = usePinned()
  const area = useRef<HTMLDivElement>(null)
  const full = useWidth(area)
  const names = full < 520 ? NAMES_NARROW : NAMES
  const tracks = useMemo(() => tracksOf(packetsOf(record.conversation), level), [record, level])
  const [row, setRow] = useState(1)
  const [search, setSearch] = useState('')
  const matching = useMemo(() => (search.trim() === '' ? undefined : found(tracks, search, titleOf)), [tracks, search])
  const active = sliceAt(tracks, position, position.rule === undefined ? row : DEEPEST)
  const viewing = useRange(area, tracks.length, names, active && (active.from + active.to) / 2)
  const choose = useMemo(
    () => (slice: Slice | undefined) => {
      if (!slice) return
      setRow(slice.row)
      player.seek(slice.position)
    },
    [player],
  )
  useFollow(area, active, viewing, tracks.length)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return
    const act = keysOf(event, { tracks, active, row, choose, viewing })
    if (!act) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }
  const next = () => {
    const all = matching ?? []
    const at = active ? all.findIndex((slice) => slice.from > active.from || (slice.from === active.from && slice.row > active.row)) : 0
    choose(all[Math.max(0, at)])
  }
  return (
    <div className="timeline" data-testid="timeline" style={{ '--names': `${names}px` } as CSSProperties} onKeyDown={onKeyDown}>
      <Tools found={matching?.length} search={search} onSearch={setSearch} onNext={next} viewing={viewing} />
      <div className="region-scroll timeline-scroll" ref={area} role="group" aria-label={t('timeline.label')} onPointerDown={viewing.drag}>
        <Ruler tracks={tracks} record={record} viewing={viewing} width={full - names} />
        {inOrder(tracks.tracks, pinned).map((track) => (
          <TrackLine
            key={track.netns}
            track={track}
            label={record.places[track.netns]?.label ?? track.netns}
            pinned={pinned.includes(track.netns)}
            viewing={viewing}
            width={full - names}
            active={active}
            matching={matching}
            onChoose={choose}
          />
        ))}
      </div>
    </div>
  )
}

interface ToolsProps {
  /** Undefined while nobody searches. */
  readonly found: number | undefined
  readonly search: string
  readonly onSearch: (text: string) => void
  readonly onNext: () => void
  readonly viewing: Viewing
}

function Tools({ found: hits, search, onSearch, onNext, viewing }: ToolsProps) {
  return (
    <div className="timeline-tools">
      <input
        type="search"
        aria-label={t('timeline.search')}
        placeholder={t('timeline.search')}
        spellCheck={false}
        value={search}
        onChange={(event) => onSearch(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && onNext()}
      />
      <span className="muted" role="status">
        {hits !== undefined && count('timeline.found', hits)}
      </span>
      <span className="timeline-keys muted">{t('timeline.keys')}</span>
      <IconButton label={t('timeline.zoomOut')} icon={Minus} size={14} onPress={() => viewing.zoom(1 / ZOOM)} />
      <IconButton label={t('timeline.zoomIn')} icon={Plus} size={14} onPress={() => viewing.zoom(ZOOM)} />
      <IconButton label={t('timeline.whole')} icon={Maximize} size={14} onPress={viewing.whole} />
    </div>
  )
}

/** What a slice is called: its own name, or its kind's. */
export function titleOf({ kind, name }: Slice): string {
  if (name !== '') return name
  if (kind === 'socket') return t('ladder.socket')
  if (kind === 'route') return t('ladder.route')
  return kind === 'device' || kind === 'tunnel' || kind === 'hook' || kind === 'rule' ? kind : t(`kind.${kind}`)
}

interface Steering {
  readonly tracks: Tracks
  readonly active: Slice | undefined
  readonly row: number
  readonly choose: (slice: Slice | undefined) => void
  readonly viewing: Viewing
}

function keysOf({ key, shiftKey }: KeyboardEvent, { tracks, active, row, choose, viewing }: Steering): (() => void) | undefined {
  const pan = (by: number) => () => viewing.setRange((range) => panned(range, by * (range.to - range.from), tracks.length))
  const move = (slice: Slice | undefined) => () => choose(slice)
  const keys: Readonly<Record<string, () => void>> = {
    ArrowRight: shiftKey ? pan(0.2) : move(active && beside(tracks, active, 1)),
    ArrowLeft: shiftKey ? pan(-0.2) : move(active && beside(tracks, active, -1)),
    ArrowDown: move(active && below(tracks, active, 1)),
    ArrowUp: move(active && below(tracks, active, -1)),
    Home: move(outermost(tracks, Math.min(row, 1), -1)),
    End: move(outermost(tracks, Math.min(row, 1), 1)),
    '+': () => viewing.zoom(ZOOM),
    '=': () => viewing.zoom(ZOOM),
    '-': () => viewing.zoom(1 / ZOOM),
    '0': viewing.whole,
  }
  return keys[key]
}

/** Keeps what playback stands on in view, and the focus on it if it is among the slices. */
function useFollow(area: RefObject<HTMLDivElement | null>, active: Slice | undefined, { setRange }: Viewing, length: number): void {
  const { from, to } = active ?? {}
  useEffect(() => {
    if (from === undefined || to === undefined) return
    setRange((range) => showing(range, { from, to }, length))
  }, [from, to, length, setRange])
  useEffect(() => {
    const element = area.current
    const slice = element?.querySelector<SVGGElement>('.slice[data-active]')
    if (!element || !slice) return
    if (document.activeElement?.classList.contains('slice')) slice.focus({ preventScroll: true })
    const [box, frame] = [slice.getBoundingClientRect(), element.getBoundingClientRect()]
    const top = frame.top + RULER
    if (box.top < top) element.scrollBy({ top: box.top - top - 4 })
    else if (box.bottom > frame.bottom) element.scrollBy({ top: box.bottom - frame.bottom + 4 })
  }, [area, active])
}

const RULER = 24

interface RulerProps {
  readonly tracks: Tracks
  readonly record: SentRecord
  readonly viewing: Viewing
  readonly width: number
}

/** Which packet it is that the slices below belong to. */
function Ruler({ tracks, record, viewing: { range }, width }: RulerProps) {
  const { player } = useStudio()
  const scale = width / (range.to - range.from)
  return (
    <div className="timeline-ruler">
      {tracks.spans.map(({ packet, from, to, direction }) => {
        const left = Math.max(0, (from - range.from) * scale)
        const right = Math.min(width, (to - range.from) * scale)
        const trace = packetsOf(record.conversation)[packet]
        if (right - left < 4 || !trace) return null
        const text = `${packet + 1}  ${t(direction === 'reply' ? 'packets.reply' : 'packets.request')}  ${sayingOf(record.conversation, trace)}`
        return (
          <button
            key={packet}
            type="button"
            className="timeline-span truncate"
            data-direction={direction}
            style={{ left, width: right - left - 1 }}
            title={text}
            onClick={() => player.seek({ ...START, packet })}
          >
            {text}
          </button>
        )
      })}
    </div>
  )
}

interface LineProps {
  readonly track: Track
  readonly label: string
  readonly pinned: boolean
  readonly viewing: Viewing
  readonly width: number
  readonly active: Slice | undefined
  readonly matching: readonly Slice[] | undefined
  readonly onChoose: (slice: Slice) => void
}

function TrackLine({ track, label, pinned, viewing: { range }, width, active, matching, onChoose }: LineProps) {
  const position = useApp((state) => state.playback.position)
  const scale = width / (range.to - range.from)
  // What has the focus keeps it when it is panned out of sight.
  const shown = track.slices.filter((slice) => (slice.to > range.from && slice.from < range.to) || slice === active)
  return (
    <section className="timeline-track" aria-label={label} data-pinned={pinned ? '' : undefined}>
      <div className="timeline-name">
        <span className="truncate" title={label}>
          {label}
        </span>
        <IconButton
          label={t(pinned ? 'timeline.unpin' : 'timeline.pin', { name: label })}
          icon={pinned ? PinOff : Pin}
          size={12}
          onPress={() => togglePin(track.netns)}
        />
      </div>
      <svg className="timeline-slices" width={Math.max(0, width)} height={track.rows * ROW} role="group" aria-label={label}>
        {shown.map((slice) => (
          <SliceMark
            key={`${slice.row} ${slice.from}`}
            slice={slice}
            title={titleOf(slice)}
            x={(slice.from - range.from) * scale}
            width={(slice.to - slice.from) * scale}
            current={holds(slice, position)}
            active={slice === active}
            matches={matching && matching.includes(slice)}
            onChoose={onChoose}
          />
        ))}
      </svg>
    </section>
  )
}
