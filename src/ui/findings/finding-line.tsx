import { Wrench } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { t } from '../messages/t.ts'
import { useStudio } from '../studio.ts'
import type { FoundWrong } from '../../worker/protocol/findings.ts'
import { findingText, mendText, nameOf } from './finding-text.ts'
import { jumpTo, mend } from './jump.ts'
import { SeverityIcon } from './severity-icon.tsx'

const Offers = lazy(async () => ({ default: (await import('../program/offer.tsx')).Offers }))

/** So many others that take part are named. */
const NAMED = 3

interface Props {
  readonly wrong: FoundWrong
  /** The object that it is shown at: what is about another one says so. Absent in a list of all. */
  readonly at?: string
}

/** One finding: what it is, where, and what would mend it. */
export function FindingLine({ wrong, at }: Props) {
  const studio = useStudio()
  const { finding, subject, related, mends } = wrong
  const others = related.filter((id) => id !== at).slice(0, NAMED)
  return (
    <div className="finding" data-severity={finding.severity} data-kind={finding.kind}>
      <SeverityIcon severity={finding.severity} />
      <div>
        {subject !== at && (
          <button type="button" className="link finding-subject" title={subject} onClick={() => jumpTo(studio, subject)}>
            {at === undefined ? nameOf(subject) : t('findings.also', { subject: nameOf(subject) })}
          </button>
        )}
        <p>{findingText(finding)}</p>
        <p className="finding-more">
          {finding.field !== undefined && <code>{finding.field}</code>}
          {others.map((id) => (
            <button key={id} type="button" className="link mono" title={id} onClick={() => jumpTo(studio, id)}>
              {nameOf(id)}
            </button>
          ))}
        </p>
        {mends.length > 0 && (
          <p className="finding-mends">
            {mends.map((each) => (
              <button key={mendText(each)} type="button" className="button" onClick={() => void mend(studio, each).catch(() => undefined)}>
                <Wrench size={13} strokeWidth={1.75} aria-hidden="true" />
                <span className="truncate">{mendText(each)}</span>
              </button>
            ))}
          </p>
        )}
        {finding.kind === 'ingress-no-controller' && (
          <Suspense>
            <Offers finding={finding} />
          </Suspense>
        )}
      </div>
    </div>
  )
}
