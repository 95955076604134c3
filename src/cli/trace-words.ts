import type { Cluster } from '../core/cluster/cluster.ts'
import type { Conversation } from '../core/sim/conversation.ts'
import type { Explanation } from '../core/walk/explain.ts'
import type { NetnsId } from '../core/kernel/interface.ts'
import type { Words } from '../core/walk/render.ts'
import { explanationText, line, storyText } from './messages.ts'
import { placeOf } from './places.ts'
import type { Paint } from './terminal.ts'

/** The words of every rendering of a trace in this cluster: places are called by their owners. */
export function wordsFor(cluster: Cluster, paint: Paint = (_, text) => text): Words {
  const place = (netns: NetnsId): string => placeOf(cluster, netns)
  return { paint, place, story: storyText, explain: (explanation) => explanationText(withPlaces(explanation, place)) }
}

function withPlaces({ key, params }: Explanation, place: Words['place']): Explanation {
  const where = typeof params['netns'] === 'string' ? place(params['netns'] as NetnsId) : ''
  return { key, params: { ...params, netns: where, ...(key === 'end.delivered' && { owner: params['owner'] || where }) } }
}

/** What else there is to know of a conversation: how probable its path is, and what of it is approximate. */
export const remarksOf = ({ probability, fidelity }: Conversation): readonly string[] => [
  ...(probability < 1 ? [line('trace.probability', { probability: Number(probability.toFixed(6)) })] : []),
  ...(fidelity.length > 0 ? [line('trace.fidelity', { ids: fidelity.join(', ') })] : []),
]
