import { Bar } from './bar.tsx'
import { ClusterDialog } from './cluster-dialog.tsx'
import { DropVeil } from './drop.tsx'
import { Failed } from './failed.tsx'
import { HelpDialog } from './help.tsx'
import { useMedia } from './media.ts'
import { Narration } from './narration.tsx'
import { Narrow } from './narrow.tsx'
import { useShortcuts } from './shortcuts.ts'
import { useApp } from './studio.ts'
import { Toasts } from './toasts.tsx'
import { Workspace } from './workspace.tsx'

/** The page: the bar with the composer, the regions below it, and what lies above both. */
export function App() {
  const failed = useApp((state) => state.phase === 'failed')
  const narrow = useMedia('(max-width: 760px)')
  useShortcuts()
  if (failed) return <Failed />
  return (
    <div className="app">
      <Bar />
      {narrow ? <Narrow /> : <Workspace />}
      <Narration />
      <Toasts />
      <DropVeil />
      <HelpDialog />
      <ClusterDialog />
    </div>
  )
}
