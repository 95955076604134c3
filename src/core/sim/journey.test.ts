import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NetnsId } from '../kernel/interface.ts'
import { type Conversation, packetsInOrder } from './conversation.ts'
import { dial, packets, proxy, relay, server, travel, WIRE } from './lab-programs.ts'

const said = ({ outcome }: Conversation): string =>
  [outcome.http?.status, outcome.http?.body, outcome.curl?.exit, outcome.served?.by, outcome.served?.why]
    .filter((x) => x !== undefined && x !== '')
    .join(' | ')

describe('one connection', () => {
  it('is opened, used and closed', () => {
    const { conversation, runtime } = travel({}, { url: 'http://10.0.0.4/x', sourcePort: 1000 })
    expect(packets(conversation)).toEqual([
      '0→ tcp SYN mss 1460',
      '0← tcp SYN-ACK mss 1460',
      '0→ tcp ACK',
      '0→ tcp PSH-ACK 72 bytes request',
      '0← tcp PSH-ACK 104 bytes response',
      '0→ tcp ACK',
      '0→ tcp FIN-ACK',
      '0← tcp FIN-ACK',
      '0→ tcp ACK',
    ])
    expect(conversation.outcome).toMatchObject({ kind: 'answered', answeredBy: 'a', clientSeen: '10.0.0.2:1000', http: { status: 200 } })
    expect(conversation.connections[0]).toMatchObject({
      kind: 'http',
      end: 'closed',
      client: { netns: 'c', program: 'curl', address: '10.0.0.2:1000' },
      server: { netns: 'a', owner: 'a', address: '10.0.0.4:80' },
      exchanges: [{ requestPackets: [3], responsePackets: [4] }],
    })
    expect([...(runtime.conntrack.get('a' as NetnsId)?.values() ?? [])].map(({ state }) => state)).toEqual(['TIME_WAIT'])
    expect([runtime.now, conversation.fidelity]).toEqual([0, []])
  })

  it('is used again for the same place', () => {
    const { conversation } = travel({}, { url: 'http://10.0.0.4/', times: 3 })
    expect(conversation.connections).toHaveLength(1)
    expect(conversation.connections[0]?.exchanges).toHaveLength(3)
    expect(packets(conversation).filter((line) => line.includes('SYN'))).toHaveLength(2)
  })

  it('ends with the answer where the server says so, which closes first', () => {
    const running = server('a', { accept: () => ({ kind: 'http', keepAlive: 0 }) })
    const { conversation } = travel({ a: running }, { url: 'http://10.0.0.4/', times: 2 })
    expect(conversation.connections.map(({ end }) => end)).toEqual(['closed', 'closed'])
    expect(packets(conversation).slice(6, 9)).toEqual(['0← tcp FIN-ACK', '0→ tcp FIN-ACK', '0← tcp ACK'])
  })

  it.each([
    ['reset', { kind: 'close', reset: true, why: 'x' }, 56, ['0← tcp RST-ACK']],
    ['close', { kind: 'close', why: 'x' }, 52, ['0← tcp FIN-ACK', '0→ tcp FIN-ACK', '0← tcp ACK']],
  ] as const)('fails on %s', (_, acceptance, exit, last) => {
    const { conversation } = travel({ a: server('a', { accept: () => acceptance }) }, { url: 'http://10.0.0.4/' })
    expect(packets(conversation).slice(3)).toEqual(last)
    expect(conversation.outcome).toMatchObject({ kind: 'failed', curl: { exit } })
  })

  it.each([
    ['http://10.0.0.4:81/', 7, 'refused', ['0→ tcp SYN mss 1460 rejected', '0← tcp RST-ACK']],
    ['http://10.0.0.99/', 7, 'icmp-error', undefined],
    ['http://10.0.0.4/wait/30', 28, 'timeout', undefined],
  ])('%s: exit %i, %s', (url, exit, kind, expected) => {
    const { conversation, runtime } = travel({}, { url, maxTime: 10 })
    expect([conversation.outcome.curl?.exit, conversation.outcome.kind]).toEqual([exit, kind])
    if (expected) expect(packets(conversation)).toEqual(expected)
    expect(runtime.now).toBeLessThanOrEqual(10)
  })

  it('has an acknowledgment of its own where the answer takes time', () => {
    const { conversation, runtime } = travel({}, { url: 'http://10.0.0.4/wait/3' })
    expect(packets(conversation).slice(3, 6)).toEqual([
      '0→ tcp PSH-ACK 77 bytes request',
      '0← tcp ACK',
      '0← tcp PSH-ACK 109 bytes response',
    ])
    expect(runtime.now).toBe(3)
  })

  it('stays open as a WebSocket', () => {
    const running = server('a', {
      request: () => ({ kind: 'respond', response: { status: 101, version: '1.1', headers: [], body: '' }, why: 'server', matched: [] }),
    })
    const { conversation, runtime } = travel({ a: running }, { url: 'ws://10.0.0.4/chat' })
    expect(packets(conversation).slice(6)).toEqual(['0→ tcp PSH-ACK 11 bytes upgraded', '0← tcp PSH-ACK 7 bytes upgraded', '0→ tcp ACK'])
    expect(conversation.connections[0]?.end).toBe('open')
    expect([...(runtime.conntrack.get('a' as NetnsId)?.values() ?? [])].map(({ state }) => state)).toEqual(['ESTABLISHED'])
  })
})

