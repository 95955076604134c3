import { CircleAlert, CircleMinus, TriangleAlert } from 'lucide-react'
import type { Problem } from '../../core/api/problem.ts'
import { appliedFiles } from '../editor/applied-files.ts'
import { openEditor, type Source, useSurface } from '../menu/surface.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../studio.ts'

const ICONS = { error: CircleAlert, warning: TriangleAlert, ignored: CircleMinus } as const
const RANK = { error: 0, warning: 1, ignored: 2 } as const

/** Lines that the page makes elements for. */
const SHOWN = 300

/** What was wrong with the manifests, worst first, each with its place in the file. */
export function Problems() {
  const problems = useApp((state) => state.problems)
  const refused = useApp((state) => state.refused)
  if (problems.length === 0) return <p className="empty">{t('problems.empty')}</p>
  const sorted = problems.toSorted((a, b) => RANK[a.severity] - RANK[b.severity])
  return (
    <div className="region-scroll" role="region" tabIndex={0} aria-label={t('problems.tab')} data-testid="problems">
      {refused && <p className="problem-refused">{t('problems.rejected')}</p>}
      {sorted.slice(0, SHOWN).map((problem, index) => (
        <ProblemLine key={`${index} ${problem.message}`} problem={problem} />
      ))}
      {sorted.length > SHOWN && <p className="empty">{t('tree.truncated', { count: sorted.length - SHOWN })}</p>}
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
