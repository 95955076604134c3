import { lazy, Suspense, useMemo, useState } from 'react'
import type { SentRecord, Settings, StartOptions, WhatIf, WhatIfFound } from '../../worker/protocol.ts'
import { outcomeText } from '../end-text.ts'
import { count, t } from '../messages/t.ts'
import '../messages/with-edit.ts'
import '../messages/with-steps.ts'
import '../messages/with-tables.ts'
import '../messages/with-views.ts'
import { useApp, useStudio } from '../studio.ts'
import { type HopRow, hopRows, type LineRow } from './compare-rows.ts'
import { endOf, useWhatIf } from './use-what-if.ts'
import type { Piece } from './word-diff.ts'
import './compare.css'

const ModesView = lazy(async () => ({ default: (await import('./modes-view.tsx')).ModesView }))

type Mode = Settings['mode']

/** Requests by their index; what did not happen by its kind, another mode of kube-proxy by its name. `modes`: all of them at once. */
type Chosen = number | Exclude<WhatIf['kind'], 'mode'> | `mode ${Mode}` | 'modes'

/** Two requests side by side, hop by hop: the one that is looked at on the right; on the left another, or the same as it would have gone. */
export function CompareView() {
  const records = useApp((state) => state.records)
  const right = useApp((state) => state.playback.conversation)
  const packet = useApp((state) => state.playback.position.packet)
  const level = useApp((state) => state.preferences.level)
  const backend = useApp((state) => otherBackend(state.settings?.backend))
  const modes = useApp((state) => state.settings?.modes ?? NO_MODES)
  const [wanted, setWanted] = useState<Chosen>()
  const chosen = chosenOf(wanted, records.length, right)
  const after = records[right]
  const instead = typeof chosen === 'string' && chosen !== 'modes' && after ? whatIfOf(chosen, backend, after) : undefined
  const found = useWhatIf(after, instead)
  const before = typeof chosen === 'number' ? records[chosen] : found?.found ? found.record : undefined
  const rows = useMemo(() => (before && after ? hopRows(before, after, packet, level) : []), [before, after, packet, level])
  if (!after) return <p className="compare empty">{t('compare.none')}</p>
  return (
    <div className="compare" role="region" tabIndex={0} aria-label={t('compare.label')} data-testid="compare">
      <div className="compare-row compare-head">
        <Choice records={records} right={right} chosen={chosen} backend={backend} modes={modes} onChoose={setWanted} />
        <b>{titleOf(after, right)}</b>
        {chosen !== 'modes' && (
          <>
            <small>{before ? outcomeText(before.conversation.outcome) : ''}</small>
            <small>{outcomeText(after.conversation.outcome)}</small>
          </>
        )}
      </div>
      {chosen === 'modes' ? (
        <Suspense>
          <ModesView record={after} packet={packet} level={level} />
        </Suspense>
      ) : (
        <p className="muted" role="status">
          {before ? differencesText(rows) : found ? failureText(found) : ''}
        </p>
      )}
      {rows.map((row) => (
        <HopSection key={row.key} row={row} />
      ))}
    </div>
  )
}

/** The request before it unless something else was chosen; when it is the only one, where else it could have gone. */
function chosenOf(wanted: Chosen | undefined, records: number, right: number): Chosen {
  const known = typeof wanted === 'string' || (wanted !== undefined && wanted < records && wanted !== right)
  if (known && wanted !== undefined) return wanted
  return records < 2 ? 'endpoint' : right > 0 ? right - 1 : 1
}

const otherBackend = (backend: StartOptions['backend'] | undefined): StartOptions['backend'] => (backend === 'vxlan' ? 'host-gw' : 'vxlan')

function whatIfOf(chosen: Exclude<Chosen, number | 'modes'>, backend: StartOptions['backend'], record: SentRecord): WhatIf {
  switch (chosen) {
    case 'before':
      return { kind: chosen }
    case 'backend':
      return { kind: chosen, backend }
    case 'endpoint':
      return { kind: chosen, not: endOf(record) }
    default:
      return { kind: 'mode', mode: chosen.slice('mode '.length) as Mode, end: endOf(record) }
  }
}

