import type { KeyboardEvent } from 'react'
import type { Severity } from '../../core/findings/finding.ts'
import { number, t } from '../messages/t.ts'
import { FindingLine } from './finding-line.tsx'
import { useFindings } from './use-findings.ts'
import './findings.css'

/** Lines that the page makes elements for. */
const SHOWN = 200

interface Props {
  readonly find: string
  readonly severity: Severity | undefined
  /** Whether nothing else stands above the list. */
  readonly nothing: boolean
}

/** Everything that is wrong in the cluster as it is; ↑ and ↓ go from one to the next. */
export function FindingsList({ find, severity, nothing }: Props) {
  const found = useFindings(find, severity, SHOWN)
  if (!found) return null
  if (found.findings.length === 0) return nothing ? <p className="empty">{t('findings.nothing')}</p> : null
  return (
    <div className="findings" role="group" aria-label={t('findings.list')} data-testid="findings-list" onKeyDown={steer}>
      {found.findings.map((wrong) => (
        <FindingLine key={wrong.key} wrong={wrong} />
      ))}
      {found.total > found.findings.length && (
        <p className="empty">{t('tree.truncated', { count: number(found.total - found.findings.length) })}</p>
      )}
    </div>
  )
}

function steer(event: KeyboardEvent<HTMLElement>): void {
  const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (by === 0 || !(event.target instanceof HTMLElement)) return
  const lines = [...event.currentTarget.querySelectorAll('.finding')]
  const at = lines.findIndex((line) => line.contains(event.target as Node))
  const next = lines[at + by]?.querySelector<HTMLElement>('.finding-subject')
  if (!next) return
  event.preventDefault()
  next.focus()
}
