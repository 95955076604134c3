import { useEffect, useState } from 'react'
import type { PageEdit } from '../../worker/protocol.ts'
import type { ProgramChanges } from '../../worker/protocol/programs.ts'
import { useApp, useStudio } from '../studio.ts'

/** What edits would do to the configurations of programs, or what a step of the history did; undefined as long as nobody has answered. */
export function useChanges(of: { readonly edits: readonly PageEdit[] } | { readonly step: number }): ProgramChanges | undefined {
  const { client } = useStudio().actions
  const revision = useApp((state) => state.revision)
  // Edits are made anew with each rendering: it is what they say that counts.
  const key = JSON.stringify(of)
  const [answer, setAnswer] = useState<{ readonly key: string; readonly changes: ProgramChanges }>()
  useEffect(() => {
    let current = true
    client
      .ask({ kind: 'program-changes', of: JSON.parse(key) as typeof of })
      .then((changes) => current && setAnswer({ key, changes }))
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, key, revision])
  return answer?.key === key ? answer.changes : undefined
}
