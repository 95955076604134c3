import { useEffect } from 'react'
import type { MarksFound, ObjectMark } from '../../worker/protocol/findings.ts'
import type { Wrong } from '../store.ts'
import { useApp, useStudio } from '../studio.ts'

/** After each change of the cluster: what is wrong now, for tree, map and tabs. Shows nothing itself. */
export function FindingsWatch() {
  const { store, actions } = useStudio()
  const revision = useApp((state) => state.revision)
  const ready = useApp((state) => state.phase === 'ready')
  useEffect(() => {
    if (!ready) return
    let current = true
    actions.client
      .ask({ kind: 'marks' })
      .then((found) => current && store.getState().change((state) => void (state.wrong = wrongOf(found))))
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [actions, store, revision, ready])
  return null
}

export function wrongOf({ marks, ...found }: MarksFound): Wrong {
  const branches = new Map<string, ObjectMark['severity']>()
  const add = (id: string, severity: ObjectMark['severity']) => {
    if (branches.get(id) !== 'error') branches.set(id, severity)
  }
  for (const { id, severity } of marks) {
    const [kind = '', ...rest] = id.split('/')
    const namespace = rest.length > 1 ? (rest[0] ?? '') : ''
    add(`${namespace}/${kind}`, severity)
    if (namespace !== '') add(`namespace:${namespace}`, severity)
  }
  return { ...found, branches, objects: new Map(marks.map((mark) => [mark.id, mark])) }
}
