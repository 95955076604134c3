import { useMemo, useState } from 'react'
import { isToldAt, type Level } from '../../core/walk/level.ts'
import type { Hop, PacketTrace } from '../../core/walk/trace.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { outcomeText } from '../end-text.ts'
import { count, t } from '../messages/t.ts'
import '../messages/with-steps.ts'
import '../messages/with-views.ts'
import { stepText, storyText } from '../narration.tsx'
import { packetsOf } from '../position.ts'
import { useApp, useStudio } from '../studio.ts'
import { align, type Row } from './align.ts'
import './compare.css'

/** Two requests side by side, hop by hop: the one that is looked at on the right, another on the left. */
export function CompareView() {
  const { store } = useStudio()
  const records = useApp((state) => state.records)
  const right = useApp((state) => state.playback.conversation)
  const packet = useApp((state) => state.playback.position.packet)
  const level = useApp((state) => state.preferences.level)
  const [chosen, setChosen] = useState<number>()
  const left = chosen !== undefined && chosen < records.length && chosen !== right ? chosen : right > 0 ? right - 1 : 1
  const [before, after] = [records[left], records[right]]
  const rows = useMemo(() => (before && after ? hopRows(before, after, packet, level) : []), [before, after, packet, level])
  if (!before || !after) return <p className="compare empty">{t('compare.empty')}</p>
  const differences = rows.reduce((sum, row) => sum + row.lines.filter((line) => !line.same).length, 0)
  return (
    <div className="compare" role="region" tabIndex={0} aria-label={t('compare.label')} data-testid="compare">
      <div className="compare-row compare-head">
        <select className="select" aria-label={t('compare.with')} value={left} onChange={(event) => setChosen(Number(event.target.value))}>
          {records.map((record, index) =>
            index === right ? null : (
              // Requests have no identity but their order.
              <option key={`${index} ${record.order.to}`} value={index}>
                {titleOf(record, index)}
              </option>
            ),
          )}
        </select>
        <b>{titleOf(after, right)}</b>
        <small>{outcomeText(before.conversation.outcome)}</small>
        <small>{outcomeText(after.conversation.outcome)}</small>
      </div>
      <p className="muted" role="status">
        {differences === 0 ? t('compare.same') : count('compare.differences', differences)}
      </p>
      {rows.map((row) => (
        <section key={row.key} className="compare-hop">
          <div className="compare-row compare-place" data-same={row.same}>
            <h2>{row.left ?? '–'}</h2>
            <h2>
              {row.right === undefined ? (
                '–'
              ) : (
                <button type="button" className="link" onClick={() => store.getState().change((state) => seekHop(state, row.hop))}>
                  {row.right}
                </button>
              )}
            </h2>
          </div>
          {row.lines.map((line, index) => (
            // Lines have no identity but their order.
            <div key={`${index} ${line.left ?? ''}`} className="compare-row" data-same={line.same}>
              <p>{mark(line, line.left)}</p>
              <p>{mark(line, line.right)}</p>
            </div>
          ))}
        </section>
      ))}
    </div>
  )
}

const mark = (line: Row<string>, text: string | undefined) => (text === undefined ? '' : line.same ? text : <mark>{text}</mark>)

const titleOf = ({ order }: SentRecord, index: number): string =>
  t('compare.request', { number: index + 1, from: order.from, to: order.to })

type Seekable = Parameters<Parameters<ReturnType<ReturnType<typeof useStudio>['store']['getState']>['change']>[0]>[0]

function seekHop(state: Seekable, hop: number): void {
  const { packet } = state.playback.position
  state.playback = { ...state.playback, position: { packet, hop, step: 0 }, playing: false }
}

interface HopRow {
  readonly key: string
  readonly left?: string
  readonly right?: string
  readonly same: boolean
  /** Index of the hop on the right. */
  readonly hop: number
  readonly lines: readonly Row<string>[]
}

interface Side {
  readonly place: string
  readonly index: number
  readonly lines: readonly string[]
}

function hopRows(before: SentRecord, after: SentRecord, packet: number, level: Level): readonly HopRow[] {
  const [left, right] = [sides(before, packet, level), sides(after, packet, level)]
  return align(left.hops, right.hops, (a, b) => a.place === b.place).map((row, index) => ({
    key: `${index} ${row.left?.place ?? ''} ${row.right?.place ?? ''}`,
    ...(row.left ? { left: row.left.place } : {}),
    ...(row.right ? { right: row.right.place } : {}),
    same: row.same,
    hop: row.right?.index ?? 0,
    lines: align(row.left?.lines ?? [], row.right?.lines ?? [], (a, b) => left.plain(a) === right.plain(b)),
  }))
}

/** `plain`: without the ports that were drawn for this very request, which say nothing. */
function sides(record: SentRecord, packet: number, level: Level): { readonly hops: readonly Side[]; plain(text: string): string } {
  const trace = packetsOf(record.conversation)[packet]
  const drawn = drawnPorts(record)
  const hops = (trace?.hops ?? []).map((hop, index) => ({
    place: record.places[hop.netns]?.label ?? hop.netns,
    index,
    lines: trace ? linesOf(hop, trace, level) : [],
  }))
  return { hops, plain: (text) => text.replace(/:(\d+)/g, (whole, port: string) => (drawn.has(Number(port)) ? ':*' : whole)) }
}

/** The client's own, those of masquerading, and the outer ones of tunnels, which are hashes of them. */
function drawnPorts({ conversation }: SentRecord): ReadonlySet<number> {
  const ports = new Set<number>()
  for (const { sent, hops } of packetsOf(conversation)) {
    if (ports.size === 0 && 'sourcePort' in sent.transport) ports.add(sent.transport.sourcePort)
    for (const step of hops.flatMap((hop) => hop.steps)) {
      if (step.kind === 'nat' && step.manip === 'source' && step.by === 'rule') ports.add(step.to.sourcePort)
      if (step.kind === 'encapsulate' && 'sourcePort' in step.packet.transport) ports.add(step.packet.transport.sourcePort)
    }
  }
  return ports
}

const linesOf = (hop: Hop, trace: PacketTrace, level: Level): readonly string[] =>
  level === 'story' ? [storyText(hop, trace)] : hop.steps.filter((step) => isToldAt(step, level)).map((step) => stepText(step, trace))
