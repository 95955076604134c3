import type { ManifestFile } from '../worker/protocol.ts'

/** Larger files are not manifests of a cluster that fits in a tab. */
const MAX_BYTES = 64 * 1024 * 1024
const MANIFEST = /\.(?:ya?ml|json)$/i

export interface ReadFiles {
  readonly files: readonly ManifestFile[]
  /** Names of files that could not be read as text. */
  readonly unreadable: readonly string[]
}

/** Everything that was dropped: files as they are, folders with all manifests below them. */
export async function readDrop(transfer: DataTransfer): Promise<ReadFiles> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  if (entries.length === 0) return readFiles([...transfer.files])
  const found = (await Promise.all(entries.map((entry) => walk(entry, true)))).flat()
  return readFiles(found)
}

export async function readFiles(files: readonly File[]): Promise<ReadFiles> {
  const read = await Promise.all(files.map(async (file) => ({ name: file.name, text: await readText(file) })))
  return {
    files: read.flatMap(({ name, text }) => (text === undefined ? [] : [{ name, text }])),
    unreadable: read.flatMap(({ name, text }) => (text === undefined ? [name] : [])),
  }
}

/** Undefined for what is not UTF-8 text, or too big. */
async function readText(file: File): Promise<string | undefined> {
  if (file.size > MAX_BYTES) return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer())
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}

async function walk(entry: FileSystemEntry, top: boolean): Promise<readonly File[]> {
  if (entry.isFile) {
    if (!top && !MANIFEST.test(entry.name)) return []
    return [await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))]
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const files: File[] = []
  for (;;) {
    // readEntries gives a batch at a time, and an empty one at the end.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (batch.length === 0) return files
    for (const child of batch.toSorted((a, b) => (a.name < b.name ? -1 : 1))) files.push(...(await walk(child, false)))
  }
}
