import { describe, expect, it } from 'vitest'
import type { HttpRequest, HttpResponse } from '../../core/apps/http.ts'
import type { Connection, Conversation, HttpExchange, Routed } from '../../core/sim/conversation.ts'
import type { NetnsId } from '../../core/kernel/interface.ts'
import type { Ip } from '../../core/net/ip.ts'
import type { PacketTrace } from '../../core/walk/trace.ts'
import { addTexts } from '../messages/t.ts'
import { programs } from '../messages/en-programs.ts'
import type { PacketPath } from '../../scene/packet-path.ts'
import type { ProgramBoard } from '../../scene/program-board.ts'
import { clientSentence } from './client-address.ts'
import { crossingsOf } from './crossings.ts'
import { decisionAt, decisionsIn, fatesIn } from './decisions.ts'
import { requestChanges, responseChanges } from './header-diff.ts'
import { dashboardVisited } from './visited.ts'

addTexts(programs)

const ask = (target: string, headers: HttpRequest['headers'] = [['Host', 'shop.test']]): HttpRequest => {
  return { method: 'GET', target, version: '1.1', headers, body: '' }
}
const answer = (status: number, headers: HttpResponse['headers'] = []): HttpResponse => ({ status, version: '1.1', headers, body: '' })
const packets = (count: number): readonly PacketTrace[] => Array.from({ length: count }, () => ({}) as PacketTrace)
const party = (owner: string, address: string) => ({ netns: owner as NetnsId, owner, address, program: 'nginx' })
const exchange = (request: HttpRequest, response: HttpResponse, at: readonly [number, number], routed?: Routed): HttpExchange => ({
  request,
  response,
  requestPackets: [at[0]],
  responsePackets: [at[1]],
  waited: 0,
  ...(routed && { routed }),
})

const ROUTED: Routed = {
  program: 'nginx',
  kind: 'proxy',
  matched: [
    { table: 'servers', row: 'shop.test' },
    { table: 'locations', row: 'shop.test /api', considered: [{ row: 'shop.test /', failed: 'shorter' }] },
  ],
  balance: { algorithm: 'rr', upstream: 'api', endpoints: [{ address: '10.0.0.8:80' }, { address: '10.0.0.9:80' }], chosen: 1 },
  to: { address: '10.0.0.9' as Ip, port: 80, upstream: 'api' },
  tried: [],
  upstream: [1],
}

/** Two requests on one connection; the program has one to its upstream too, and uses it again. The second it answers by itself. */
const forwarded = ask('/x', [
  ['Host', 'shop.test'],
  ['X-Forwarded-For', '192.0.2.1'],
])
const CLIENT: Connection = {
  kind: 'http',
  packets: packets(7),
  client: party('external/client', '192.0.2.1:40000'),
  server: party('ingress/ctl', '10.0.0.2:80'),
  clientSeen: '192.0.2.1:40000',
  exchanges: [
    exchange(ask('/api/x'), answer(200, [['Date', 'now']]), [2, 3], ROUTED),
    exchange(ask('/no'), answer(404), [4, 5], {
      ...ROUTED,
      kind: 'respond',
      why: 'no-route',
      upstream: [],
      matched: [{ table: 'servers', row: '_' }],
    }),
  ],
}
const UPSTREAM: Connection = {
  kind: 'http',
  packets: packets(4),
  parent: 0,
  client: party('ingress/ctl', '10.0.0.2:50000'),
  server: { ...party('default/api', '10.0.0.9:80'), program: 'echo' },
  clientSeen: '10.0.0.2:50000',
  exchanges: [exchange(forwarded, answer(200), [2, 3], { ...ROUTED, kind: 'respond', why: 'server', matched: [], upstream: [] })],
}
const order = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 0],
  [1, 1],
  [1, 2],
  [1, 3],
  [0, 3],
  [0, 4],
  [0, 5],
  [0, 6],
].map(([connection = 0, packet = 0]) => ({ connection, packet }))
const CONVERSATION = { connections: [CLIENT, UPSTREAM], order } as unknown as Conversation

describe('what a program decided', () => {
  const [first, second] = decisionsIn(CONVERSATION)

  it('is what proxies decide, not servers, with the packets that it begins and ends with', () => {
    expect(decisionsIn(CONVERSATION)).toHaveLength(2)
    expect(first).toMatchObject({ target: 'pod/ingress/ctl', arrived: 2, dialled: 3, answered: 7, connections: [0, 1] })
    expect(first?.sent).toBe(forwarded)
    expect(second).toMatchObject({ arrived: 8, answered: 9, connections: [0] })
  })

  it.each([
    [1, undefined],
    [2, '/api/x'],
    [5, '/api/x'],
    [7, '/api/x'],
    [9, '/no'],
  ])('is shown at packet %i: %s', (packet, target) => {
    expect(decisionAt(CONVERSATION, packet)?.exchange?.request.target).toBe(target)
  })

  it('lights rows that matched and the endpoint that was chosen, and marks near misses', () => {
    const fates = fatesIn(first ? [first] : [])
    expect(fates.get('locations shop.test /api')).toEqual({ won: true })
    expect(fates.get('locations shop.test /')).toEqual({ won: false, failed: 'shorter' })
    expect(fates.get(' api 10.0.0.9:80')).toEqual({ won: true })
  })

  it('crosses the program on the map from its listener to the endpoint, or ends where it is answered', () => {
    const cell = (table: string, row: string, text = row) => ({ table, row, text })
    const column = (...cells: ReturnType<typeof cell>[]) => ({ cells, total: cells.length })
    const board: ProgramBoard = {
      id: 'pod/ingress/ctl',
      name: 'nginx',
      tables: { listeners: 'listeners', servers: 'routes', locations: 'routes', upstreams: 'upstreams', endpoints: 'endpoints' },
      columns: {
        listeners: column(cell('listeners', 'tcp 80', 'http :80'), cell('listeners', 'tcp 443', 'https :443')),
        routes: column(cell('locations', 'shop.test /'), cell('locations', 'shop.test /api')),
        upstreams: column(cell('upstreams', 'other'), cell('upstreams', 'api')),
        endpoints: column(cell('endpoints', 'a', '10.0.0.9:80'), cell('endpoints', 'b', '10.0.0.9:80')),
      },
      wires: [
        { from: 'upstreams', cell: 0, to: 'endpoints', next: 0 },
        { from: 'upstreams', cell: 1, to: 'endpoints', next: 1 },
      ],
    }
    const path = { packets: order.map((_, i) => ({ first: i * 10, last: i * 10 + 9, direction: 'original' })) } as unknown as PacketPath
    const [there, here] = crossingsOf(CONVERSATION, path, new Map([[board.id, board]]))
    expect(there).toMatchObject({ arrived: 29, dialled: 30 })
    expect(there?.cells.map((each) => each.cell.row)).toEqual(['tcp 80', 'shop.test /api', 'api', 'b'])
    expect(here).toMatchObject({ arrived: 89, answered: 90, answer: '404' })
    expect(crossingsOf(CONVERSATION, path, new Map())).toEqual([])
  })
})

