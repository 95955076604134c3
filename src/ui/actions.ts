import type { Problem } from '../core/api/problem.ts'
import { withPins } from '../scene/pins.ts'
import { Cancelled, type Client } from '../worker/client.ts'
import type {
  Applied,
  AppliedChange,
  ChangeIntent,
  Edited,
  Intent,
  ManifestFile,
  Opened,
  Part,
  SendOrder,
  Sent,
  StartOptions,
  View,
} from '../worker/protocol.ts'
import type { Ahead } from './ahead.ts'
import { keepRefused } from './menu/surface.ts'
import { count, t } from './messages/t.ts'
import { sampleTitle } from './messages/sample-text.ts'
import { newId, type Project, type Storage } from './persist.ts'
import { START } from './position.ts'
import { FIRST, loadSampleFiles, type Sample } from './samples.ts'
import type { KeptRequest } from './requests/kept.ts'
import { usefulOptions } from './requests/options.ts'
import { resolvedAddress, resolvedOrder } from './requests/resolve.ts'
import type { AppStore, Breakpoint, Draft, Mutable, Toast } from './store.ts'

/** What a person can do to the cluster. Every one of these asks the worker, then writes the answer into the store and the project to disk. */
export interface Actions {
  readonly client: Client
  /** `link` is a fragment that carries a project; `ahead` what was asked for already. */
  readonly boot: (link?: string, ahead?: Ahead) => Promise<void>
  /** Opens another project; the one before stays kept, and is a click away. */
  readonly openProject: (project: Project, title: string) => Promise<void>
  readonly openLink: (link: string) => Promise<boolean>
  /** What is open, as it would be kept. */
  readonly project: () => Project
  readonly rename: (name: string) => Promise<void>
  readonly openSample: (sample: Sample) => Promise<void>
  readonly openEmpty: () => Promise<void>
  readonly rebuild: (options: StartOptions) => Promise<void>
  readonly applyFiles: (files: readonly ManifestFile[]) => Promise<void>
  /** What the composer holds. */
  readonly send: () => Promise<void>
  readonly sendOrder: (order: SendOrder) => Promise<void>
  /** Edits, undoes or redoes; says nothing about it. */
  readonly change: (intent: ChangeIntent) => Promise<Edited>
  readonly clearPackets: () => Promise<void>
  /** The list of requests to send again, as it shall be. */
  readonly keep: (kept: readonly KeptRequest[]) => Promise<void>
  readonly setBreakpoints: (breakpoints: readonly Breakpoint[]) => Promise<void>
  readonly toast: (toast: Omit<Toast, 'id'>) => void
  readonly dismiss: (id: number) => void
  /** Stops what the worker is at; the cluster becomes what it was. */
  readonly cancel: () => Promise<void>
}

export const DEFAULT_START: StartOptions = { profile: 'kubeadm', backend: 'vxlan', nodes: 3, seed: 1 }

export const createActions = (store: AppStore, client: Client, storage: Storage): Actions => new Desk(store, client, storage)

class Desk implements Actions {
  readonly client: Client
  readonly #store: AppStore
  readonly #storage: Storage
  /** Whether the last save went well: a browser that refuses is reported once. */
  #stored = true
  /** The intents of a project as it was opened, as long as that is nobody's work. */
  #fresh: readonly Intent[] | undefined

  constructor(store: AppStore, client: Client, storage: Storage) {
    this.#store = store
    this.client = client
    this.#storage = storage
  }

  readonly boot = async (link?: string, ahead?: Ahead): Promise<void> => {
    if (link !== undefined && (await this.openLink(link))) return
    const project = await (ahead?.project ?? this.#storage.loadProject())
    if (project && project.intents.length > 0) return this.#open(project, false)
    return this.#openFiles(FIRST, ahead?.files ?? loadSampleFiles(FIRST))
  }

  readonly openLink = async (link: string): Promise<boolean> => {
    const { readLink, linkOpened, linkProblem } = await import('./share/open-link.ts')
    const read = readLink(link)
    if (!read.ok) {
      this.toast({ tone: 'error', text: linkProblem(read.why) })
      return false
    }
    const { project } = read
    if (this.#store.getState().phase !== 'ready') this.toast({ tone: 'info', text: linkOpened() })
    await this.openProject({ ...project, fresh: true }, project.name ?? sampleTitle(project.sample))
    return true
  }

  readonly openSample = (sample: Sample): Promise<void> => this.#openFiles(sample, loadSampleFiles(sample))

  async #openFiles(sample: Sample, loading: Promise<readonly ManifestFile[]>): Promise<void> {
    const files = await this.#working(loading)
    const intents: readonly Intent[] = [
      { kind: 'start', options: { ...DEFAULT_START, ...sample.start } },
      { kind: 'apply', files, ground: true },
      { kind: 'send', order: sample.request },
    ]
    await this.openProject({ version: 1, intents, sample: sample.id, fresh: true }, sampleTitle(sample.id))
  }

  readonly openEmpty = (): Promise<void> => {
    const options = startOf(this.#store.getState().intents)
    return this.openProject({ version: 1, intents: [{ kind: 'start', options }], fresh: true }, t('project.own'))
  }

  readonly rebuild = (options: StartOptions): Promise<void> => {
    const { fresh: _, ...project } = this.project()
    const rest = project.intents.filter((intent) => intent.kind !== 'start')
    return this.#open({ ...project, intents: [{ kind: 'start', options }, ...rest] }, false)
  }

  readonly applyFiles = async (files: readonly ManifestFile[]): Promise<void> => {
    const applied = await this.#working(this.client.ask({ kind: 'apply', files }, this.#hear))
    const { change } = this.#store.getState()
    change((state) => showApplied(state, applied, files))
    keepRefused(applied.accepted ? [] : files)
    // What is told as applied survives a reload.
    if (applied.accepted) await this.#save()
    this.toast(appliedToast(applied, () => change((state) => void (state.tab = 'problems'))))
  }

  readonly change = async (intent: ChangeIntent): Promise<Edited> => {
    const answer = await this.#working(this.client.ask(intent))
    if (!answer.accepted) return answer
    this.#store.getState().change((state) => {
      showView(state, answer)
      state.intents = [...state.intents, intent]
      state.problems = answer.problems
      state.refused = false
    })
    await this.#save()
    return answer
  }

