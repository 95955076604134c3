import { describe, expect, it } from 'vitest'
import { LEVELS } from '../../core/walk/level.ts'
import { GRAINS, packetsOf, START, stops } from '../position.ts'
import { CONVERSATION } from '../testdata/conversation.ts'
import { boxAt, ladderOf } from './ladder.ts'

const packets = packetsOf(CONVERSATION)
const text = (level: (typeof LEVELS)[number], packet = 0): readonly string[] =>
  ladderOf(packets, { ...START, packet }, level).boxes.map(
    ({ lane, kind, name, notes, tone }) => `${lane} ${name || kind} ${tone}${notes.length > 0 ? `: ${notes.join(' ')}` : ''}`,
  )

describe('a ladder', () => {
  it('has a lane for each namespace, in the order in which packets come by', () => {
    expect(ladderOf(packets, START, 'network').lanes).toEqual(['p-default-curl', 'node-1', 'p-default-web'])
  })

  it.each([
    ['story', ['0 socket plain', '1 PREROUTING translated: DNAT 10.96.0.10:80 → 10.244.1.3:8080', '1 end bad']],
    [
      'network',
      [
        '0 socket plain',
        '0 eth0 plain',
        '1 veth1 plain',
        '1 PREROUTING translated: DNAT 10.96.0.10:80 → 10.244.1.3:8080',
        '1 cni0 plain',
        '1 end bad',
      ],
    ],
    [
      'kernel',
      [
        '0 socket plain',
        '0 eth0 plain',
        '1 veth1 plain',
        '1 PREROUTING translated: nat: ACCEPT DNAT 10.96.0.10:80 → 10.244.1.3:8080',
        '1 cni0 plain',
        '1 end bad',
      ],
    ],
  ] as const)('at %s depth shows what is told there', (level, expected) => {
    expect(text(level)).toEqual(expected)
  })

  it('unfolds the packet that is looked at and draws the others as one arrow', () => {
    const { boxes, wires, heads } = ladderOf(packets, { ...START, packet: 1 }, 'network')
    expect(new Set(boxes.map(({ packet }) => packet))).toEqual(new Set([1]))
    expect(wires).toMatchObject([{ packet: 0, from: 0, to: 1, text: '', whole: false }])
    expect(heads).toHaveLength(2)
  })

  it('puts the address that is on the wire on the arrow', () => {
    expect(ladderOf(packets, START, 'network').wires[0]).toMatchObject({ from: 0, to: 1, text: '10.244.0.2:40000 → 10.96.0.10:80' })
  })

  it('draws nothing over something else', () => {
    for (const level of LEVELS) {
      const { boxes, height } = ladderOf(packets, START, level)
      for (const [index, box] of boxes.entries()) expect(box.y + box.height).toBeLessThanOrEqual(boxes[index + 1]?.y ?? height)
    }
  })

  it('knows a box for every stop of playback, and the box holds the step', () => {
    for (const level of LEVELS)
      for (const grain of GRAINS)
        for (const stop of stops(packets, grain, level)) {
          const box = boxAt(ladderOf(packets, stop, level).boxes, stop)
          expect(box).toMatchObject({ packet: stop.packet, hop: stop.hop })
          expect(box?.from).toBeLessThanOrEqual(stop.step)
          expect(box?.to).toBeGreaterThanOrEqual(stop.step)
        }
  })
})
