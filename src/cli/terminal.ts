import type { Ink } from '../core/walk/render.ts'

/** Where the command line reads and writes: the process's own streams, or a test's. */
export interface Terminal {
  readonly stdout: (text: string) => void
  /** Bytes to the same place. */
  readonly stdoutBytes: (bytes: Uint8Array) => void
  /** Whether a person looks at stdout. */
  readonly interactive: boolean
  readonly stderr: (text: string) => void
  readonly readStdin: () => string
  /** Whether stdout understands colours: a terminal, and NO_COLOR is not set. */
  readonly colours: boolean
}

/** 0 done, 1 the answer is no, 2 unusable input or arguments. */
export type ExitStatus = 0 | 1 | 2

/** Unusable input or arguments: ends the command with status 2 and one line on stderr. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const CODES: Readonly<Record<Ink, string>> = { title: '1', place: '1;36', dim: '2', good: '32', bad: '1;31', change: '33', match: '36' }

export type Paint = (ink: Ink, text: string) => string

export const painter =
  (terminal: Pick<Terminal, 'colours'>): Paint =>
  (ink, text) =>
    terminal.colours && text !== '' ? `\u001b[${CODES[ink]}m${text}\u001b[0m` : text

/** Rows under headings, columns aligned by spaces, as kubectl prints them. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const lines = [headings, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}
