import type { Choice } from '../base/choose.ts'
import type { Connection, Conversation, HttpAsked, Outcome, PacketPlace, Request } from './conversation.ts'
import type { Disposition, PacketTrace } from '../walk/trace.ts'

/** A conversation as data, as `kubehop trace -o json` prints it and the page saves it. cli/README.md documents it. */
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
  /** Of journeys: all connections with their packets, of which `request` and `reply` are the first two. */
  readonly connections?: readonly Connection[]
  readonly order?: readonly PacketPlace[]
  readonly journey?: HttpAsked
  readonly choices: readonly Choice[]
  readonly fidelity: readonly string[]
}

/** What the client program would report, as one stable word or phrase. */
export function symptomOf({ kind, errno }: Outcome): string {
  switch (kind) {
    case 'answered':
      return 'answered'
    case 'refused':
      return 'connection refused'
    case 'timeout':
      return 'timeout'
    case 'unsupported':
      return 'unsupported'
    case 'failed':
      return 'no response'
    case 'icmp-error':
    case 'local-error':
      return SYMPTOMS[errno ?? ''] ?? 'timeout'
  }
}

/** strerror(3), for the errors that networks cause. */
const SYMPTOMS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  EMSGSIZE: 'message too long',
  EINVAL: 'invalid argument',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOPROTOOPT: 'protocol not available',
  EOPNOTSUPP: 'operation not supported',
  EHOSTDOWN: 'host is down',
  ENONET: 'machine is not on the network',
  TIMEOUT: 'timeout',
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
    later: conversation.asked ? [] : later,
    ...(conversation.asked && { journey: conversation.asked, connections: conversation.connections }),
    ...(conversation.asked && conversation.order && { order: conversation.order }),
    choices: conversation.choices,
    fidelity: conversation.fidelity,
  }
}

/** With `--all-paths`. `complete` is false when the limit cut the enumeration. */
export const pathsJson = (paths: readonly Conversation[], complete: boolean) => ({ complete, paths: paths.map(traceJson) })
