import { useEffect, useMemo, useState } from 'react'
import type { TreeItem } from '../../worker/protocol.ts'
import { useApp, useStudio } from '../studio.ts'
import { openAtFirst, PAGE, treeRows, type TreeRow } from './tree-rows.ts'

export interface Tree {
  readonly rows: readonly TreeRow[]
  readonly toggle: (id: string) => void
  /** Fetches the next page of a group. */
  readonly more: (group: string) => void
}

/** What is open, and the objects of open groups as the worker lists them. A changed cluster asks again, showing the old answer meanwhile. */
export function useTree(): Tree {
  const { client } = useStudio().actions
  const groups = useApp((state) => state.groups)
  const revision = useApp((state) => state.revision)
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map())
  const [items, setItems] = useState<ReadonlyMap<string, readonly TreeItem[]>>(new Map())
  const [limits, setLimits] = useState<ReadonlyMap<string, number>>(new Map())

  const open = useMemo(() => {
    const set = new Set(openAtFirst(groups))
    for (const [id, wanted] of toggled) {
      if (wanted) set.add(id)
      else set.delete(id)
    }
    return set
  }, [groups, toggled])

  useEffect(() => {
    let current = true
    const wanted = groups.filter((group) => open.has(group.id) && (group.namespace === '' || open.has(`namespace:${group.namespace}`)))
    const asked = wanted.map(
      async ({ id }) => [id, await client.ask({ kind: 'list', group: id, offset: 0, limit: limits.get(id) ?? PAGE })] as const,
    )
    Promise.all(asked)
      .then((lists) => {
        if (current) setItems((old) => new Map([...old, ...lists]))
      })
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, groups, open, limits, revision])

  const rows = useMemo(() => treeRows({ groups, open, items }), [groups, open, items])
  return {
    rows,
    toggle: (id) => setToggled((old) => new Map(old).set(id, !open.has(id))),
    more: (group) => setLimits((old) => new Map(old).set(group, (old.get(group) ?? PAGE) + PAGE)),
  }
}
