import { useEffect, useRef, useState } from 'react'
import type { Checked, ObjectEdit } from '../../worker/protocol.ts'
import { number, t } from '../messages/t.ts'
import { ChangeLines, changedPages, pageTitle } from '../program/change-lines.tsx'
import { useChanges } from '../program/use-changes.ts'
import { Tabs } from '../tabs.tsx'
import { mountDiff } from './code.ts'
import { editsFor, type Manuscript } from './document.ts'

interface Props {
  readonly manuscript: Manuscript
  readonly text: string
  readonly checked: Checked
  readonly onBack: () => void
  readonly onApply: () => void
}

const SHOWN = 60
/** What was written, among the pages of what comes of it. */
const MANIFEST = ''

/** What applying would change: objects, also those that controllers make or remove, the text, and the configurations that programs write themselves. */
export function Review({ manuscript, text, checked, onBack, onApply }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const apply = useRef<HTMLButtonElement>(null)
  const { before, note } = manuscript
  const changes = useChanges({ edits: editsFor(manuscript, text) })
  const pages = changes ? changedPages(changes) : []
  const [wanted, setWanted] = useState(MANIFEST)
  const page = pages.find(({ id }) => id === wanted)
  const [from, to, label] = page
    ? [page.before, page.after, t('program.changes.of', { file: page.file, name: page.program })]
    : [before, text, t('editor.diff')]
  useEffect(() => {
    if (!host.current) return
    const view = mountDiff(host.current, from, to, label)
    return () => view.destroy()
  }, [from, to, label])
  useEffect(() => apply.current?.focus(), [before, text])
  return (
    <>
      <div className="editor-objects" role="region" tabIndex={0} aria-label={t('editor.objects')}>
        <Objects checked={checked} />
        {changes && <ChangeLines changes={changes} />}
      </div>
      {pages.length > 0 && (
        <div className="tables-tabs editor-pages">
          <Tabs
            label={t('editor.diff')}
            tabs={[{ id: MANIFEST, text: manuscript.name }, ...pages.map((each) => ({ id: each.id, text: pageTitle(each) }))]}
            value={page?.id ?? MANIFEST}
            onChange={setWanted}
          />
        </div>
      )}
      <div className="editor-code" ref={host} data-testid="diff" />
      <footer className="editor-foot">
        <p>{note}</p>
        <button type="button" className="button" onClick={onBack}>
          {t('editor.back')}
        </button>
        <button type="button" className="button" data-primary ref={apply} onClick={onApply}>
          {t('editor.apply')}
        </button>
      </footer>
    </>
  )
}

function Objects({ checked: { changes, total } }: { readonly checked: Checked }) {
  if (total === 0) return <p className="muted">{t('editor.nothing')}</p>
  const shown = changes.toSorted((a, b) => rank(a) - rank(b)).slice(0, SHOWN)
  return (
    <ul>
      {shown.map(({ object, op }) => {
        const [kind, namespace, ...name] = object.split('/')
        return (
          <li key={object}>
            <span className="op" data-op={op}>
              {t(`op.${op}`)}
            </span>
            <span className="muted">{kind}</span> <span className="mono truncate">{[namespace, ...name].filter(Boolean).join('/')}</span>
          </li>
        )
      })}
      {total > shown.length && <li className="muted">{t('editor.objects.more', { count: number(total - shown.length) })}</li>}
    </ul>
  )
}

/** Endpoints follow pods, which follow what was written. */
const rank = ({ object }: ObjectEdit): number =>
  object.startsWith('Endpoint') ? 3 : object.startsWith('Pod/') ? 2 : object.startsWith('ReplicaSet/') ? 1 : 0
