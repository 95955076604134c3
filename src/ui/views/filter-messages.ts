import { headerOf } from '../../core/apps/http.ts'
import { type Message, messageOf } from '../packets/message.ts'
import { placesOf } from '../position.ts'
import type { FieldType, Seen } from './filter-fields.ts'

const ofMessages = (type: FieldType['type'], value: (message: Message, seen: Seen) => string | number | undefined): FieldType => ({
  type,
  values: (seen) => {
    const message = messageOf(seen.record.conversation, seen.trace)
    const found = message && value(message, seen)
    return found === undefined ? [] : [String(found)]
  },
})
const flagged = (is: (message: Message) => boolean): FieldType => ofMessages('flag', (message) => (is(message) ? 'true' : undefined))

/** What is said above TCP, under the names that Wireshark has for it; HTTP/2 is asked for as HTTP is. */
export const MESSAGE_FIELDS: Readonly<Record<string, FieldType>> = {
  http: flagged(({ protocol }) => protocol === 'HTTP' || protocol === 'HTTP2'),
  http2: flagged(({ protocol }) => protocol === 'HTTP2'),
  tls: flagged(({ protocol }) => protocol === 'TLS'),
  proxy: flagged(({ protocol }) => protocol === 'PROXY'),
  websocket: flagged(({ protocol }) => protocol === 'WebSocket'),
  'http.request': flagged(({ request }) => request !== undefined),
  'http.response': flagged(({ response }) => response !== undefined),
  'http.request.method': ofMessages('text', ({ request }) => request?.method),
  'http.request.uri': ofMessages('text', ({ request }) => request?.target),
  'http.host': ofMessages('text', ({ request }) => request && headerOf(request.headers, 'Host')),
  'http.response.code': ofMessages('number', ({ response }) => response?.status),
  'tls.sni': ofMessages('text', ({ tls }) => tls?.serverName),
  'tcp.stream': { type: 'number', values: streamOf },
}

/** Connections of one request, counted from 1 as the packet list does. */
function streamOf({ record: { conversation }, trace }: Seen): readonly string[] {
  const at = placesOf(conversation).find(({ connection, packet }) => conversation.connections[connection]?.packets[packet] === trace)
  return at ? [String(at.connection + 1)] : []
}