describe('what a program changed', () => {
  const text = (changes: ReturnType<typeof requestChanges>): readonly string[] =>
    changes.map(({ name, before, after }) => {
      const side = (pieces: typeof before) => pieces?.map((piece) => (piece.same ? piece.text : `[${piece.text}]`)).join('') ?? ''
      return `${name}: ${side(before)} > ${side(after)}`
    })

  it('in a request: its line, headers by name without case, in words', () => {
    const before = ask('/api/x', [
      ['Host', 'shop.test'],
      ['X-Forwarded-For', '192.0.2.1'],
      ['Cookie', 'a=1'],
    ])
    const after = ask('/x', [
      ['host', 'shop.test'],
      ['x-forwarded-for', '192.0.2.1, 10.0.0.2'],
      ['X-Real-IP', '10.0.0.2'],
    ])
    expect(text(requestChanges(before, after))).toEqual([
      ': GET /[api/x] HTTP/1.1 > GET /[x] HTTP/1.1',
      'x-forwarded-for: 192.0.2.1 > 192.0.2.1[, 10.0.0.2]',
      'X-Real-IP:  > [10.0.0.2]',
      'Cookie: [a=1] > ',
    ])
  })

  it('in a response: its status and headers, or nothing', () => {
    expect(text(responseChanges(answer(503), answer(502, [['Server', 'x']])))).toEqual([
      ': HTTP/1.1 [503] > HTTP/1.1 [502]',
      'Server:  > [x]',
    ])
    expect(responseChanges(answer(200), answer(200))).toEqual([])
  })
})

describe('the client’s address behind a program', () => {
  const [decided] = decisionsIn(CONVERSATION)
  const said = (more: object): string | undefined => decided && clientSentence({ ...decided, ...more }, 'api-1')

  it('is lost on the connection and kept in a header', () => {
    expect(said({})).toBe('The client’s address is lost on the connection (api-1 sees 10.0.0.2), but kept in X-Forwarded-For: 192.0.2.1.')
  })

  it('is lost where no header names it', () => {
    expect(said({ sent: ask('/') })).toBe('The client’s address is lost for api-1: its socket sees 10.0.0.2, the program.')
  })

  it('was lost before, where it was rewritten on the way to the program', () => {
    const connection = { ...CLIENT, clientSeen: '10.244.0.1:40000' }
    const sent = ask('/', [['X-Real-IP', '10.244.0.1']])
    expect(said({ connection, sent })).toContain('saw 10.244.0.1 and not 192.0.2.1')
  })

  it('is kept by a PROXY header', () => {
    const proxyHeader = { version: 1, source: '192.0.2.1', sourcePort: 4, destination: '10.0.0.9', destinationPort: 80 }
    expect(said({ upstream: { ...UPSTREAM, proxyHeader } })).toBe('The client’s address is kept by the PROXY protocol: 192.0.2.1.')
  })

  it('is nobody’s matter where nobody was asked', () => {
    const { upstream: _, ...alone } = decided ?? {}
    expect(clientSentence(alone as NonNullable<typeof decided>, '')).toBeUndefined()
  })
})

describe('a dashboard', () => {
  const page = (target: string, status: number, type: string): Conversation => {
    const response = answer(status, [['Content-Type', type]])
    const server = { ...party('kube-system/t', '10.0.0.2:8080'), program: 'traefik' }
    const routed: Routed = { ...ROUTED, kind: 'respond', why: 'server', upstream: [], matched: [] }
    return { connections: [{ ...CLIENT, server, exchanges: [exchange(ask(target), response, [2, 3], routed)] }] } as unknown as Conversation
  }
  it.each([
    ['/dashboard/', 200, 'text/html; charset=utf-8', 'pod/kube-system/t'],
    ['/dashboard/', 404, 'text/plain', undefined],
    ['/', 302, 'text/html', undefined],
    ['/api/rawdata', 200, 'application/json', undefined],
  ])('%s with status %i and %s is one of %s', (target, status, type, found) => {
    expect(dashboardVisited(page(target, status, type))).toBe(found)
  })
})
