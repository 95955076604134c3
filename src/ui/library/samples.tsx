import { FlaskConical } from 'lucide-react'
import { useEffect, useState } from 'react'
import { SAMPLE } from '../dropping/dragged.ts'
import { t } from '../messages/t.ts'
import { sampleText } from '../messages/sample-text.ts'
import '../messages/with-samples.ts'
import { loadSamples, type Sample } from '../samples.ts'
import { useApp, useStudio } from '../studio.ts'

/** The sample clusters. The one that is open says what to try and what to notice. */
export function Samples() {
  const { actions } = useStudio()
  const current = useApp((state) => state.sample)
  const [samples, setSamples] = useState<readonly Sample[]>([])
  useEffect(() => {
    loadSamples()
      .then(setSamples)
      .catch(() => setSamples([]))
  }, [])
  return (
    <ul className="region-scroll samples" aria-label={t('library.samples')}>
      {samples.map((sample) => (
        <li key={sample.id} draggable onDragStart={(event) => event.dataTransfer.setData(SAMPLE, sample.id)}>
          <button
            type="button"
            className="sample"
            aria-current={sample.id === current}
            onClick={() => void actions.openSample(sample).catch(() => undefined)}
          >
            <FlaskConical size={14} strokeWidth={1.75} aria-hidden="true" />
            <span className="truncate">{sampleText(sample.id, 'title')}</span>
          </button>
          {sample.id === current && <Hint id={sample.id} />}
        </li>
      ))}
    </ul>
  )
}

function Hint({ id }: { readonly id: string }) {
  return (
    <div className="sample-hint">
      <p>
        <b>{t('library.sample.try')}</b> {sampleText(id, 'try')}
      </p>
      <p>
        <b>{t('library.sample.notice')}</b> {sampleText(id, 'notice')}
      </p>
    </div>
  )
}
