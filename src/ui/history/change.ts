import type { PageEdit } from '../../worker/protocol.ts'
import { t } from '../messages/t.ts'
import type { Studio } from '../studio.ts'
import { deedText, doneText } from './deed-text.ts'

/** Changes objects by hand; what came of it is said, with a way back. True when it was done. */
export async function edit(studio: Studio, ...edits: readonly PageEdit[]): Promise<boolean> {
  const { actions, store } = studio
  const answer = await actions.change({ kind: 'edit', edits })
  if (!answer.accepted) {
    actions.toast({ tone: 'error', text: t('edit.refused', { why: answer.problems[0]?.message ?? '' }) })
    return false
  }
  const back = { label: t('edit.undo.short'), run: () => void travel(studio, 'undo') }
  actions.toast({ tone: 'info', text: doneText(answer), action: back })
  const { selected, change } = store.getState()
  const gone = edits.some((each) => each.op === 'delete' && each.object === selected)
  if (gone) change((state) => void (state.selected = undefined))
  return true
}

/** One change back or forth, by name. */
export async function travel({ actions }: Studio, way: 'undo' | 'redo'): Promise<void> {
  const answer = await actions.change({ kind: way })
  if (!answer.accepted) {
    actions.toast({ tone: 'info', text: t(way === 'undo' ? 'edit.undo.none' : 'edit.redo.none') })
    return
  }
  const deed = deedText(answer.deed)
  actions.toast({ tone: 'info', text: way === 'undo' ? t('edit.undone', { deed }) : t('edit.redone', { deed }) })
}
