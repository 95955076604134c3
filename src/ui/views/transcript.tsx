import { useMemo } from 'react'
import { transcriptOf } from '../../core/sim/transcript.ts'
import { t } from '../messages/t.ts'
import '../messages/with-views.ts'
import { useApp } from '../studio.ts'
import './transcript.css'

/** The request that is looked at as `curl -v` tells it. */
export function Transcript() {
  const record = useApp((state) => state.records[state.playback.conversation])
  const lines = useMemo(() => (record ? transcriptOf(record.conversation) : []), [record])
  if (lines.length === 0) return <p className="empty">{t('transcript.empty')}</p>
  return (
    <div className="region-scroll" role="log" aria-live="off" aria-label={t('view.curl')} tabIndex={0} data-testid="transcript">
      <pre className="transcript mono">
        {lines.map(({ mark, text }, index) => (
          <span key={index} data-mark={mark}>
            {mark === ' ' || mark === '!' ? text : `${mark} ${text}`.trimEnd()}
            {'\n'}
          </span>
        ))}
      </pre>
    </div>
  )
}
