import type { NetnsId } from '../../core/kernel/interface.ts'
import type { ReportWords } from '../../core/walk/report.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { outcomeText, dispositionText } from '../end-text.ts'
import { type MessageKey, t, tell } from '../messages/t.ts'
import '../messages/with-share.ts'
import '../messages/with-steps.ts'
import { clausesText, spoken } from '../narration.tsx'
import { packetsOf } from '../position.ts'
import { currentRecord } from '../store.ts'
import type { Studio } from '../studio.ts'
import { pngOfScreen } from './picture.ts'

export type ExportKind = 'svg' | 'png' | 'json' | 'markdown' | 'pcapng' | 'yaml'

/** The name on each button. */
export const EXPORTS = {
  svg: 'share.map.svg',
  png: 'share.map.png',
  json: 'share.trace.json',
  markdown: 'share.trace.markdown',
  pcapng: 'share.trace.pcapng',
  yaml: 'share.manifests.yaml',
} as const satisfies Readonly<Record<ExportKind, MessageKey>>

interface Made {
  readonly file: string
  readonly type: string
  readonly content: string | Uint8Array | Blob
}

/** Makes one of the files and hands it to the browser to save. */
export async function runExport(studio: Studio, kind: ExportKind): Promise<void> {
  const { actions } = studio
  try {
    const made = await make(studio, kind)
    if (made) {
      save(made)
      actions.toast({ tone: 'info', text: t('share.saved', { file: made.file }) })
    } else actions.toast({ tone: 'error', text: t(kind === 'yaml' ? 'share.manifests.none' : 'share.trace.none') })
  } catch (error) {
    actions.toast({ tone: 'error', text: t('share.failed', { error: error instanceof Error ? error.message : String(error) }) })
  }
}

async function make(studio: Studio, kind: ExportKind): Promise<Made | undefined> {
  const state = studio.store.getState()
  const record = currentRecord(state)
  switch (kind) {
    case 'svg': {
      const { svgOfScreen } = await import('./svg.ts')
      return { file: 'kubehop.svg', type: 'image/svg+xml', content: svgOfScreen() }
    }
    case 'png':
      return { file: 'kubehop.png', type: 'image/png', content: await pngOfScreen() }
    case 'json': {
      if (!record) return undefined
      const { traceJson } = await import('../../core/sim/trace-json.ts')
      return { file: 'trace.json', type: 'application/json', content: `${JSON.stringify(traceJson(record.conversation), null, 2)}\n` }
    }
    case 'markdown':
      return record && { file: 'trace.md', type: 'text/markdown', content: await reportOf(record) }
    case 'pcapng':
      return record && { file: 'trace.pcapng', type: 'application/octet-stream', content: await captureOf(record) }
    case 'yaml':
      return manifestsOf(studio)
  }
}

/** The objects as they are now, whatever edits came after the files. */
async function manifestsOf({ actions }: Studio): Promise<Made | undefined> {
  const content = await actions.client.ask({ kind: 'manifests' })
  return content === '' ? undefined : { file: 'manifests.yaml', type: 'application/yaml', content }
}

const titleOf = ({ order }: SentRecord): string =>
  t('share.asked', { protocol: t(`protocol.${order.protocol as 'tcp' | 'udp' | 'icmp'}`), from: order.from, to: order.to })

function wordsOf(record: SentRecord): ReportWords {
  const place = (netns: NetnsId): string => record.places[netns]?.label ?? netns
  return {
    place,
    explain: ({ key, params }) => {
      const named = { ...spoken(params), place: place(String(params['netns'] ?? '') as NetnsId) }
      return tell((key.startsWith('end.') ? key : `step.${key}`) as MessageKey, named)
    },
    story: clausesText,
    heading: (key) => t(`report.${key}`),
  }
}

async function reportOf(record: SentRecord): Promise<string> {
  const { markdownReport } = await import('../../core/walk/report.ts')
  const { conversation } = record
  const traces = packetsOf(conversation)
  const remarks = conversation.fidelity.map((id) => tell(`fidelity.${id}` as MessageKey, {}))
  return markdownReport({ title: titleOf(record), outcome: outcomeText(conversation.outcome), remarks, traces }, wordsOf(record))
}

async function captureOf(record: SentRecord): Promise<Uint8Array> {
  const { pcapng } = await import('../../core/walk/pcapng.ts')
  const traces = packetsOf(record.conversation)
  const ends = traces.map((trace) => dispositionText(trace.disposition, record)).join(' ')
  return pcapng(traces, wordsOf(record), { comment: `${titleOf(record)}. ${ends}` })
}

function save({ file, type, content }: Made): void {
  const blob = content instanceof Blob ? content : new Blob([content as BlobPart], { type })
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = file
  link.click()
  // The browser has taken the blob by the next turn.
  setTimeout(() => URL.revokeObjectURL(address), 1000)
}
