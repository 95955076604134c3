import { del, delMany, get, set, update } from 'idb-keyval'
import type { Intent } from '../worker/protocol.ts'
import type { KeptRequest } from './requests/kept.ts'
import { type Breakpoint, PREFERENCES, type Preferences } from './store.ts'

/** What survives a reload. `version` lets a later shape be told from this one. */
export interface Project {
  readonly version: 1
  /** Absent for one that was never kept. */
  readonly id?: string
  /** What a person calls it; the sample's title otherwise. */
  readonly name?: string
  readonly intents: readonly Intent[]
  readonly sample?: string
  readonly breakpoints?: readonly Breakpoint[]
  readonly kept?: readonly KeptRequest[]
  /** As it was opened: nothing of it is anybody's work, so it need not stay when another one is opened. */
  readonly fresh?: true
}

/** A line in the list of projects. */
export interface ProjectEntry {
  readonly id: string
  readonly name?: string
  readonly sample?: string
  readonly fresh?: true
  /** Milliseconds since 1970. */
  readonly changed: number
}

/** `full`: there is storage, and no room in it. `refused`: private windows and the like. */
export type Kept = 'kept' | 'full' | 'refused'

/** Where work is kept. */
export interface Storage {
  /** The one that was open last. */
  loadProject(): Promise<Project | undefined>
  /** Keeps it under its `id`, as the one that is open. */
  saveProject(project: Project): Promise<Kept>
  loadPreferences(): Promise<Preferences>
  savePreferences(preferences: Preferences): Promise<boolean>
}

/** Every other project. */
export interface Shelf {
  list(): Promise<readonly ProjectEntry[]>
  load(id: string): Promise<Project | undefined>
  /** Keeps a project without opening it. */
  put(project: Project & { readonly id: string }): Promise<Kept>
  rename(id: string, name: string): Promise<Kept>
  remove(id: string): Promise<void>
}

/** The only project of earlier versions. */
const ONLY = 'kubehop.project'
const CURRENT = 'kubehop.current'
const INDEX = 'kubehop.projects'
const SETTINGS = 'kubehop.preferences'
const keyOf = (id: string): string => `kubehop.project/${id}`

/** Not a secret and not a hash: two of one browser must differ. */
export const newId = (): string => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`

export const browserStorage: Storage = {
  async loadProject() {
    const current = await read(CURRENT)
    const found = (typeof current === 'string' ? await read(keyOf(current)) : undefined) ?? (await read(ONLY))
    return isProject(found) ? found : undefined
  },
  async saveProject(project) {
    const { id } = project
    if (id === undefined) return 'refused'
    return attempt(async () => {
      await set(keyOf(id), project)
      await set(CURRENT, id)
      const left: string[] = []
      await update<readonly ProjectEntry[]>(INDEX, (entries = []) => {
        const others = entries.filter((entry) => entry.id !== id)
        left.push(...others.filter((entry) => entry.fresh).map((entry) => keyOf(entry.id)))
        return [entryOf(project, id), ...others.filter((entry) => !entry.fresh)]
      })
      await delMany([...left, ONLY])
    })
  },
  async loadPreferences() {
    const found = await read(SETTINGS)
    return typeof found === 'object' && found !== null ? { ...PREFERENCES, ...(found as Partial<Preferences>) } : PREFERENCES
  },
  savePreferences: async (preferences) => (await attempt(() => set(SETTINGS, preferences))) === 'kept',
}

export const browserShelf: Shelf = {
  async list() {
    const found = await read(INDEX)
    return Array.isArray(found) ? (found as readonly ProjectEntry[]) : []
  },
  async load(id) {
    const found = await read(keyOf(id))
    return isProject(found) ? found : undefined
  },
  put: (project) =>
    attempt(async () => {
      await set(keyOf(project.id), project)
      await update<readonly ProjectEntry[]>(INDEX, (entries = []) => [
        ...entries.filter((entry) => entry.id !== project.id),
        entryOf(project, project.id),
      ])
    }),
  rename: (id, name) =>
    attempt(async () => {
      await update<Project | undefined>(keyOf(id), (project) => project && named(project, name))
      await update<readonly ProjectEntry[]>(INDEX, (entries = []) => entries.map((entry) => (entry.id === id ? named(entry, name) : entry)))
    }),
  async remove(id) {
    await attempt(async () => {
      await del(keyOf(id))
      await update<readonly ProjectEntry[]>(INDEX, (entries = []) => entries.filter((entry) => entry.id !== id))
    })
  },
}

/** A name makes it somebody's. */
function named<T extends Project | ProjectEntry>(one: T, name: string): T {
  const { fresh: _, ...rest } = one
  return { ...rest, name } as T
}

const entryOf = ({ name, sample, fresh }: Project, id: string): ProjectEntry => ({
  id,
  ...(name === undefined ? {} : { name }),
  ...(sample === undefined ? {} : { sample }),
  ...(fresh ? { fresh } : {}),
  changed: Date.now(),
})

async function read(key: string): Promise<unknown> {
  try {
    return await get(key)
  } catch {
    return undefined
  }
}

async function attempt(write: () => Promise<unknown>): Promise<Kept> {
  try {
    await write()
    return 'kept'
  } catch (error) {
    return error instanceof DOMException && error.name === 'QuotaExceededError' ? 'full' : 'refused'
  }
}

function isProject(value: unknown): value is Project {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    value.version === 1 &&
    'intents' in value &&
    Array.isArray(value.intents)
  )
}
