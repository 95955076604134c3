import type { PacketTrace } from '../../core/walk/trace.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { t } from '../messages/t.ts'
import '../messages/with-steps.ts'
import { storyText } from '../narration.tsx'
import type { Position } from '../position.ts'
import { useStudio } from '../studio.ts'

interface Props {
  readonly record: SentRecord
  readonly trace: PacketTrace
  readonly position: Position
}

/** The whole way of a packet in a sentence a place: the coarsest depth. */
export function Story({ record, trace, position }: Props) {
  const { player } = useStudio()
  return (
    <section className="section" data-testid="whole-story">
      <div className="section-head">
        <h3>{t('inspector.story')}</h3>
      </div>
      <ol className="steps">
        {trace.hops.map((hop, index) => (
          // Hops have no identity but their order.
          <li key={`${index} ${hop.netns}`} className="step story-hop">
            <button
              type="button"
              className="step-line"
              aria-current={index === position.hop ? 'step' : undefined}
              onClick={() => player.seek({ packet: position.packet, hop: index, step: 0 })}
            >
              <span className="step-kind truncate">{record.places[hop.netns]?.label ?? hop.netns}</span>
              <span className="step-text">{storyText(hop, trace)}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  )
}
