import type { Conversation } from '../core/sim/conversation.ts'
import { symptomOf } from '../core/sim/trace-json.ts'
import { line } from './messages.ts'

/** The outcome in one sentence. */
export function outcomeText({ outcome, request, asked }: Conversation): string {
  switch (outcome.kind) {
    case 'answered':
      if (request.protocol === 'icmp' || outcome.clientSeen === undefined)
        return line('trace.answered-ping', { by: outcome.answeredBy ?? request.destination })
      if (outcome.grpc)
        return line('trace.answered-grpc', {
          by: outcome.answeredBy ?? '',
          client: outcome.clientSeen,
          code: outcome.grpc.code,
          name: outcome.grpc.name,
          message: outcome.grpc.message === '' ? '' : `: ${outcome.grpc.message}`,
        })
      if (asked && outcome.http)
        return line('trace.answered-status', { status: outcome.http.status, by: outcome.answeredBy ?? '', client: outcome.clientSeen })
      if (outcome.http) {
        const { status, body } = outcome.http
        return line('trace.answered-http', {
          by: outcome.answeredBy ?? '',
          client: outcome.clientSeen,
          status,
          body: body.replace(/\s+/g, ' '),
        })
      }
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
    case 'failed':
      return line('trace.failed', { message: outcome.curl?.message ?? '' })
    case 'unsupported':
      return line('trace.unsupported')
  }
}
