import type { HttpRequest, HttpResponse } from '../../core/apps/http.ts'
import type { Conversation, PacketPlace, TlsSession } from '../../core/sim/conversation.ts'
import type { PacketTrace } from '../../core/walk/trace.ts'
import { placesOf } from '../position.ts'

/** What a packet says above TCP, named as Wireshark's protocol column names it. Of a message in several segments the first has the text. */
export interface Message {
  readonly protocol: 'HTTP' | 'HTTP2' | 'TLS' | 'PROXY' | 'WebSocket'
  readonly text?: string
  readonly request?: HttpRequest
  readonly response?: HttpResponse
  readonly tls?: TlsSession
}

const MESSAGES = new WeakMap<Conversation, ReadonlyMap<PacketTrace, Message>>()

export function messageOf(conversation: Conversation, trace: PacketTrace): Message | undefined {
  let known = MESSAGES.get(conversation)
  if (!known) MESSAGES.set(conversation, (known = messagesOf(conversation)))
  return known.get(trace)
}

function messagesOf(conversation: Conversation): ReadonlyMap<PacketTrace, Message> {
  const found = new Map<PacketTrace, Message>()
  for (const at of placesOf(conversation)) {
    const trace = conversation.connections[at.connection]?.packets[at.packet]
    const message = trace && messageAt(conversation, at)
    if (message) found.set(trace, message)
  }
  return found
}

function messageAt({ connections }: Conversation, { connection, packet }: PacketPlace): Message | undefined {
  const { carries = [], exchanges = [], tls } = connections[connection] ?? {}
  switch (carries[packet]) {
    case 'request': {
      const exchange = exchanges.find(({ requestPackets }) => requestPackets.includes(packet))
      if (!exchange) return undefined
      const { request, requestPackets } = exchange
      const first = requestPackets[0] === packet && { text: `${request.method} ${request.target} HTTP/${request.version}` }
      return { protocol: httpName(request.version), request, ...first }
    }
    case 'response': {
      const exchange = exchanges.find(({ responsePackets }) => responsePackets.includes(packet))
      if (!exchange?.response) return undefined
      const { request, response, responsePackets } = exchange
      const first = responsePackets[0] === packet && { text: `HTTP/${response.version} ${response.status}` }
      return { protocol: httpName(request.version), response, ...first }
    }
    case 'tls-handshake':
      return { protocol: 'TLS', text: 'TLS handshake', ...(tls && { tls }) }
    case 'tls-alert':
      return { protocol: 'TLS', text: 'TLS alert', ...(tls && { tls }) }
    case 'proxy-header':
      return { protocol: 'PROXY', text: 'PROXY header' }
    case 'upgraded':
      return { protocol: 'WebSocket', text: 'WebSocket' }
    default:
      return undefined
  }
}

const httpName = (version: HttpRequest['version']): 'HTTP' | 'HTTP2' => (version === '2' ? 'HTTP2' : 'HTTP')
