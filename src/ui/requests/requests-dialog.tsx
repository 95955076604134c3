import { Dialog } from '../dialog.tsx'
import '../messages/with-requests.ts'
import { t } from '../messages/t.ts'
import { KeptList } from './kept-list.tsx'
import './requests.css'
import { ThisRequest } from './this-request.tsx'

/** The composer's request in detail, and the requests that a person keeps to send again. */
export function RequestsDialog() {
  return (
    <Dialog name="requests" title={t('header.requests')}>
      <ThisRequest />
      <KeptList />
    </Dialog>
  )
}
