import { useEffect, useState } from 'react'
import type { Conversation } from '../../core/sim/conversation.ts'
import { useApp, useStudio } from '../studio.ts'

/** What was shown once is gone back to by its tab. */
const shown = new WeakSet<Conversation>()

/** Whether the request that is looked at brought back a page that can be shown, a dashboard's; a new one is shown at once. */
export function usePage(): boolean {
  const { store } = useStudio()
  const conversation = useApp((state) => state.records[state.playback.conversation]?.conversation)
  const traefik = conversation?.connections.some(({ server }) => server?.program === 'traefik') ?? false
  const [page, setPage] = useState<{ readonly of: typeof conversation; readonly found: boolean }>()
  useEffect(() => {
    if (!traefik || !conversation) return
    let current = true
    import('../program/visited.ts')
      .then(({ dashboardVisited }) => {
        const found = dashboardVisited(conversation) !== undefined
        if (!current) return
        setPage({ of: conversation, found })
        if (!found || shown.has(conversation)) return
        shown.add(conversation)
        store.getState().change((state) => void (state.view = 'page'))
      })
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [store, conversation, traefik])
  return page?.of === conversation && (page?.found ?? false)
}
