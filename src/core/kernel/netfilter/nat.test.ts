import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerWith, type Choose, random } from '../../base/choose.ts'
import type { Ip } from '../../net/ip.ts'
import { ipFromNumber } from '../../net/ip.ts'
import type { Packet, Protocol } from '../../net/packet.ts'
import { invert, manip, tupleOf } from '../../net/tuple.ts'
import { attach, ConntrackTable, track, type Tracked } from './conntrack.ts'
import { type Mapping, NULL_BINDING, setUp, translate, translateError } from './nat.ts'

const ip = fc.integer({ min: 0x01000000, max: 0xdfffffff }).map((n): Ip => ipFromNumber(n))
const port = fc.integer({ min: 1, max: 65535 })
const choosing = (seed: number): Choose => {
  const next = random(seed)
  return (question) => answerWith(question, next())
}

function first(protocol: Protocol, source: Ip, sourcePort: number, destination: Ip, destinationPort: number): Packet {
  const header = { source, destination, ttl: 64, protocol, length: 60, id: 0, dontFragment: true }
  if (protocol === 'icmp') return { ip: header, transport: { kind: 'icmp-echo', type: 8, code: 0, id: sourcePort, sequence: 1 } }
  if (protocol === 'udp') return { ip: header, transport: { kind: 'udp', sourcePort, destinationPort, length: 40 } }
  return { ip: header, transport: { kind: 'tcp', sourcePort, destinationPort, flags: 'S', sequence: 1, acknowledgment: 0 } }
}

/** The answer that a server would send to a packet. */
function answerTo(packet: Packet): Packet {
  const { source, destination } = packet.ip
  const header = { ...packet.ip, source: destination, destination: source }
  const t = packet.transport
  if (t.kind === 'icmp-echo') return { ip: header, transport: { ...t, type: 0 } }
  if (t.kind === 'tcp')
    return { ip: header, transport: { ...t, sourcePort: t.destinationPort, destinationPort: t.sourcePort, flags: 'SA' } }
  return t.kind === 'udp' ? { ip: header, transport: { ...t, sourcePort: t.destinationPort, destinationPort: t.sourcePort } } : packet
}

/** A first packet through DNAT and SNAT of one kernel, as it leaves. */
function leave(
  table: ConntrackTable,
  packet: Packet,
  destination: Mapping,
  source: Mapping,
  choose: Choose,
): { out: Packet; tracked: Tracked } {
  const tracking = track(table, packet)
  if (!tracking) throw new Error('not trackable')
  const { connection } = tracking
  expect(setUp(table, connection.tracked, 'destination', destination, choose)).toBe(true)
  const inside = translate(packet, connection, 'destination')
  expect(setUp(table, connection.tracked, 'source', source, choose)).toBe(true)
  const out = translate(inside, connection, 'source')
  table.confirm(connection.tracked)
  return { out, tracked: connection.tracked }
}

const mappings = fc.record({
  to: ip,
  toPort: port,
  from: ip,
  translateDestination: fc.boolean(),
  masquerade: fc.boolean(),
  random: fc.boolean(),
})

