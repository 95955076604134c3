import type { Problem } from '../core/api/problem.ts'
import { assert } from '../core/base/assert.ts'
import type { Cluster } from '../core/cluster/cluster.ts'
import { settingsOf } from '../core/cluster/setting.ts'
import { apply, become, type Simulation, start } from '../core/control-plane.ts'
import { netnsOfPod } from '../core/node/netns-of.ts'
import { type NetnsOf, buildScene } from '../scene/build.ts'
import { type ScenePatch, patched } from '../scene/patch.ts'
import type { Pins } from '../scene/pins.ts'
import type { Scene } from '../scene/scene.ts'
import { patchOf } from '../scene/touched-rooms.ts'
import { complete } from './complete.ts'
import { applyDeed, deedOf, differences, editObjects, gravest, isOfCluster, manifestOf, pinsAfter } from './edits.ts'
import { find } from './find.ts'
import { History, type World } from './history.ts'
import { manifestsOf } from './manifests.ts'
import type {
  Answer,
  Applied,
  Ask,
  ChangeIntent,
  Checked,
  Deed,
  Edited,
  Intent,
  ManifestFile,
  Opened,
  PageEdit,
  SendOrder,
  Sent,
  SentRecord,
  StartOptions,
  View,
} from './protocol.ts'
import type { ProgramChanges } from './protocol/programs.ts'
import type * as traffic from './traffic.ts'
import { groupsOf, listGroup, totalsOf } from './tree.ts'

export type Traffic = typeof traffic

/** What a session answers by itself. */
const AT_ONCE: ReadonlySet<Ask['kind']> = new Set<Ask['kind']>([
  'open',
  'apply',
  'list',
  'find',
  'manifests',
  'complete',
  'edit',
  'undo',
  'redo',
  'goto',
  'history',
  'check',
  'manifest',
])

/** Whether `traffic.ts` is needed for the answer. */
export const needsTraffic = (ask: Ask): boolean =>
  !AT_ONCE.has(ask.kind) || (ask.kind === 'open' && ask.intents.some(({ kind }) => kind === 'send'))

/** A project half opened: what came of the intents before `at`. */
interface Opening {
  readonly intents: readonly Intent[]
  readonly at: number
  readonly problems: readonly Problem[]
  readonly failed: readonly number[]
}

export const DEFAULTS: StartOptions = { profile: 'kubeadm', backend: 'vxlan', nodes: 3, seed: 1 }

/**
 * The one holder of the current simulation. Everything below is a pure function of it; a session only remembers which value is current, and is
 * the same object in the worker and in tests.
 */
export class Session {
  #options: StartOptions = DEFAULTS
  #simulation: Simulation = start(DEFAULTS)
  /** Requests so far: two requests for a headless name may draw different pods. */
  #sent = 0
  /** The scene as it was given away: of its columns only those are there still that the next one is made from. */
  #shown: { readonly scene: Scene; readonly cluster: Cluster; readonly patch: ScenePatch | undefined } | undefined
  #pins: Pins = {}
  readonly #history = new History()
  #opening: Opening | undefined
  /** Everything but packets is answered without it. */
  traffic: Traffic | undefined

  constructor(traffic?: Traffic) {
    this.traffic = traffic
  }

