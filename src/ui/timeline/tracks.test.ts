import { describe, expect, it } from 'vitest'
import { packetsOf } from '../position.ts'
import { CONVERSATION } from '../testdata/conversation.ts'
import { below, beside, found, outermost, panned, showing, sliceAt, zoomed } from './moves.ts'
import { type Slice, tracksOf } from './tracks.ts'

const PACKETS = packetsOf(CONVERSATION)
const KERNEL = tracksOf(PACKETS, 'kernel')
const text = ({ from, to, row, kind, name, tone }: Slice): string => `${row} ${from}-${to} ${[kind, name, tone].filter(Boolean).join(' ')}`
const at = (packet: number, hop: number, step: number, rule?: number) => ({ packet, hop, step, ...(rule === undefined ? {} : { rule }) })

describe('tracks of a conversation', () => {
  it('show what each namespace did when, from hooks down to rules', () => {
    expect(KERNEL.tracks.map(({ netns, rows, slices }) => [netns, rows, slices.map(text)])).toEqual([
      ['p-default-curl', 2, ['0 0-1 socket plain', '0 1-2 device eth0 plain', '1 0-1 send plain', '1 1-2 transmit plain']],
      [
        'node-1',
        4,
        [
          '0 3-4 device veth1 plain',
          '0 4-8 hook PREROUTING translated',
          '0 8-9 device cni0 plain',
          '1 3-4 receive plain',
          '1 4-7 chain nat PREROUTING plain',
          '1 7-8 nat translated',
          '1 8-9 transmit plain',
          '2 4-5 rule PREROUTING plain',
          '2 6-7 rule PREROUTING plain',
          '3 5-6 rule KUBE-SERVICES plain',
        ],
      ],
      ['p-default-web', 2, ['0 13-14 socket plain', '1 13-14 send plain']],
    ])
    expect(KERNEL.spans).toEqual([
      { packet: 0, from: 0, to: 10, direction: 'original' },
      { packet: 1, from: 13, to: 15, direction: 'reply' },
    ])
    expect(KERNEL.length).toBe(15)
  })

  it('have one row for a story', () => {
    expect(tracksOf(PACKETS, 'story').tracks.every(({ rows }) => rows === 1)).toBe(true)
  })

  it('have room for a packet that was never sent', () => {
    const [first] = PACKETS
    const tracks = tracksOf(first ? [{ ...first, hops: [] }] : [], 'network')
    expect(tracks).toMatchObject({ tracks: [{ netns: 'p-default-curl', slices: [] }], length: 1 })
  })
})

describe('moving among slices', () => {
  const slice = (position: ReturnType<typeof at>, row: number): Slice => {
    const one = sliceAt(KERNEL, position, row)
    if (!one) throw new Error('no slice')
    return one
  }

  it('finds where playback stands, as deep as asked', () => {
    expect(text(slice(at(0, 1, 1, 1), 5))).toBe('3 5-6 rule KUBE-SERVICES plain')
    expect(text(slice(at(0, 1, 1), 5))).toBe('1 4-7 chain nat PREROUTING plain')
    expect(text(slice(at(0, 1, 2), 0))).toBe('0 4-8 hook PREROUTING translated')
  })

  it('goes along a row from track to track, and up and down', () => {
    const eth0 = slice(at(0, 0, 1), 0)
    expect(text(beside(KERNEL, eth0, 1) ?? eth0)).toBe('0 3-4 device veth1 plain')
    const hook = slice(at(0, 1, 1), 0)
    const chain = below(KERNEL, hook, 1) ?? hook
    expect(text(chain)).toBe('1 4-7 chain nat PREROUTING plain')
    const rule = below(KERNEL, chain, 1) ?? hook
    expect(text(rule)).toBe('2 4-5 rule PREROUTING plain')
    expect(text(beside(KERNEL, rule, 1) ?? hook)).toBe('3 5-6 rule KUBE-SERVICES plain')
    expect(below(KERNEL, rule, -1)).toBe(chain)
    expect(below(KERNEL, chain, -1)).toBe(hook)
    expect(outermost(KERNEL, 0, 1)?.position).toEqual(at(1, 0, 0))
    expect(beside(KERNEL, slice(at(1, 0, 0), 0), 1)).toBeUndefined()
  })

  it('finds texts in names and in rules', () => {
    expect(found(KERNEL, 'kube-svc-a', ({ name }) => name).map(text)).toEqual(['3 5-6 rule KUBE-SERVICES plain'])
    expect(found(KERNEL, ' ', ({ name }) => name)).toEqual([])
  })

  it('zooms about a point and never beyond the ends', () => {
    expect(zoomed({ from: 0, to: 100 }, 2, 50, 100)).toEqual({ from: 25, to: 75 })
    expect(zoomed({ from: 0, to: 100 }, 2, 0, 100)).toEqual({ from: 0, to: 50 })
    expect(zoomed({ from: 40, to: 50 }, 0.01, 45, 100)).toEqual({ from: 0, to: 100 })
    expect(zoomed({ from: 0, to: 100 }, 1000, 100, 100)).toEqual({ from: 94, to: 100 })
    expect(panned({ from: 0, to: 10 }, -5, 100)).toEqual({ from: 0, to: 10 })
    expect(panned({ from: 0, to: 10 }, 500, 100)).toEqual({ from: 90, to: 100 })
    expect(showing({ from: 0, to: 10 }, { from: 4, to: 5 }, 100)).toEqual({ from: 0, to: 10 })
    expect(showing({ from: 0, to: 10 }, { from: 50, to: 52 }, 100)).toEqual({ from: 46, to: 56 })
  })
})
