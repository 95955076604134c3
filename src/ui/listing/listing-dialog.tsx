import { useEffect, useState } from 'react'
import type { Program } from '../../worker/protocol.ts'
import { Dialog } from '../dialog.tsx'
import '../messages/with-tables.ts'
import { count, t } from '../messages/t.ts'
import { useApp, useStudio } from '../studio.ts'
import { Tabs } from '../tabs.tsx'
import { useRowWindow } from '../window-rows.ts'
import { type Lines, useLines } from './use-lines.ts'
import './listing.css'

/** What the field's own programs print on the node that is selected. Only the lines on screen come from the worker. */
export function ListingDialog() {
  const node = useApp((state) => (state.selected?.startsWith('node/') ? state.selected : undefined))
  return (
    <Dialog name="listing" title={t('listing.title', { node: node?.slice('node/'.length) ?? '' })}>
      {node !== undefined && <Pages key={node} target={node} />}
    </Dialog>
  )
}

function Pages({ target }: { readonly target: string }) {
  const [program, setProgram] = useState<Program>('iptables-save')
  const [find, setFind] = useState('')
  const lines = useLines(target, program, find)
  if (lines.programs.length === 0) return <p className="empty">{lines.isAnswered ? t('listing.none') : ''}</p>
  return (
    <div className="listing" data-testid="listing">
      <div className="tables-tabs">
        <Tabs
          label={t('listing.program')}
          tabs={lines.programs.map((id) => ({ id, text: id }))}
          value={lines.program ?? program}
          onChange={setProgram}
        />
      </div>
      <div className="listing-tools">
        <input
          className="select mono"
          type="search"
          aria-label={t('listing.find')}
          placeholder={t('listing.find')}
          value={find}
          onChange={(event) => setFind(event.target.value)}
        />
        <span className="muted" role="status">
          {count('listing.lines', lines.total)}
        </span>
        <CopyAll lines={lines} />
      </div>
      <Page key={`${lines.program ?? ''} ${find}`} lines={lines} />
    </div>
  )
}

/** Height of a line, as in listing.css. */
const LINE = 18

function Page({ lines }: { readonly lines: Lines }) {
  const { scroll, first, last } = useRowWindow(lines.total, -1, 0, LINE)
  const { want } = lines
  useEffect(() => want(first, last), [want, first, last])
  const shown = lines.between(first, last)
  return (
    <div className="listing-scroll mono" ref={scroll} role="region" tabIndex={0} aria-label={lines.program ?? ''}>
      <div style={{ height: lines.total * LINE, position: 'relative' }}>
        <pre className="listing-lines" style={{ top: first * LINE }}>
          {shown.map((line, index) => (
            // Lines have no identity but their number.
            <div key={first + index}>{line}</div>
          ))}
        </pre>
      </div>
    </div>
  )
}

function CopyAll({ lines }: { readonly lines: Lines }) {
  const { actions } = useStudio()
  const copy = async () => {
    await navigator.clipboard.writeText(await lines.all())
    actions.toast({ tone: 'info', text: t('listing.copied') })
  }
  return (
    <button type="button" className="button" onClick={() => void copy().catch(() => undefined)}>
      {t('listing.copy')}
    </button>
  )
}
