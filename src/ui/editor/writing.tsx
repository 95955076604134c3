import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { count, t } from '../messages/t.ts'
import { useStudio } from '../studio.ts'
import { mountCode } from './code.ts'
import type { Manuscript } from './document.ts'
import type { Editing } from './use-manuscript.ts'

interface Props {
  readonly manuscript: Manuscript
  readonly editing: Editing
  readonly line?: number
  readonly onReview: () => void
  readonly onRevert: () => void
}

export function Writing({ manuscript, editing, line, onReview, onRevert }: Props) {
  const { text, checked } = editing
  const errors = checked?.problems.filter(({ severity }) => severity === 'error').length ?? 0
  const ready = checked !== undefined && errors === 0 && text !== manuscript.before
  // Who types and saves at once asks before the text is checked: it is shown as soon as it is.
  const [wanted, setWanted] = useState<string>()
  useEffect(() => {
    if (ready && wanted === text) onReview()
  }, [ready, wanted, text, onReview])
  const host = useCode({ manuscript, editing, ...(line === undefined ? {} : { line }), onReview: () => setWanted(text) })
  return (
    <>
      {manuscript.whole && <p className="editor-note">{t('editor.whole')}</p>}
      <div className="editor-code" ref={host} data-testid="code" />
      <footer className="editor-foot">
        <p role="status" data-tone={errors > 0 ? 'error' : undefined} title={t('editor.keys')}>
          {stateText(editing, manuscript, errors)}
        </p>
        <button type="button" className="button" disabled={text === manuscript.text} onClick={onRevert}>
          {t('editor.revert')}
        </button>
        <button type="button" className="button" data-primary disabled={!ready} onClick={onReview}>
          {t('editor.review')}
        </button>
      </footer>
    </>
  )
}

function stateText({ text, checked }: Editing, { before }: Manuscript, errors: number): string {
  if (text === before) return t('editor.same')
  if (!checked) return t('editor.checking')
  if (errors > 0) return count('count.errors', errors)
  return checked.total === 0 ? t('editor.nothing') : count('count.changes', checked.total)
}

/** The editor is made once for a text; what it calls is always the latest. */
function useCode(props: Omit<Props, 'onRevert'>) {
  const { client } = useStudio().actions
  const host = useRef<HTMLDivElement>(null)
  const latest = useRef(props)
  // Before the next key: an effect after painting may come later than what is typed on seeing it.
  useLayoutEffect(() => {
    latest.current = props
  })
  useEffect(() => {
    const element = host.current
    if (!element) return
    const { manuscript, editing, line } = latest.current
    const view = mountCode(element, {
      client,
      text: editing.text,
      label: t('editor.text', { name: manuscript.name }),
      ...(line === undefined ? {} : { line }),
      onChange: (text) => latest.current.editing.setText(text),
      check: (text) => latest.current.editing.check(text),
      onReview: () => latest.current.onReview(),
    })
    view.focus()
    const stop = keepIn(element)
    return () => {
      stop()
      view.destroy()
    }
  }, [client])
  return host
}

/** What is typed, pasted or dropped here is none of the page's business; only Escape is, once the editor has no use for it. */
function keepIn(host: HTMLElement): () => void {
  const stop = new AbortController()
  const keep = (event: Event) => {
    const closes = event instanceof KeyboardEvent && event.key === 'Escape' && !event.defaultPrevented
    if (!closes) event.stopPropagation()
  }
  for (const type of ['keydown', 'paste', 'drop', 'dragenter', 'dragover', 'contextmenu'])
    host.addEventListener(type, keep, { signal: stop.signal })
  return () => stop.abort()
}
