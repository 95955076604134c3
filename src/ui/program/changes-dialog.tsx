import './program.css'
import '../messages/with-programs.ts'
import { useEffect, useRef, useState } from 'react'
import { Dialog } from '../dialog.tsx'
import { mountDiff } from '../editor/code.ts'
import { t } from '../messages/t.ts'
import { Tabs } from '../tabs.tsx'
import { ChangeLines, type ChangedPage, changedPages, pageTitle } from './change-lines.tsx'
import { useChanges } from './use-changes.ts'

/** What the last change of the cluster did to configurations, as a diff. */
export const ChangesDialog = () => (
  <Dialog name="changes" title={t('program.changes.last')}>
    <Changes />
  </Dialog>
)

function Changes() {
  const changes = useChanges({ step: 0 })
  const [wanted, setWanted] = useState<string>()
  if (!changes) return <p className="empty">{t('program.changes.wait')}</p>
  const pages = changedPages(changes)
  const page = pages.find(({ id }) => id === wanted) ?? pages[0]
  if (!page) return <p className="empty">{t('program.changes.none')}</p>
  return (
    <div className="changes-dialog">
      <ChangeLines changes={changes} />
      {pages.length > 1 && (
        <div className="tables-tabs">
          <Tabs
            label={t('program.changes')}
            tabs={pages.map((each) => ({ id: each.id, text: pageTitle(each) }))}
            value={page.id}
            onChange={setWanted}
          />
        </div>
      )}
      <Diff key={page.id} page={page} />
    </div>
  )
}

function Diff({ page: { program, file, before, after } }: { readonly page: ChangedPage }) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!host.current) return
    const view = mountDiff(host.current, before, after, t('program.changes.of', { file, name: program }))
    return () => view.destroy()
  }, [before, after, file, program])
  return <div className="changes-diff" ref={host} data-testid="config-diff" />
}
