import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildScene } from './build.ts'
import { movedWith, placesMoved, withPins } from './pins.ts'
import { podIndex } from './pod-names.ts'
import { type Rect, type Scene, inside, machineRect, podRect } from './scene.ts'
import { smallCluster } from './testdata/small-cluster.ts'
import { wiresOf } from './wires.ts'

const cluster = smallCluster({ nodes: { a: 'web-1 web-2', b: 'web-3', c: '', d: 'db-1' } })
const ids = ['node/a', 'node/c', 'external/gate', 'external/desk', 'external/far'] as const
const rectOfMachine = (scene: Scene, id: string): Rect => machineRect(scene, scene.machines.ids.indexOf(id))

describe('pins', () => {
  const corner = fc.record({ x: fc.integer({ min: -3000, max: 3000 }), y: fc.integer({ min: -3000, max: 3000 }) })

  it('put machines and what is in them where a person wants them, and move nobody else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ids), corner, (id, at) => {
        const [free, scene] = [buildScene(cluster), buildScene(cluster, { pins: { [id]: at } })]
        expect(rectOfMachine(scene, id)).toEqual({ ...rectOfMachine(free, id), ...at })
        for (const other of scene.machines.ids) if (other !== id) expect(rectOfMachine(scene, other)).toEqual(rectOfMachine(free, other))
        const [was, is] = [rectOfMachine(free, 'node/a'), rectOfMachine(scene, 'node/a')]
        const pod = podIndex(scene, 'pod/default/web-2') ?? -1
        expect(podRect(scene, pod).x - is.x).toBe(podRect(free, pod).x - was.x)
        expect(podRect(scene, pod).y - is.y).toBe(podRect(free, pod).y - was.y)
        const { x, y, width, height } = rectOfMachine(scene, id)
        expect(inside({ ...scene.bounds, width: scene.bounds.width + 1, height: scene.bounds.height + 1 }, x + width, y + height)).toBe(
          true,
        )
      }),
    )
  })

  it('may name whom the map does not show', () => {
    const scene = buildScene(cluster)
    expect(withPins(scene, { 'node/gone': { x: 1, y: 2 } })).toBe(scene)
  })

  it('leave every cable plugged in at both ends', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...ids), corner), (pins) => {
        const scene = buildScene(cluster, { pins })
        for (const [m] of scene.machines.ids.entries()) {
          for (const wire of wiresOf(scene, m)) {
            const [port, end] = [wire.points[0], wire.points.at(-1)]
            const rect = machineRect(scene, m)
            const onEdge = port && (Math.abs(port.y - rect.y) < 1e-2 || Math.abs(port.y - rect.y - rect.height) < 1e-2)
            expect(onEdge).toBe(true)
            const bars = scene.segments.find((segment) => segment.name === wire.segment)?.bars ?? []
            expect(bars.some((bar) => end && Math.abs(bar.y - end.y) < 1e-2 && end.x >= bar.x1 - 1e-2 && end.x <= bar.x2 + 1e-2)).toBe(true)
          }
        }
      }),
    )
  })
})

describe('a group', () => {
  const names = (scene: Scene, id: string, group: boolean): readonly string[] =>
    movedWith(scene, id, group).map((machine) => scene.machines.ids[machine] ?? '')

  it('is all of the outside world, or all nodes of a row', () => {
    const scene = buildScene(cluster)
    const high = buildScene(cluster, { aspect: 0.2 })
    expect(names(scene, 'external/desk', true)).toEqual(['external/gate', 'external/desk', 'external/far'])
    expect(names(scene, 'node/a', true).length).toBeGreaterThan(1)
    expect(names(high, 'node/a', true)).toEqual(['node/a'])
    expect(names(scene, 'node/a', false)).toEqual(['node/a'])
    expect(names(scene, 'node/z', true)).toEqual([])
  })

  it('moves as one', () => {
    const scene = buildScene(cluster)
    const moved = movedWith(scene, 'external/desk', true)
    const pins = Object.fromEntries(placesMoved(scene, moved, { x: 40, y: -16 }).map(({ id, at }) => [id, at]))
    const placed = withPins(scene, pins)
    for (const machine of moved) {
      const [was, is] = [machineRect(scene, machine), machineRect(placed, machine)]
      expect([is.x - was.x, is.y - was.y]).toEqual([40, -16])
    }
  })
})
