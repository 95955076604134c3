import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compare, GRAINS, lastPosition, moved, packetsOf, type Position, START, stopAt, stops } from './position.ts'
import { CONVERSATION } from './testdata/conversation.ts'

const packets = packetsOf(CONVERSATION)

/** `1.2.3/1`: packet, hop, step, rule. */
const text = ({ packet, hop, step, rule }: Position): string => `${packet}.${hop}.${step}${rule === undefined ? '' : `/${rule}`}`

describe('where stepping stops', () => {
  it.each([
    ['packet', 'kernel', '0.0.0 1.0.0'],
    ['hop', 'kernel', '0.0.0 0.1.0 1.0.0'],
    ['step', 'kernel', '0.0.0 0.0.1 0.1.0 0.1.1 0.1.2 0.1.3 1.0.0'],
    ['step', 'network', '0.0.0 0.0.1 0.1.0 0.1.2 0.1.3 1.0.0'],
    ['step', 'story', '0.0.0 0.1.0 0.1.2 1.0.0'],
    ['rule', 'kernel', '0.0.0 0.0.1 0.1.0 0.1.1 0.1.1/0 0.1.1/1 0.1.2 0.1.3 1.0.0'],
    ['rule', 'story', '0.0.0 0.1.0 0.1.1 0.1.1/0 0.1.1/1 0.1.2 1.0.0'],
  ] as const)('by %s at %s depth: %s', (grain, level, expected) => {
    expect(stops(packets, grain, level).map(text).join(' ')).toBe(expected)
  })

  it('has none where nothing was sent', () => {
    expect(stops([], 'step', 'kernel')).toEqual([])
    expect(lastPosition([])).toBeUndefined()
  })
})

describe('moving', () => {
  it.each(GRAINS)('by %s forth and back visits every stop and ends where it began', (grain) => {
    const all = stops(packets, grain, 'kernel')
    const forth: Position[] = [START]
    for (let next = moved(all, START, 1); next; next = moved(all, next, 1)) forth.push(next)
    expect(forth).toEqual(all)
    const back: Position[] = forth.slice(-1)
    for (let next = moved(all, back[0] ?? START, -1); next; next = moved(all, next, -1)) back.unshift(next)
    expect(back).toEqual(all)
  })

  it('back from between two stops goes to the one just passed', () => {
    const hops = stops(packets, 'hop', 'kernel')
    expect(moved(hops, { packet: 0, hop: 1, step: 3 }, -1)).toEqual({ packet: 0, hop: 1, step: 0 })
  })

  it('finds the last stop that is not after a position', () => {
    const all = stops(packets, 'rule', 'kernel')
    fc.assert(
      fc.property(fc.record({ packet: fc.nat(2), hop: fc.nat(2), step: fc.nat(5) }), (position) => {
        const linear = all.findLastIndex((stop) => compare(stop, position) <= 0)
        expect(stopAt(all, position)).toBe(linear)
      }),
    )
  })
})