describe('segments', () => {
  it('are as long as both ends allow, and what they say is the message', () => {
    const { conversation } = travel({}, { url: 'http://10.0.0.4/', data: 'x'.repeat(4000) })
    const sent = (conversation.connections[0]?.packets ?? []).flatMap(({ direction, sent: { transport: t, ip } }) =>
      direction === 'original' && t.kind === 'tcp' && t.payload ? [{ ...t.payload, flags: t.flags, total: ip.length }] : [],
    )
    expect(sent.map(({ length, flags, total }) => [length, flags, total])).toEqual([
      [1448, 'A', 1500],
      [1448, 'A', 1500],
      [sent[2]?.length, 'PA', (sent[2]?.length ?? 0) + 52],
    ])
    expect(sent.map(({ bytes }) => bytes).join('')).toMatch(/^POST \/ HTTP\/1\.1\r\nHost: 10\.0\.0\.4\r\n.*\r\n\r\nx{4000}$/s)
  })

  it('shrink when a router says that they are too big', () => {
    const { conversation } = travel({}, { url: 'http://10.0.1.5/', data: 'x'.repeat(2000) })
    // The server's own wire is narrow, and it says so.
    expect(packets(conversation).filter((line) => line.includes('request'))).toEqual([
      '0→ tcp ACK 1148 bytes request',
      '0→ tcp PSH-ACK 995 bytes request',
    ])
    // It does not know what the router knows.
    const unaware = WIRE.replace('10.0.1.5/24 mtu 1200', '10.0.1.5/24')
    expect(packets(travel({}, { url: 'http://10.0.1.5/', data: 'x'.repeat(2000) }, { net: unaware }).conversation).slice(3, 7)).toEqual([
      '0→ tcp ACK 1448 bytes request rejected',
      '0← icmp fragmentation needed mtu 1200',
      '0→ tcp ACK 1148 bytes request',
      '0→ tcp PSH-ACK 995 bytes request',
    ])
  })

  it('that are lost keep their reader waiting', () => {
    const deaf = WIRE.replace('r forward', 'r forward\n  -A FORWARD -p tcp -m tcp --tcp-flags PSH PSH -j DROP')
    const { conversation, runtime } = travel({}, { url: 'http://10.0.1.5/', maxTime: 5 }, { net: deaf })
    expect(packets(conversation).slice(3)).toEqual([
      '0→ tcp PSH-ACK 71 bytes request dropped',
      '0→ tcp FIN-ACK',
      '0← tcp FIN-ACK',
      '0→ tcp ACK',
    ])
    expect([conversation.outcome.curl?.exit, runtime.now]).toEqual([28, 5])
  })

  it('refused by a firewall with RST end the connection', () => {
    const hostile = WIRE.replace('r forward', 'r forward\n  -A FORWARD -p tcp -m tcp --tcp-flags PSH PSH -j REJECT --reject-with tcp-reset')
    const { conversation } = travel({}, { url: 'http://10.0.1.5/' }, { net: hostile })
    expect(packets(conversation).slice(3)).toEqual(['0→ tcp PSH-ACK 71 bytes request rejected', '0← tcp RST'])
    expect(conversation.outcome).toMatchObject({ kind: 'failed', reset: true, curl: { exit: 56 } })
    expect(conversation.connections[0]?.end).toBe('reset')
  })

  it('add up: sequence numbers continue, each side acknowledges what it got, bytes are the messages', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 6000 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom('10.0.0.4', '10.0.1.5'),
        (size, times, host) => {
          const { conversation } = travel({}, { url: `http://${host}/`, data: 'y'.repeat(size), times })
          const next = { original: 1001, reply: 1 }
          const [connection] = conversation.connections
          let bytes = 0
          for (const { direction, sent } of connection?.packets.slice(2) ?? []) {
            const t = sent.transport
            if (t.kind !== 'tcp') throw new Error('not TCP')
            const other = direction === 'original' ? 'reply' : 'original'
            expect([t.sequence, t.acknowledgment]).toEqual([next[direction], next[other]])
            expect(sent.ip.length).toBe(52 + (t.payload?.length ?? 0))
            expect(t.payload?.bytes?.length).toBe(t.payload?.length)
            next[direction] += (t.payload?.length ?? 0) + (t.flags.includes('F') ? 1 : 0)
            bytes += direction === 'original' ? (t.payload?.length ?? 0) : 0
          }
          expect(connection?.exchanges).toHaveLength(times)
          expect(bytes % times).toBe(0)
          expect(conversation.outcome.http?.status).toBe(200)
        },
      ),
      { seed: 5, numRuns: 30 },
    )
  })
})

