import { useState } from 'react'
import { ChevronDown, ChevronUp } from 'lucide-react'
import { useMedia } from '../media.ts'
import { number, t } from '../messages/t.ts'
import { useApp, useStudio } from '../studio.ts'
import { nameOf, wrongText } from './finding-text.ts'
import { jumpTo } from './jump.ts'
import { SeverityIcon } from './severity-icon.tsx'

/** Badges that fit above the map without hiding it. */
const SHOWN = 3

/** A Service stands nowhere on the map: its badge does, at the edge, and leads to it. Pods and nodes have theirs where they are. */
export function MapFindings() {
  const studio = useStudio()
  const { gravest, subjects } = useApp((state) => state.wrong)
  const selected = useApp((state) => state.selected)
  const narrow = useMedia('(max-width: 760px)')
  const [chosen, setOpen] = useState<boolean>()
  // On a phone it would hide the map.
  const open = chosen ?? !narrow
  if (gravest.length === 0) return null
  const more = subjects - Math.min(SHOWN, gravest.length)
  const choose = (subject: string) => {
    jumpTo(studio, subject)
    if (narrow) setOpen(false)
  }
  const toList = () => studio.store.getState().change((state) => void (state.tab = 'problems'))
  return (
    <section className="map-findings" aria-label={t('findings.map')} data-testid="map-findings">
      {open && (
        <ul>
          {gravest.slice(0, SHOWN).map(({ key, subject, finding }) => (
            <li key={key}>
              <button type="button" data-severity={finding.severity} aria-current={subject === selected} onClick={() => choose(subject)}>
                <SeverityIcon severity={finding.severity} size={13} />
                <b className="truncate">{nameOf(subject)}</b>
                <span className="truncate">{wrongText(finding)}</span>
              </button>
            </li>
          ))}
          {more > 0 && (
            <li>
              <button type="button" onClick={toList}>
                {t('findings.map.more', { count: number(more) })}
              </button>
            </li>
          )}
        </ul>
      )}
      <button
        type="button"
        className="map-findings-fold"
        aria-expanded={open}
        aria-label={t('findings.map')}
        onClick={() => setOpen(!open)}
      >
        {open ? <ChevronUp size={14} aria-hidden="true" /> : <Folded />}
      </button>
    </section>
  )
}

function Folded() {
  const { error, warning } = useApp((state) => state.wrong.counts)
  return (
    <>
      <SeverityIcon severity={error > 0 ? 'error' : 'warning'} size={13} />
      {number(error + warning)}
      <ChevronDown size={14} aria-hidden="true" />
    </>
  )
}
