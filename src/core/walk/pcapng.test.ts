import { describe, expect, it } from 'vitest'
import type { NetnsId } from '../kernel/interface.ts'
import type { Step } from '../kernel/step.ts'
import { bytesOf } from '../net/bytes.ts'
import type { Ip } from '../net/ip.ts'
import { type Mac, ZERO_MAC } from '../net/mac.ts'
import type { Packet } from '../net/packet.ts'
import { type CaptureWords, pcapng, sightingsOf } from './pcapng.ts'
import { enhancedPacket, sectionHeader } from './pcapng-block.ts'
import type { Disposition, Hop, PacketTrace } from './trace.ts'

const words: CaptureWords = { place: (netns) => `the ${netns}`, explain: ({ key }) => `<${key}>` }
const packet = (ttl: number, length = 60): Packet => ({
  ip: { source: '10.0.0.2' as Ip, destination: '10.0.1.3' as Ip, ttl, protocol: 'tcp', length, id: 1, dontFragment: true },
  transport: { kind: 'tcp', sourcePort: 40001, destinationPort: 80, flags: 'S', sequence: 1, acknowledgment: 0, mss: 1460 },
})
const ethernet = { source: '02:00:0a:00:00:02' as Mac, destination: '02:00:0a:00:00:01' as Mac }
const seen = (kind: 'receive' | 'transmit', dev: string, held: Packet): Step => ({
  kind,
  dev,
  packet: held,
  ...(dev !== 'lo' && { frame: { ethernet, packet: held } }),
})
const forward: Step = { kind: 'forward', ttl: { from: 64, to: 63 }, packet: packet(63) }
const drop: Step = { kind: 'drop', reason: 'no-socket' }
const trace = (hops: readonly Hop[], disposition: Disposition, direction: PacketTrace['direction'] = 'original'): PacketTrace => ({
  direction,
  netns: hops[0]?.netns ?? ('a' as NetnsId),
  sent: packet(64),
  hops,
  disposition,
  fidelity: [],
})
const hop = (netns: string, ...steps: Step[]): Hop => ({ netns: netns as NetnsId, steps })

const across = trace(
  [
    hop('a', { kind: 'send', by: 'socket', packet: packet(64) }, seen('transmit', 'eth0', packet(64))),
    hop('r', seen('receive', 'eth0', packet(64)), forward, seen('transmit', 'eth1', packet(63))),
    hop('b', seen('receive', 'eth0', packet(63)), drop),
  ],
  { kind: 'dropped', netns: 'b' as NetnsId, by: 'no-socket' },
)
const local = trace(
  [hop('a', seen('transmit', 'lo', packet(64))), hop('a', seen('receive', 'lo', packet(64)))],
  { kind: 'delivered', netns: 'a' as NetnsId, packet: packet(64) },
  'reply',
)

interface Block {
  readonly type: number
  readonly body: DataView
  readonly options: ReadonlyMap<number, Uint8Array>
}

/** Reads a file back by the text of the format alone. */
function blocksOf(file: Uint8Array): Block[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const blocks: Block[] = []
  for (let at = 0; at < file.length; ) {
    const type = view.getUint32(at, true)
    const length = view.getUint32(at + 4, true)
    expect([length % 4, view.getUint32(at + length - 4, true)]).toEqual([0, length])
    const body = new DataView(file.buffer, file.byteOffset + at + 8, length - 12)
    const fixed = type === 0x0a0d0d0a ? 16 : type === 1 ? 8 : 20 + Math.ceil(body.getUint32(12, true) / 4) * 4
    blocks.push({ type, body, options: optionsOf(body, fixed) })
    at += length
  }
  return blocks
}

function optionsOf(body: DataView, from: number): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>()
  for (let at = from; at < body.byteLength; ) {
    const code = body.getUint16(at, true)
    const length = body.getUint16(at + 2, true)
    if (code === 0) return options
    options.set(code, new Uint8Array(body.buffer, body.byteOffset + at + 4, length))
    at += 4 + Math.ceil(length / 4) * 4
  }
  return options
}

const textOf = (block: Block | undefined, code: number): string => new TextDecoder().decode(block?.options.get(code))
const of = (file: Uint8Array, type: number): Block[] => blocksOf(file).filter((block) => block.type === type)

