import { FileDown, MousePointerClick } from 'lucide-react'
import { t } from './messages/t.ts'
import { useApp } from './studio.ts'

/** What to do next on the map. Shown while it is empty, until a first pick was made, and whenever a sender waits for its target. */
export function Hint() {
  const next = useApp((state) => state.draft.next)
  const known = useApp((state) => state.preferences.picked)
  const ready = useApp((state) => state.phase === 'ready')
  const empty = useApp((state) => state.totals.nodes === 0)
  const quiet = useApp((state) => state.toasts.length === 0)
  if (!ready || !quiet || (known && next === 'from' && !empty)) return null
  const Icon = empty ? FileDown : MousePointerClick
  return (
    <p className="hint">
      <Icon size={14} strokeWidth={1.75} aria-hidden="true" />
      {empty ? t('library.empty') : t(`canvas.hint.${next}`)}
    </p>
  )
}
