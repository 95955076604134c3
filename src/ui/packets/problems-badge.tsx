import { number } from '../messages/t.ts'
import { useApp } from '../studio.ts'

/** How many problems there are, of a request, manifests and in the cluster; notes are none. What is not simulated counts only where nothing is amiss. */
export function ProblemsBadge() {
  const ignored = useApp((state) => state.problems.filter(({ severity }) => severity === 'ignored').length)
  const amiss = useApp(
    (state) => state.problems.length - ignored + (state.unsent ? 1 : 0) + state.wrong.counts.error + state.wrong.counts.warning,
  )
  const grave = useApp(
    (state) =>
      state.refused ||
      state.unsent !== undefined ||
      state.wrong.counts.error > 0 ||
      state.problems.some(({ severity }) => severity === 'error'),
  )
  if (amiss + ignored === 0) return null
  return (
    <span className="badge" data-tone={grave ? 'error' : 'info'}>
      {number(amiss === 0 ? ignored : amiss)}
    </span>
  )
}
