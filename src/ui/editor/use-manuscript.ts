import { useCallback, useEffect, useState } from 'react'
import type { Checked, Problem } from '../../worker/protocol.ts'
import type { Source } from '../menu/surface.ts'
import { useStudio } from '../studio.ts'
import { drafts, editsFor, type Manuscript, readSource } from './document.ts'

export interface Editing {
  /** `asked` until it is there. */
  readonly manuscript: Manuscript | 'asked' | undefined
  /** Another number for every time that the source was read. */
  readonly reading: number
  readonly text: string
  readonly setText: (text: string) => void
  /** What applying the text would do; undefined while it is being found out. */
  readonly checked: Checked | undefined
  readonly check: (text: string) => Promise<readonly Problem[]>
}

const UNCHANGED: Checked = { problems: [], changes: [], total: 0 }

/** A text from where it comes to what it would do. `turn` reads the source once more. */
export function useManuscript(source: Source, turn: number): Editing {
  const { store, actions } = useStudio()
  const { client } = actions
  const [manuscript, setManuscript] = useState<Manuscript | 'asked' | undefined>('asked')
  const [reading, setReading] = useState(0)
  const [text, setText] = useState('')
  const [checked, setChecked] = useState<Checked>()
  useEffect(() => {
    let current = true
    readSource(client, store.getState().intents, source)
      .then((found) => {
        if (!current) return
        setManuscript(found)
        setReading((before) => before + 1)
        setText(found ? (drafts.get(found.key) ?? found.text) : '')
        setChecked(undefined)
      })
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, store, source, turn])
  const change = useCallback(
    (next: string) => {
      setText(next)
      setChecked(undefined)
      if (typeof manuscript !== 'object') return
      if (next === manuscript.text) drafts.delete(manuscript.key)
      else drafts.set(manuscript.key, next)
    },
    [manuscript],
  )
  const check = useCallback(
    async (next: string) => {
      if (typeof manuscript !== 'object') return []
      const answer = next === manuscript.before ? UNCHANGED : await client.ask({ kind: 'check', edits: editsFor(manuscript, next) })
      setChecked(answer)
      return answer.problems
    },
    [client, manuscript],
  )
  return { manuscript, reading, text, setText: change, checked, check }
}
