import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildScene } from './build.ts'
import { hitTest, machineIndex, rectOf } from './hit-test.ts'
import { podId, podIndex, podName } from './pod-names.ts'
import { hueOf } from './hue.ts'
import { machinesIn } from './machine-grid.ts'
import {
  POD_HOST_NETWORK,
  POD_READY,
  POD_TERMINATING,
  type Rect,
  type Scene,
  type Wire,
  inside,
  machineRect,
  overlaps,
  podRect,
} from './scene.ts'
import { smallCluster } from './testdata/small-cluster.ts'
import { planOfMachine } from './places.ts'
import { wiresOf } from './wires.ts'

/** Pods per node, and pods that wait. */
const sizes = fc.record({
  nodes: fc.array(fc.integer({ min: 0, max: 14 }), { minLength: 1, maxLength: 12 }),
  waiting: fc.integer({ min: 0, max: 9 }),
  aspect: fc.double({ min: 0.4, max: 3, noNaN: true }),
})

const pods = (prefix: string, count: number): string => Array.from({ length: count }, (_, i) => `${prefix}-${i}`).join(' ')
const clusterOf = (counts: readonly number[], waiting = 0) =>
  smallCluster({
    nodes: Object.fromEntries(counts.map((count, n) => [`node-${n}`, pods(`app${n}`, count)])),
    pending: pods('wait', waiting),
  })

const machineRects = (scene: Scene): readonly Rect[] => scene.machines.ids.map((_, m) => machineRect(scene, m))
const allWires = (scene: Scene): readonly Wire[] => scene.machines.ids.flatMap((_, m) => wiresOf(scene, m))
const podRects = (scene: Scene): readonly Rect[] => Array.from({ length: scene.pods.count }, (_, p) => podRect(scene, p))
const contains = (outer: Rect, inner: Rect): boolean =>
  inner.x >= outer.x - 1e-3 &&
  inner.y >= outer.y - 1e-3 &&
  inner.x + inner.width <= outer.x + outer.width + 1e-3 &&
  inner.y + inner.height <= outer.y + outer.height + 1e-3

function disjoint(rects: readonly Rect[]): boolean {
  return rects.every((a, i) => rects.slice(i + 1).every((b) => !overlaps(a, b)))
}

