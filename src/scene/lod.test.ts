import { describe, expect, it } from 'vitest'
import { buildScene } from './build.ts'
import { MARK_BUDGET, SMALL_MARK_BUDGET, detailAt } from './lod.ts'
import { countPods, machinesIn } from './machine-grid.ts'
import { smallCluster } from './testdata/small-cluster.ts'

const scene = buildScene(smallCluster({ nodes: { a: 'web-1 web-2', b: 'web-3' } }))

describe('detailAt', () => {
  it.each([
    [0.01, 'picture', 'density', false, false],
    [0.1, 'marks', 'block', false, false],
    [0.16, 'marks', 'name', false, false],
    [0.4, 'tiles', 'header', true, false],
    [0.7, 'cards', 'header', true, false],
    [1.2, 'cards', 'header', true, true],
    [4, 'cards', 'header', true, true],
  ])('at %s shows pods as %s, machines as %s, devices %s, hook names %s', (scale, pods, machines, devices, hookNames) => {
    expect(detailAt(scene, scale, 30)).toMatchObject({ pods, machines, devices, hookNames })
  })

  it('never draws more pods one by one than the budget allows', () => {
    for (const budget of [MARK_BUDGET, SMALL_MARK_BUDGET]) {
      for (const scale of [0.001, 0.05, 0.3, 1, 4]) {
        expect(detailAt(scene, scale, budget + 1, budget).pods).toBe('picture')
        expect(detailAt(scene, scale, budget + 1, budget).devices).toBe(false)
      }
    }
  })

  it('only ever reveals more when zooming in', () => {
    const order = { picture: 0, marks: 1, tiles: 2, cards: 3 }
    const rank = { density: 0, block: 1, name: 2, header: 3 }
    const scales = Array.from({ length: 60 }, (_, i) => 0.005 * 1.12 ** i)
    const shown = scales.map((scale) => detailAt(scene, scale, 30))
    for (const [i, detail] of shown.entries()) {
      const before = shown[i - 1]
      if (!before) continue
      expect(rank[detail.machines]).toBeGreaterThanOrEqual(rank[before.machines])
      expect(detail.mosaic).toBeGreaterThanOrEqual(before.mosaic)
      expect(order[detail.pods]).toBeGreaterThanOrEqual(order[before.pods])
      expect([detail.devices, detail.hookNames, detail.cellNames, detail.chainNames].filter(Boolean).length).toBeGreaterThanOrEqual(
        [before.devices, before.hookNames, before.cellNames, before.chainNames].filter(Boolean).length,
      )
    }
  })
})

describe('countPods', () => {
  it('counts those of the machines in view', () => {
    const [x = 0, y = 0] = [scene.machines.x[0], scene.machines.y[0]]
    expect(countPods(scene, machinesIn(scene, scene.bounds))).toBe(3)
    expect(countPods(scene, machinesIn(scene, { x, y, width: 1, height: 1 }))).toBe(2)
  })
})
