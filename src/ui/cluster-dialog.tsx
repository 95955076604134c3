import { Dialog } from './dialog.tsx'
import { t } from './messages/t.ts'
import './messages/with-settings.ts'
import { RebuildForm } from './settings/rebuild-form.tsx'
import { RunningSettings } from './settings/running-settings.tsx'
import './settings/settings.css'

/** How the cluster runs, and how it was installed. */
export function ClusterDialog() {
  return (
    <Dialog name="cluster" title={t('header.cluster')}>
      <RunningSettings />
      <RebuildForm />
    </Dialog>
  )
}
