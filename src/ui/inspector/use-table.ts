import { useEffect, useState } from 'react'
import type { TableKind, TableRows } from '../../worker/protocol.ts'
import { useApp, useStudio } from '../studio.ts'

export interface TableQuery {
  /** An id of the tree or the name of a namespace; undefined asks nothing. */
  readonly target: string | undefined
  readonly table: TableKind
  readonly find?: string
  readonly limit: number
}

/** A table of a namespace as the worker has it now; the last answer stays until the next is there. `undefined`: not asked, not answered, or no such namespace. */
export function useTable({ target, table, find = '', limit }: TableQuery): TableRows | undefined {
  const { client } = useStudio().actions
  const revision = useApp((state) => state.revision)
  const sent = useApp((state) => state.records.length)
  const [answer, setAnswer] = useState<{ readonly of: string; readonly rows: TableRows | undefined }>()
  const of = `${target ?? ''} ${table}`
  useEffect(() => {
    if (target === undefined) return
    let current = true
    client
      .ask({ kind: 'table', target, table, find, limit })
      .then((rows) => current && setAnswer({ of: `${target} ${table}`, rows }))
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, target, table, find, limit, revision, sent])
  return answer?.of === of ? answer.rows : undefined
}
