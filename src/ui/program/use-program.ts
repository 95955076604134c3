import { useEffect, useState } from 'react'
import type { ProgramReport } from '../../worker/protocol/programs.ts'
import { useApp, useStudio } from '../studio.ts'

/** What the program of a pod or host has read; undefined where nothing of the kind runs, or as long as nobody has answered. */
export function useProgram(target: string): ProgramReport | undefined {
  const { client } = useStudio().actions
  const revision = useApp((state) => state.revision)
  const [report, setReport] = useState<ProgramReport>()
  useEffect(() => {
    let current = true
    client
      .ask({ kind: 'program', target })
      .then((answer) => current && setReport(answer))
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, target, revision])
  return report?.id === target ? report : undefined
}
