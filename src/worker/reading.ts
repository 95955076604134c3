import { type FullReader, readSource } from '../core/api/yaml-source.ts'
import type { ManifestFile } from '../core/api/manifest.ts'
import type { Ask, Intent, PageEdit } from './protocol.ts'

/** What becomes of each file of a question. */
type ForFile = (file: ManifestFile) => ManifestFile

/** The question with every file in it read, so that whoever answers needs no reader. `passed` hears how many characters are read. Undefined when a file needs the full reader and there is none. */
export function readAll(ask: Ask, full: FullReader | undefined, passed: (done: number) => void): Ask | undefined {
  let missing = false
  let before = 0
  const read = withFiles(ask, ({ name, text }) => {
    const source = missing ? undefined : readSource(text, full, (offset) => passed(before + offset))
    if (!source) missing = true
    before += text.length
    passed(before)
    return { name, text, ...(source && { source }) }
  })
  return missing ? undefined : read
}

/** Characters of all files of a question. */
export function sizeOf(ask: Ask): number {
  let size = 0
  withFiles(ask, (file) => {
    size += file.text.length
    return file
  })
  return size
}

function withFiles(ask: Ask, forFile: ForFile): Ask {
  switch (ask.kind) {
    case 'open':
      return { ...ask, intents: ask.intents.map((intent) => ofIntent(intent, forFile)) }
    case 'apply':
      return { ...ask, files: ask.files.map(forFile) }
    case 'edit':
    case 'check':
      return { ...ask, edits: ask.edits.map((edit) => ofEdit(edit, forFile)) }
    default:
      return ask
  }
}

function ofIntent(intent: Intent, forFile: ForFile): Intent {
  if (intent.kind === 'apply') return { ...intent, files: intent.files.map(forFile) }
  return intent.kind === 'edit' ? { ...intent, edits: intent.edits.map((edit) => ofEdit(edit, forFile)) } : intent
}

const ofEdit = (edit: PageEdit, forFile: ForFile): PageEdit =>
  edit.op === 'apply' ? { ...edit, files: edit.files.map(forFile), ...(edit.instead && { instead: edit.instead.map(forFile) }) } : edit
