import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c, internetChecksum } from './bytes-checksum.ts'
import { bytesOf, fieldsOf, type Held, wireOf } from './bytes.ts'
import { type Ip, ipFromNumber } from './ip.ts'
import type { Mac } from './mac.ts'
import type { Ethernet, IpHeader, Packet, Transport } from './packet.ts'

const ethernet: Ethernet = { source: '0a:58:0a:f4:00:05' as Mac, destination: '0a:58:0a:f4:00:01' as Mac }
const protocolOf = ({ kind }: Transport): IpHeader['protocol'] => (kind === 'icmp-echo' || kind === 'icmp-error' ? 'icmp' : kind)
const packet = (length: number, transport: Transport, ip: Partial<IpHeader> = {}): Packet => ({
  ip: {
    source: '10.244.0.5' as Ip,
    destination: '10.96.0.10' as Ip,
    ttl: 64,
    protocol: protocolOf(transport),
    length,
    id: 0x1234,
    dontFragment: true,
    ...ip,
  },
  transport,
})
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const spaced = (text: string): string => text.replaceAll(/\s/g, '')

const ports = { sourcePort: 40001, destinationPort: 80 }
const syn: Transport = { kind: 'tcp', ...ports, flags: 'S', sequence: 1000, acknowledgment: 0, mss: 1410 }
const synAck: Transport = { kind: 'tcp', ...ports, flags: 'SA', sequence: 0, acknowledgment: 1001, mss: 1460 }
const ack: Transport = { kind: 'tcp', ...ports, flags: 'A', sequence: 1001, acknowledgment: 1 }
const reset: Transport = { kind: 'tcp', ...ports, flags: 'RA', sequence: 0, acknowledgment: 1001 }
const datagram = (payload: number): Transport => ({ kind: 'udp', ...ports, length: 8 + payload })
const ping: Transport = { kind: 'icmp-echo', type: 8, code: 0, id: 7, sequence: 1 }

const six = { source: 'fd00:10:244::5' as Ip, destination: 'fd00:10:96::a' as Ip, id: 0, dontFragment: false } as const

