import type { Client } from '../../worker/client.ts'
import type { Intent, ManifestFile, PageEdit } from '../../worker/protocol.ts'
import { t } from '../messages/t.ts'
import { type Source, surface } from '../menu/surface.ts'
import { appliedFiles } from './applied-files.ts'
import { type Creatable, templateOf } from './templates.ts'

/** What is being edited: its text as the cluster has it, and what applying another text means. */
export interface Manuscript {
  readonly key: string
  readonly name: string
  /** As it was last applied; empty for what never was. */
  readonly before: string
  /** What the editor begins with. */
  readonly text: string
  /** Whether what a new text lacks is deleted. */
  readonly whole: boolean
  /** Applied together with it. */
  readonly others?: readonly ManifestFile[]
  /** Said in the review. */
  readonly note?: string
}

/** Undefined when the object or the file is gone. */
export async function readSource(client: Client, intents: readonly Intent[], source: Source): Promise<Manuscript | undefined> {
  switch (source.from) {
    case 'object': {
      const file = await client.ask({ kind: 'manifest', target: source.id })
      return file && { key: source.id, name: file.name, before: file.text, text: file.text, whole: false }
    }
    case 'file': {
      const file = appliedFiles(intents).find(({ name }) => name === source.name)
      return file && { key: `file ${file.name}`, name: file.name, before: file.text, text: file.text, whole: true }
    }
    case 'refused': {
      const { refused } = surface.getState()
      const file = refused.find(({ name }) => name === source.name)
      const others = refused.filter((each) => each !== file)
      return file && { key: `refused ${file.name}`, name: file.name, before: '', text: file.text, whole: false, others }
    }
    case 'placed': {
      const { node, path, file, before, others } = source
      return {
        key: `placed ${file.name}`,
        name: file.name,
        before,
        text: file.text,
        whole: false,
        others,
        note: path === undefined ? t('editor.placed', { node }) : t('editor.lies', { node, path }),
      }
    }
    case 'draft': {
      const text = await draftOf(client, source.kind as Creatable)
      return { key: `new ${source.kind}`, name: `${source.kind.toLowerCase()}.yaml`, before: '', text, whole: false }
    }
  }
}

async function draftOf(client: Client, kind: Creatable): Promise<string> {
  const list = (of: string) => client.ask({ kind: 'list', group: kind === 'Node' ? '/Node' : `default/${of}`, offset: 0, limit: 1000 })
  const taken = new Set((await list(kind)).map(({ name }) => name))
  const app = kind === 'Service' ? (await list('Deployment'))[0]?.name : undefined
  return templateOf(kind, (name) => taken.has(name), app ?? 'web')
}

export const editsFor = ({ name, before, whole, others = [] }: Manuscript, text: string): readonly PageEdit[] => [
  { op: 'apply', files: [...others, { name, text }], ...(whole && before !== '' && { instead: [{ name, text: before }] }) },
]

/** Texts that were begun and not applied, by what they are of: closing the editor loses nothing. */
export const drafts = new Map<string, string>()
