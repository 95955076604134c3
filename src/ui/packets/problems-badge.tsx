import { number } from '../messages/t.ts'
import { useApp } from '../studio.ts'

/** How many problems there are, of manifests and in the cluster; notes are none. */
export function ProblemsBadge() {
  const problems = useApp((state) => state.problems.length + state.wrong.counts.error + state.wrong.counts.warning)
  const grave = useApp(
    (state) => state.refused || state.wrong.counts.error > 0 || state.problems.some(({ severity }) => severity === 'error'),
  )
  if (problems === 0) return null
  return (
    <span className="badge" data-tone={grave ? 'error' : 'info'}>
      {number(problems)}
    </span>
  )
}
