import { useApp } from '../studio.ts'
import { Dashboard } from './dashboard.tsx'
import { dashboardVisited } from './visited.ts'

/** The page that a request brought back, as a browser would show it. */
export function DashboardView() {
  const target = useApp((state) => {
    const record = state.records[state.playback.conversation]
    return record && dashboardVisited(record.conversation)
  })
  return target === undefined ? null : (
    <div className="region-scroll dashboard-view" role="region" tabIndex={0} aria-label={target}>
      <Dashboard target={target} />
    </div>
  )
}
