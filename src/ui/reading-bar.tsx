import './reading-bar.css'
import { t } from './messages/t.ts'
import './messages/with-share.ts'
import { useApp, useStudio } from './studio.ts'

/** While something large is read and applied: how far it is, and a way out. */
export function ReadingBar() {
  const { actions, store } = useStudio()
  const done = useApp((state) => state.reading?.done ?? 0)
  const total = useApp((state) => state.reading?.total ?? 1)
  const ready = useApp((state) => state.phase === 'ready')
  const megabytes = (total / 1e6).toFixed(1)
  const text =
    done < total ? t('reading.at', { megabytes, percent: Math.floor((done / total) * 100) }) : t('reading.applying', { megabytes })
  const cancel = () => void actions.cancel().catch(() => store.getState().change((state) => void (state.reading = undefined)))
  return (
    <div className="reading" data-testid="reading">
      <label>
        <span>{text}</span>
        <progress max={total} value={done} />
      </label>
      {ready && (
        <button type="button" className="button" onClick={cancel}>
          {t('reading.cancel')}
        </button>
      )}
    </div>
  )
}
