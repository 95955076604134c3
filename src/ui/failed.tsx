import { t } from './messages/t.ts'
import { useApp } from './studio.ts'

/** The worker died or the first cluster could not be built: say so, and that nothing is lost. */
export function Failed() {
  const error = useApp((state) => state.error)
  return (
    <main className="empty" role="alert">
      <b>{t('app.failed', { error })}</b>
      {t('app.failed.action')}
    </main>
  )
}
