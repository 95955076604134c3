import { describe, expect, it } from 'vitest'
import type { PacketPath, Station } from './packet-path.ts'
import { MOVES_ENCAPSULATED, MOVES_REPLY, timetableOf } from './timetable.ts'

const station = (packet: number, x: number, more: Partial<Station> = {}): Station => ({
  packet,
  hop: 0,
  step: 0,
  kind: 'forward',
  place: '',
  x,
  y: 0,
  label: { source: '', destination: '', what: '' },
  notched: { source: false, destination: false },
  via: [],
  travel: 0,
  pause: 100,
  ...more,
})

/** `at:x` of each point, with what it looks like. */
function told(stations: readonly Station[], packets: PacketPath['packets']): string {
  const { at, x, looks } = timetableOf({ stations, packets, forks: [] })
  const mark = (look: number) => (look & MOVES_REPLY ? 'r' : '') + (look & MOVES_ENCAPSULATED ? 'e' : '')
  return Array.from(at, (time, i) => `${time}:${x[i]}${mark(looks[i] ?? 0)}`).join(' ')
}

const request = { first: 0, last: 1, direction: 'original' } as const

describe('timetables', () => {
  it('stay at a station for its pause, and pass the bends on the way as far along as they are', () =>
    expect(told([station(0, 0), station(0, 40, { via: [{ x: 10, y: 0 }], travel: 200 })], [request])).toBe(
      '0:0 100:0 150:10 300:40 400:40',
    ))

  it('begin each packet where it is, in its own looks', () => {
    const outer = { source: '', destination: '', vni: 1 }
    expect(
      told(
        [station(0, 0), station(1, 90, { label: { source: '', destination: '', what: '', outer }, travel: 50 })],
        [
          { ...request, last: 0 },
          { first: 1, last: 1, direction: 'reply' },
        ],
      ),
    ).toBe('0:0 100:0 150:90re 250:90re')
  })

  it('say whether the end was bad', () => {
    const ending = (kind: 'delivered' | 'dropped') =>
      timetableOf({ stations: [station(0, 0, { end: { kind } })], packets: [request], forks: [] }).broken
    expect([ending('delivered'), ending('dropped')]).toEqual([false, true])
  })
})
