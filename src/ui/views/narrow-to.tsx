import { ListFilter } from 'lucide-react'
import type { MouseEvent } from 'react'
import { t } from '../messages/t.ts'
import { useStudio } from '../studio.ts'
import { narrowed } from './narrowed.ts'
import './views-entry.css'

/** Beside a value of the packet list: only packets that have it. By keyboard the filter itself proposes the same values. */
export function NarrowTo({ condition }: { readonly condition: string }) {
  const { store } = useStudio()
  const narrow = (event: MouseEvent) => {
    event.stopPropagation()
    store.getState().change((state) => void (state.filter = narrowed(state.filter, condition)))
  }
  const label = t('filter.narrow', { condition })
  return (
    <button type="button" className="narrow-to" tabIndex={-1} aria-label={label} title={label} onClick={narrow}>
      <ListFilter size={12} strokeWidth={2} aria-hidden="true" />
    </button>
  )
}
