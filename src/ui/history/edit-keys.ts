import { useEffect } from 'react'
import { openEditor } from '../menu/surface.ts'
import { type Studio, useStudio } from '../studio.ts'
import { edit, travel } from './change.ts'

/** Keys that change the cluster: undo, redo, delete and edit what is selected. Fields and dialogs keep their own. */
export function useEditKeys(): void {
  const studio = useStudio()
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || isTyping(event)) return
      const act = event.ctrlKey || event.metaKey ? chord(studio, event) : plain(studio, event.key)
      if (!act) return
      event.preventDefault()
      void Promise.resolve(act()).catch(() => undefined)
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
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
