import { MousePointerClick } from 'lucide-react'
import { t } from './messages/t.ts'
import { useApp } from './studio.ts'

/** What a click on the map does next. Shown until a first pick was made, and again whenever a sender waits for its target. */
export function Hint() {
  const next = useApp((state) => state.draft.next)
  const known = useApp((state) => state.preferences.picked)
  const ready = useApp((state) => state.phase === 'ready' && state.totals.pods > 0)
  if (!ready || (known && next === 'from')) return null
  return (
    <p className="hint">
      <MousePointerClick size={14} strokeWidth={1.75} aria-hidden="true" />
      {t(`canvas.hint.${next}`)}
    </p>
  )
}
