import { ChevronDown, Redo2, Undo2 } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import type { Deed, History } from '../../worker/protocol.ts'
import { IconButton } from '../icon-button.tsx'
import { number, t } from '../messages/t.ts'
import { Popover } from '../popover.tsx'
import { useApp, useStudio } from '../studio.ts'
import { travel } from './change.ts'
import { deedText } from './deed-text.ts'
import { useEditKeys } from './edit-keys.ts'

const HistoryList = lazy(async () => ({ default: (await import('./history-list.tsx')).HistoryList }))

/** Undo and redo, each saying what it would do. Their keys are there as soon as they are. */
export function HistoryButtons() {
  const studio = useStudio()
  useEditKeys()
  const history = useHistory()
  const { past, undone } = history
  const go = (way: 'undo' | 'redo') => void travel(studio, way).catch(() => undefined)
  return (
    <>
      <IconButton label={named('undo', past[0])} icon={Undo2} disabled={past.length === 0} onPress={() => go('undo')} />
      <IconButton label={named('redo', undone[0])} icon={Redo2} disabled={undone.length === 0} onPress={() => go('redo')} />
      <Popover label={t('history.open', { count: number(history.steps.length) })} icon={ChevronDown} slim>
        <Suspense>
          <HistoryList history={history} />
        </Suspense>
      </Popover>
    </>
  )
}

const NONE: History = { past: [], undone: [], at: 0, steps: [], ahead: [] }

/** As the worker has it now; asked again whenever the cluster changed. */
export function useHistory(): History {
  const { client } = useStudio().actions
  const revision = useApp((state) => state.revision)
  const [history, setHistory] = useState(NONE)
  useEffect(() => {
    let current = true
    client
      .ask({ kind: 'history' })
      .then((answer) => current && setHistory(answer))
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [client, revision])
  return history
}

function named(way: 'undo' | 'redo', deed: Deed | undefined): string {
  return deed ? t(`edit.${way}`, { deed: deedText(deed) }) : t(`edit.${way}.none`)
}
