import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readFull } from '../core/api/full-yaml.ts'
import { readSource } from '../core/api/yaml-source.ts'
import type { InputFile } from '../core/engine.ts'
import { line } from './messages.ts'
import { type Terminal, UsageError } from './terminal.ts'

const MANIFEST = /\.(ya?ml|json)$/i

/** Bytes of manifests that take about a second to read. */
const SLOW = 3_000_000

/** Files, folders (their manifests, without those of folders below, as kubectl reads them) and `-` for stdin, in the order given. */
export function readFiles(paths: readonly string[], terminal: Terminal): InputFile[] {
  if (paths.length === 0) throw new UsageError(line('error.no-files'))
  const files = paths.flatMap((path) => (path === '-' ? [{ name: 'stdin', text: terminal.readStdin() }] : readPath(path)))
  if (takesLong(files)) terminal.stderr(`${line('reading', { megabytes: (sizeOf(files) / 1e6).toFixed(1) })}\n`)
  return files
}

const sizeOf = (files: readonly InputFile[]): number => files.reduce((sum, file) => sum + file.text.length, 0)

/** Whether reading these is worth telling the person who waits. */
export const takesLong = (files: readonly InputFile[]): boolean => sizeOf(files) > SLOW

function readPath(path: string): InputFile[] {
  if (!fromSystem(path, () => statSync(path)).isDirectory()) return [readText(path)]
  const names = fromSystem(path, () => readdirSync(path)).filter((name) => MANIFEST.test(name))
  if (names.length === 0) throw new UsageError(line('error.no-manifests', { path }))
  return names.sort().map((name) => readText(join(path, name)))
}

export const readText = (path: string): InputFile => ({
  name: path,
  text: decoded(
    path,
    fromSystem(path, () => readFileSync(path)),
  ),
})

/** A binary file would be one long scalar of YAML, and the message about it no help. */
function decoded(path: string, bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (!text.includes('\0')) return text
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
  throw new UsageError(line('error.not-text', { path }))
}

/** With the full reader at hand: on a command line nobody waits for it to be loaded. */
export const withSource = (file: InputFile): InputFile => {
  const source = readSource(file.text, readFull)
  return source ? { ...file, source } : file
}

function fromSystem<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new UsageError(line('error.file', { path, why: error instanceof Error ? error.message : String(error) }))
  }
}
