import { lazy, Suspense } from 'react'
import { Bar } from './bar.tsx'
import { Boundary } from './boundary.tsx'
import { DropVeil } from './drop.tsx'
import { Failed } from './failed.tsx'
import { useMedia } from './media.ts'
import { Narrow } from './narrow.tsx'
import { useOnce } from './once.ts'
import { useShortcuts } from './shortcuts.ts'
import { useApp } from './studio.ts'
import { Toasts } from './toasts.tsx'
import { Workspace } from './workspace.tsx'

const Narration = lazy(() => import('./narration.tsx').then((part) => ({ default: part.Narration })))
const HelpDialog = lazy(() => import('./help.tsx').then((part) => ({ default: part.HelpDialog })))
const Overlay = lazy(() => import('./menu/overlay.tsx').then((part) => ({ default: part.Overlay })))
const ClusterDialog = lazy(() => import('./cluster-dialog.tsx').then((part) => ({ default: part.ClusterDialog })))
const ProjectsDialog = lazy(() => import('./projects/projects-dialog.tsx').then((part) => ({ default: part.ProjectsDialog })))
const ShareDialog = lazy(() => import('./share/share-dialog.tsx').then((part) => ({ default: part.ShareDialog })))
const RequestsDialog = lazy(() => import('./requests/requests-dialog.tsx').then((part) => ({ default: part.RequestsDialog })))
const ListingDialog = lazy(() => import('./listing/listing-dialog.tsx').then((part) => ({ default: part.ListingDialog })))
const ChangesDialog = lazy(() => import('./program/changes-dialog.tsx').then((part) => ({ default: part.ChangesDialog })))
const DashboardDialog = lazy(() => import('./program/dashboard-dialog.tsx').then((part) => ({ default: part.DashboardDialog })))
const Tour = lazy(() => import('./share/tour.tsx').then((part) => ({ default: part.Tour })))
const ReadingBar = lazy(() => import('./reading-bar.tsx').then((part) => ({ default: part.ReadingBar })))
const Palette = lazy(() => import('./palette/palette.tsx').then((part) => ({ default: part.Palette })))

/** The page: the bar with the composer, the regions below it, and what lies above both. */
export function App() {
  const failed = useApp((state) => state.phase === 'failed')
  const narrow = useMedia('(max-width: 760px)')
  const reading = useApp((state) => state.reading !== undefined)
  useShortcuts()
  if (failed) return <Failed />
  return (
    <div className="app">
      <Bar />
      <Boundary>{narrow ? <Narrow /> : <Workspace />}</Boundary>
      <Suspense>
        <Narration />
        <Overlay />
      </Suspense>
      <Toasts />
      <Suspense>{reading && <ReadingBar />}</Suspense>
      <DropVeil />
      <Dialogs />
    </div>
  )
}

function Dialogs() {
  const help = useOnce(useApp((state) => state.dialog === 'help'))
  const cluster = useOnce(useApp((state) => state.dialog === 'cluster'))
  const projects = useOnce(useApp((state) => state.dialog === 'projects'))
  const share = useOnce(useApp((state) => state.dialog === 'share'))
  const requests = useOnce(useApp((state) => state.dialog === 'requests'))
  const listing = useOnce(useApp((state) => state.dialog === 'listing'))
  const changes = useOnce(useApp((state) => state.dialog === 'changes'))
  const dashboard = useOnce(useApp((state) => state.dialog === 'dashboard'))
  const tour = useApp((state) => state.phase === 'ready' && !state.preferences.toured)
  const palette = useOnce(useApp((state) => state.dialog === 'palette'))
  return (
    <Suspense>
      {projects && <ProjectsDialog />}
      {share && <ShareDialog />}
      {requests && <RequestsDialog />}
      {palette && <Palette />}
      {tour && <Tour />}
      {help && <HelpDialog />}
      {cluster && <ClusterDialog />}
      {listing && <ListingDialog />}
      {changes && <ChangesDialog />}
      {dashboard && <DashboardDialog />}
    </Suspense>
  )
}
