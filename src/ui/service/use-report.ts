import { useEffect, useState } from 'react'
import type { ServiceReport } from '../../worker/protocol/findings.ts'
import { useApp, useStudio } from '../studio.ts'

/** What a Service is now; of another one's report nothing is shown. */
export function useReport(target: string): ServiceReport | undefined {
  const { client } = useStudio().actions
  const revision = useApp((state) => state.revision)
  const [report, setReport] = useState<ServiceReport>()
  useEffect(() => {
    let current = true
    client
      .ask({ kind: 'service', target })
      .then((answer) => current && setReport(answer))
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, target, revision])
  return report?.id === target ? report : undefined
}
