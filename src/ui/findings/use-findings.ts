import { useEffect, useState } from 'react'
import type { Severity } from '../../core/findings/finding.ts'
import type { FindingsFound, FoundWrong } from '../../worker/protocol/findings.ts'
import { useApp, useStudio } from '../studio.ts'

/** Those that hold the words; the last answer stays until the next is there. */
export function useFindings(find: string, severity: Severity | undefined, limit: number): FindingsFound | undefined {
  const { client } = useStudio().actions
  const revision = useApp((state) => state.revision)
  const ready = useApp((state) => state.phase === 'ready')
  const [found, setFound] = useState<FindingsFound>()
  useEffect(() => {
    if (!ready) return
    let current = true
    client
      .ask({ kind: 'findings', find, limit, ...(severity && { severity }) })
      .then((answer) => current && setFound(answer))
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, find, severity, limit, revision, ready])
  return found
}

const NONE: readonly FoundWrong[] = []

/** Of one object; of the one before, none. */
export function useFindingsOf(target: string): readonly FoundWrong[] {
  const { client } = useStudio().actions
  const revision = useApp((state) => state.revision)
  const [answer, setAnswer] = useState<{ readonly target: string; readonly found: readonly FoundWrong[] }>()
  useEffect(() => {
    let current = true
    client
      .ask({ kind: 'findings-of', target })
      .then((found) => current && setAnswer({ target, found }))
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, target, revision])
  return answer?.target === target ? answer.found : NONE
}
