import { expect, it } from 'vitest'
import type { Connection, Conversation } from '../../core/sim/conversation.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { rowsOf } from '../packets/rows.ts'
import { packetsOf } from '../position.ts'
import { CONVERSATION } from '../testdata/conversation.ts'
import { matches, parseFilter } from './filter.ts'

const [ALONE] = CONVERSATION.connections
if (!ALONE) throw new Error('the conversation has no connection')

/** A client's connection to a proxy, and the proxy's own: TLS and HTTP/2 on the first, HTTP/1.1 on the second. */
const CONNECTIONS: readonly Connection[] = [
  {
    ...ALONE,
    kind: 'http',
    tls: { serverName: 'shop.example', offered: ['h2'] },
    carries: ['tls-handshake', 'response'],
    exchanges: [
      {
        request: { method: 'GET', target: '/a', version: '2', headers: [['Host', 'shop.example']], body: '' },
        response: { status: 404, version: '2', headers: [], body: '' },
        requestPackets: [],
        waited: 0,
        responsePackets: [1],
      },
    ],
  },
  {
    ...ALONE,
    kind: 'http',
    packets: ALONE.packets.map((packet) => ({ ...packet })),
    parent: 0,
    carries: ['request', undefined],
    exchanges: [
      {
        request: { method: 'POST', target: '/b?c', version: '1.1', headers: [['host', 'shop.example']], body: 'x' },
        requestPackets: [0],
        responsePackets: [],
        waited: 0,
      },
    ],
  },
]
const CONVERSED: Conversation = { ...CONVERSATION, connections: CONNECTIONS }
const RECORD: SentRecord = {
  order: { from: 'pod/default/curl', to: 'https://shop.example/', protocol: 'tcp' },
  conversation: CONVERSED,
  places: {},
  owners: {},
}

it('rows say what is said above TCP, and on which connection', () => {
  expect(
    rowsOf([RECORD]).map(({ number, connection, depth, protocol, info }) => `${number} c${connection} ${depth} ${protocol} ${info}`),
  ).toEqual([
    '1 c1 0 TLS TLS handshake',
    '2 c1 0 HTTP2 HTTP/2 404',
    '3 c2 1 HTTP POST /b?c HTTP/1.1',
    '4 c2 1 TCP 8080 → 40000 [SYN] MSS=1410',
  ])
})

it.each([
  ['http', '2 3'],
  ['http2', '2'],
  ['tls', '1'],
  ['http.request', '3'],
  ['http.response', '2'],
  ['http.response.code >= 400', '2'],
  ['http.request.method == POST', '3'],
  ['http.request.uri contains /b', '3'],
  ['http.host == shop.example', '3'],
  ['tls.sni == shop.example', '1'],
  ['tcp.stream == 2', '3 4'],
  ['websocket || proxy', ''],
])('%s: packets %s', (text, numbers) => {
  const parsed = parseFilter(text)
  if (!parsed.ok) throw new Error(parsed.error.why)
  const { filter } = parsed
  const passing = packetsOf(CONVERSED).flatMap((trace, index) =>
    filter && matches(filter, { trace, record: RECORD, number: index + 1 }) ? [index + 1] : [],
  )
  expect(passing.join(' ')).toBe(numbers)
})
