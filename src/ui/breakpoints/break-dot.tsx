import '../messages/with-player.ts'
import { t } from '../messages/t.ts'
import { useApp, useStudio } from '../studio.ts'
import './breakpoints.css'
import { type Condition, conditionText } from './condition.ts'
import { isSet, toggle } from './set.ts'

/** In the gutter beside whatever play can stop at. By keyboard `b` does the same for the current step, so that lists keep one stop for Tab a line. */
export function BreakDot({ condition }: { readonly condition: Condition }) {
  const studio = useStudio()
  const text = conditionText(condition)
  const set = useApp((state) => isSet(state.breakpoints, text))
  const label = t('break.dot', { condition: text })
  return (
    <button
      type="button"
      className="break-dot"
      aria-pressed={set}
      aria-label={label}
      title={label}
      tabIndex={-1}
      onClick={(event) => {
        event.stopPropagation()
        toggle(studio, text)
      }}
    >
      <i className="break-mark" aria-hidden="true" />
    </button>
  )
}
