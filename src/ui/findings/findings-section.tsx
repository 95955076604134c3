import { t } from '../messages/t.ts'
import type { FoundWrong } from '../../worker/protocol/findings.ts'
import { FindingLine } from './finding-line.tsx'
import './findings.css'

/** What is wrong with an object, or with others because of it: the first thing that its inspector says. */
export function FindingsSection({ target, found }: { readonly target: string; readonly found: readonly FoundWrong[] }) {
  if (found.length === 0) return null
  return (
    <section className="section" data-testid="findings" aria-label={t('findings.title')}>
      {found.map((wrong) => (
        <FindingLine key={wrong.key} wrong={wrong} at={target} />
      ))}
    </section>
  )
}
