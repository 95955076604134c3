import { Copy, ListFilter, ListX } from 'lucide-react'
import '../messages/with-tables.ts'
import '../messages/with-views.ts'
import { t } from '../messages/t.ts'
import { type Studio, useStudio } from '../studio.ts'
import { without } from '../views/conditions.ts'
import { narrowed } from '../views/narrowed.ts'
import type { Entry, Groups } from './entries.ts'
import { Menu } from './menu.tsx'
import { closeMenu } from './surface.ts'
import { useSurface } from './use-surface.ts'

/** The values of a row, each as a filter of the packet list: only those, or all but those. */
export function ValuesMenu() {
  const studio = useStudio()
  const values = useSurface((surface) => surface.values)
  if (!values) return null
  return (
    <Menu
      label={t('values.title')}
      groups={groupsOf(studio, values.text, values.conditions)}
      x={values.x}
      y={values.y}
      onClose={closeMenu}
    />
  )
}

/** More values than these fit in no menu. */
const MOST = 8

function groupsOf({ store }: Studio, text: string, all: readonly string[]): Groups {
  const conditions = all.slice(0, MOST)
  const narrow = (condition: string) => () =>
    store.getState().change((state) => {
      state.filter = narrowed(state.filter, condition)
      if (state.tab !== 'packets') state.tab = 'packets'
    })
  const only = conditions.map((condition): Entry => ({ text: t('filter.narrow', { condition }), icon: ListFilter, run: narrow(condition) }))
  const none = conditions.map(
    (condition): Entry => ({ text: t('values.not', { condition }), icon: ListX, run: narrow(without(condition)) }),
  )
  const copy: Entry = { text: t('values.copy', { text }), icon: Copy, run: () => navigator.clipboard.writeText(text) }
  return [only, none, [copy]].filter((group) => group.length > 0)
}