  answer(ask: Ask): Answer {
    switch (ask.kind) {
      case 'open':
        return this.#open(ask.intents)
      case 'apply':
        return this.#apply(ask.files)
      case 'send':
        return this.#send(ask.order)
      case 'what-if':
        return this.#packets().whatIf(this.#simulation, this.#history.before(), ask)
      case 'list':
        return listGroup(this.#simulation.cluster, ask.group, ask.offset, ask.limit)
      case 'find':
        return find(this.#simulation.cluster, ask.text, ask.limit)
      case 'manifests':
        return manifestsOf(this.#simulation.cluster)
      case 'program-changes':
        return this.#programChanges(ask.of)
      case 'complete':
        return complete(this.#simulation.cluster, ask)
      case 'edit':
      case 'undo':
      case 'redo':
      case 'goto':
        return this.#change(ask)
      case 'history':
        return this.#history.names()
      case 'check':
        return this.#check(ask.edits)
      case 'manifest':
        return manifestOf(this.#simulation.cluster, ask.target)
      default:
        return this.#packets().look(this.#simulation, ask)
    }
  }

  /** How the last scene came from the one before, where it did: whoever has that one needs no more. */
  get patch(): ScenePatch | undefined {
    return this.#shown?.patch
  }

  get #world(): World {
    return { cluster: this.#simulation.cluster, pins: this.#pins }
  }

  #view(): View {
    const { cluster } = this.#simulation
    const before = this.#shown
    const netnsOf: NetnsOf = (namespace, name) => netnsOfPod(cluster, namespace, name)
    const patch = before && patchOf(before.scene, before.cluster, cluster, netnsOf)
    const scene = patch ? patched(before.scene, patch) : buildScene(cluster, { netnsOf, ...(before ? { previous: before.scene } : {}) })
    this.#shown = { scene, cluster, patch }
    return { scene, pins: this.#pins, groups: groupsOf(cluster), settings: settingsOf(cluster), totals: totalsOf(cluster) }
  }

  #packets(): Traffic {
    assert(this.traffic, 'a question about packets before what answers it was loaded')
    return this.traffic
  }

  /** Opens a project as far as its first packet, so that the cluster can be seen. To `open` the same intents goes on from there. */
  prelude(intents: readonly Intent[]): Opened {
    const first = intents.findIndex(({ kind }) => kind === 'send')
    const at = first < 0 ? intents.length : first
    this.#start(DEFAULTS)
    const { problems, failed } = this.#proceed(intents, 0, at)
    this.#opening = { intents, at, problems, failed }
    return { ...this.#view(), problems, sent: [], failed }
  }

  #open(intents: readonly Intent[]): Opened {
    const begun = this.#opening?.intents === intents ? this.#opening : undefined
    this.#opening = undefined
    if (!begun) this.#start(DEFAULTS)
    const { problems, failed, sent } = this.#proceed(intents, begun?.at ?? 0, intents.length)
    return {
      ...this.#view(),
      problems: [...(begun?.problems ?? []), ...problems],
      sent,
      failed: [...(begun?.failed ?? []), ...failed],
    }
  }

  #proceed(intents: readonly Intent[], from: number, to: number): Pick<Opened, 'problems' | 'sent' | 'failed'> {
    const problems: Problem[] = []
    const sent: SentRecord[] = []
    const failed: number[] = []
    for (const [index, intent] of intents.slice(from, to).entries()) {
      const bad = this.#replay(intent, problems, sent)
      if (bad) failed.push(from + index)
    }
    return { problems, sent, failed }
  }

  /** True when the intent could not be done. */
  #replay(intent: Intent, problems: Problem[], sent: SentRecord[]): boolean {
    if (intent.kind === 'start') {
      this.#start(intent.options)
      return false
    }
    if (intent.kind === 'apply') return this.#replayApply(intent, problems)
    if (intent.kind !== 'send') return this.#replayChange(intent, problems)
    const result = this.#send(intent.order)
    if (result.sent) sent.push(result.record)
    else problems.push(result.problem)
    return !result.sent
  }

  /** What failed keeps its place in the history: later undos mean the same change as before. */
  #replayApply({ files, ground }: Extract<Intent, { kind: 'apply' }>, problems: Problem[]): boolean {
    const result = this.#applyFiles(files)
    for (const problem of result.problems) problems.push(problem)
    if (ground && result.accepted) this.#history.clear()
    else if (!result.accepted) this.#history.add(applyDeed(files.map(({ name }) => name)), this.#world, this.#world)
    return !result.accepted
  }

  #replayChange(intent: ChangeIntent, problems: Problem[]): boolean {
    const result = this.#perform(intent)
    for (const problem of result.problems) problems.push(problem)
    if (!result.deed && intent.kind === 'edit') this.#history.add(deedOf(intent.edits), this.#world, this.#world)
    return !result.deed
  }