  readonly send = (): Promise<void> => this.sendOrder(orderOf(this.#store.getState().draft))

  readonly sendOrder = async (order: SendOrder): Promise<void> => {
    const answer = await this.#working(this.client.ask({ kind: 'send', order }))
    this.#store.getState().change((state) => {
      showSent(state, answer)
      state.toasts = state.toasts.filter(({ unsent }) => !unsent)
    })
    if (answer.sent) await this.#save()
    else this.toast({ tone: 'error', unsent: true, text: answer.problem.message, ...this.#resolving(order, answer.problem) })
  }

  /** A name without a record that somebody serves: sent again, and shown in the composer, as a person would tell curl. */
  #resolving(order: SendOrder, { resolve }: Problem): Pick<Toast, 'action'> {
    if (resolve === undefined) return {}
    const run = (): void => {
      const again = resolvedOrder(order, resolve)
      this.#store.getState().change((state) => void (state.draft = { ...state.draft, to: again.to }))
      void this.sendOrder(again)
    }
    return { action: { label: t('toast.resolve', { address: resolvedAddress(resolve) }), run } }
  }

  readonly clearPackets = (): Promise<void> => {
    const { fresh: _, ...project } = this.project()
    return this.#open({ ...project, intents: project.intents.filter((intent) => intent.kind !== 'send') }, false)
  }

  readonly keep = async (kept: readonly KeptRequest[]): Promise<void> => {
    this.#fresh = undefined
    this.#store.getState().change((state) => void (state.kept = kept))
    await this.#save()
  }

  readonly setBreakpoints = async (breakpoints: readonly Breakpoint[]): Promise<void> => {
    this.#store.getState().change((state) => void (state.breakpoints = breakpoints))
    await this.#save()
  }

  readonly toast = (added: Omit<Toast, 'id'>): void =>
    this.#store.getState().change((state) => {
      state.toasts = [...state.toasts.slice(-2), { ...added, id: (state.toasts.at(-1)?.id ?? 0) + 1 }]
    })

  readonly dismiss = (id: number): void =>
    this.#store.getState().change((state) => {
      state.toasts = state.toasts.filter((shown) => shown.id !== id)
    })

  readonly project = (): Project => {
    const { intents, sample, id, name, breakpoints, kept } = this.#store.getState()
    return {
      version: 1,
      ...(id === '' ? {} : { id }),
      ...(name === undefined ? {} : { name }),
      intents,
      ...(sample === undefined ? {} : { sample }),
      ...(breakpoints.length === 0 ? {} : { breakpoints }),
      ...(kept.length === 0 ? {} : { kept }),
      ...(intents === this.#fresh ? { fresh: true } : {}),
    }
  }

  readonly rename = async (name: string): Promise<void> => {
    this.#fresh = undefined
    this.#store.getState().change((state) => void (state.name = name))
    await this.#save()
  }

  async #save(): Promise<void> {
    const kept = await this.#storage.saveProject(this.project())
    if (kept !== 'kept' && this.#stored) this.toast({ tone: 'error', text: t(kept === 'full' ? 'toast.full' : 'toast.storage') })
    this.#stored = kept === 'kept'
  }

  /** The first map need not wait for the packets. */
  readonly #hear = (part: Part): void => {
    const { phase, change } = this.#store.getState()
    if (part.kind === 'reading') change((state) => void (state.reading = part))
    else if (phase === 'starting') change((state) => showView(state, part.opened))
  }

  readonly cancel = async (): Promise<void> => {
    const { intents } = this.#store.getState()
    this.client.restart()
    this.toast({ tone: 'info', text: t('toast.cancelled') })
    const opened = await this.#working(this.client.ask({ kind: 'open', intents }))
    this.#store.getState().change((state) => showView(state, opened))
  }

  /** Replays a project from nothing and shows it. */
  async #open(project: Project, play: boolean): Promise<void> {
    const opened = await this.#working(this.client.ask({ kind: 'open', intents: project.intents }, this.#hear))
    this.#store.getState().change((state) => {
      showView(state, opened)
      showOpened(state, project, opened, play)
      state.id = project.id ?? newId()
    })
    this.#fresh = project.fresh ? project.intents : undefined
    await this.#save()
  }

  readonly openProject = async (project: Project, title: string): Promise<void> => {
    const before = this.project()
    const { phase } = this.#store.getState()
    await this.#open(project, true)
    if (phase !== 'ready' || before.intents.length <= 1) return
    const back = () => void this.#open(before, false).catch(() => undefined)
    this.toast({ tone: 'info', text: t('toast.opened', { title }), action: { label: t('toast.back'), run: back } })
  }

  /** Everything that waits is counted, so that the page can show that it works. A failure before the first cluster is the page's own. */
  async #working<T>(task: Promise<T>): Promise<T> {
    const { change } = this.#store.getState()
    change((state) => void (state.busy += 1))
    try {
      return await task
    } catch (error) {
      if (error instanceof Cancelled) throw error
      const text = error instanceof Error ? error.message : String(error)
      change((state) => {
        if (state.phase === 'starting') state.phase = 'failed'
        state.error = text
      })
      if (this.#store.getState().phase === 'ready') this.toast({ tone: 'error', text })
      throw error
    } finally {
      change((state) => {
        state.busy -= 1
        state.reading = undefined
      })
    }
  }
}

