import type { Client } from '../worker/client.ts'
import type { Applied, AppliedChange, Intent, ManifestFile, Opened, SendOrder, StartOptions, View } from '../worker/protocol.ts'
import { count, t } from './messages/t.ts'
import { sampleTitle } from './messages/sample-text.ts'
import type { Project, Storage } from './persist.ts'
import { START } from './position.ts'
import { FIRST_SAMPLE, loadSampleFiles, loadSamples, type Sample } from './samples.ts'
import type { AppStore, Toast } from './store.ts'

/** What a person can do to the cluster. Every one of these asks the worker, then writes the answer into the store and the project to disk. */
export interface Actions {
  readonly client: Client
  boot(): Promise<void>
  openSample(sample: Sample): Promise<void>
  openEmpty(): Promise<void>
  rebuild(options: StartOptions): Promise<void>
  applyFiles(files: readonly ManifestFile[]): Promise<void>
  send(): Promise<void>
  clearPackets(): Promise<void>
  toast(toast: Omit<Toast, 'id'>): void
  dismiss(id: number): void
}

export const DEFAULT_START: StartOptions = { profile: 'kubeadm', backend: 'vxlan', nodes: 3, seed: 1 }

export function createActions(store: AppStore, client: Client, storage: Storage): Actions {
  const { change } = store.getState()
  let stored = true

  const toast: Actions['toast'] = (added) =>
    change((state) => {
      state.toasts = [...state.toasts.slice(-2), { ...added, id: (state.toasts.at(-1)?.id ?? 0) + 1 }]
    })

  const save = async () => {
    const { intents, sample } = store.getState()
    const done = await storage.saveProject({ version: 1, intents, ...(sample === undefined ? {} : { sample }) })
    if (!done && stored) toast({ tone: 'error', text: t('toast.storage') })
    stored = done
  }

  /** Everything that waits for the worker: counted, so that the page can show that it works. */
  const working = async <T>(task: Promise<T>): Promise<T> => {
    change((state) => void (state.busy += 1))
    try {
      return await task
    } catch (error) {
      change((state) => {
        state.phase = state.phase === 'starting' ? 'failed' : state.phase
        state.error = error instanceof Error ? error.message : String(error)
      })
      throw error
    } finally {
      change((state) => void (state.busy -= 1))
    }
  }

  /** Replays a project from nothing and shows it. */
  const open = async (project: Project, play: boolean) => {
    const opened = await working(client.ask({ kind: 'open', intents: project.intents }))
    change((state) => {
      showView(state, opened)
      showOpened(state, project, opened, play)
    })
    await save()
  }

  const replaceWith = async (project: Project, title: string) => {
    const { intents, sample, phase } = store.getState()
    const before: Project = { version: 1, intents, ...(sample === undefined ? {} : { sample }) }
    await open(project, true)
    if (phase !== 'ready' || before.intents.length <= 1) return
    toast({ tone: 'info', text: t('toast.opened', { title }), action: { label: t('toast.back'), run: () => void open(before, false) } })
  }

  const openSample = async (sample: Sample) => {
    const files = await loadSampleFiles(sample)
    const intents: readonly Intent[] = [
      { kind: 'start', options: DEFAULT_START },
      { kind: 'apply', files },
      { kind: 'send', order: sample.request },
    ]
    await replaceWith({ version: 1, intents, sample: sample.id }, sampleTitle(sample.id))
  }

  return {
    client,
    toast,
    openSample,
    dismiss: (id) =>
      change((state) => {
        state.toasts = state.toasts.filter((shown) => shown.id !== id)
      }),
    openEmpty: () =>
      replaceWith({ version: 1, intents: [{ kind: 'start', options: startOf(store.getState().intents) }] }, t('project.own')),
    async boot() {
      const project = await storage.loadProject()
      if (project && project.intents.length > 0) return open(project, false)
      const samples = await working(loadSamples())
      const first = samples.find((sample) => sample.id === FIRST_SAMPLE) ?? samples[0]
      if (first) await openSample(first)
    },
    async rebuild(options) {
      const { intents, sample } = store.getState()
      const rest = intents.filter((intent) => intent.kind !== 'start')
      await open({ version: 1, intents: [{ kind: 'start', options }, ...rest], ...(sample === undefined ? {} : { sample }) }, false)
    },
    async applyFiles(files) {
      const applied = await working(client.ask({ kind: 'apply', files }))
      change((state) => showApplied(state, applied, files))
      toast(appliedToast(applied, () => change((state) => void (state.tab = 'problems'))))
      if (applied.accepted) await save()
    },
    async send() {
      const order = orderOf(store.getState().draft)
      const answer = await working(client.ask({ kind: 'send', order }))
      change((state) => {
        if (answer.sent) {
          state.intents = [...state.intents, { kind: 'send', order }]
          state.records = [...state.records, Object.freeze(answer.record)]
          state.playback = { conversation: state.records.length - 1, position: START, playing: true }
          state.inspecting = 'packet'
          state.tab = 'packets'
        } else {
          state.problems = [answer.problem]
          state.refused = false
          state.tab = 'problems'
        }
      })
      if (answer.sent) await save()
      else toast({ tone: 'error', text: answer.problem.message })
    },
    clearPackets() {
      const { intents, sample } = store.getState()
      return open(
        { version: 1, intents: intents.filter((intent) => intent.kind !== 'send'), ...(sample === undefined ? {} : { sample }) },
        false,
      )
    },
  }
}

type State = Parameters<Parameters<ReturnType<AppStore['getState']>['change']>[0]>[0]

export const startOf = (intents: readonly Intent[]): StartOptions =>
  intents.find((intent) => intent.kind === 'start')?.options ?? DEFAULT_START

const orderOf = (draft: SendOrder): SendOrder => ({ from: draft.from.trim(), to: draft.to.trim(), protocol: draft.protocol })

function showView(state: State, view: View): void {
  state.scene = Object.freeze(view.scene)
  state.groups = Object.freeze(view.groups)
  state.totals = view.totals
  state.revision += 1
}

function showOpened(state: State, project: Project, opened: Opened, play: boolean): void {
  const last = opened.sent.at(-1)
  const order = last?.order ?? project.intents.findLast((intent) => intent.kind === 'send')?.order
  state.phase = 'ready'
  state.intents = project.intents
  state.sample = project.sample
  state.problems = opened.problems
  state.refused = false
  state.records = opened.sent.map((record) => Object.freeze(record))
  state.selected = undefined
  state.inspecting = 'packet'
  state.playback = { conversation: opened.sent.length - 1, position: START, playing: play && opened.sent.length > 0 }
  state.draft = { from: order?.from ?? '', to: order?.to ?? '', protocol: order?.protocol ?? 'tcp', target: '', next: 'from' }
  state.tab = opened.problems.some((problem) => problem.severity === 'error') ? 'problems' : 'packets'
}

function showApplied(state: State, applied: Applied, files: readonly ManifestFile[]): void {
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
