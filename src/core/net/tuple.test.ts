import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Ip } from './ip.ts'
import { ipFromNumber } from './ip.ts'
import { ipFromWords } from './ip6.ts'
import type { Packet, Tuple } from './packet.ts'
import { invert, manip, sameTuple, tupleKey, tupleOf } from './tuple.ts'

const ip = fc.nat(0xffffffff).map((n): Ip => ipFromNumber(n))
const ip6 = fc.tuple(fc.nat(0xffff), fc.nat(0xffff)).map(([a, b]): Ip => ipFromWords([0xfd000000, a, 0, b]))
const port = fc.integer({ min: 1, max: 65535 })
const tuple: fc.Arbitrary<Tuple> = fc.oneof(
  fc.record({
    source: ip,
    sourcePort: port,
    destination: ip,
    destinationPort: port,
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
  }),
  fc.record({
    source: ip,
    sourcePort: port,
    destination: ip,
    destinationPort: fc.constantFrom(8 * 256, 0),
    protocol: fc.constant('icmp' as const),
  }),
  fc.record({
    source: ip6,
    sourcePort: port,
    destination: ip6,
    destinationPort: fc.constantFrom(128 * 256, 129 * 256),
    protocol: fc.constant('icmp6' as const),
  }),
)

function packetOf(t: Tuple): Packet {
  const header = { source: t.source, destination: t.destination, ttl: 64, protocol: t.protocol, length: 60, id: 0, dontFragment: true }
  const { sourcePort, destinationPort } = t
  switch (t.protocol) {
    case 'tcp':
      return { ip: header, transport: { kind: 'tcp', sourcePort, destinationPort, flags: 'S', sequence: 0, acknowledgment: 0 } }
    case 'udp':
      return { ip: header, transport: { kind: 'udp', sourcePort, destinationPort, length: 40 } }
    case 'sctp':
      return { ip: header, transport: { kind: 'sctp', sourcePort, destinationPort, chunk: 'INIT' } }
    case 'icmp':
    case 'icmp6':
      return {
        ip: header,
        transport: { kind: 'icmp-echo', type: (destinationPort >> 8) as 0 | 8 | 128 | 129, code: 0, id: sourcePort, sequence: 1 },
      }
  }
}

describe('tuple', () => {
  it('of a packet is what the packet was made from', () => {
    fc.assert(
      fc.property(tuple, (t) => {
        expect(tupleOf(packetOf(t))).toEqual(t)
      }),
    )
  })

  it('inverted twice is itself', () => {
    fc.assert(fc.property(tuple, (t) => sameTuple(invert(invert(t)), t)))
  })

  it('keys are equal exactly when tuples are', () => {
    fc.assert(fc.property(tuple, tuple, (a, b) => (tupleKey(a) === tupleKey(b)) === sameTuple(a, b)))
  })

  it('keeps the id of an echo on the source side: a reply is looked up by the id of its request', () => {
    const request: Tuple = {
      source: '10.0.0.1' as Ip,
      sourcePort: 7,
      destination: '10.0.0.2' as Ip,
      destinationPort: 8 * 256,
      protocol: 'icmp',
    }
    expect(tupleKey(invert(request))).toBe('icmp 10.0.0.2:7>10.0.0.1:0')
  })

  it('manip rewrites one side to that of the target, also inside a fragment', () => {
    fc.assert(
      fc.property(tuple, tuple, (t, target) => {
        const packet = packetOf(t)
        const fragment: Packet = { ...packet, ip: { ...packet.ip, moreFragments: true }, whole: packet }
        const out = manip(fragment, 'source', target)
        expect(out.ip.source).toBe(target.source)
        expect(out.ip.destination).toBe(t.destination)
        expect(out.whole?.ip.source).toBe(target.source)
      }),
    )
  })
})
