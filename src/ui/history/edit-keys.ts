import { useEffect } from 'react'
import { openEditor } from '../menu/surface.ts'
import { type Studio, useStudio } from '../studio.ts'
import { edit, travel } from './change.ts'
import { KeyMover } from './pinning.ts'

/** Keys that change the cluster: undo, redo, delete and edit what is selected. Fields and dialogs keep their own. */
export function useEditKeys(): void {
  const studio = useStudio()
  useEffect(() => {
    const mover = new KeyMover(studio)
    // Before the keys that step through packets hear of it.
    const onArrow = (event: KeyboardEvent) => {
      if (!event.shiftKey || event.metaKey || isTyping(event) || hasOwnArrows(event)) return
      if (!mover.press(event.key, event.altKey, event.ctrlKey)) return
      event.preventDefault()
      event.stopPropagation()
    }
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || isTyping(event)) return
      if (event.ctrlKey || event.metaKey) mover.finish()
      const act = event.ctrlKey || event.metaKey ? chord(studio, event) : plain(studio, event.key)
      if (!act) return
      event.preventDefault()
      void Promise.resolve(act()).catch(() => undefined)
    }
    addEventListener('keydown', onArrow, { capture: true })
    addEventListener('keydown', onKeyDown)
    return () => {
      mover.finish()
      removeEventListener('keydown', onArrow, { capture: true })
      removeEventListener('keydown', onKeyDown)
    }
  }, [studio])
}

function chord(studio: Studio, { key, shiftKey }: KeyboardEvent): (() => Promise<void>) | undefined {
  const letter = key.toLowerCase()
  if (letter === 'z') return () => travel(studio, shiftKey ? 'redo' : 'undo')
  return letter === 'y' && !shiftKey ? () => travel(studio, 'redo') : undefined
}

function plain(studio: Studio, key: string): (() => unknown) | undefined {
  const { selected } = studio.store.getState()
  if (selected === undefined || selected.startsWith('external/')) return undefined
  if (key === 'Delete') return () => edit(studio, { op: 'delete', object: selected })
  return key === 'e' ? () => openEditor({ from: 'object', id: selected }) : undefined
}

const isTyping = ({ target }: KeyboardEvent): boolean =>
  target instanceof HTMLElement &&
  (target.matches('input:not([type=range]), textarea, select, [contenteditable]') || target.closest('dialog[open], [role=menu]') !== null)

/** Sliders, separators and the timeline have their own use for Shift and an arrow. */
const hasOwnArrows = ({ target }: KeyboardEvent): boolean =>
  target instanceof HTMLElement || target instanceof SVGElement
    ? target.matches('[role=slider], [role=separator], input') || target.closest('.timeline-scroll') !== null
    : false
