import type { Outcome } from '../core/sim/conversation.ts'
import type { Disposition } from '../core/walk/trace.ts'
import { explainEnd } from '../core/walk/explain.ts'
import type { SentRecord } from '../worker/protocol.ts'
import { has, tell } from './messages/t.ts'
import './messages/with-steps.ts'

/** How a packet ended, in one sentence. */
export function dispositionText(end: Disposition, record: SentRecord): string {
  const { key, params } = explainEnd(end)
  const netns = String(params['netns'] ?? '')
  const place = record.places[netns]?.label ?? netns
  const reason = `drop.${params['reason'] ?? ''}`
  const owner = params['owner'] === '' ? place : (params['owner'] ?? '')
  return tell(key, { ...params, place, owner, ...(has(reason) ? { reason: tell(reason, {}) } : {}) })
}

/** What the client program would report. */
export function outcomeText(outcome: Outcome): string {
  const errno = `errno.${outcome.errno ?? ''}`
  const { grpc, answeredBy: by = '' } = outcome
  if (grpc && grpc.code !== 0) return tell('outcome.grpc', { by, name: grpc.name, message: grpc.message })
  return tell(`outcome.${outcome.kind}`, { by: outcome.answeredBy ?? '', errno: has(errno) ? tell(errno, {}) : (outcome.errno ?? '') })
}
