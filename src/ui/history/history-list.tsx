import './history-list.css'
import '../messages/with-edit.ts'
import { GitBranch } from 'lucide-react'
import { type KeyboardEvent, lazy, Suspense, useEffect, useRef } from 'react'
import type { History } from '../../worker/protocol.ts'
import { t } from '../messages/t.ts'
import { useStudio } from '../studio.ts'
import { linesOf } from './branches.ts'
import { goTo } from './change.ts'
import { deedText } from './deed-text.ts'

const LastChange = lazy(async () => ({ default: (await import('../program/last-change.tsx')).LastChange }))

/** Everything that was done, latest first, branches that were left among them; a click goes there. */
export function HistoryList({ history }: { readonly history: History }) {
  const studio = useStudio()
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => list.current?.querySelector<HTMLElement>('[aria-current]')?.focus(), [history.at])
  const deeds = new Map(history.steps.map(({ id, deed }) => [id, deedText(deed)]))
  const nameOf = (step: number): string => deeds.get(step) ?? t('history.start')
  const branch = (from: number): string => (from === 0 ? t('history.branch.start') : t('history.branch', { deed: nameOf(from) }))
  return (
    <div className="history-sheet">
      <h2>{t('history.title')}</h2>
      <p className="muted">{t(history.steps.length === 0 ? 'history.none' : 'history.hint')}</p>
      <ol className="history-list" ref={list} aria-label={t('history.title')} onKeyDown={steer}>
        {linesOf(history).map(({ step, state, from }) => (
          <li key={step}>
            <button
              type="button"
              data-state={state}
              aria-current={state === 'here' ? 'step' : undefined}
              tabIndex={state === 'here' ? 0 : -1}
              onClick={() => void goTo(studio, step).catch(() => undefined)}
            >
              <i aria-hidden="true">{state === 'branch' && <GitBranch size={12} strokeWidth={1.75} />}</i>
              <span className="truncate">{nameOf(step)}</span>
              {state === 'here' && <small>{t('history.here')}</small>}
              {state === 'undone' && <small>{t('history.undone')}</small>}
            </button>
            {from !== undefined && <small className="history-from">{branch(from)}</small>}
          </li>
        ))}
      </ol>
      {history.at > 0 && (
        <Suspense>
          <LastChange />
        </Suspense>
      )}
    </div>
  )
}

function steer(event: KeyboardEvent<HTMLOListElement>): void {
  const buttons = [...event.currentTarget.querySelectorAll('button')]
  const at = buttons.findIndex((button) => button === document.activeElement)
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key]
  if (to === undefined) return
  event.preventDefault()
  event.stopPropagation()
  buttons[Math.min(buttons.length - 1, Math.max(0, to))]?.focus()
}
