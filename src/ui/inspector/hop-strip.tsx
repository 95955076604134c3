import type { PacketTrace } from '../../core/walk/trace.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { t } from '../messages/t.ts'
import type { Position } from '../position.ts'
import { useStudio } from '../studio.ts'

interface Props {
  readonly record: SentRecord
  readonly trace: PacketTrace
  readonly position: Position
}

/** The packet's way as a line of places; the current one is lit, any other is a click away. */
export function HopStrip({ record, trace, position }: Props) {
  const { player } = useStudio()
  return (
    <ol className="hop-strip" aria-label={t('packets.hops')}>
      {trace.hops.map((hop, index) => {
        const label = record.places[hop.netns]?.label ?? hop.netns
        const path = t('inspector.hopPath', { in: hop.in ?? '–', out: hop.out ?? '–' })
        return (
          // Hops have no identity but their order.
          <li key={`${index} ${hop.netns}`}>
            <button
              type="button"
              className="truncate"
              title={`${label}: ${path}`}
              aria-current={index === position.hop ? 'step' : undefined}
              onClick={() => player.seek({ packet: position.packet, hop: index, step: 0 })}
            >
              {label}
            </button>
          </li>
        )
      })}
    </ol>
  )
}
