import './editor.css'
import '../messages/with-editor.ts'
import { X } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import { doneText } from '../history/deed-text.ts'
import { travel } from '../history/change.ts'
import { IconButton } from '../icon-button.tsx'
import { closeEditor, keepRefused, type Source } from '../menu/surface.ts'
import { t } from '../messages/t.ts'
import { type Studio, useStudio } from '../studio.ts'
import { drafts, editsFor, type Manuscript } from './document.ts'
import { Review } from './review.tsx'
import { type Editing, useManuscript } from './use-manuscript.ts'
import { Writing } from './writing.tsx'

/** A drawer beside the map: the text of an object, a file or something new; what it would change; and then the change. */
export function Editor({ source }: { readonly source: Source }) {
  const [turn, setTurn] = useState(0)
  const editing = useManuscript(source, turn)
  const { manuscript, reading } = editing
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    event.preventDefault()
    event.stopPropagation()
    close()
  }
  return (
    <aside className="editor" aria-label={t('editor.title')} onKeyDown={onKeyDown}>
      <header className="editor-head">
        <h2 className="truncate mono">{typeof manuscript === 'object' ? manuscript.name : t('editor.title')}</h2>
        <IconButton label={t('editor.close')} icon={X} onPress={close} />
      </header>
      {manuscript === undefined && <p className="empty">{t('editor.gone')}</p>}
      {typeof manuscript === 'object' && (
        <Desk key={reading} manuscript={manuscript} editing={editing} source={source} onAgain={() => setTurn(turn + 1)} />
      )}
    </aside>
  )
}

/** Focus goes where it can be of use: nothing else on the page is where the editor was. */
function close(): void {
  closeEditor()
  document.querySelector<HTMLElement>('.tree-scroll')?.focus()
}

interface DeskProps {
  readonly manuscript: Manuscript
  readonly editing: Editing
  readonly source: Source
  /** The text is to be read again, since the cluster has it now or since it is given up. */
  readonly onAgain: () => void
}

function Desk({ manuscript, editing, source, onAgain }: DeskProps) {
  const studio = useStudio()
  // What was dropped is looked at before it is written on.
  const [reviewing, setReviewing] = useState(source.from === 'placed')
  const { text, checked } = editing
  const apply = async () => {
    const refused = await applyText(studio, manuscript, text)
    if (refused) return setReviewing(false)
    drafts.delete(manuscript.key)
    if (source.from === 'refused') keepRefused([])
    if (source.from === 'draft' || source.from === 'placed' || source.from === 'refused') closeEditor()
    else onAgain()
  }
  const revert = () => {
    drafts.delete(manuscript.key)
    onAgain()
  }
  if (reviewing && checked)
    return (
      <Review
        manuscript={manuscript}
        text={text}
        checked={checked}
        onBack={() => setReviewing(false)}
        onApply={() => void apply().catch(() => undefined)}
      />
    )
  const at = 'line' in source && source.line !== undefined ? { line: source.line } : {}
  return <Writing manuscript={manuscript} editing={editing} {...at} onReview={() => setReviewing(true)} onRevert={revert} />
}

/** True when the cluster would not have it. */
async function applyText(studio: Studio, manuscript: Manuscript, text: string): Promise<boolean> {
  const { actions } = studio
  const answer = await actions.change({ kind: 'edit', edits: editsFor(manuscript, text) })
  if (!answer.accepted) {
    actions.toast({ tone: 'error', text: t('edit.refused', { why: answer.problems[0]?.message ?? '' }) })
    return true
  }
  const undo = { label: t('edit.undo.short'), run: () => void travel(studio, 'undo').catch(() => undefined) }
  actions.toast({ tone: 'info', text: doneText(answer), action: undo })
  return false
}