  #start(options: StartOptions): void {
    this.#history.clear()
    this.#options = options
    this.#sent = 0
    this.#shown = undefined
    this.#pins = {}
    this.#simulation = start(options)
  }

  #apply(files: readonly ManifestFile[]): Applied {
    const result = this.#applyFiles(files)
    if (!result.accepted) return { accepted: false, problems: result.problems }
    return { accepted: true, problems: result.problems, changes: result.changes, ...this.#view() }
  }

  #applyFiles(files: readonly ManifestFile[]) {
    const { simulation, problems, changes } = apply(this.#simulation, files, { nodes: this.#options.nodes })
    const accepted = !problems.some((p) => p.severity === 'error')
    if (accepted) {
      const before = this.#world
      this.#simulation = simulation
      this.#history.add(applyDeed(files.map(({ name }) => name)), before, this.#world)
    }
    return {
      accepted,
      problems: gravest(problems),
      changes: changes.map(({ ref, op }) => ({ object: `${ref.kind}/${ref.namespace}/${ref.name}`, op })),
    }
  }

  #change(intent: ChangeIntent): Edited {
    const { cluster } = this.#simulation
    const { deed, problems } = this.#perform(intent)
    if (!deed) return { accepted: false, problems }
    return { accepted: true, deed, problems, ...differences(cluster, this.#simulation.cluster), ...this.#view() }
  }

  /** Without a deed nothing was done. */
  #travel(intent: Exclude<ChangeIntent, { kind: 'edit' }>) {
    if (intent.kind === 'goto') return this.#history.goTo(intent.step)
    return intent.kind === 'undo' ? this.#history.undo() : this.#history.redo()
  }

  #perform(intent: ChangeIntent): { readonly deed?: Deed; readonly problems: readonly Problem[] } {
    if (intent.kind !== 'edit') {
      const found = this.#travel(intent)
      if (!found) return { problems: [] }
      this.#simulation = become(this.#simulation, found.world.cluster)
      this.#pins = found.world.pins
      return { deed: found.deed, problems: [] }
    }
    const { simulation, problems } = editObjects(this.#simulation, intent.edits.filter(isOfCluster), this.#options.nodes)
    if (problems.some(({ severity }) => severity === 'error')) return { problems }
    const deed = deedOf(intent.edits)
    const before = this.#world
    this.#simulation = simulation
    this.#pins = pinsAfter(this.#pins, intent.edits)
    this.#history.add(deed, before, this.#world)
    return { deed, problems }
  }

  #check(edits: readonly PageEdit[]): Checked {
    const { simulation, problems } = editObjects(this.#simulation, edits.filter(isOfCluster), this.#options.nodes)
    return { problems, ...differences(this.#simulation.cluster, simulation.cluster) }
  }

  #programChanges(of: Extract<Ask, { kind: 'program-changes' }>['of']): ProgramChanges {
    if ('step' in of) {
      const step = this.#history.step(of.step)
      return {
        problems: [],
        ...(step ? this.#packets().programChanges(step.before.cluster, step.after.cluster) : { changes: [], total: 0 }),
      }
    }
    const { cluster } = this.#simulation
    const { simulation, problems } = editObjects(this.#simulation, of.edits.filter(isOfCluster), this.#options.nodes)
    return { problems, ...this.#packets().programChanges(cluster, simulation.cluster) }
  }

  #send(order: SendOrder): Sent {
    const { simulation, sent } = this.#packets().deliver(this.#simulation, order, order.seed ?? this.#options.seed, this.#sent)
    this.#simulation = simulation
    if (sent.sent) this.#sent += 1
    return sent
  }
}
