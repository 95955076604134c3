import './program.css'
import '../messages/with-programs.ts'
import { useMemo, useState } from 'react'
import { ROLES } from '../../scene/program-board.ts'
import type { ProgramReport } from '../../worker/protocol/programs.ts'
import { OwnersContext } from '../inspector/owner-link.tsx'
import { number, t } from '../messages/t.ts'
import { useApp, useStudio } from '../studio.ts'
import { Tabs } from '../tabs.tsx'
import { ConfigPart } from './config-part.tsx'
import { decisionsIn, fatesIn } from './decisions.ts'
import { useFocus } from './focus.ts'
import { LogLines } from './log-part.tsx'
import { TablesPart } from './tables-part.tsx'

type Part = (typeof ROLES)[number] | 'files' | 'log'

/** A program that routes requests, opened: what it listens on, its routes, upstreams and endpoints, the text that it made of all this, and what it says. */
export function ProgramView({ report }: { readonly report: ProgramReport }) {
  const { store } = useStudio()
  const { id, name, tables, files, log, dashboard } = report
  const focus = useFocus(id)
  const [part, setPart] = useState<Part>(() => 'routes')
  const [seen, setSeen] = useState(0)
  const turn = focus?.turn ?? 0
  if (focus && turn !== seen) {
    setSeen(turn)
    const { pointed } = focus
    if (pointed.kind === 'line') setPart('files')
    else setPart(tables.find((table) => table.id === pointed.table)?.role ?? part)
  }
  const record = useApp((state) => state.records[state.playback.conversation])
  const decided = useMemo(() => (record ? decisionsIn(record.conversation).filter(({ target }) => target === id) : []), [record, id])
  const fates = useMemo(() => fatesIn(decided), [decided])
  const tabs = [
    ...ROLES.map((role) => ({ id: role, text: t(`program.role.${role}`) })),
    ...(files.length > 0 ? [{ id: 'files' as const, text: t('program.files') }] : []),
    {
      id: 'log' as const,
      text: t('program.log'),
      ...(log.length > 0 && {
        badge: (
          <span className="badge" data-tone={log.some(({ level }) => level === 'error') ? 'error' : undefined}>
            {number(log.length)}
          </span>
        ),
      }),
    },
  ]
  return (
    <section className="section program" aria-label={t('program.title', { name })} data-testid="program">
      <div className="section-head">
        <h3>{t('program.title', { name })}</h3>
        {dashboard && (
          <button type="button" className="button" onClick={() => store.getState().change((state) => void (state.dialog = 'dashboard'))}>
            {t('program.dashboard')}
          </button>
        )}
      </div>
      <div className="tables-tabs">
        <Tabs label={t('program.parts')} tabs={tabs} value={part} onChange={setPart} />
      </div>
      <OwnersContext value={report.owners}>
        <div role="tabpanel" aria-label={tabs.find((each) => each.id === part)?.text ?? ''}>
          {part === 'log' ? (
            <LogLines target={id} lines={log} />
          ) : part === 'files' ? (
            <ConfigPart report={report} fates={fates} pointed={focus?.pointed} turn={turn} />
          ) : (
            <TablesPart key={part} report={report} role={part} fates={fates} pointed={focus?.pointed} turn={turn} />
          )}
        </div>
      </OwnersContext>
    </section>
  )
}
