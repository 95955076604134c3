import type { Step } from '../core/kernel/step.ts'
import type { Hop, PacketTrace } from '../core/walk/trace.ts'
import { type Clause, storyOf } from '../core/walk/story.ts'
import { explain } from '../core/walk/explain.ts'
import { has, t, tell } from './messages/t.ts'
import './messages/with-steps.ts'
import { packetsOf } from './position.ts'
import { currentRecord, type Store } from './store.ts'
import { useApp } from './studio.ts'

/** What happens on the map, said in words: one sentence a hop while it plays, one a step when stepping finer. */
export function Narration() {
  const text = useApp(narrate)
  return (
    <div className="unseen" aria-live="polite" data-testid="narration">
      {text}
    </div>
  )
}

export function narrate(state: Store): string {
  const record = currentRecord(state)
  if (!record) return ''
  const { position, playing } = state.playback
  const packets = packetsOf(record.conversation)
  const trace = packets[position.packet]
  const hop = trace?.hops[position.hop]
  if (!trace || !hop) return ''
  const fine = !playing && (state.preferences.grain === 'step' || state.preferences.grain === 'rule')
  const step = hop.steps[position.step]
  const what = fine && step ? stepText(step, trace) : storyText(hop, trace)
  return t('narrate.hop', {
    direction: t(trace.direction === 'reply' ? 'narrate.reply' : 'narrate.request'),
    packet: position.packet + 1,
    packets: packets.length,
    hop: position.hop + 1,
    hops: trace.hops.length,
    place: record.places[hop.netns]?.label ?? hop.netns,
    what,
  })
}

/** The clauses of a hop as one sentence. Names keep their own case, so only a sentence that begins with a word of ours gets a capital. */
export function storyText(hop: Hop, trace: PacketTrace): string {
  return clausesText(storyOf(hop, isDelivered(trace)))
}

export function clausesText(clauses: readonly Clause[]): string {
  const [first] = clauses
  if (!first) return t('story.passes')
  const text = clauses.map((clause) => tell(`story.${clause.key}`, spoken(clause.params))).join(', ')
  const named = tell(`story.${first.key}`, {}).startsWith('{')
  return `${named ? text : text.charAt(0).toUpperCase() + text.slice(1)}.`
}

export function stepText(step: Step, trace: PacketTrace): string {
  const { key, params } = explain(step, isDelivered(trace))
  return tell(`step.${key}`, spoken(params))
}

const isDelivered = (trace: PacketTrace): boolean => trace.disposition.kind === 'delivered'

/** Reasons are words of the trace; the catalogue has them as clauses. */
export function spoken(params: Readonly<Record<string, string | number>>): Readonly<Record<string, string | number>> {
  const key = `drop.${params['reason'] ?? ''}`
  return has(key) ? { ...params, reason: tell(key, {}) } : params
}
