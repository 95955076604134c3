import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildScene } from './build.ts'
import { packetPath } from './packet-path.ts'
import { duration, firstPart, lengthOf, progressAt, travelled } from './progress.ts'
import { smallCluster } from './testdata/small-cluster.ts'
import { trace } from './testdata/traces.ts'

const scene = buildScene(smallCluster({ nodes: { a: 'client', b: 'web' } }))
const path = packetPath(scene, [
  trace(`@p-default-client out=eth0
      send 10.244.0.2:1 > 10.244.1.2:80
      transmit eth0
    @a in=veth1 out=eth0
      receive veth1
      chain filter FORWARD
      transmit flannel.1
      encapsulate flannel.1 [192.168.1.11 > 192.168.1.12] 10.244.0.2:1 > 10.244.1.2:80
      chain filter OUTPUT
      transmit eth0
    @b in=eth0
      receive eth0
      decapsulate flannel.1 10.244.0.2:1 > 10.244.1.2:80
      receive flannel.1`),
  trace(`@b out=eth0
      send 192.168.1.12:1 > 192.168.1.11:80
      transmit eth0`),
])
const last = path.stations.length - 1
const anywhere = fc.double({ min: 0, max: last, noNaN: true })

describe('progressAt', () => {
  it('stands on station i at t = i', () => {
    for (const [i, station] of path.stations.entries())
      expect(progressAt(path, i)).toMatchObject({ x: station.x, y: station.y, at: i, towards: i })
  })

  it('holds at the ends of the path', () => {
    expect(progressAt(path, -3)?.at).toBe(0)
    expect(progressAt(path, last + 3)?.at).toBe(last)
    expect(progressAt({ stations: [], packets: [], forks: [] }, 0)).toBeUndefined()
  })

  it('carries the header of the station that it left until it arrives', () => {
    const encapsulated = path.stations.findIndex((station) => station.kind === 'decapsulate')
    const onTheWay = progressAt(path, encapsulated - 1 + 0.1)
    expect(onTheWay?.at).toBe(encapsulated - 1)
    expect(path.stations[onTheWay?.at ?? 0]?.label.outer).toBeDefined()
  })

  it('moves without jumps, except from one packet to the next', () => {
    fc.assert(
      fc.property(anywhere, (t) => {
        const [here, next] = [progressAt(path, t), progressAt(path, Math.min(last, t + 1e-6))]
        if (!here || !next || path.stations[here.at]?.packet !== path.stations[next.at]?.packet) return
        expect(Math.hypot(here.x - next.x, here.y - next.y)).toBeLessThan(1)
      }),
    )
  })
})

describe('travelled', () => {
  it('grows with t and ends where the packet is', () => {
    fc.assert(
      fc.property(anywhere, anywhere, (a, b) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)]
        const length = (t: number): number => travelled(path, 0, t).reduce((sum, stretch) => sum + lengthOf(stretch.points), 0)
        expect(length(early)).toBeLessThanOrEqual(length(late) + 1e-6)
        const here = progressAt(path, early)
        const end = travelled(path, 0, early).at(-1)?.points.at(-1)
        if (here && end && path.stations[here.at]?.packet === 0) expect(Math.hypot(here.x - end.x, here.y - end.y)).toBeLessThan(0.01)
      }),
    )
  })

  it('is in the tunnel from one VXLAN device to the other', () => {
    expect(travelled(path, 0, last).map((stretch) => stretch.tunnel)).toEqual([false, true])
  })
})

describe('duration', () => {
  it('is never nothing, so that play moves on', () => {
    for (let i = -1; i <= last + 1; i++) expect(duration(path, i)).toBeGreaterThan(0)
  })
})

describe('firstPart', () => {
  it('is as long as asked', () => {
    const points = fc.array(fc.record({ x: fc.integer({ min: 0, max: 500 }), y: fc.integer({ min: 0, max: 500 }) }), {
      minLength: 2,
      maxLength: 8,
    })
    fc.assert(
      fc.property(points, fc.double({ min: 0, max: 1, noNaN: true }), (line, f) => {
        expect(lengthOf(firstPart(line, f))).toBeCloseTo(lengthOf(line) * f, 4)
      }),
    )
  })
})