describe('translate', () => {
  it('gives an answer back the addresses that the client dialled, whatever was translated', () => {
    const flow = fc.record({
      protocol: fc.constantFrom<Protocol>('tcp', 'udp', 'icmp'),
      source: ip,
      sourcePort: port,
      destination: ip,
      destinationPort: port,
    })
    fc.assert(
      fc.property(flow, mappings, fc.nat(), (f, m, seed) => {
        fc.pre(m.to !== m.from && f.source !== f.destination)
        const packet = first(f.protocol, f.source, f.sourcePort, f.destination, f.destinationPort)
        const dnat: Mapping = m.translateDestination
          ? { range: { from: m.to, ...(f.protocol !== 'icmp' && { ports: { from: m.toPort, to: m.toPort } }) }, random: false }
          : NULL_BINDING
        const snat: Mapping = m.masquerade ? { range: { from: m.from }, random: m.random } : NULL_BINDING
        const table = new ConntrackTable(new Map())
        const { out } = leave(table, packet, dnat, snat, choosing(seed))
        const answer = answerTo(out)
        const back = track(table, answer)
        expect(back?.connection.direction).toBe('reply')
        if (!back) return
        const home = translate(translate(answer, back.connection, 'destination'), back.connection, 'source')
        const original = tupleOf(packet)
        expect(original && tupleOf(home)).toEqual(original && invert(original))
      }),
    )
  })

  it.each([
    ['a free port is kept', 40000, 40000, false],
    ['--random-fully changes even a free port', 40000, undefined, true],
  ])('%s', (_, sourcePort, expected, isRandom) => {
    const table = new ConntrackTable(new Map())
    const packet = first('tcp', '10.0.0.1' as Ip, sourcePort, '10.0.0.9' as Ip, 80)
    const { out } = leave(table, packet, NULL_BINDING, { range: { from: '10.0.0.5' as Ip }, random: isRandom }, choosing(7))
    expect(out.ip.source).toBe('10.0.0.5')
    const port = out.transport.kind === 'tcp' ? out.transport.sourcePort : 0
    if (expected === undefined) expect(port).not.toBe(sourcePort)
    else expect(port).toBe(expected)
  })

  it('a port that another connection answers on is not given twice', () => {
    const table = new ConntrackTable(new Map())
    const snat: Mapping = { range: { from: '10.0.0.5' as Ip }, random: false }
    const one = leave(table, first('udp', '10.0.0.1' as Ip, 5000, '10.0.0.9' as Ip, 53), NULL_BINDING, snat, choosing(1))
    const two = leave(table, first('udp', '10.0.0.2' as Ip, 5000, '10.0.0.9' as Ip, 53), NULL_BINDING, snat, choosing(2))
    expect(tupleOf(one.out)?.sourcePort).toBe(5000)
    expect(tupleOf(two.out)?.sourcePort).not.toBe(5000)
  })
})

describe('translateError', () => {
  it('an error about a translated packet names what the client dialled, outside and inside', () => {
    const table = new ConntrackTable(new Map())
    const packet = first('udp', '10.0.0.1' as Ip, 5000, '10.96.0.10' as Ip, 53)
    const { out, tracked } = leave(
      table,
      packet,
      { range: { from: '10.0.0.9' as Ip, ports: { from: 5353, to: 5353 } }, random: false },
      NULL_BINDING,
      choosing(1),
    )
    const error: Packet = {
      ip: { ...out.ip, source: '10.0.0.7' as Ip, destination: out.ip.source, protocol: 'icmp' },
      transport: { kind: 'icmp-error', type: 3, code: 3, quoted: out },
    }
    const connection = attach({ tracked, direction: 'original', state: 'NEW' })
    const home = connection && translateError(error, connection, 'source')
    expect(home?.ip.source).toBe('10.96.0.10')
    expect(home?.transport.kind === 'icmp-error' && tupleOf(home.transport.quoted)).toEqual(tupleOf(packet))
  })

  it('swallows a redirect about a connection whose translation is not settled', () => {
    const table = new ConntrackTable(new Map())
    const packet = first('udp', '10.0.0.1' as Ip, 5000, '10.0.0.9' as Ip, 53)
    const tracking = track(table, packet)
    const error: Packet = { ip: { ...packet.ip, protocol: 'icmp' }, transport: { kind: 'icmp-error', type: 5, code: 1, quoted: packet } }
    const connection = attach(tracking?.connection)
    expect(connection && translateError(error, connection, 'source')).toBeUndefined()
  })
})

describe('manip', () => {
  it('of both sides by an inverted tuple turns a packet round', () => {
    const packet = first('tcp', '10.0.0.1' as Ip, 1, '10.0.0.2' as Ip, 2)
    const tuple = tupleOf(packet)
    if (!tuple) throw new Error('no tuple')
    const round = manip(manip(packet, 'source', invert(tuple)), 'destination', invert(tuple))
    expect(tupleOf(round)).toEqual(invert(tuple))
  })
})