describe('buildScene', () => {
  it('keeps everything apart, pods in their machines, and all of it in bounds', () => {
    fc.assert(
      fc.property(sizes, ({ nodes, waiting, aspect }) => {
        const scene = buildScene(clusterOf(nodes, waiting), { aspect })
        expect(disjoint([...machineRects(scene), ...(scene.tray ? [scene.tray] : [])])).toBe(true)
        expect(disjoint(podRects(scene))).toBe(true)
        for (const [p, rect] of podRects(scene).entries()) {
          const machine = scene.pods.machine[p] ?? 0
          const home = machine < scene.machines.count ? machineRect(scene, machine) : scene.tray
          expect(home && contains(home, rect)).toBe(true)
        }
        expect([...machineRects(scene), ...podRects(scene)].every((rect) => contains(scene.bounds, rect))).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('is the same for the same cluster', () => {
    expect(buildScene(clusterOf([3, 5, 0], 2))).toEqual(buildScene(clusterOf([3, 5, 0], 2)))
  })

  it('moves nobody within their node when a pod joins', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 6 }), fc.nat(), (counts, at) => {
        const before = buildScene(clusterOf(counts))
        const more = counts.map((count, n) => (n === at % counts.length ? count + 1 : count))
        const after = buildScene(clusterOf(more), { previous: before })
        for (let p = 0; p < before.pods.count; p++) {
          const now = podIndex(after, podId(before, p))
          expect(now).toBeDefined()
          expect(after.pods.slot[now ?? 0]).toBe(before.pods.slot[p])
          if (after.chassis.podColumns !== before.chassis.podColumns) continue
          const [then, later] = [machineRect(before, before.pods.machine[p] ?? 0), machineRect(after, after.pods.machine[now ?? 0] ?? 0)]
          expect((after.pods.x[now ?? 0] ?? 0) - later.x).toBe((before.pods.x[p] ?? 0) - then.x)
          expect((after.pods.y[now ?? 0] ?? 0) - later.y).toBe((before.pods.y[p] ?? 0) - then.y)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('leaves a hole where a pod left, and fills it with the next one', () => {
    const three = buildScene(smallCluster({ nodes: { a: 'web-1 web-2 web-3' } }))
    const two = buildScene(smallCluster({ nodes: { a: 'web-1 web-3' } }), { previous: three })
    expect(rectOf(two, 'pod/default/web-3')).toEqual(rectOf(three, 'pod/default/web-3'))
    const again = buildScene(smallCluster({ nodes: { a: 'web-1 web-3 web-4' } }), { previous: two })
    expect(rectOf(again, 'pod/default/web-4')).toEqual(rectOf(three, 'pod/default/web-2'))
  })

  it('lays out anew when the columns of the previous scene were transferred away', () => {
    const before = buildScene(clusterOf([3]))
    const gone = { ...before, pods: { ...before.pods, slot: new Uint32Array(0) } }
    expect(buildScene(clusterOf([3]), { previous: gone })).toEqual(before)
  })

  it('shows what state pods are in', () => {
    const scene = buildScene(smallCluster({ nodes: { a: 'web-1 web-2! web-3~ proxy=' } }))
    const flags = Object.fromEntries(Array.from(scene.pods.flags, (bits, p) => [podName(scene, p), bits]))
    expect(flags).toEqual({ 'web-1': POD_READY, 'web-2': 0, 'web-3': POD_READY | POD_TERMINATING, proxy: POD_READY | POD_HOST_NETWORK })
  })

  it.each([
    ['landscape', 1.6, 3, 1],
    ['portrait', 0.3, 3, 3],
    ['landscape', 1.6, 1, 1],
  ])('stands nodes in rows that suit a %s window', (_, aspect, nodes, rows) => {
    const scene = buildScene(clusterOf(Array.from({ length: nodes }, () => 4)), { aspect })
    const heights = new Set(scene.machines.ids.flatMap((id, m) => (id.startsWith('node/') ? [scene.machines.y[m]] : [])))
    expect(heights.size).toBe(rows)
  })

  it('wires every machine to the segments of its interfaces', () => {
    const scene = buildScene(smallCluster({ nodes: { a: '', b: '' } }))
    const wires = allWires(scene).map((wire) => `${scene.machines.ids[wire.machine]} ${wire.dev} ${wire.segment}`)
    expect(wires).toEqual([
      'node/a eth0 lan',
      'node/b eth0 lan',
      'external/gate eth0 lan',
      'external/gate eth1 wan',
      'external/desk eth0 lan',
      'external/far eth0 wan',
    ])
    for (const wire of allWires(scene)) {
      const end = wire.points.at(-1)
      const bars = scene.segments.find((segment) => segment.name === wire.segment)?.bars ?? []
      expect(bars.some((bar) => end && Math.abs(bar.y - end.y) < 1e-3 && end.x >= bar.x1 && end.x <= bar.x2)).toBe(true)
    }
  })

  it('has a place for a cluster without nodes', () => {
    const scene = buildScene(smallCluster({ nodes: {}, pending: 'web-1' }))
    expect(scene.machines.ids).toEqual(['external/gate', 'external/desk', 'external/far'])
    expect(scene.tray).toBeDefined()
    expect(scene.bounds.width).toBeGreaterThan(0)
  })
})

describe('hitTest', () => {
  it('says what the geometry says', () => {
    fc.assert(
      fc.property(
        sizes,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        ({ nodes, waiting }, fx, fy) => {
          const scene = buildScene(clusterOf(nodes, waiting))
          const [x, y] = [scene.bounds.x + fx * scene.bounds.width, scene.bounds.y + fy * scene.bounds.height]
          const pod = podRects(scene).findIndex((rect) => inside(rect, x, y))
          const machine = machineRects(scene).findIndex((rect) => inside(rect, x, y))
          expect(hitTest(scene, x, y, { devices: false, slack: 0 })).toBe(podId(scene, pod) || scene.machines.ids[machine])
        },
      ),
      { numRuns: 100 },
    )
  })

  it.each(['node/a#eth0', 'node/a#flannel.1', 'node/a#cni0', 'node/a#PREROUTING', 'node/a#sockets', 'external/gate#eth1'])(
    'finds %s when devices are drawn',
    (id) => {
      const scene = buildScene(smallCluster({ nodes: { a: 'web-1' } }))
      const rect = rectOf(scene, id)
      expect(rect).toBeDefined()
      if (!rect) return
      const [x, y] = [rect.x + rect.width / 2, rect.y + rect.height / 2 + 1]
      expect(hitTest(scene, x, y, { devices: true, slack: 2 })).toBe(id)
      expect(hitTest(scene, x, y, { devices: false, slack: 0 })).not.toBe(id)
    },
  )

  it('knows which machine anything is in', () => {
    const scene = buildScene(smallCluster({ nodes: { a: 'web-1', b: 'web-2' }, pending: 'late' }))
    expect(
      ['node/b', 'node/b#cni0', 'pod/default/web-2', 'pod/default/late', 'pod/default/none'].map((id) => machineIndex(scene, id)),
    ).toEqual([1, 1, 1, undefined, undefined])
  })
})

describe('machinesIn', () => {
  it('finds exactly the machines that a window touches', () => {
    const part = fc.tuple(
      fc.double({ min: -0.2, max: 1, noNaN: true }),
      fc.double({ min: -0.2, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 0.8, noNaN: true }),
    )
    fc.assert(
      fc.property(sizes, part, ({ nodes }, [fx, fy, size]) => {
        const scene = buildScene(clusterOf(nodes))
        const { bounds } = scene
        const view = {
          x: bounds.x + fx * bounds.width,
          y: bounds.y + fy * bounds.height,
          width: size * bounds.width + 1,
          height: size * bounds.height + 1,
        }
        expect(machinesIn(scene, view)).toEqual(machineRects(scene).flatMap((rect, m) => (overlaps(rect, view) ? [m] : [])))
      }),
      { numRuns: 100 },
    )
  })
})

describe('hueOf', () => {
  it('depends on the name alone and stays on the wheel', () => {
    fc.assert(
      fc.property(fc.string(), (app) => {
        expect(hueOf(app)).toBe(hueOf(app))
        expect(hueOf(app) >= 0 && hueOf(app) < 360).toBe(true)
      }),
    )
  })

  it('tells common names apart', () => {
    expect(new Set(['web', 'client', 'redis', 'postgres', 'nginx', 'api'].map(hueOf)).size).toBeGreaterThanOrEqual(4)
  })
})

describe('IPVS in the diagram', () => {
  const cellsOf = (proxy: Parameters<typeof smallCluster>[0]['proxy'], node: string) => {
    const scene = buildScene(smallCluster({ nodes: { a: 'web-1', b: 'web-2' }, ...(proxy && { proxy }) }))
    const machine = scene.machines.ids.indexOf(`node/${node}`)
    return planOfMachine(scene, machine).hooks.flatMap(({ hook, cells }) => (cells.some(({ cell }) => cell === 'ipvs') ? [hook] : []))
  }
  const ALL = ['INPUT', 'FORWARD', 'OUTPUT']

  it.each<readonly [Parameters<typeof smallCluster>[0]['proxy'], readonly string[], readonly string[]]>([
    [undefined, [], []],
    [{ mode: 'ipvs' }, ALL, ALL],
    [{ mode: 'iptables', nodeModes: { b: 'ipvs' } }, [], ALL],
    [{ mode: 'ipvs', nodeModes: { b: 'nftables' } }, ALL, []],
  ])('%o', (proxy, a, b) => {
    expect([cellsOf(proxy, 'a'), cellsOf(proxy, 'b')]).toEqual([a, b])
  })

  it('leaves every box of the diagram where others do not stand', () => {
    const scene = buildScene(smallCluster({ nodes: { a: 'web-1' }, proxy: { mode: 'ipvs' } }))
    const { hooks, overlay, sockets, dummy } = planOfMachine(scene, 0)
    const rects = [...hooks.map(({ rect }) => rect), overlay, sockets, ...(dummy ? [dummy] : [])]
    const apart = rects.every((a, i) =>
      rects.every((b, j) => i === j || a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y),
    )
    expect(apart).toBe(true)
  })
})
