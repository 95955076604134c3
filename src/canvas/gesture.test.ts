import { describe, expect, it } from 'vitest'
import { buildScene } from '../scene/build.ts'
import { machineRect } from '../scene/scene.ts'
import { smallCluster } from '../scene/testdata/small-cluster.ts'
import { endOf, gestureOn, isDrag, moveOf, snapped } from './gesture.ts'

describe('gestureOn', () => {
  it.each([
    ['pod/default/web-1', false, true, 'wire'],
    ['pod/default/web-1', true, true, 'wire'],
    ['pod/default/web-1', false, false, 'wire'],
    ['node/a', false, true, 'move'],
    ['node/a', false, false, undefined],
    ['node/a', true, true, 'wire'],
    ['node/a#cni0', false, true, undefined],
    ['external/desk', false, true, 'move'],
    ['external/desk', true, false, 'wire'],
    [undefined, false, true, undefined],
  ] as const)('%s with shift %s, movable %s: %s', (id, shift, movable, kind) => {
    expect(gestureOn(id, { shift, movable })).toBe(kind)
  })
})

describe('endOf', () => {
  it.each([
    ['pod/default/web-1', 'pod/default/curl', 'pod/default/web-1'],
    ['node/a#eth0', 'pod/default/curl', 'node/a'],
    ['pod/default/curl', 'pod/default/curl', undefined],
    [undefined, 'pod/default/curl', undefined],
  ])('%s from %s is %s', (id, from, end) => {
    expect(endOf(id, from)).toBe(end)
  })
})

it('takes a trembling hand for a click, and lays what moved on the grid', () => {
  expect([isDrag({ x: 0, y: 0 }, { x: 3, y: 2 }), isDrag({ x: 0, y: 0 }, { x: 4, y: 2 })]).toEqual([false, true])
  expect(snapped({ x: 13, y: -13 })).toEqual({ x: 16, y: -16 })
})

it('moves what was dragged to the grid, by as much as the zoom makes of it', () => {
  const scene = buildScene(smallCluster({ nodes: { a: '' } }))
  const { x, y } = machineRect(scene, 0)
  const by = moveOf(scene, { kind: 'move', id: 'node/a', group: false, from: { x: 10, y: 10 }, to: { x: 60, y: 10 } }, 0.5)
  expect(by).toEqual({ x: Math.round((x + 100) / 8) * 8 - x, y: Math.round(y / 8) * 8 - y })
  expect(moveOf(scene, { kind: 'move', id: 'node/z', group: false, from: { x: 0, y: 0 }, to: { x: 9, y: 9 } }, 1)).toBeUndefined()
})
