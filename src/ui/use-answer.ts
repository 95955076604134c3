import { useEffect, useState } from 'react'
import type { Client } from '../worker/client.ts'
import { useApp, useStudio } from './studio.ts'

/**
 * What the worker says of an object, asked again after every change of the cluster; of another object's answer nothing is shown. `ask` is the same function at
 * every call.
 */
export function useAnswer<Answer extends { readonly id: string }>(
  target: string,
  ask: (client: Client, target: string) => Promise<Answer | undefined>,
): Answer | undefined {
  const { client } = useStudio().actions
  const revision = useApp((state) => state.revision)
  const [answer, setAnswer] = useState<Answer>()
  useEffect(() => {
    let current = true
    ask(client, target)
      .then((found) => current && setAnswer(found))
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [ask, client, target, revision])
  return answer?.id === target ? answer : undefined
}
