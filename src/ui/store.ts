import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Problem } from '../core/api/problem.ts'
import type { Level } from '../core/walk/level.ts'
import type { Pins } from '../scene/pins.ts'
import type { Scene } from '../scene/scene.ts'
import type { Intent, SendOptions, SendOrder, SentRecord, TreeGroup, View, Reading } from '../worker/protocol.ts'
import type { MarksFound, ObjectMark } from '../worker/protocol/findings.ts'
import type { KeptRequest } from './requests/kept.ts'
import { type Grain, type Position, START } from './position.ts'
import type { Break } from './player.ts'

/**
 * The page's own state: what is selected, drafted and playing, and the last answers of the engine. The cluster itself is not here, it lives in the
 * worker.
 */
export interface State {
  readonly phase: 'starting' | 'ready' | 'failed'
  readonly error: string
  /** The project: replaying these gives everything again. */
  readonly intents: readonly Intent[]
  /** Under what it is kept, and what a person called it. */
  readonly id: string
  readonly name: string | undefined
  /** The sample that the project began with, or undefined for a person's own. */
  readonly sample: string | undefined
  /** How often the cluster changed: lists that were asked for an older one are asked for again. */
  readonly revision: number
  /** With everything where a person put it. */
  readonly scene: Scene | undefined
  readonly pins: Pins
  readonly groups: readonly TreeGroup[]
  /** How the cluster runs; undefined before there is one. */
  readonly settings: View['settings'] | undefined
  readonly totals: View['totals']
  /** Of the cluster's files and the last change to it. */
  readonly problems: readonly Problem[]
  /** Why the last request was not sent; undefined when it was, or before the first. */
  readonly unsent: Problem | undefined
  /** What is wrong in the cluster as it is, and where; see findings/watch.tsx. */
  readonly wrong: Wrong
  /** Whether the problems are those of an apply that was refused. */
  readonly refused: boolean
  readonly records: readonly SentRecord[]
  readonly selected: string | undefined
  /** Pods behind the Service that is selected: a Service stands nowhere on the map. */
  readonly members: readonly string[]
  readonly inspecting: 'packet' | 'object'
  readonly draft: Draft
  readonly playback: Playback
  /** Where play stops; see breakpoints/condition.ts. */
  readonly breakpoints: readonly Breakpoint[]
  /** Requests to send again, as a person ordered them. */
  readonly kept: readonly KeptRequest[]
  readonly preferences: Preferences
  /** A wide window shows problems below the map, or else packets; a narrow one shows one panel of all. */
  readonly tab: Tab
  readonly dialog: Dialog | undefined
  /** Something is dragged over the page, and over which node. */
  readonly dropping: boolean | string
  /** How the middle of the page shows the trace. */
  readonly view: 'map' | 'ladder' | 'paths' | 'compare' | 'curl' | 'page'
  /** Which packets the list shows, as typed; see views/filter.ts. */
  readonly filter: string
  /** A wish to the map, told apart from the one before by its number. */
  readonly zoom: { readonly what: 'fit' | 'in' | 'out' | 'focus'; readonly number: number } | undefined
  readonly busy: number
  /** How far a large file is read. */
  readonly reading: Reading | undefined
  readonly toasts: readonly Toast[]
}

/** Marks of objects by id; of branches of the tree by `namespace/kind` in lower case and by `namespace:NAME`, the gravest of their objects. */
export interface Wrong extends Omit<MarksFound, 'marks'> {
  readonly objects: ReadonlyMap<string, ObjectMark>
  readonly branches: ReadonlyMap<string, ObjectMark['severity']>
}

const NOTHING_WRONG: Wrong = {
  counts: { error: 0, warning: 0, info: 0 },
  gravest: [],
  subjects: 0,
  objects: new Map(),
  branches: new Map(),
}

export type Dialog = 'help' | 'cluster' | 'projects' | 'share' | 'palette' | 'requests' | 'listing' | 'dashboard' | 'changes'

export type Tab = 'packets' | 'timeline' | 'problems' | 'inspector' | 'objects' | 'samples'

/** What the composer holds. `next` is which end the next click on the map sets. */
export interface Draft {
  readonly from: string
  readonly to: string
  readonly protocol: SendOrder['protocol']
  readonly options?: SendOptions
  /** The object that `to` was taken from, so that the map can mark it; empty when typed. */
  readonly target: string
  readonly next: 'from' | 'to'
}

export interface Breakpoint {
  readonly text: string
  readonly off?: true
}

export interface Playback {
  /** Index in `records`; -1 when nothing was sent. */
  readonly conversation: number
  readonly position: Position
  readonly playing: boolean
  /** The breakpoint that play came to last; it still stands there if the position is the same. */
  readonly stopped?: Break
}

/** Kept in this browser, apart from the project. */
export interface Preferences {
  readonly theme: 'system' | 'light' | 'dark'
  readonly level: Level
  readonly grain: Grain
  readonly speed: number
  /** Whether this person has ever picked a sender on the map. */
  readonly picked: boolean
  /** Whether this person has gone through, or skipped, the first minute. */
  readonly toured: boolean
  /** Panel sizes by group, as the panels report them. */
  readonly layouts: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export interface Toast {
  readonly id: number
  readonly tone: 'info' | 'error'
  readonly text: string
  readonly action?: { readonly label: string; readonly run: () => void }
  /** Of a request that could not be sent: the next one takes its place. */
  readonly unsent?: true
}

export const PREFERENCES: Preferences = {
  theme: 'system',
  level: 'network',
  grain: 'hop',
  speed: 1,
  picked: false,
  toured: false,
  layouts: {},
}

export const INITIAL: State = {
  phase: 'starting',
  error: '',
  intents: [],
  id: '',
  name: undefined,
  sample: undefined,
  revision: 0,
  scene: undefined,
  pins: {},
  groups: [],
  settings: undefined,
  totals: { nodes: 0, pods: 0, services: 0 },
  problems: [],
  unsent: undefined,
  wrong: NOTHING_WRONG,
  refused: false,
  records: [],
  selected: undefined,
  members: [],
  inspecting: 'packet',
  draft: { from: '', to: '', protocol: 'tcp', target: '', next: 'from' },
  playback: { conversation: -1, position: START, playing: false },
  breakpoints: [],
  kept: [],
  preferences: PREFERENCES,
  tab: 'packets',
  dialog: undefined,
  dropping: false,
  view: 'map',
  filter: '',
  zoom: undefined,
  busy: 0,
  reading: undefined,
  toasts: [],
}

/** Changes go through `change`, which takes a recipe. */
export interface Store extends State {
  readonly change: (recipe: (state: Mutable) => void) => void
}

/** Top level writable, values replaced whole: enough for every recipe here, and it keeps `readonly` honest below. */
export type Mutable = { -readonly [K in keyof State]: State[K] }

export type AppStore = StoreApi<Store>

export const createAppStore = (preferences: Preferences = PREFERENCES): AppStore =>
  createStore<Store>()((set) => ({ ...INITIAL, preferences, change: (recipe) => set((state) => changed(state, recipe)) }))

/** The state itself when the recipe changed nothing, so that nobody is called for it. */
function changed(state: Store, recipe: (state: Mutable) => void): Store {
  const next = { ...state }
  recipe(next)
  return Object.entries(next).every(([key, value]) => Object.is(value, state[key as keyof Store])) ? state : next
}

/** The record that is playing, or undefined. */
export const currentRecord = (state: State): SentRecord | undefined => state.records[state.playback.conversation]
