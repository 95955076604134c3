import { get, set } from 'idb-keyval'
import type { Intent } from '../worker/protocol.ts'
import { PREFERENCES, type Preferences } from './store.ts'

/** What survives a reload. `version` lets a later shape be told from this one. */
export interface Project {
  readonly version: 1
  readonly intents: readonly Intent[]
  readonly sample?: string
}

/** Where work is kept. A browser may refuse (private windows, full disks): then `save` answers false and the page says so. */
export interface Storage {
  loadProject(): Promise<Project | undefined>
  saveProject(project: Project): Promise<boolean>
  loadPreferences(): Promise<Preferences>
  savePreferences(preferences: Preferences): Promise<boolean>
}

const PROJECT = 'kubehop.project'
const SETTINGS = 'kubehop.preferences'

export const browserStorage: Storage = {
  async loadProject() {
    const found = await read(PROJECT)
    return isProject(found) ? found : undefined
  },
  saveProject: (project) => write(PROJECT, project),
  async loadPreferences() {
    const found = await read(SETTINGS)
    return typeof found === 'object' && found !== null ? { ...PREFERENCES, ...(found as Partial<Preferences>) } : PREFERENCES
  },
  savePreferences: (preferences) => write(SETTINGS, preferences),
}

async function read(key: string): Promise<unknown> {
  try {
    return await get(key)
  } catch {
    return undefined
  }
}

async function write(key: string, value: unknown): Promise<boolean> {
  try {
    await set(key, value)
    return true
  } catch {
    return false
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