describe('a proxy', () => {
  it('has a connection of its own, between request and answer of its client', () => {
    const { conversation } = travel({ p: proxy([dial('10.0.0.4:80')]) }, { url: 'http://10.0.0.3/x', sourcePort: 1000 })
    expect(packets(conversation)).toEqual([
      '0→ tcp SYN mss 1460',
      '0← tcp SYN-ACK mss 1460',
      '0→ tcp ACK',
      '0→ tcp PSH-ACK 72 bytes request',
      '0← tcp ACK',
      '1→ tcp SYN mss 1460',
      '1← tcp SYN-ACK mss 1460',
      '1→ tcp ACK',
      expect.stringMatching(/^1→ tcp PSH-ACK \d+ bytes request$/),
      expect.stringMatching(/^1← tcp PSH-ACK \d+ bytes response$/),
      '1→ tcp ACK',
      '1→ tcp FIN-ACK',
      '1← tcp FIN-ACK',
      '1→ tcp ACK',
      expect.stringMatching(/^0← tcp PSH-ACK \d+ bytes response$/),
      '0→ tcp ACK',
      '0→ tcp FIN-ACK',
      '0← tcp FIN-ACK',
      '0→ tcp ACK',
    ])
    expect(conversation.connections[1]).toMatchObject({ parent: 0, client: { netns: 'p', program: 'p' }, server: { netns: 'a' } })
    expect(conversation.connections[0]?.exchanges?.[0]).toMatchObject({
      routed: { kind: 'proxy', upstream: [1], matched: [{ row: 'all' }] },
    })
    expect(said(conversation)).toMatch(/^200 \| a \/x from 10\.0\.0\.3 .*X-Forwarded-For=10\.0\.0\.2.* \| 0 \| a \| server$/)
    expect(conversation.outcome.http?.headers['Via']).toBe('test')
  })

  it.each([
    ['none', [], 503, 'upstream-none', 1],
    ['refused', [dial('10.0.0.4:81')], 502, 'upstream-refused', 2],
    ['not there', [dial('10.0.0.99:80', { connectTimeout: 1 })], 504, 'upstream-timeout', 2],
    ['unreachable', [dial('10.0.0.99:80', { connectTimeout: 60 })], 502, 'upstream-unreachable', 2],
    ['too slow', [dial('10.0.0.4:80', { readTimeout: 10 })], 504, 'upstream-read-timeout', 2],
    ['the second', [dial('10.0.0.4:81'), dial('10.0.1.5:80')], 200, undefined, 3],
  ])('of an upstream that is %s', (_, upstreams, status, why, connections) => {
    const { conversation } = travel({ p: proxy(upstreams) }, { url: status === 504 ? 'http://10.0.0.3/wait/20' : 'http://10.0.0.3/' })
    expect(conversation.outcome.http?.status).toBe(status)
    expect(conversation.connections).toHaveLength(connections)
    if (why !== undefined) expect(conversation.outcome.served).toEqual({ by: 'p', program: 'p', why })
  })

  it('gives up when its client does', () => {
    const { conversation, runtime } = travel(
      { p: proxy([dial('10.0.0.4:80', { readTimeout: 60 })]) },
      { url: 'http://10.0.0.3/wait/50', maxTime: 5 },
    )
    expect([conversation.outcome.curl?.exit, runtime.now]).toEqual([28, 5])
    expect(conversation.connections.map(({ end }) => end)).toEqual(['closed', 'closed'])
  })

  it('keeps connections to its upstream when it is told to', () => {
    const { conversation } = travel({ p: proxy([dial('10.0.0.4:80', { keepAlive: 'pool' })]) }, { url: 'http://10.0.0.3/', times: 3 })
    expect(conversation.connections.map(({ end, exchanges }) => [end, exchanges?.length])).toEqual([
      ['closed', 3],
      ['open', 3],
    ])
  })

  it('remembers from journey to journey', () => {
    const programs = { p: proxy([dial('10.0.0.4:80')]) }
    const first = travel(programs, { url: 'http://10.0.0.3/', times: 2 })
    const second = travel(programs, { url: 'http://10.0.0.3/' }, { runtime: first.runtime })
    expect(second.conversation.outcome.http?.body).toContain('X-Turn=2')
  })

  it('that leads to itself is stopped, and says so', () => {
    const { conversation } = travel({ p: proxy([dial('10.0.0.3:80')]) }, { url: 'http://10.0.0.3/' })
    expect(conversation.outcome.http?.status).toBe(502)
    expect(conversation.fidelity).toContain('journey-limit')
  })

  it('passes WebSockets on, and closes one side with the other', () => {
    const upgrade = server('a', {
      request: () => ({ kind: 'respond', response: { status: 101, version: '1.1', headers: [], body: '' }, why: 'server', matched: [] }),
    })
    const { conversation } = travel({ p: proxy([dial('10.0.0.4:80')]), a: upgrade }, { url: 'ws://10.0.0.3/' })
    expect(packets(conversation).filter((line) => line.includes('upgraded'))).toEqual([
      '0→ tcp PSH-ACK 11 bytes upgraded',
      '1→ tcp PSH-ACK 11 bytes upgraded',
      '1← tcp PSH-ACK 7 bytes upgraded',
      '0← tcp PSH-ACK 7 bytes upgraded',
    ])
    expect(conversation.connections.map(({ end }) => end)).toEqual(['open', 'open'])
  })

  it('speaks gRPC over HTTP/2 to who does', () => {
    const { conversation } = travel(
      { p: proxy([dial('10.0.0.4:80', { version: '2' })], { accept: () => ({ kind: 'http', versions: ['2'] }) }) },
      { url: 'http://10.0.0.3/svc/Method', http: '2-prior-knowledge' },
    )
    expect(conversation.connections.map(({ exchanges }) => exchanges?.[0]?.response?.version)).toEqual(['2', '2'])
    expect(conversation.fidelity).toContain('http2-sizes')
  })

  it('mirrors', () => {
    const to = dial('10.0.0.4:80')
    const running = proxy([to])
    const { conversation } = travel(
      {
        p: {
          ...running,
          request: (exchange) => {
            const decision = running.request?.(exchange)
            if (decision?.kind !== 'proxy') throw new Error('no upstream')
            return { ...decision, mirrors: [{ to: dial('10.0.1.5:80'), request: decision.request }] }
          },
        },
      },
      { url: 'http://10.0.0.3/' },
    )
    expect(conversation.connections.map(({ server: at }) => at?.netns)).toEqual(['p', 'b', 'a'])
    expect(conversation.outcome.answeredBy).toBe('a')
  })
})