export const startOf = (intents: readonly Intent[]): StartOptions =>
  intents.find((intent) => intent.kind === 'start')?.options ?? DEFAULT_START

/** What the composer holds, as it would be sent. */
export function orderOf({ from, to, protocol, options }: Draft): SendOrder {
  const useful = options && usefulOptions(options, protocol)
  return { from: from.trim(), to: to.trim(), protocol, ...(useful ? { options: useful } : {}) }
}

export const draftOf = (order: SendOrder | undefined): Draft => ({
  from: order?.from ?? '',
  to: order?.to ?? '',
  protocol: order?.protocol ?? 'tcp',
  ...(order?.options ? { options: order.options } : {}),
  target: '',
  next: 'from',
})

function showView(state: Mutable, view: View): void {
  state.scene = Object.freeze(withPins(view.scene, view.pins))
  state.pins = view.pins
  state.groups = Object.freeze(view.groups)
  state.settings = view.settings
  state.totals = view.totals
  state.revision += 1
}

function showOpened(state: Mutable, project: Project, opened: Opened, play: boolean): void {
  const last = opened.sent.at(-1)
  const order = last?.order ?? project.intents.findLast((intent) => intent.kind === 'send')?.order
  state.phase = 'ready'
  state.intents = project.intents
  state.sample = project.sample
  state.name = project.name
  state.breakpoints = project.breakpoints ?? []
  state.kept = project.kept ?? []
  state.problems = opened.problems
  state.unsent = undefined
  state.refused = false
  state.records = opened.sent.map((record) => Object.freeze(record))
  state.selected = undefined
  state.inspecting = 'packet'
  state.playback = { conversation: opened.sent.length - 1, position: START, playing: play && opened.sent.length > 0 }
  state.draft = draftOf(order)
  state.tab = opened.problems.some((problem) => problem.severity === 'error') ? 'problems' : 'packets'
}

function showSent(state: Mutable, answer: Sent): void {
  if (!answer.sent) {
    state.unsent = answer.problem
    state.tab = 'problems'
    return
  }
  state.unsent = undefined
  state.intents = [...state.intents, { kind: 'send', order: answer.record.order }]
  state.records = [...state.records, Object.freeze(answer.record)]
  state.playback = { conversation: state.records.length - 1, position: START, playing: true }
  state.inspecting = 'packet'
  state.tab = 'packets'
}

function showApplied(state: Mutable, applied: Applied, files: readonly ManifestFile[]): void {
  state.problems = applied.problems
  state.refused = !applied.accepted
  if (!applied.accepted) {
    state.tab = 'problems'
    return
  }
  showView(state, applied)
  state.intents = [...state.intents, { kind: 'apply', files }]
}

function appliedToast(applied: Applied, showProblems: () => void): Omit<Toast, 'id'> {
  const problems = applied.problems.length > 0 ? { action: { label: t('toast.show'), run: showProblems } } : {}
  if (applied.accepted) return { tone: 'info', text: changesText(applied.changes), ...problems }
  const errors = applied.problems.filter((problem) => problem.severity === 'error').length
  return { tone: 'error', text: t('toast.rejected', { errors: count('count.errors', errors) }), ...problems }
}

function changesText(changes: readonly AppliedChange[]): string {
  const created = changes.filter((c) => c.op === 'created').length
  const configured = changes.filter((c) => c.op === 'configured').length
  const parts = [
    ...(created > 0 ? [count('count.created', created)] : []),
    ...(configured > 0 ? [count('count.configured', configured)] : []),
  ]
  return parts.length === 0 ? t('toast.unchanged') : t('toast.applied', { changes: parts.join(', ') })
}
