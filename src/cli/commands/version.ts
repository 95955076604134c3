import type { ExitStatus, Terminal } from '../terminal.ts'

/** Name and version of package.json, put here by the build (scripts/version.ts). */
declare const KUBEHOP_VERSION: string

export function version(_args: readonly string[], terminal: Terminal): ExitStatus {
  terminal.stdout(`${KUBEHOP_VERSION}\n`)
  return 0
}
