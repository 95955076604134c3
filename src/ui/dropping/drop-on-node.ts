import '../messages/with-edit.ts'
import { openEditor } from '../menu/surface.ts'
import { t } from '../messages/t.ts'
import type { Studio } from '../studio.ts'
import type { ReadFiles } from '../files.ts'
import { nodeFileOf } from './node-file.ts'
import { placedOn } from './placed.ts'

/** Files dropped on a node: their pods are to run there, and configurations of programs lie there. The review shows the lines that say so before anything is done. */
export async function dropOnNode(studio: Studio, { files, unreadable }: ReadFiles, node: string): Promise<void> {
  const { actions } = studio
  for (const file of unreadable) actions.toast({ tone: 'error', text: t('toast.unreadable', { file }) })
  const lying = files.flatMap((file) => nodeFileOf(file, node) ?? [])
  const manifests = files.filter((file) => nodeFileOf(file, node) === undefined)
  const [first] = lying
  if (first) {
    const others = [...lying.slice(1).map(({ manifest }) => manifest), ...manifests]
    return openEditor({ from: 'placed', node, path: first.path, file: first.manifest, before: '', others })
  }
  const placed = files.map((file) => ({ file, ...placedOn(file.text, node) }))
  const count = placed.reduce((sum, each) => sum + each.placed.length, 0)
  if (count === 0) {
    if (files.length === 0) return
    actions.toast({ tone: 'info', text: t('drop.nothing', { node }) })
    return actions.applyFiles(files)
  }
  const [main] = placed.toSorted((a, b) => b.placed.length - a.placed.length)
  if (!main) return
  openEditor({
    from: 'placed',
    node,
    file: { name: main.file.name, text: main.text },
    before: main.file.text,
    others: placed.filter((each) => each !== main).map(({ file, text }) => ({ name: file.name, text })),
  })
}
