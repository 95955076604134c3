import type { Edited, PageEdit } from '../../worker/protocol.ts'
import { t, tell } from '../messages/t.ts'
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
  const text = answer.deed.kind === 'move' ? await movedText(studio, answer) : doneText(answer)
  actions.toast({ tone: 'info', text, action: back })
  const { selected, change } = store.getState()
  const gone = edits.some((each) => each.op === 'delete' && each.object === selected)
  if (gone) change((state) => void (state.selected = undefined))
  return true
}

/** The pod that is there now is another one: it is selected, and named with its address. */
async function movedText({ actions, store }: Studio, answer: Extract<Edited, { accepted: true }>): Promise<string> {
  const there = answer.changes.find(({ object, op }) => object.startsWith('Pod/') && op !== 'deleted')
  if (!there) return doneText(answer)
  const id = `pod/${there.object.slice('Pod/'.length)}`
  const now = await actions.client.ask({ kind: 'describe', target: id })
  store.getState().change((state) => {
    state.selected = id
    state.inspecting = 'object'
  })
  const address = now?.facts.find(({ label }) => label === 'podIP')?.value
  const name = id.slice(id.lastIndexOf('/') + 1)
  const made = address === undefined ? name : t('edit.made.at', { name, address })
  return `${tell('done.move', { what: answer.deed.what, to: answer.deed.to ?? '' })} ${t('edit.made', { names: made })}`
}

/** To any point of the history; what is done there begins another branch. */
export async function goTo({ actions }: Studio, step: number): Promise<void> {
  const answer = await actions.change({ kind: 'goto', step })
  if (!answer.accepted) return
  actions.toast({ tone: 'info', text: step === 0 ? t('history.atStart') : t('history.at', { deed: deedText(answer.deed) }) })
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
