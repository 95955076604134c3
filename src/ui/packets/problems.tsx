import { CircleAlert, CircleMinus, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import type { Problem } from '../../core/api/problem.ts'
import { appliedFiles } from '../editor/applied-files.ts'
import { openEditor, type Source } from '../menu/surface.ts'
import { useSurface } from '../menu/use-surface.ts'
import { number, t } from '../messages/t.ts'
import { FindingsList } from '../findings/findings-list.tsx'
import { Segmented } from '../segmented.tsx'
import { useApp } from '../studio.ts'

const ICONS = { error: CircleAlert, warning: TriangleAlert, ignored: CircleMinus } as const
const RANK = { error: 0, warning: 1, ignored: 2 } as const

/** Lines that the page makes elements for. */
const SHOWN = 300

/**
 * Why the last request was not sent; what was wrong with the manifests, worst first and with its place in the file; then what is wrong in the cluster that
 * came of them. What is not simulated comes last: an installation from a chart has dozens of such objects, and nothing is amiss with them.
 */
export function Problems() {
  const problems = useApp((state) => state.problems)
  const unsent = useApp((state) => state.unsent)
  const refused = useApp((state) => state.refused)
  const counts = useApp((state) => state.wrong.counts)
  const [find, setFind] = useState('')
  const [severity, setSeverity] = useState<Shown>('all')
  const total = problems.length + (unsent ? 1 : 0) + counts.error + counts.warning + counts.info
  if (total === 0) return <p className="empty">{t('problems.empty')}</p>
  const sorted = problems.filter((problem) => isShown(problem, find, severity)).toSorted((a, b) => RANK[a.severity] - RANK[b.severity])
  const grave = sorted.filter((problem) => problem.severity !== 'ignored')
  const request = unsent && isShown(unsent, find, severity) ? [unsent] : []
  const wanted = severity === 'all' ? undefined : severity
  return (
    <>
      <ProblemsFilter find={find} severity={severity} onFind={setFind} onSeverity={setSeverity} />
      <div className="region-scroll" role="region" tabIndex={0} aria-label={t('problems.tab')} data-testid="problems">
        <Lines problems={request} />
        {refused && <p className="problem-refused">{t('problems.rejected')}</p>}
        <Lines problems={grave} />
        <FindingsList find={find} severity={wanted} nothing={request.length + sorted.length === 0} />
        <Lines problems={sorted.slice(grave.length)} />
      </div>
    </>
  )
}

function Lines({ problems }: { readonly problems: readonly Problem[] }) {
  return (
    <>
      {problems.slice(0, SHOWN).map((problem, index) => (
        <ProblemLine key={`${index} ${problem.message}`} problem={problem} />
      ))}
      {problems.length > SHOWN && <p className="empty">{t('tree.truncated', { count: problems.length - SHOWN })}</p>}
    </>
  )
}

type Shown = 'all' | 'error' | 'warning' | 'info'

/** What is not simulated counts as a note. */
function isShown({ severity, message, object = '', path = '', file }: Problem, find: string, shown: Shown): boolean {
  if (shown !== 'all' && shown !== (severity === 'ignored' ? 'info' : severity)) return false
  const text = `${severity} ${message} ${object} ${path} ${file}`.toLowerCase()
  return find
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

interface FilterProps {
  readonly find: string
  readonly severity: Shown
  readonly onFind: (find: string) => void
  readonly onSeverity: (severity: Shown) => void
}

function ProblemsFilter({ find, severity, onFind, onSeverity }: FilterProps) {
  const problems = useApp((state) => state.problems)
  const unsent = useApp((state) => state.unsent?.severity)
  const { error, warning, info } = useApp((state) => state.wrong.counts)
  const given = (kind: Problem['severity']) => problems.filter((problem) => problem.severity === kind).length + (unsent === kind ? 1 : 0)
  const [errors, warnings, notes] = [error + given('error'), warning + given('warning'), info + given('ignored')]
  return (
    <div className="problems-filter">
      <input
        type="search"
        aria-label={t('findings.filter')}
        placeholder={t('findings.filter')}
        value={find}
        onChange={(event) => onFind(event.target.value)}
      />
      <Segmented
        label={t('findings.severity')}
        value={severity}
        options={[
          { value: 'all', text: t('findings.all', { count: number(errors + warnings + notes) }) },
          { value: 'error', text: t('findings.errors', { count: number(errors) }) },
          { value: 'warning', text: t('findings.warnings', { count: number(warnings) }) },
          { value: 'info', text: t('findings.notes', { count: number(notes) }) },
        ]}
        onChange={onSeverity}
      />
    </div>
  )
}

function ProblemLine({ problem }: { readonly problem: Problem }) {
  const { severity, message, path, object } = problem
  const Icon = ICONS[severity]
  return (
    <div className="problem" data-severity={severity}>
      <Icon size={16} strokeWidth={1.75} role="img" aria-label={t(`problems.${severity}`)} />
      <p>{message}</p>
      <small className="mono">
        <Where problem={problem} /> {[object, path].filter((part) => part !== undefined && part !== '').join('  ')}
      </small>
    </div>
  )
}

/** The place in the file; a way to it where the file is still at hand. */
function Where({ problem: { file, line, column } }: { readonly problem: Problem }) {
  const refused = useSurface((surface) => surface.refused.some(({ name }) => name === file))
  const applied = useApp((state) => appliedFiles(state.intents).some(({ name }) => name === file))
  if (file === '') return null
  const place = line > 0 ? `${file}:${line}:${column}` : file
  if (!refused && !applied) return place
  const source: Source = { from: refused ? 'refused' : 'file', name: file, ...(line > 0 && { line }) }
  return (
    <button type="button" className="link" onClick={() => openEditor(source)}>
      {place}
    </button>
  )
}
