import { Command } from 'cmdk'
import { useEffect, useRef, useState } from 'react'
import { nameOf, wrongText } from '../findings/finding-text.ts'
import { jumpTo } from '../findings/jump.ts'
import { useFindings } from '../findings/use-findings.ts'
import { sampleText } from '../messages/sample-text.ts'
import { t } from '../messages/t.ts'
import '../messages/with-requests.ts'
import '../messages/with-share.ts'
import { START } from '../position.ts'
import { lineOf } from '../requests/change.ts'
import { sendKept } from '../requests/send-kept.ts'
import { loadSamples, type Sample } from '../samples.ts'
import { type Studio, useApp, useStudio } from '../studio.ts'
import { commandsOf } from './commands.ts'
import { useObjects } from './use-objects.ts'
import './palette.css'

/** Ctrl-K: whatever can be done, opened or looked at, by typing its name. */
export function Palette() {
  const { store } = useStudio()
  const open = useApp((state) => state.dialog === 'palette')
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (!open) return dialog.current?.close()
    dialog.current?.showModal()
    // The browser would focus the frame around the list.
    dialog.current?.querySelector('input')?.focus()
  }, [open])
  const close = () =>
    store.getState().change((state) => {
      if (state.dialog === 'palette') state.dialog = undefined
    })
  return (
    <dialog
      className="dialog palette"
      ref={dialog}
      aria-label={t('palette.title')}
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      {open && <Search onDone={close} />}
    </dialog>
  )
}

function Search({ onDone }: { readonly onDone: () => void }) {
  const studio = useStudio()
  const [text, setText] = useState('')
  const [samples, setSamples] = useState<readonly Sample[]>([])
  const objects = useObjects(text)
  const [chosen, setChosen] = useState('')
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // Objects come after the text: one that is called so is what Enter takes, or else whatever stands first.
    const called = objects.find(({ id, name }) => [id, name].some((one) => one.toLowerCase().startsWith(text.trim().toLowerCase())))
    setChosen(called?.id ?? list.current?.querySelector('[cmdk-item]')?.getAttribute('data-value') ?? '')
  }, [objects, text])
  useEffect(() => {
    loadSamples()
      .then(setSamples)
      .catch(() => undefined)
  }, [])
  const run = (act: () => unknown) => () => {
    onDone()
    act()
  }
  return (
    <Command label={t('palette.title')} loop value={chosen} onValueChange={setChosen}>
      <Command.Input className="palette-input" placeholder={t('palette.search')} value={text} onValueChange={setText} />
      <Command.List className="palette-list" label={t('palette.title')} ref={list}>
        <Command.Empty className="palette-empty">{t('palette.none')}</Command.Empty>
        <Command.Group heading={t('palette.actions')}>
          {commandsOf(studio).map(({ text: name, keys, run: act }) => (
            <Command.Item key={name} value={name} className="palette-item" onSelect={run(act)}>
              <span className="truncate">{name}</span>
              {keys && <kbd>{keys}</kbd>}
            </Command.Item>
          ))}
        </Command.Group>
        {objects.length > 0 && (
          <Command.Group heading={t('palette.objects')}>
            {objects.map((item) => (
              <Command.Item
                key={item.id}
                value={item.id}
                keywords={[item.detail]}
                className="palette-item"
                onSelect={run(() => show(studio, item.id))}
              >
                <span className="truncate">{item.id}</span>
                <span className="muted">{item.detail}</span>
              </Command.Item>
            ))}
          </Command.Group>
        )}
        <Findings studio={studio} text={text} run={run} />
        <KeptRequests studio={studio} run={run} />
        <Requests studio={studio} run={run} />
        <Command.Group heading={t('palette.samples')}>
          {samples.map((sample) => (
            <Command.Item
              key={sample.id}
              value={`${sampleText(sample.id, 'title')} ${sample.id}`}
              className="palette-item"
              onSelect={run(() => studio.actions.openSample(sample).catch(() => undefined))}
            >
              <span className="truncate">{sampleText(sample.id, 'title')}</span>
            </Command.Item>
          ))}
        </Command.Group>
      </Command.List>
    </Command>
  )
}

/** Problems that are found by name among all others. */
const MOST_FINDINGS = 20

function Findings({
  studio,
  text,
  run,
}: {
  readonly studio: Studio
  readonly text: string
  readonly run: (act: () => unknown) => () => void
}) {
  const found = useFindings('', undefined, MOST_FINDINGS)?.findings.filter(({ finding }) => finding.severity !== 'info') ?? []
  if (found.length === 0 || text.trim() === '') return null
  return (
    <Command.Group heading={t('findings.palette')}>
      {found.map(({ key, subject, finding }) => (
        <Command.Item
          key={key}
          value={`${nameOf(subject)} ${wrongText(finding)} ${t('findings.palette')} ${key}`}
          className="palette-item"
          onSelect={run(() => jumpTo(studio, subject))}
        >
          <span className="truncate">
            {nameOf(subject)}: {wrongText(finding)}
          </span>
          <span className="muted">{t(`findings.${finding.severity}`)}</span>
        </Command.Item>
      ))}
    </Command.Group>
  )
}

function KeptRequests({ studio, run }: { readonly studio: Studio; readonly run: (act: () => unknown) => () => void }) {
  const kept = useApp((state) => state.kept)
  if (kept.length === 0) return null
  return (
    <Command.Group heading={t('requests.kept')}>
      {kept.map((request) => (
        <Command.Item
          key={request.id}
          value={`${t('requests.sendOne', { name: request.name })} ${request.id}`}
          className="palette-item"
          onSelect={run(() => sendKept(studio, request))}
        >
          <span className="truncate">{t('requests.sendOne', { name: request.name })}</span>
          <span className="muted truncate">{lineOf(request.order)}</span>
        </Command.Item>
      ))}
    </Command.Group>
  )
}

/** The last requests, newest first; choosing one shows it again. */
const MOST_REQUESTS = 20

function Requests({ studio, run }: { readonly studio: Studio; readonly run: (act: () => unknown) => () => void }) {
  const records = useApp((state) => state.records)
  if (records.length === 0) return null
  return (
    <Command.Group heading={t('palette.requests')}>
      {records
        .map((record, index) => ({ index, text: t('palette.request', { from: record.order.from, to: record.order.to }) }))
        .slice(-MOST_REQUESTS)
        .toReversed()
        .map(({ index, text }) => (
          <Command.Item
            key={index}
            value={`${text} ${index + 1}`}
            className="palette-item"
            onSelect={run(() => studio.player.select(index, START))}
          >
            <span className="truncate">{text}</span>
            <span className="muted">{index + 1}</span>
          </Command.Item>
        ))}
    </Command.Group>
  )
}

function show({ store }: Studio, id: string): void {
  store.getState().change((state) => {
    state.selected = id
    state.inspecting = 'object'
    state.zoom = { what: 'focus', number: (state.zoom?.number ?? 0) + 1 }
  })
}
