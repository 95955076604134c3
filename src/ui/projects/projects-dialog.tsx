import { Copy, Pencil, Plus, Trash2 } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import { Dialog } from '../dialog.tsx'
import { IconButton } from '../icon-button.tsx'
import { sampleTitle } from '../messages/sample-text.ts'
import { t } from '../messages/t.ts'
import '../messages/with-share.ts'
import { browserShelf, newId, type Project, type ProjectEntry } from '../persist.ts'
import { type Studio, useApp, useStudio } from '../studio.ts'
import './projects.css'

const nameOf = (entry: Pick<ProjectEntry, 'name' | 'sample'>): string => entry.name ?? sampleTitle(entry.sample)

interface Deleted {
  readonly entry: ProjectEntry
  readonly project: Project & { readonly id: string }
}

/** Everything that is kept in this browser: open, rename, duplicate, delete. */
export function ProjectsDialog() {
  return (
    <Dialog name="projects" title={t('projects.title')}>
      <Projects />
    </Dialog>
  )
}

function Projects() {
  const studio = useStudio()
  const current = useApp((state) => state.id)
  const [entries, setEntries] = useState<readonly ProjectEntry[]>([])
  const [renaming, setRenaming] = useState<string>()
  const [deleted, setDeleted] = useState<Deleted>()
  const refresh = () => void browserShelf.list().then(setEntries)
  useEffect(refresh, [])
  const run = (task: Promise<unknown>) => void task.catch(() => undefined).then(refresh)
  const close = () => studio.store.getState().change((state) => void (state.dialog = undefined))
  return (
    <>
      <ul className="projects" aria-label={t('projects.title')}>
        {entries.map((entry) => (
          <li key={entry.id} className="project" aria-current={entry.id === current}>
            {renaming === entry.id ? (
              <Rename
                entry={entry}
                onDone={(name) => {
                  setRenaming(undefined)
                  if (name !== undefined) run(rename(studio, entry, name))
                }}
              />
            ) : (
              <Line
                entry={entry}
                current={entry.id === current}
                onOpen={() => {
                  close()
                  run(open(studio, entry))
                }}
                onRename={() => setRenaming(entry.id)}
                onDuplicate={() => run(duplicate(studio, entry))}
                onDelete={() => run(remove(entry).then(setDeleted))}
              />
            )}
          </li>
        ))}
      </ul>
      {deleted && (
        <div className="projects-deleted" role="status">
          <span className="truncate">{t('projects.deleted', { name: nameOf(deleted.entry) })}</span>
          <button
            type="button"
            className="button"
            ref={(button) => button?.focus()}
            onClick={() => {
              setDeleted(undefined)
              run(browserShelf.put(deleted.project))
            }}
          >
            {t('projects.undo')}
          </button>
        </div>
      )}
      <p className="muted projects-note">{t('projects.empty')}</p>
      <button
        type="button"
        className="button"
        onClick={() => {
          close()
          run(studio.actions.openEmpty())
        }}
      >
        <Plus size={14} strokeWidth={2} aria-hidden="true" />
        {t('projects.new')}
      </button>
    </>
  )
}

interface LineProps {
  readonly entry: ProjectEntry
  readonly current: boolean
  readonly onOpen: () => void
  readonly onRename: () => void
  readonly onDuplicate: () => void
  readonly onDelete: () => void
}

function Line({ entry, current, onOpen, onRename, onDuplicate, onDelete }: LineProps) {
  const name = nameOf(entry)
  return (
    <>
      <button type="button" className="project-open" aria-label={t('projects.open', { name })} disabled={current} onClick={onOpen}>
        <b className="truncate">{name}</b>
        <span className="muted">{current ? t('projects.current') : new Date(entry.changed).toLocaleString()}</span>
      </button>
      <IconButton label={t('projects.rename', { name })} icon={Pencil} size={14} onPress={onRename} />
      <IconButton label={t('projects.duplicate', { name })} icon={Copy} size={14} onPress={onDuplicate} />
      <IconButton label={t('projects.delete', { name })} icon={Trash2} size={14} disabled={current} onPress={onDelete} />
    </>
  )
}

function Rename({ entry, onDone }: { readonly entry: ProjectEntry; readonly onDone: (name: string | undefined) => void }) {
  const [name, setName] = useState(() => nameOf(entry))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onDone(name.trim() === '' ? undefined : name.trim())
  }
  return (
    <form className="project-rename" onSubmit={submit}>
      <input
        className="select"
        aria-label={t('projects.name')}
        value={name}
        maxLength={80}
        ref={(input) => input?.focus()}
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          // The dialog would close on it.
          event.preventDefault()
          onDone(undefined)
        }}
      />
      <button type="submit" className="button" data-primary>
        {t('projects.save')}
      </button>
      <button type="button" className="button" onClick={() => onDone(undefined)}>
        {t('projects.cancel')}
      </button>
    </form>
  )
}

async function open({ actions }: Studio, entry: ProjectEntry): Promise<void> {
  const project = await browserShelf.load(entry.id)
  if (project) await actions.openProject({ ...project, id: entry.id }, nameOf(entry))
  else actions.toast({ tone: 'error', text: t('projects.gone', { name: nameOf(entry) }) })
}

async function rename({ actions, store }: Studio, entry: ProjectEntry, name: string): Promise<void> {
  if (entry.id === store.getState().id) await actions.rename(name)
  else await browserShelf.rename(entry.id, name)
}

async function duplicate({ actions, store }: Studio, entry: ProjectEntry): Promise<void> {
  const project = entry.id === store.getState().id ? actions.project() : await browserShelf.load(entry.id)
  if (!project) return
  const { fresh: _, ...kept } = project
  const result = await browserShelf.put({ ...kept, id: newId(), name: t('projects.copy', { name: nameOf(entry) }) })
  if (result !== 'kept') actions.toast({ tone: 'error', text: t(result === 'full' ? 'toast.full' : 'toast.storage') })
}

async function remove(entry: ProjectEntry): Promise<Deleted | undefined> {
  const project = await browserShelf.load(entry.id)
  await browserShelf.remove(entry.id)
  return project && { entry, project: { ...project, id: entry.id } }
}
