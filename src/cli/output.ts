import { writeFileSync } from 'node:fs'
import { type Arguments, text } from './arguments.ts'
import { line } from './messages.ts'
import { type Terminal, UsageError } from './terminal.ts'

/** For commands whose result may go into a file. */
export const OUT_OPTION = { out: { type: 'string' } } as const

/** What a command made, to `--out FILE` or else to stdout. Throws UsageError where the file cannot be written. */
export function writeOut(read: Arguments, terminal: Terminal, content: string | Uint8Array): void {
  const path = text(read, 'out')
  if (path !== undefined) writeTo(path, content)
  else if (typeof content === 'string') terminal.stdout(content)
  else terminal.stdoutBytes(content)
}

function writeTo(path: string, content: string | Uint8Array): void {
  try {
    writeFileSync(path, content)
  } catch (error) {
    throw new UsageError(line('error.file', { path, why: error instanceof Error ? error.message : String(error) }))
  }
}

/** Bytes would garble a person's terminal. */
export function refuseInteractive(read: Arguments, terminal: Terminal, output: string): void {
  if (terminal.interactive && text(read, 'out') === undefined) throw new UsageError(line('error.binary', { output }))
}
