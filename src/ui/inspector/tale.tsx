import { useMemo } from 'react'
import { journeyStory } from '../../core/sim/journey-story.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { t, tell } from '../messages/t.ts'
import '../messages/with-steps.ts'
import { placesOf, type Position } from '../position.ts'
import { useStudio } from '../studio.ts'

interface Props {
  readonly record: SentRecord
  readonly position: Position
}

/** The whole request in a handful of sentences: who connected to whom, what was said, who passed it on and why. A click goes there. */
export function Tale({ record, position }: Props) {
  const { player } = useStudio()
  const chapters = useMemo(() => {
    const places = placesOf(record.conversation)
    return journeyStory(record.conversation).map((chapter) => ({
      ...chapter,
      at: places.findIndex((place) => place.connection === chapter.connection && place.packet === chapter.packet),
    }))
  }, [record])
  if (!record.conversation.asked || chapters.length === 0) return undefined
  // The last that has begun: a chapter goes on until the next one.
  const current = chapters.findLastIndex(({ at, hop }) => at < position.packet || (at === position.packet && hop <= position.hop))
  return (
    <section className="section" data-testid="tale">
      <div className="section-head">
        <h3>{t('inspector.tale')}</h3>
      </div>
      <ol className="steps">
        {chapters.map(({ netns, key, params, at, hop }, index) => (
          // Chapters have no identity but their order.
          <li key={`${index} ${key}`} className="step story-hop">
            <button
              type="button"
              className="step-line"
              aria-current={index === current ? 'step' : undefined}
              onClick={() => player.seek({ packet: Math.max(0, at), hop, step: 0 })}
            >
              <span className="step-kind truncate">{record.places[netns]?.label ?? netns}</span>
              <span className="step-text">{tell(`chapter.${key}`, params)}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  )
}
