import { describe, expect, it } from 'vitest'
import { buildScene } from './build.ts'
import { healthOf } from './health.ts'
import { commonPrefix } from './labels.ts'
import { smallCluster } from './testdata/small-cluster.ts'

describe('healthOf', () => {
  it('says how full nodes are and how many of their pods are not ready', () => {
    const scene = buildScene(smallCluster({ nodes: { a: 'web-1 web-2! web-3 web-4!', b: '' } }))
    const { usage, ill } = healthOf(scene)
    expect(Array.from(usage.slice(0, 2)).map((share) => Math.round(share * 110))).toEqual([4, 0])
    expect(Array.from(ill.slice(0, 2))).toEqual([0.5, 0])
  })
})

describe('commonPrefix', () => {
  it.each([
    [['node-1', 'node-2', 'node-17'], 5],
    [['ip-10-0-3-17', 'ip-10-0-3-18'], 10],
    [['a', 'b'], 0],
    [['node-1'], 0],
    [['worker1', 'worker2'], 0],
    [[], 0],
  ])('of %j is %d letters', (labels, length) => {
    const kinds = labels.map(() => 'node' as const)
    expect(commonPrefix([...labels, 'router'], [...kinds, 'router'])).toBe(length)
  })
})
