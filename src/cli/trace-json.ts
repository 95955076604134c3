import type { Choice } from '../core/base/choose.ts'
import type { Conversation, Outcome, Request } from '../core/sim/conversation.ts'
import type { Disposition, PacketTrace } from '../core/walk/trace.ts'
import { symptomOf } from './outcome.ts'

/** `kubehop trace -o json`: the trace as data. README.md of this folder documents it. */
export interface TraceJson {
  /** How the request packet ended: the kind alone; `request.disposition` has all of it. */
  readonly disposition: Disposition['kind'] | 'not-sent'
  readonly symptom: string
  readonly probability: number
  readonly asked: Request
  readonly outcome: Outcome
  readonly request?: PacketTrace
  readonly reply?: PacketTrace
  /** What followed request and first answer: the ACK of a handshake. */
  readonly later: readonly PacketTrace[]
  readonly choices: readonly Choice[]
  readonly fidelity: readonly string[]
}

export function traceJson(conversation: Conversation): TraceJson {
  const [request, reply, ...later] = conversation.connections.flatMap((connection) => connection.packets)
  return {
    disposition: request?.disposition.kind ?? 'not-sent',
    symptom: symptomOf(conversation.outcome),
    probability: conversation.probability,
    asked: conversation.request,
    outcome: conversation.outcome,
    ...(request && { request }),
    ...(reply && { reply }),
    later,
    choices: conversation.choices,
    fidelity: conversation.fidelity,
  }
}

/** With `--all-paths`. `complete` is false when the limit cut the enumeration. */
export const pathsJson = (paths: readonly Conversation[], complete: boolean) => ({ complete, paths: paths.map(traceJson) })