describe('bytes passed on', () => {
  it('are dialled when the connection is there, and closed together', () => {
    const { conversation } = travel({ p: relay([dial('10.0.0.4:81'), dial('10.0.0.4:80')]) }, { url: 'http://10.0.0.3/' })
    expect(
      packets(conversation)
        .map((line) => line.slice(0, 2))
        .join(''),
    ).toBe('0→0←0→1→1←2→2←2→0→0←2→2←2→0←0→0→0←2→2←2→0←0→')
    expect(conversation.connections[0]?.stream).toMatchObject({ kind: 'proxy', upstream: [1, 2], tried: [{ kind: 'refused' }] })
    expect(conversation.outcome.answeredBy).toBe('a')
  })

  it('keep their client waiting as long as they wait themselves', () => {
    const deaf = WIRE.replace('r forward', 'r forward\n  -A FORWARD -j DROP')
    const { conversation, runtime } = travel({ p: relay([dial('10.0.1.5:80')]) }, { url: 'http://10.0.0.3/', maxTime: 5 }, { net: deaf })
    expect([conversation.outcome.kind, conversation.outcome.curl?.exit, runtime.now]).toEqual(['timeout', 28, 5])
    expect(conversation.connections.map(({ end }) => end)).toEqual(['closed', 'timeout'])
  })

  it('end with an empty reply where nobody is reached', () => {
    const { conversation } = travel({ p: relay([dial('10.0.0.4:81')]) }, { url: 'http://10.0.0.3/' })
    expect(conversation.outcome).toMatchObject({ kind: 'failed', curl: { exit: 52 } })
  })

  it('carry the client in a PROXY header to who reads it', () => {
    const running = server('a', { accept: () => ({ kind: 'http', proxyHeader: 'required' }) })
    const { conversation } = travel(
      { p: relay([dial('10.0.0.4:80', { proxyHeader: 1 })]), a: running },
      { url: 'http://10.0.0.3/', sourcePort: 1000 },
    )
    expect(conversation.outcome.http?.body).toContain('a / from 10.0.0.3 for 10.0.0.2:1000')
    const header = conversation.connections[1]?.packets[3]?.sent.transport
    expect(header?.kind === 'tcp' && header.payload?.bytes).toBe('PROXY TCP4 10.0.0.2 10.0.0.3 1000 80\r\n')
  })

  it.each([
    ['required', false, undefined, 52],
    ['optional', false, 200, 0],
    ['ignored', true, 200, 0],
    [undefined, true, undefined, 52],
  ] as const)('PROXY header %s, sent: %s', (use, sent, status, exit) => {
    const running = server('a', { accept: () => ({ kind: 'http', ...(use && { proxyHeader: use }) }) })
    const { conversation } = travel({ a: running }, { url: 'http://10.0.0.4/', ...(sent && { proxyHeader: true }) })
    expect([conversation.outcome.http?.status, conversation.outcome.curl?.exit]).toEqual([status, exit])
  })
})

it('lists all packets once, in order', () => {
  const { conversation } = travel({ p: proxy([dial('10.0.0.4:80')]) }, { url: 'http://10.0.0.3/' })
  expect(packetsInOrder(conversation)).toHaveLength(conversation.connections.reduce((sum, { packets: own }) => sum + own.length, 0))
  expect(new Set(packetsInOrder(conversation)).size).toBe(packetsInOrder(conversation).length)
})
