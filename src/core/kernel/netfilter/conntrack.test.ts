import { describe, expect, it } from 'vitest'
import type { Ip } from '../../net/ip.ts'
import type { Packet } from '../../net/packet.ts'
import { ConntrackTable, track } from './conntrack.ts'

const A = '10.0.0.1' as Ip
const B = '10.0.0.2' as Ip

/** `a S` is a SYN from A to B, `b SA` the answer; `a udp`, `b udp`, `a ping`, `b pong` likewise. */
function packet(text: string): Packet {
  const [who, what = ''] = text.split(' ')
  const [source, destination, sourcePort, destinationPort] = who === 'a' ? [A, B, 1000, 80] : [B, A, 80, 1000]
  const ip = { source, destination, ttl: 64, length: 60, id: 0, dontFragment: true }
  if (what === 'udp') return { ip: { ...ip, protocol: 'udp' }, transport: { kind: 'udp', sourcePort, destinationPort, length: 40 } }
  if (what === 'ping' || what === 'pong')
    return { ip: { ...ip, protocol: 'icmp' }, transport: { kind: 'icmp-echo', type: what === 'ping' ? 8 : 0, code: 0, id: 7, sequence: 1 } }
  return {
    ip: { ...ip, protocol: 'tcp' },
    transport: { kind: 'tcp', sourcePort, destinationPort, flags: what, sequence: 0, acknowledgment: 0 },
  }
}

/** Tracks packets in order, confirming each, and tells how the last one was seen and what the table then says, as `conntrack -L` would. */
function after(...packets: readonly string[]): string {
  const table = new ConntrackTable(new Map())
  let seen = ''
  for (const text of packets) {
    const tracked = track(table, packet(text))
    seen = tracked ? `${tracked.connection.state} ${tracked.connection.direction}` : 'INVALID'
    if (tracked && tracked.connection.state === 'NEW') table.confirm(tracked.connection.tracked)
  }
  const lines = [...table.entries().values()].map(
    (e) => [e.state, !e.seenReply && '[UNREPLIED]', e.assured && '[ASSURED]'].filter(Boolean).join(' ') || 'entry',
  )
  return `${seen}; ${lines.join(', ') || 'no entry'}`
}

describe('track', () => {
  it.each([
    [['a S'], 'NEW original; SYN_SENT [UNREPLIED]'],
    [['a S', 'a S'], 'NEW original; SYN_SENT [UNREPLIED]'],
    [['a S', 'b SA'], 'ESTABLISHED reply; SYN_RECV'],
    [['a S', 'b SA', 'a A'], 'ESTABLISHED original; ESTABLISHED [ASSURED]'],
    [['a S', 'b RA'], 'ESTABLISHED reply; no entry'],
    [['a S', 'b SA', 'a A', 'b R'], 'ESTABLISHED reply; CLOSE [ASSURED]'],
    [['b SA'], 'INVALID; no entry'],
    [['b RA'], 'INVALID; no entry'],
    [['a A'], 'NEW original; ESTABLISHED [UNREPLIED]'],
    [['a udp'], 'NEW original; [UNREPLIED]'],
    [['a udp', 'b udp'], 'ESTABLISHED reply; entry'],
    [['a ping'], 'NEW original; [UNREPLIED]'],
    [['a ping', 'b pong'], 'ESTABLISHED reply; entry'],
    [['b pong'], 'INVALID; no entry'],
  ])('%j: %s', (packets, expected) => {
    expect(after(...packets)).toBe(expected)
  })

  it('relates an error to the connection of the packet that it quotes, if it is addressed to where that connection answers', () => {
    const table = new ConntrackTable(new Map())
    const first = track(table, packet('a S'))
    if (!first) throw new Error('not tracked')
    table.confirm(first.connection.tracked)
    const error = (destination: Ip): Packet => ({
      ip: { source: B, destination, ttl: 64, protocol: 'icmp', length: 88, id: 0, dontFragment: false },
      transport: { kind: 'icmp-error', type: 3, code: 1, quoted: packet('a S') },
    })
    expect(track(table, error(A))?.connection.state).toBe('RELATED')
    expect(track(table, error('10.0.0.3' as Ip))).toBeUndefined()
  })

  it('leaves the table it came from alone', () => {
    const table = new ConntrackTable(new Map())
    const first = track(table, packet('a S'))
    if (first) table.confirm(first.connection.tracked)
    const entries = table.entries()
    const later = new ConntrackTable(entries)
    track(later, packet('b SA'))
    expect([...entries.values()][0]?.state).toBe('SYN_SENT')
    expect([...later.entries().values()][0]?.state).toBe('SYN_RECV')
  })
})

describe('a table of many connections', () => {
  const syn = (port: number, back = false): Packet => ({
    ip: { source: back ? B : A, destination: back ? A : B, ttl: 64, length: 60, id: 0, dontFragment: true, protocol: 'udp' },
    transport: { kind: 'udp', sourcePort: back ? 80 : port, destinationPort: back ? port : 80, length: 40 },
  })
  const filled = (table: ConntrackTable, count: number): ConntrackTable => {
    for (let port = 1; port <= count; port++) {
      const tracked = track(table, syn(port))
      if (tracked) table.confirm(tracked.connection.tracked)
    }
    return table
  }

  it.each([1, 7, 8, 9, 30])('finds each of %i in both directions, and nothing else', (count) => {
    const table = filled(new ConntrackTable(new Map()), count)
    expect([...table.entries().values()].map((entry) => entry.original.sourcePort)).toEqual(Array.from({ length: count }, (_, i) => i + 1))
    for (let port = 1; port <= count; port++) {
      expect(track(table, syn(port))?.connection).toMatchObject({ state: 'NEW', direction: 'original' })
      expect(track(table, syn(port, true))?.connection).toMatchObject({ state: 'ESTABLISHED', direction: 'reply' })
    }
    expect(track(table, syn(count + 1))?.created).toBe(true)
    expect(table.entries().size).toBe(count)
  })

  it.each([1, 8, 9, 30])('loses one of %i and keeps the others', (count) => {
    const table = filled(new ConntrackTable(new Map()), count)
    const gone = track(table, syn(1))?.connection.tracked
    if (gone) table.remove(gone)
    expect([...table.entries().values()].map((entry) => entry.original.sourcePort)).toEqual(
      Array.from({ length: count - 1 }, (_, i) => i + 2),
    )
  })

  it('goes on from what another walk left', () => {
    const left = filled(new ConntrackTable(new Map()), 3).entries()
    const table = new ConntrackTable(left)
    expect(table.entries()).toBe(left)
    expect(track(table, syn(2, true))?.connection).toMatchObject({ state: 'ESTABLISHED', direction: 'reply' })
    filled(table, 12)
    expect(table.entries().size).toBe(12)
  })
})
