import '../messages/with-programs.ts'
import { useEffect, useRef } from 'react'
import { t } from '../messages/t.ts'
import { useApp, useMap, useStudio } from '../studio.ts'
import { crossingsOf } from './crossings.ts'
import type { ProgramOverlay } from './program-overlay.ts'

/** Rows of a kind that the map may show. */
const ROWS = 16

/** After each change of the cluster: which programs there are, for the map. Shows nothing itself. */
export function ProgramWatch() {
  const { actions } = useStudio()
  const { client } = actions
  const { painter } = useMap()
  const revision = useApp((state) => state.revision)
  const ready = useApp((state) => state.phase === 'ready')
  const record = useApp((state) => state.records[state.playback.conversation])
  const overlay = useRef<ProgramOverlay>(undefined)
  const conversation = useRef(record?.conversation)
  useEffect(() => {
    conversation.current = record?.conversation
    overlay.current?.forgetCrossings()
  }, [record])
  useEffect(() => {
    if (!ready) return
    let current = true
    const show = async () => {
      const programs = await client.ask({ kind: 'programs' })
      const { ProgramOverlay: Made } = programs.length > 0 ? await import('./program-overlay.ts') : { ProgramOverlay: undefined }
      if (!current) return
      const next: ProgramOverlay | undefined =
        Made &&
        new Made(
          programs,
          (role) => t(`program.role.${role}`),
          (id) => void open(id).catch(() => undefined),
        ).from(overlay.current)
      if (next) next.crossings = (path, boards) => (conversation.current ? crossingsOf(conversation.current, path, boards) : [])
      overlay.current = next
      painter.setOverlay(next)
    }
    const open = async (target: string) => {
      const board = await client.ask({ kind: 'program-board', target, limit: ROWS })
      if (!board || !current) return
      overlay.current?.setBoard(board)
      painter.setOverlay(overlay.current)
    }
    show().catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, painter, revision, ready])
  return null
}
