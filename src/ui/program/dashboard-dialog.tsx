import '../messages/with-programs.ts'
import { Dialog } from '../dialog.tsx'
import { t } from '../messages/t.ts'
import { useApp } from '../studio.ts'
import { Dashboard } from './dashboard.tsx'

/** The dashboard of the Traefik that is selected, as `kubectl port-forward` would show it: no packet is sent for it. */
export function DashboardDialog() {
  const target = useApp((state) => (state.selected?.startsWith('pod/') ? state.selected : undefined))
  const name = target?.slice(target.lastIndexOf('/') + 1) ?? ''
  return (
    <Dialog name="dashboard" title={t('dashboard.title', { name })}>
      {target !== undefined && <Dashboard target={target} />}
    </Dialog>
  )
}
