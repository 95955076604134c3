import { Play, X } from 'lucide-react'
import { useEffect, useMemo } from 'react'
import { IconButton } from '../icon-button.tsx'
import { t } from '../messages/t.ts'
import type { Break } from '../player.ts'
import { packetsOf } from '../position.ts'
import { type Breakpoint, currentRecord } from '../store.ts'
import { useApp, useStudio } from '../studio.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { becauseText, stoppedAt } from './because.ts'
import './breakpoints.css'
import { parseCondition } from './condition.ts'
import { hitsOf } from './hits.ts'
import { placeIn } from './set.ts'

export function breaksOf(record: SentRecord | undefined, breakpoints: readonly Breakpoint[]): readonly Break[] {
  const active = breakpoints.flatMap(({ text, off }) => {
    const condition = off ? undefined : parseCondition(text)
    return condition ? [{ text, condition }] : []
  })
  if (!record || active.length === 0) return []
  const conditions = active.map(({ condition }) => condition)
  return hitsOf(packetsOf(record.conversation), conditions, (netns) => placeIn(record, netns)).map(({ position, because, detail }) => ({
    position,
    because: because.flatMap((index) => active[index]?.text ?? []),
    ...(detail === undefined ? {} : { detail }),
  }))
}

export function useBreaks(): readonly Break[] {
  const record = useApp(currentRecord)
  const breakpoints = useApp((state) => state.breakpoints)
  return useMemo(() => breaksOf(record, breakpoints), [record, breakpoints])
}

/** Tells the player where to stop, and people why it did. */
export function BreakWatch() {
  const { player, store } = useStudio()
  const breaks = useBreaks()
  const stopped = useApp(stoppedAt)
  useEffect(() => player.setBreaks(breaks), [player, breaks])
  const dismiss = () =>
    store.getState().change((state) => {
      const { stopped: _, ...playback } = state.playback
      state.playback = playback
    })
  return (
    <>
      <div className="unseen" aria-live="assertive" data-testid="stopped">
        {stopped && becauseText(stopped)}
      </div>
      {stopped && (
        <div className="break-notice">
          <i className="break-mark" aria-hidden="true" />
          <span className="break-because mono" aria-hidden="true" title={becauseText(stopped)}>
            {becauseText(stopped)}
          </span>
          <IconButton label={t('break.continue')} icon={Play} size={14} onPress={player.toggle} />
          <IconButton label={t('help.close')} icon={X} size={14} onPress={dismiss} />
        </div>
      )}
    </>
  )
}