interface ChoiceProps {
  readonly records: readonly SentRecord[]
  readonly right: number
  readonly chosen: Chosen
  readonly backend: StartOptions['backend']
  readonly modes: Settings['modes']
  readonly onChoose: (chosen: Chosen) => void
}

const WHAT_IF = ['endpoint', 'before', 'backend'] as const
const NO_MODES: Settings['modes'] = []

function Choice({ records, right, chosen, backend, modes, onChoose }: ChoiceProps) {
  const onChange = (value: string) => {
    const mode = modes.find((each) => `mode ${each.mode}` === value)
    onChoose(mode ? `mode ${mode.mode}` : value === 'modes' ? value : (WHAT_IF.find((kind) => kind === value) ?? Number(value)))
  }
  return (
    <select className="select" aria-label={t('compare.with')} value={chosen} onChange={(event) => onChange(event.target.value)}>
      <optgroup label={t('compare.whatIf')}>
        {WHAT_IF.map((kind) => (
          <option key={kind} value={kind}>
            {kind === 'backend' ? t('compare.backend', { backend }) : t(`compare.${kind}`)}
          </option>
        ))}
      </optgroup>
      <optgroup label={t('compare.modes.group')}>
        <option value="modes">{t('compare.modes')}</option>
        {modes.map(({ mode }) => (
          <option key={mode} value={`mode ${mode}`}>
            {t('compare.mode', { mode: t(`mode.${mode}`) })}
          </option>
        ))}
      </optgroup>
      {records.length > 1 && (
        <optgroup label={t('compare.sent')}>
          {records.map((record, index) =>
            index === right ? null : (
              // Requests have no identity but their order.
              <option key={`${index} ${record.order.to}`} value={index}>
                {titleOf(record, index)}
              </option>
            ),
          )}
        </optgroup>
      )}
    </select>
  )
}

function HopSection({ row }: { readonly row: HopRow }) {
  const { store } = useStudio()
  const seek = () =>
    store.getState().change((state) => {
      const { packet } = state.playback.position
      state.playback = { ...state.playback, position: { packet, hop: row.hop, step: 0 }, playing: false }
    })
  return (
    <section className="compare-hop">
      <div className="compare-row compare-place" data-same={row.same}>
        <h2>{row.left ?? '–'}</h2>
        <h2>
          {row.right === undefined ? (
            '–'
          ) : (
            <button type="button" className="link" onClick={seek}>
              {row.right}
            </button>
          )}
        </h2>
      </div>
      {row.lines.map((line, index) => (
        // Lines have no identity but their order.
        <Line key={`${index} ${line.left?.[0]?.text ?? ''}`} line={line} />
      ))}
    </section>
  )
}

const Line = ({ line }: { readonly line: LineRow }) => (
  <div className="compare-row" data-same={line.same}>
    <p>{line.left && <Pieces pieces={line.left} />}</p>
    <p>{line.right && <Pieces pieces={line.right} />}</p>
  </div>
)

const Pieces = ({ pieces }: { readonly pieces: readonly Piece[] }) =>
  pieces.map(({ text, same }, index) =>
    // Pieces have no identity but their order.
    same ? <span key={`${index} ${text}`}>{text}</span> : <mark key={`${index} ${text}`}>{text}</mark>,
  )

const titleOf = ({ order }: SentRecord, index: number): string =>
  t('compare.request', { number: index + 1, from: order.from, to: order.to })

function differencesText(rows: readonly HopRow[]): string {
  const differences = rows.reduce((sum, row) => sum + row.lines.filter((line) => !line.same).length, 0)
  return differences === 0 ? t('compare.same') : count('compare.differences', differences)
}

const failureText = (found: WhatIfFound): string =>
  found.found ? '' : found.why === 'refused' ? (found.problem?.message ?? '') : t(`compare.${found.why}`)
