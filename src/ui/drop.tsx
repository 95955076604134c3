import { useEffect } from 'react'
import { carries, readDragged } from './dropping/dragged.ts'
import type { ReadFiles } from './files.ts'
import { t } from './messages/t.ts'
import { type Studio, useApp, useStudio } from './studio.ts'

/** Manifests may be dropped or pasted anywhere on the page. */
export function DropVeil() {
  const studio = useStudio()
  const dropping = useApp((state) => state.dropping)
  useEffect(() => listen(studio), [studio])
  if (!dropping) return null
  return (
    <div className="drop-veil" data-node={dropping === true ? undefined : ''}>
      <div>
        <b>{dropping === true ? t('canvas.drop') : t('canvas.drop.node', { node: dropping })}</b>
        {dropping === true ? t('canvas.drop.detail') : t('canvas.drop.node.detail')}
      </div>
    </div>
  )
}

/** Files of programs, which lie on a node. */
const CONFIGURATION = /\.(?:toml|cfg|conf|ini)$/i

export async function applyRead({ actions }: Studio, { files, unreadable }: ReadFiles): Promise<void> {
  for (const file of unreadable) actions.toast({ tone: 'error', text: t('toast.unreadable', { file }) })
  const [first] = files
  if (first && files.every(({ name }) => CONFIGURATION.test(name))) {
    actions.toast({ tone: 'info', text: t('toast.ontoNode', { file: first.name }) })
    return
  }
  if (files.length > 0) await actions.applyFiles(files)
}

function listen(studio: Studio): () => void {
  const { store } = studio
  const show = (dropping: boolean) => store.getState().change((state) => void (state.dropping = dropping))
  const stop = new AbortController()
  const { signal } = stop
  addEventListener('dragenter', (event) => carries(event) && store.getState().dropping === false && show(true), { signal })
  addEventListener('dragleave', (event) => event.relatedTarget === null && show(false), { signal })
  addEventListener('dragover', (event) => carries(event) && event.preventDefault(), { signal })
  addEventListener(
    'drop',
    (event) => {
      if (!carries(event) || !event.dataTransfer) return
      event.preventDefault()
      show(false)
      // The list of items is gone after this turn, so reading starts at once.
      void readDragged(event.dataTransfer)
        .then((read) => applyRead(studio, read))
        .catch(() => undefined)
    },
    { signal },
  )
  // A drag that is called off ends nowhere on the page.
  addEventListener('dragend', () => show(false), { signal })
  addEventListener('paste', (event) => paste(studio, event), { signal })
  return () => stop.abort()
}

/** Anything that looks like an API object; short texts pasted into a field are left to the field. */
const MANIFEST = /^\s*(?:"?apiVersion"?\s*:|"?kind"?\s*:)/m

function paste(studio: Studio, event: ClipboardEvent): void {
  const text = event.clipboardData?.getData('text/plain') ?? ''
  const inField = event.target instanceof HTMLElement && event.target.matches('input, textarea')
  const isManifest = MANIFEST.test(text) || /^\s*[[{]/.test(text)
  if (text.trim() === '' || (inField && !isManifest)) return
  event.preventDefault()
  if (!isManifest) {
    studio.actions.toast({ tone: 'error', text: t('toast.notManifest') })
    return
  }
  const pastes = studio.store.getState().intents.filter((intent) => intent.kind === 'apply').length
  void studio.actions.applyFiles([{ name: t('paste.name', { n: pastes }), text }]).catch(() => undefined)
}
