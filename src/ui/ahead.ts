import type { ManifestFile } from '../worker/protocol.ts'
import type { Project, Storage } from './persist.ts'
import { FIRST, loadSampleFiles } from './samples.ts'

/** What a visit will need, asked for before it is known to be. */
export interface Ahead {
  readonly project: Promise<Project | undefined>
  /** Of the sample that a first visit opens. Small, and the service worker has them on every visit but the first. */
  readonly files: Promise<readonly ManifestFile[]>
}

export function askAhead(storage: Storage): Ahead {
  const files = loadSampleFiles(FIRST)
  // Whoever waits for them hears of it.
  files.catch(() => undefined)
  return { project: storage.loadProject(), files }
}
