import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Pod } from '../core/api/pod.ts'
import { type Change, type Cluster, get, list, transact } from '../core/cluster/cluster.ts'
import { buildScene } from './build.ts'
import { patched } from './patch.ts'
import { podAddress, podId, podIndex } from './pod-names.ts'
import { type Scene, machineRect, podRect } from './scene.ts'
import { smallCluster } from './testdata/small-cluster.ts'
import { patchOf } from './touched-rooms.ts'

const NODES = ['a', 'b', 'c', 'd']
const start = (): Cluster => smallCluster({ nodes: { a: 'web-1 web-2 proxy=', b: 'db-1 db-2! db-3 db-4', c: '', d: 'web-9~' } })

/** `pod` as it would be on a node, in a namespace of its own where the number says so. */
const podOn = (number: number, node: string, ready: boolean): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: number % 3 === 0 ? 'other' : 'default', name: `app-${number}`, labels: { app: `app-${number % 4}` } },
  spec: { nodeName: node, containers: [{ name: 'main' }] },
  status: {
    phase: 'Running',
    podIP: number === 7 ? 'fd00::7' : `10.244.9.${number}`,
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
  },
})

const edits = fc.array(
  fc.oneof(
    fc.record({ put: fc.integer({ min: 1, max: 12 }), node: fc.constantFrom(...NODES), ready: fc.boolean() }),
    fc.record({ drop: fc.nat({ max: 30 }) }),
  ),
  { minLength: 1, maxLength: 6 },
)
type Edits = typeof edits extends fc.Arbitrary<infer E> ? E : never

function edited(cluster: Cluster, wanted: Edits): Cluster {
  return wanted.reduce((now, edit): Cluster => {
    const pods = [...list(now, 'Pod')]
    const victim = 'drop' in edit ? pods[edit.drop % Math.max(1, pods.length)] : undefined
    const { namespace = '', name = '' } = victim?.metadata ?? {}
    const changes: readonly Change[] =
      'put' in edit
        ? [{ op: 'put', object: podOn(edit.put, edit.node, edit.ready) }]
        : victim
          ? [{ op: 'delete', kind: 'Pod', namespace, name }]
          : []
    return transact(now, changes)
  }, cluster)
}

/** By name: equal ranks may stand in another order, and a namespace that lost its last pod keeps its number. */
const shown = ({ pods, machines, ...rest }: Scene) => ({
  ...rest,
  machines,
  rects: machines.ids.map((_, m) => machineRect({ pods, machines, ...rest }, m)),
  pods: Object.fromEntries(
    Array.from({ length: pods.count }, (_, p) => {
      const scene = { pods, machines, ...rest }
      const facts = [
        pods.machine[p],
        pods.slot[p],
        pods.hue[p],
        pods.flags[p],
        pods.containers[p],
        podAddress(scene, p),
        podIndex(scene, podId(scene, p)) === p,
      ]
      return [podId(scene, p), { facts, rect: podRect(scene, p) }]
    }),
  ),
})

const netnsOf = (namespace: string, name: string): string => `long-${namespace}-${name}`

describe('a patched scene', () => {
  it('is the scene that is built', () => {
    fc.assert(
      fc.property(fc.array(edits, { minLength: 1, maxLength: 4 }), (rounds) => {
        let before = start()
        let scene = buildScene(before, { netnsOf })
        for (const wanted of rounds) {
          const cluster = edited(before, wanted)
          const patch = patchOf(scene, before, cluster, netnsOf)
          expect(patch).toBeDefined()
          if (!patch) return
          const next = patched(scene, patch)
          expect(shown(next)).toEqual(shown(buildScene(cluster, { previous: scene, netnsOf })))
          expect(next.machines.ids).toBe(scene.machines.ids)
          before = cluster
          scene = next
        }
      }),
      { numRuns: 150 },
    )
  })

  it('speaks of the nodes alone whose pods changed', () => {
    const before = start()
    const scene = buildScene(before)
    const cluster = transact(before, [{ op: 'put', object: podOn(1, 'c', true) }])
    expect(patchOf(scene, before, cluster)?.rooms.map(({ machine }) => scene.machines.ids[machine])).toEqual(['node/c'])
    expect(patchOf(scene, before, before)?.rooms).toEqual([])
  })

  it.each<readonly [string, (cluster: Cluster) => Cluster]>([
    ['a node', (cluster) => transact(cluster, [{ op: 'delete', kind: 'Node', namespace: '', name: 'c' }])],
    ['a pod that waits', (cluster) => transact(cluster, [{ op: 'put', object: { ...podOn(1, 'a', false), spec: { containers: [] } } }])],
    ['the site', (cluster) => ({ ...cluster, config: { ...cluster.config } })],
  ])('is not made when %s changed', (_, change) => {
    const before = start()
    expect(patchOf(buildScene(before), before, change(before))).toBeUndefined()
  })

  it('finds what a pod became', () => {
    const before = start()
    const web = get(before, 'Pod', 'default', 'web-1')
    if (!web) throw new Error('no pod')
    const cluster = transact(before, [{ op: 'put', object: { ...web, spec: { ...web.spec, nodeName: 'c' } } }])
    const scene = buildScene(before)
    const patch = patchOf(scene, before, cluster)
    const next = patch && patched(scene, patch)
    expect(next && next.machines.ids[next.pods.machine[podIndex(next, 'pod/default/web-1') ?? 99] ?? 99]).toBe('node/c')
  })
})
