import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildScene } from '../scene/build.ts'
import { packetPath } from '../scene/packet-path.ts'
import { duration } from '../scene/progress.ts'
import { smallCluster } from '../scene/testdata/small-cluster.ts'
import { trace } from '../scene/testdata/traces.ts'
import { advance, settled, stopOf } from './playback.ts'

const scene = buildScene(smallCluster({ nodes: { a: 'client', b: 'web' } }))
const path = packetPath(scene, [
  trace(`@p-default-client out=eth0
      send 10.244.0.2:1 > 10.244.1.2:80
      transmit eth0
    @a in=veth1 out=eth0
      receive veth1
      nat PREROUTING 10.244.0.2:1 > 10.244.1.2:81
      transmit eth0
    @b in=eth0
      receive eth0
      drop`),
])
const last = path.stations.length - 1
const t = fc.double({ min: 0, max: last, noNaN: true })
const milliseconds = fc.double({ min: 0, max: 3000, noNaN: true })
const whole = Array.from({ length: last }, (_, i) => duration(path, i + 1)).reduce((sum, each) => sum + each, 0)

describe('advance', () => {
  it('takes as long as the stations on the way, forwards and back', () => {
    expect(advance(path, 0, last, whole)).toBeCloseTo(last, 9)
    expect(advance(path, 0, last, whole - 1)).toBeLessThan(last)
    expect(advance(path, last, 0, whole)).toBeCloseTo(0, 9)
    expect(advance(path, last, 0, whole - 1)).toBeGreaterThan(0)
  })

  it('never passes where it is to stop', () => {
    fc.assert(
      fc.property(t, t, milliseconds, (from, to, elapsed) => {
        const here = advance(path, from, to, elapsed)
        expect(here).toBeGreaterThanOrEqual(Math.min(from, to))
        expect(here).toBeLessThanOrEqual(Math.max(from, to))
      }),
    )
  })

  it('comes to the same place in one frame or in many', () => {
    fc.assert(
      fc.property(t, t, fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 12 }), (from, to, frames) => {
        const total = frames.reduce((sum, each) => sum + each, 0)
        const stepwise = frames.reduce((here, each) => advance(path, here, to, each), from)
        expect(stepwise).toBeCloseTo(advance(path, from, to, total), 6)
      }),
    )
  })

  it('stops longer where a header is rewritten than where a packet passes a device', () => {
    const at = (kind: string): number =>
      duration(
        path,
        path.stations.findIndex((station) => station.kind === kind),
      )
    expect(at('nat')).toBeGreaterThan(at('transmit'))
  })
})

describe('settled', () => {
  it.each([
    [2.7, 5, 2],
    [2.7, 0, 3],
    [3, 5, 3],
    [3, 0, 3],
  ])('shows %s on the way to %s at station %s', (at, to, shown) => {
    expect(settled(at, to)).toBe(shown)
  })
})

describe('stopOf', () => {
  it.each([
    [0, 9, [], 9],
    [0, 9, [4, 6], 4],
    [4, 9, [4, 6], 6],
    [4.5, 9, [4, 6], 6],
    [6, 9, [4, 6], 9],
    [0, 3, [4], 3],
    [9, 0, [4, 6], 6],
    [6, 0, [4, 6], 4],
    [5, 5, [4, 6], 5],
  ])('from %s to %s with breakpoints at %j is %s', (from, to, stations, stop) => {
    expect(stopOf(from, to, new Set(stations))).toBe(stop)
  })
})