describe('checksums', () => {
  it.each<[string, number[], number]>([
    ['the example of RFC 1071', [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7], 0x220d],
    ['an odd byte is the upper half of a word', [0x12], 0xedff],
    ['nothing', [], 0xffff],
  ])('%s', (_, bytes, sum) => expect(internetChecksum(Uint8Array.from(bytes))).toBe(sum))

  it.each<[string, Uint8Array, number]>([
    ['the check value of the algorithm', Buffer.from('123456789'), 0xe3069283],
    ['32 bytes of zeros (RFC 3720, B.4)', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ])('crc32c: %s', (_, bytes, sum) => expect(crc32c(bytes)).toBe(sum))
})

describe('headers, as tshark 4.0 finds them correct', () => {
  it.each<[string, Held, string]>([
    [
      'a SYN with the options of Linux',
      { ethernet, packet: packet(60, syn) },
      `0a580af40001 0a580af40005 0800
       4500 003c 1234 4000 4006 1326 0af40005 0a60000a
       9c41 0050 000003e8 00000000 a002 fd5c 9110 0000
       0204 0582 0402 080a 000103e8 00000000 01 030307`,
    ],
    [
      'a RST without options, on no wire yet',
      { packet: packet(40, reset) },
      `4500 0028 1234 4000 4006 133a 0af40005 0a60000a
       9c41 0050 00000000 000003e9 5014 0000 f9f3 0000`,
    ],
    ['a datagram', { packet: packet(30, datagram(2)) }, '4500 001e 1234 4000 4011 1339 0af40005 0a60000a 9c41 0050 000a 4de6 0000'],
    [
      'an echo request of IPv6',
      { packet: packet(52, { ...ping, type: 128 }, { ...six, protocol: 'icmp6' }) },
      '60000000000c3a40fd000010024400000000000000000005fd00001000960000000000000000000a800082a60007000100000000',
    ],
    [
      'a datagram of IPv6',
      { packet: packet(50, datagram(2), six) },
      '60000000000a1140fd000010024400000000000000000005fd00001000960000000000000000000a9c410050000a663e0000',
    ],
    [
      'packet too big',
      {
        packet: packet(
          98,
          { kind: 'icmp-error', type: 2, code: 0, mtu: 1430, quoted: packet(50, datagram(2), six) },
          { ...six, protocol: 'icmp6' },
        ),
      },
      '60000000003a3a40fd000010024400000000000000000005fd00001000960000000000000000000a020089bb0000059660000000000a1140fd000010024400000000000000000005fd00001000960000000000000000000a9c410050000a663e0000',
    ],
    [
      'the first fragment of an IPv6 datagram',
      { packet: { ...packet(56, datagram(2), { ...six, id: 7, moreFragments: true }), whole: packet(50, datagram(2), six) } },
      '6000000000102c40fd000010024400000000000000000005fd00001000960000000000000000000a11000001000000079c410050000a663e',
    ],
    [
      'an echo request',
      { packet: packet(32, ping, { dontFragment: false, tos: 0xb9 }) },
      '45b9 0020 1234 0000 4001 528e 0af40005 0a60000a 0800 f7f7 0007 0001 00000000',
    ],
  ])('%s', (_, held, expected) => expect(hex(bytesOf(held))).toBe(spaced(expected)))

  it.each<[string, Packet, string]>([
    ['SYN', packet(60, syn), 'mss sackPermitted timestamps nop windowScale'],
    ['SYN-ACK', packet(60, synAck), 'mss sackPermitted timestamps nop windowScale'],
    ['SYN that has no room for more', packet(44, syn), 'mss'],
    ['SYN that has no room', packet(40, syn), ''],
    ['ACK', packet(52, ack), 'nop nop timestamps'],
    ['RST', packet(40, reset), ''],
  ])('options of a %s', (_, given, options) => {
    const names = new Map([
      ['1', 'nop'],
      ['2', 'mss'],
      ['3', 'windowScale'],
      ['4', 'sackPermitted'],
      ['8', 'timestamps'],
    ])
    const tcp = fieldsOf({ packet: given }).find(({ kind }) => kind === 'tcp')
    const kinds = tcp?.fields.filter(({ name }) => name === 'optionKind').map(({ value }) => names.get(value))
    expect(kinds?.join(' ')).toBe(options)
  })

  it.each<[string, Packet, string]>([
    ['46 segments of 1410', packet(60, syn), '64860'],
    ['45 segments of 1460 less timestamps', packet(60, synAck), '65160'],
    ['scaled', packet(52, ack), '502'],
    ['none in a reset', packet(40, reset), '0'],
  ])('window: %s', (_, given, window) => expect(value({ packet: given }, 'tcp', 'window')).toBe(window))

  it('an acknowledgment echoes the timestamp of what it acknowledges', () => {
    expect(value({ packet: packet(60, synAck) }, 'tcp', 'timestampEcho')).toBe(value({ packet: packet(60, syn) }, 'tcp', 'timestampValue'))
    expect(value({ packet: packet(52, ack) }, 'tcp', 'timestampEcho')).toBe(value({ packet: packet(60, synAck) }, 'tcp', 'timestampValue'))
  })
})

const value = (held: Held, kind: string, name: string): string | undefined =>
  fieldsOf(held)
    .find((layer) => layer.kind === kind)
    ?.fields.find((each) => each.name === name)?.value
const shape = (held: Held): string =>
  fieldsOf(held)
    .map(({ shell, kind, start, end }) => `${shell}.${kind} ${start}-${end}`)
    .join(', ')

describe('packets in packets', () => {
  const inner = { ethernet, packet: packet(60, syn) }
  const envelope = packet(110, {
    kind: 'udp',
    sourcePort: 50319,
    destinationPort: 8472,
    length: 90,
    vxlan: { vni: 0xabcdef, frame: inner },
  })

  it('VXLAN: the frame inside is itself, the checksum outside is left out', () => {
    const { bytes } = wireOf({ ethernet, packet: envelope })
    expect(hex(bytes.subarray(50))).toBe(hex(bytesOf(inner)))
    expect(hex(bytes.subarray(34, 50))).toBe(spaced('c48f 2118 005a 0000 08000000 abcdef 00'))
    expect(shape({ ethernet, packet: envelope })).toBe(
      'outer.ethernet 0-14, outer.ip 14-34, outer.udp 34-42, outer.vxlan 42-50, inner.ethernet 50-64, inner.ip 64-84, inner.tcp 84-124',
    )
  })

  it.each<[string, Packet, string]>([
    [
      'small: all of it',
      packet(88, { kind: 'icmp-error', type: 3, code: 3, quoted: packet(60, syn) }),
      'inner.ip 0-20, inner.icmp 20-28, quoted.ip 28-48, quoted.tcp 48-88',
    ],
    [
      'large: what fits 576 bytes',
      packet(576, { kind: 'icmp-error', type: 3, code: 4, mtu: 1450, quoted: packet(1500, datagram(1472)) }),
      'inner.ip 0-20, inner.icmp 20-28, quoted.ip 28-48, quoted.udp 48-56, quoted.payload 56-576',
    ],
    [
      'RFC 792: eight bytes, amid a TCP header',
      packet(56, { kind: 'icmp-error', type: 11, code: 0, quoted: packet(60, syn) }),
      'inner.ip 0-20, inner.icmp 20-28, quoted.ip 28-48, quoted.tcp 48-56',
    ],
    [
      'an envelope',
      packet(138, { kind: 'icmp-error', type: 3, code: 1, quoted: envelope }),
      'inner.ip 0-20, inner.icmp 20-28, quoted.ip 28-48, quoted.udp 48-56, quoted.vxlan 56-64, quoted.ethernet 64-78, quoted.ip 78-98, quoted.tcp 98-138',
    ],
  ])('an ICMP error quotes %s', (_, given, layers) => {
    expect(shape({ packet: given })).toBe(layers)
    expect(internetChecksum(bytesOf({ packet: given }).subarray(20))).toBe(0)
  })

  it('a header that is cut keeps its leading fields', () => {
    const cut = packet(20 + 8 + 20 + 10, { kind: 'icmp-error', type: 11, code: 0, quoted: packet(60, syn) })
    expect(
      fieldsOf({ packet: cut })
        .at(-1)
        ?.fields.map(({ name, bits }) => `${name} ${bits}`),
    ).toEqual(['sourcePort 16', 'destinationPort 16', 'sequence 32', 'truncated 16'])
  })

  it.each<[string, Transport, string]>([
    ['mtu', { kind: 'icmp-error', type: 3, code: 4, mtu: 1450, quoted: packet(60, syn) }, '000005aa'],
    ['gateway', { kind: 'icmp-error', type: 5, code: 1, gateway: '10.0.0.1' as Ip, quoted: packet(60, syn) }, '0a000001'],
    ['nothing', { kind: 'icmp-error', type: 11, code: 0, quoted: packet(60, syn) }, '00000000'],
  ])('an ICMP error tells %s', (_, transport, word) => expect(hex(bytesOf({ packet: packet(88, transport) }).subarray(24, 28))).toBe(word))
})

describe('fragments', () => {
  const whole = packet(1628, datagram(1600), { dontFragment: false })
  it('the first carries the checksum of the whole datagram and ends where it is cut', () => {
    const first: Packet = { ip: { ...whole.ip, length: 1444, moreFragments: true }, transport: whole.transport, whole }
    expect(bytesOf({ packet: first }).length).toBe(1444)
    expect(hex(bytesOf({ packet: first }).subarray(20))).toBe(hex(bytesOf({ packet: whole }).subarray(20, 1444)))
    expect([value({ packet: first }, 'ip', 'moreFragments'), value({ packet: first }, 'udp', 'length')]).toEqual(['1', '1608'])
  })
  it('a later one holds what comes after', () => {
    const later: Packet = { ip: { ...whole.ip, length: 20 + 184, fragmentOffset: 1424 }, transport: whole.transport, whole }
    expect(shape({ packet: later })).toBe('inner.ip 0-20, inner.payload 20-204')
    expect(hex(bytesOf({ packet: later }).subarray(6, 8))).toBe('00b2')
  })
})

describe('SCTP', () => {
  it.each<[string, Packet, string]>([
    ['INIT', packet(52, { kind: 'sctp', ...ports, chunk: 'INIT' }), '1 20 0x00000000'],
    ['INIT-ACK', packet(120, { kind: 'sctp', ...ports, chunk: 'INIT-ACK' }), '2 88 0x11111111'],
    ['ABORT', packet(36, { kind: 'sctp', ...ports, chunk: 'ABORT' }), '6 4 0x11111111'],
    ['ABORT with a cause', packet(52, { kind: 'sctp', ...ports, chunk: 'ABORT' }), '6 20 0x11111111'],
  ])('%s fills the packet with one chunk', (_, given, expected) => {
    const told = ['chunkType', 'chunkLength', 'verificationTag'].map((name) => value({ packet: given }, 'sctp', name))
    expect(told.join(' ')).toBe(expected)
    const sctp = bytesOf({ packet: given }).slice(20)
    expect(sctp.length).toBe(given.ip.length - 20)
    const sum = new DataView(sctp.buffer).getUint32(8, true)
    sctp.fill(0, 8, 12)
    expect(crc32c(sctp)).toBe(sum)
  })
})

const ip = fc.nat(0xffffffff).map(ipFromNumber)
const port = fc.nat(0xffff)
const word = fc.nat(0xffffffff)
const header = fc.record({
  source: ip,
  destination: ip,
  ttl: fc.nat(255),
  id: fc.nat(0xffff),
  dontFragment: fc.boolean(),
  tos: fc.nat(255),
})
const both = fc.record({ sourcePort: port, destinationPort: port })
const sized = fc.oneof(
  fc
    .record({ both, flags: fc.constantFrom('S', 'SA', 'A', 'R', 'RA', 'PA', 'FA'), sequence: word, acknowledgment: word, mss: port })
    .chain(({ both: ends, ...rest }) => {
      const { mss, ...plain } = rest
      const transport: Transport = { kind: 'tcp', ...ends, ...plain, ...(rest.flags.includes('S') && { mss }) }
      return fc.nat(60).map((more) => [40 + more, transport] as const)
    }),
  fc.tuple(both, fc.nat(3000)).map(([ends, size]) => [28 + size, { kind: 'udp', ...ends, length: 8 + size } satisfies Transport] as const),
  fc
    .tuple(port, port, fc.nat(3000))
    .map(([id, sequence, size]) => [28 + size, { kind: 'icmp-echo', type: 8, code: 0, id, sequence } satisfies Transport] as const),
  fc
    .tuple(both, fc.constantFrom('INIT', 'INIT-ACK', 'ABORT'), fc.nat(20))
    .map(([ends, chunk, more]) => [52 + 4 * more, { kind: 'sctp', ...ends, chunk } satisfies Transport] as const),
)
const plain: fc.Arbitrary<Packet> = fc.tuple(sized, header).map(([[length, transport], rest]) => packet(length, transport, rest))
const nested: fc.Arbitrary<Packet> = fc.tuple(plain, header, fc.nat(0xffffff), fc.nat(600)).chain(([inside, rest, vni, room]) => {
  const { length } = inside.ip
  const udp: Transport = { kind: 'udp', ...ports, length: length + 30, vxlan: { vni, frame: { ethernet, packet: inside } } }
  const error: Transport = { kind: 'icmp-error', type: 3, code: 1, quoted: inside }
  return fc.constantFrom(packet(length + 50, udp, rest), packet(28 + Math.min(length, room), error, rest))
})

describe('any packet', () => {
  it('is as long as it says, with a header and a transport whose checksums are right', () => {
    fc.assert(
      fc.property(fc.oneof(plain, nested), (given) => {
        const bytes = bytesOf({ ethernet, packet: given })
        expect(bytes.length).toBe(14 + given.ip.length)
        expect(internetChecksum(bytes.subarray(14, 34))).toBe(0)
        const { kind } = given.transport
        const behind = bytes.subarray(34)
        const sent = kind !== 'udp' || behind[6] !== 0 || behind[7] !== 0
        if (kind === 'icmp-echo' || kind === 'icmp-error') expect(internetChecksum(behind)).toBe(0)
        if ((kind === 'tcp' || kind === 'udp') && sent) expect(internetChecksum(pseudo(bytes), behind)).toBe(0)
      }),
    )
  })

  it('is covered by its fields: every bit once, and each field reads as its value', () => {
    fc.assert(
      fc.property(fc.oneof(plain, nested), (given) => {
        const { bytes, layers } = wireOf({ ethernet, packet: given })
        let at = 0
        for (const layer of layers) {
          expect(layer.start).toBe(at)
          let bit = 0
          for (const each of layer.fields) {
            expect(each.bit).toBe(bit)
            expect(each.bits).toBeGreaterThan(0)
            expect([each.start, each.end]).toEqual([layer.start + Math.floor(bit / 8), layer.start + Math.ceil((bit + each.bits) / 8)])
            if (/^\d+$|^0x/.test(each.value) && !BYTES.has(each.name))
              expect(read(bytes, layer.start * 8 + bit, each.bits)).toBe(Number(each.value))
            bit += each.bits
          }
          expect(bit).toBe((layer.end - layer.start) * 8)
          at = layer.end
        }
        expect(at).toBe(bytes.length)
      }),
    )
  })
})

/** Fields whose value is how many bytes they have. */
const BYTES = new Set<string>(['payload', 'truncated', 'parameterValue'])

function pseudo(frame: Uint8Array): Uint8Array {
  const length = frame.length - 34
  return Uint8Array.from([...frame.subarray(26, 34), 0, frame[23] ?? 0, length >> 8, length & 255])
}

function read(bytes: Uint8Array, at: number, bits: number): number {
  let out = 0
  for (let i = at; i < at + bits; i++) out = out * 2 + (((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1)
  return out
}
