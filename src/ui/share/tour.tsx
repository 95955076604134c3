import { useEffect, useState } from 'react'
import { t } from '../messages/t.ts'
import '../messages/with-share.ts'
import { setPreference, useStudio } from '../studio.ts'
import './tour.css'

/** Each step speaks of one part of the page, named by what it looks like to a style sheet; where a part is not shown, the card stands alone. */
const STEPS = [
  { id: 'map', part: '.canvas' },
  { id: 'packets', part: '.packet-scroll' },
  { id: 'inspector', part: '.inspect-scroll' },
  { id: 'composer', part: '.composer' },
] as const

/** The first minute: four cards beside the living sample, which can be used meanwhile. Escape or Skip ends it for good. */
export function Tour() {
  const { store } = useStudio()
  const [step, setStep] = useState(0)
  const shown = STEPS[step]
  const last = step === STEPS.length - 1
  const end = () => setPreference(store, 'toured', true)
  useEffect(() => mark(STEPS[step]?.part), [step])
  if (!shown) return null
  return (
    <aside
      className="tour"
      aria-label={t('tour.title')}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        end()
      }}
    >
      <p className="tour-count">{t('tour.step', { step: step + 1, steps: STEPS.length })}</p>
      <div aria-live="polite">
        <h2>{t(`tour.${shown.id}.title`)}</h2>
        <p>{t(`tour.${shown.id}`)}</p>
      </div>
      <div className="tour-buttons">
        <button type="button" className="button" data-quiet onClick={end}>
          {t('tour.skip')}
        </button>
        <span />
        {step > 0 && (
          <button type="button" className="button" onClick={() => setStep(step - 1)}>
            {t('tour.back')}
          </button>
        )}
        <button type="button" className="button" data-primary onClick={() => (last ? end() : setStep(step + 1))}>
          {t(last ? 'tour.done' : 'tour.next')}
        </button>
      </div>
    </aside>
  )
}

/** Rings the part that is spoken of, as long as it is. */
function mark(part: string | undefined): (() => void) | undefined {
  const element = part === undefined ? null : document.querySelector(part)
  element?.setAttribute('data-tour', '')
  return () => element?.removeAttribute('data-tour')
}
