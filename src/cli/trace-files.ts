import type { Cluster } from '../core/cluster/cluster.ts'
import { type Conversation, packetsInOrder } from '../core/sim/conversation.ts'
import { pcapng, sightingsOf } from '../core/walk/pcapng.ts'
import { markdownReport } from '../core/walk/report.ts'
import { line } from './messages.ts'
import { outcomeText } from './outcome.ts'
import { remarksOf, wordsFor } from './trace-words.ts'

/** What was asked, as a person typed it. */
export interface AskedText {
  readonly from: string
  readonly to: string
}

const packetsOf = packetsInOrder

const askedText = ({ request }: Conversation, { from, to }: AskedText): string =>
  line('trace.asked', { protocol: request.protocol, from, to })

/** `trace -o pcapng`. */
export function captureOf(conversation: Conversation, asked: AskedText, cluster: Cluster): Uint8Array {
  const comment = [`${askedText(conversation, asked)}: ${outcomeText(conversation)}`, ...remarksOf(conversation)].join('; ')
  return pcapng(packetsOf(conversation), wordsFor(cluster), { comment })
}

/** No device saw a packet of it. */
export const isUnseen = (conversation: Conversation): boolean => packetsOf(conversation).every((packet) => sightingsOf(packet).length === 0)

/** `trace -o mermaid`. */
export function reportOf(conversation: Conversation, asked: AskedText, cluster: Cluster): string {
  const report = {
    title: askedText(conversation, asked),
    outcome: outcomeText(conversation),
    remarks: remarksOf(conversation),
    traces: packetsOf(conversation),
  }
  return markdownReport(report, { ...wordsFor(cluster), heading: (key) => line(`report.${key}`) })
}
