import type { Intent, ManifestFile } from '../../worker/protocol.ts'

/** Files by name, as they were applied last; undone changes count as long as they are in the list of intents. */
export function appliedFiles(intents: readonly Intent[]): readonly ManifestFile[] {
  const files = new Map<string, ManifestFile>()
  for (const intent of intents) {
    if (intent.kind === 'apply') for (const file of intent.files) files.set(file.name, file)
    if (intent.kind === 'edit')
      for (const edit of intent.edits) if (edit.op === 'apply') for (const file of edit.files) files.set(file.name, file)
  }
  return [...files.values()]
}
