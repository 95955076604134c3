import type { Conversation, Outcome } from '../core/sim/conversation.ts'
import { line } from './messages.ts'

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

/** The outcome in one sentence. */
export function outcomeText({ outcome, request }: Conversation): string {
  switch (outcome.kind) {
    case 'answered':
      if (request.protocol === 'icmp' || outcome.clientSeen === undefined)
        return line('trace.answered-ping', { by: outcome.answeredBy ?? request.destination })
      return line('trace.answered', { by: outcome.answeredBy ?? request.destination, client: outcome.clientSeen })
    case 'refused':
      return line('trace.refused', { how: outcome.icmp ? line('trace.how-icmp', outcome.icmp) : line('trace.how-reset') })
    case 'icmp-error':
      return line('trace.icmp-error', {
        errno: symptomOf(outcome),
        type: outcome.icmp?.type ?? '',
        code: outcome.icmp?.code ?? '',
        from: outcome.fromAddressSeenByClient ?? '',
      })
    case 'timeout':
      return line('trace.timeout')
    case 'local-error':
      return line('trace.local-error', { errno: symptomOf(outcome) })
    case 'unsupported':
      return line('trace.unsupported')
  }
}
