import { t } from '../messages/t.ts'
import { useStudio } from '../studio.ts'
import { ChangeLines, changedPages } from './change-lines.tsx'
import { useChanges } from './use-changes.ts'

/** Below the list of what was done: what the step that the cluster is as after did to configurations. */
export function LastChange() {
  const { store } = useStudio()
  const changes = useChanges({ step: 0 })
  if (!changes || changes.changes.length === 0) return null
  return (
    <section className="last-change" aria-label={t('program.changes.last')}>
      <h3>{t('program.changes')}</h3>
      <ChangeLines changes={changes} />
      {changedPages(changes).length > 0 && (
        <button type="button" className="button" onClick={() => store.getState().change((state) => void (state.dialog = 'changes'))}>
          {t('program.changes.show')}
        </button>
      )}
    </section>
  )
}
