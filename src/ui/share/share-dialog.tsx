import { Download, Link } from 'lucide-react'
import { useMemo, useRef } from 'react'
import { Dialog } from '../dialog.tsx'
import { number, t } from '../messages/t.ts'
import '../messages/with-share.ts'
import { currentRecord } from '../store.ts'
import { type Studio, useApp, useStudio } from '../studio.ts'
import { EXPORTS, type ExportKind, runExport } from './exports.ts'
import { linkFragment } from './link.ts'
import './share.css'

/** Links longer than this are cut by some mail programs and chats. */
const LONG = 8000

export function ShareDialog() {
  return (
    <Dialog name="share" title={t('header.share')}>
      <LinkPart />
      <h3>{t('share.map')}</h3>
      <Exports kinds={['svg', 'png']} />
      <h3>{t('share.trace')}</h3>
      <TraceExports />
      <h3>{t('share.manifests')}</h3>
      <Exports kinds={['yaml']} />
    </Dialog>
  )
}

export const linkOf = ({ actions }: Studio): string => location.href.replace(/#.*$/, '') + linkFragment(actions.project())

function LinkPart() {
  const studio = useStudio()
  const field = useRef<HTMLInputElement>(null)
  const intents = useApp((state) => state.intents)
  const name = useApp((state) => state.name)
  // The project is a function of these two.
  const link = useMemo(() => (intents && name !== '' ? linkOf(studio) : ''), [studio, intents, name])
  return (
    <section>
      <p className="muted">{t('share.link.detail')}</p>
      <div className="share-link">
        <input
          ref={field}
          className="select"
          aria-label={t('share.link')}
          readOnly
          value={link}
          onFocus={(event) => event.target.select()}
          spellCheck={false}
        />
        <button type="button" className="button" data-primary onClick={() => void copyLink(studio, link, field.current)}>
          <Link size={14} strokeWidth={2} aria-hidden="true" />
          {t('share.link.copy')}
        </button>
      </div>
      <p className="muted share-length">
        {link.length > LONG ? t('share.link.long', { count: number(link.length) }) : t('share.link.length', { count: number(link.length) })}
      </p>
    </section>
  )
}

export async function copyLink({ actions }: Studio, link: string, field: HTMLInputElement | null): Promise<void> {
  try {
    await navigator.clipboard.writeText(link)
    actions.toast({ tone: 'info', text: t('share.link.copied') })
  } catch {
    // No permission, or a page that is not served securely.
    field?.select()
    actions.toast({ tone: 'error', text: t('share.link.select') })
  }
}

function TraceExports() {
  const sent = useApp((state) => currentRecord(state) !== undefined)
  if (!sent) return <p className="muted">{t('share.trace.none')}</p>
  return <Exports kinds={['json', 'markdown', 'pcapng']} />
}

function Exports({ kinds }: { readonly kinds: readonly ExportKind[] }) {
  const studio = useStudio()
  return (
    <div className="share-buttons">
      {kinds.map((kind) => (
        <button key={kind} type="button" className="button" onClick={() => void runExport(studio, kind)}>
          <Download size={14} strokeWidth={2} aria-hidden="true" />
          {t(EXPORTS[kind])}
        </button>
      ))}
    </div>
  )
}
