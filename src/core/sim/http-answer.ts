import type { Cluster } from '../cluster/cluster.ts'
import { healthAnswer } from '../cluster/health-check.ts'
import type { Conversation } from './conversation.ts'

/** The conversation with what kube-proxy's health check answers to a GET, when that is who answered. */
export function withHttpAnswer(cluster: Cluster, conversation: Conversation): Conversation {
  const { answeredBy = '' } = conversation.outcome
  const [agent, node = ''] = answeredBy.split('/')
  if (agent !== 'kube-proxy') return conversation
  const first = conversation.connections[0]?.packets[0]?.disposition
  const transport = first?.kind === 'delivered' ? first.packet.transport : undefined
  const http = transport?.kind === 'tcp' ? healthAnswer(cluster, node, transport.destinationPort) : undefined
  return http ? { ...conversation, outcome: { ...conversation.outcome, http } } : conversation
}
