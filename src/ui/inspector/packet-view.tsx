import { lazy, Suspense } from 'react'
import type { HttpAnswer } from '../../core/cluster/health-check.ts'
import { FIDELITY } from '../../core/fidelity.ts'
import type { PacketTrace } from '../../core/walk/trace.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { dispositionText, outcomeText } from '../end-text.ts'
import { t } from '../messages/t.ts'
import { storyText } from '../narration.tsx'
import { sayingOf } from '../packets/rows.ts'
import { packetsOf, type Position } from '../position.ts'
import { currentRecord } from '../store.ts'
import { useApp } from '../studio.ts'
import { BytesSection } from './bytes-section.tsx'
import { Headers } from './headers.tsx'
import { HopStrip } from './hop-strip.tsx'
import { Story } from './story.tsx'
import { Tale } from './tale.tsx'
import { OwnersContext } from './owner-link.tsx'
import { Steps } from './steps.tsx'

const DecidedPart = lazy(async () => ({ default: (await import('../program/decided-part.tsx')).DecidedPart }))

/** The packet at its current hop: where it is, what happened there, its headers before and after, and every step. */
export function PacketView() {
  const record = useApp(currentRecord)
  const position = useApp((state) => state.playback.position)
  const level = useApp((state) => state.preferences.level)
  const trace = record && packetsOf(record.conversation)[position.packet]
  if (!record || !trace) {
    return (
      <div className="empty">
        <b>{t('inspector.empty')}</b>
        {t('inspector.empty.detail')}
      </div>
    )
  }
  const fidelity = FIDELITY.filter(({ id }) => record.conversation.fidelity.includes(id) || trace.fidelity.includes(id))
  return (
    <OwnersContext value={record.owners}>
      <Heading record={record} trace={trace} position={position} />
      {trace.hops.length > 0 && (
        <>
          {level === 'story' && <Tale record={record} position={position} />}
          {level === 'story' && <Story record={record} trace={trace} position={position} />}
          <Headers trace={trace} position={position} />
          {level !== 'story' && <Steps record={record} trace={trace} position={position} />}
          {level !== 'story' && <BytesSection trace={trace} position={position} />}
        </>
      )}
      {(record.conversation.asked ?? record.conversation.connections[0]?.stream) && (
        <Suspense>
          <DecidedPart record={record} />
        </Suspense>
      )}
      <section className="section">
        <p data-testid="ending">{dispositionText(trace.disposition, record)}</p>
        <p className="muted">
          {t('inspector.client')}: <span data-testid="outcome">{outcomeText(record.conversation.outcome)}</span>
        </p>
        {record.conversation.outcome.http && (
          <pre className="yaml mono" role="region" tabIndex={0} aria-label={t('inspector.answer')}>
            {httpText(record.conversation.outcome.http)}
          </pre>
        )}
        {fidelity.map(({ id, level: how }) => (
          <p key={id} className="fidelity-line">
            <i className="fidelity" data-level={how} aria-hidden="true" />
            <span>
              <b>{t(`fidelity.${how}`)}.</b> {t(`fidelity.${id}`)}
            </span>
          </p>
        ))}
      </section>
    </OwnersContext>
  )
}

/** As curl -i prints it. */
function httpText({ status, headers, body }: HttpAnswer): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${status}`, ...lines, '', body].join('\n')
}

interface HeadingProps {
  readonly record: SentRecord
  readonly trace: PacketTrace
  readonly position: Position
}

function Heading({ record, trace, position }: HeadingProps) {
  const level = useApp((state) => state.preferences.level)
  const hop = trace.hops[position.hop]
  const netns = hop?.netns ?? trace.netns
  const story = hop ? storyText(hop, trace) : ''
  return (
    <header className="inspect-head">
      <h2 className="inspect-title">
        <i className="capsule" data-direction={trace.direction} aria-hidden="true" />
        <span className="truncate">{record.places[netns]?.label ?? netns}</span>
        {hop && (
          <span className="inspect-devices mono truncate">
            {hop.in ?? '·'} → {hop.out ?? '·'}
          </span>
        )}
      </h2>
      <p className="inspect-sub">
        {trace.direction === 'reply' ? t('packets.reply') : t('packets.request')} ·{' '}
        <span className="mono">{sayingOf(record.conversation, trace)}</span>
      </p>
      <HopStrip record={record} trace={trace} position={position} />
      {level !== 'story' && (
        <p className="inspect-story" data-testid="story">
          {story}
        </p>
      )}
    </header>
  )
}
