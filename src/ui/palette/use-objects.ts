import { useEffect, useState } from 'react'
import type { TreeItem } from '../../worker/protocol.ts'
import { useApp, useStudio } from '../studio.ts'

/** As many of each group are looked through, and as many are shown. */
const LOOKED_AT = 500
const SHOWN = 40

/** Objects of the cluster whose id holds every word typed. */
export function useObjects(text: string): readonly TreeItem[] {
  const { actions } = useStudio()
  const groups = useApp((state) => state.groups)
  const [all, setAll] = useState<readonly TreeItem[]>([])
  useEffect(() => {
    let current = true
    const ask = (group: string) => actions.client.ask({ kind: 'list', group, offset: 0, limit: LOOKED_AT })
    Promise.all(groups.filter(({ kind }) => kind !== 'EndpointSlice').map(({ id }) => ask(id)))
      .then((lists) => current && setAll(lists.flat()))
      .catch(() => undefined)
    return () => void (current = false)
  }, [actions, groups])
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return words.length === 0
    ? all.slice(0, 0)
    : all.filter(({ id }) => words.every((word) => id.toLowerCase().includes(word))).slice(0, SHOWN)
}