describe('a capture', () => {
  const file = pcapng([across, local], words, { comment: 'a asks b', start: 1_700_000_000_000_000 })
  const packets = of(file, 6)

  it('begins with its section, then has an interface per namespace and device, then the packets', () => {
    expect(blocksOf(file).map(({ type }) => type)).toEqual([0x0a0d0d0a, 1, 1, 1, 1, 1, 6, 6, 6, 6, 6, 6])
    const [section] = blocksOf(file)
    expect([section?.body.getUint32(0, true), section?.body.getUint16(4, true), section?.body.getUint16(6, true)]).toEqual([
      0x1a2b3c4d, 1, 0,
    ])
    expect([textOf(section, 1), textOf(section, 4)]).toEqual(['a asks b', 'Kubehop'])
  })

  it('names its interfaces, and says that they are Ethernet and count microseconds', () => {
    const interfaces = of(file, 1)
    expect(interfaces.map((each) => textOf(each, 2))).toEqual(['a/eth0', 'r/eth0', 'r/eth1', 'b/eth0', 'a/lo'])
    expect(interfaces.map((each) => textOf(each, 3))).toEqual(['the a eth0', 'the r eth0', 'the r eth1', 'the b eth0', 'the a lo'])
    expect(interfaces.map((each) => [each.body.getUint16(0, true), each.options.get(9)?.[0]])).toEqual(Array(5).fill([1, 6]))
  })

  it('holds every sighting in order: its interface, direction, time and bytes', () => {
    expect(packets.map(({ body }) => body.getUint32(0, true))).toEqual([0, 1, 2, 3, 4, 4])
    expect(packets.map(({ options }) => options.get(2)?.[0])).toEqual([2, 1, 2, 1, 2, 1])
    const times = packets.map(({ body }) => body.getUint32(4, true) * 2 ** 32 + body.getUint32(8, true))
    expect(times[0]).toBe(1_700_000_000_000_000)
    expect(times).toEqual([...new Set(times)].sort((x, y) => x - y))
    const bytes = packets.map(({ body }) => new Uint8Array(body.buffer, body.byteOffset + 20, body.getUint32(12, true)))
    expect(packets.map(({ body }) => body.getUint32(16, true))).toEqual(bytes.map(({ length }) => length))
    expect(bytes[2]).toEqual(bytesOf({ ethernet, packet: packet(63) }))
    expect(bytes[4]).toEqual(bytesOf({ ethernet: { source: ZERO_MAC, destination: ZERO_MAC }, packet: packet(64) }))
  })

  it('tells at each sighting what happened, and at the last how it ended', () => {
    expect(packets.map((each) => textOf(each, 1))).toEqual([
      'the a: <send.socket>',
      'the r: <receive>',
      'the r: <forward>',
      'the b: <drop>; <end.dropped>',
      'the a: <transmit>',
      'the a: <receive>; <end.delivered>',
    ])
  })

  it.each<[string, string]>([
    ['lines are joined', 'a\nb\r\n c'],
    ['characters of one to four bytes', 'aé→😀'],
    ['half a character is replaced', 'a\ud800b'],
  ])('text is UTF-8 on one line: %s', (_, text) => {
    const [first] = of(pcapng([across], { ...words, explain: () => text }), 6)
    expect(textOf(first, 1)).toBe(`the a: ${text.replaceAll(/\s+/g, ' ').replaceAll('\ud800b', '\ufffdb')}`)
  })

  it('of nothing is a section without packets', () => {
    const none = trace([hop('a')], { kind: 'not-sent', errno: 'ENETUNREACH' })
    expect(blocksOf(pcapng([none], words)).map(({ type }) => type)).toEqual([0x0a0d0d0a])
  })
})

describe('blocks', () => {
  it('leave out empty options', () => expect(blocksOf(sectionHeader('', '')).map(({ options }) => options.size)).toEqual([0]))
  it('cut text that no option holds, between characters', () => {
    const [block] = blocksOf(
      enhancedPacket({ interfaceId: 0, time: 0, bytes: new Uint8Array(3), direction: 'inbound', comment: 'é'.repeat(40000) }),
    )
    expect(textOf(block, 1)).toBe('é'.repeat(32767))
  })
})

describe('sightings', () => {
  it('know what came before them; the last of a visit also what came after', () => {
    expect(
      sightingsOf(across).map(({ netns, dev, direction, told, last }) => [netns, dev, direction, told.map(({ kind }) => kind), last]),
    ).toEqual([
      ['a', 'eth0', 'outbound', ['send'], false],
      ['r', 'eth0', 'inbound', [], false],
      ['r', 'eth1', 'outbound', ['forward'], false],
      ['b', 'eth0', 'inbound', ['drop'], true],
    ])
  })
})
