import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ApiObject, Kind } from '../core/api/object.ts'
import { type Cluster, list } from '../core/cluster/cluster.ts'
import { apply, type Edit, edit, type Simulation, start } from '../core/engine.ts'
import { manifestsOf } from './manifests.ts'

const sample = (name: string): Simulation =>
  apply(start(), [{ name, text: readFileSync(new URL(`../../public/scenarios/${name}`, import.meta.url), 'utf8') }], { nodes: 3 })
    .simulation

const again = (cluster: Cluster): Cluster => {
  const { simulation, problems } = apply(start(), [{ name: 'manifests.yaml', text: manifestsOf(cluster) }], { nodes: 3 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return simulation.cluster
}

/** Plain values by kind and name: the order of insertion is nobody's business. */
const objects = (cluster: Cluster): Readonly<Record<string, ApiObject>> =>
  Object.fromEntries(
    (Object.keys(cluster.objects) as Kind[])
      .flatMap((kind) => [...list(cluster, kind)] as ApiObject[])
      .map((object) => [`${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`, object] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )

const firstPod = (cluster: Cluster, app: string) =>
  [...list(cluster, 'Pod')].find(({ metadata }) => metadata.name.startsWith(app))?.metadata.name ?? ''

describe('the objects as they are now', () => {
  const all = readdirSync(new URL('../../public/scenarios/', import.meta.url)).filter((name) => name.endsWith('.yaml'))
  it.each(all.filter((name) => name !== 'big.yaml'))('%s, applied again, is the same cluster', (name) => {
    const { cluster } = sample(name)
    expect(objects(again(cluster))).toEqual(objects(cluster))
  })

  it('with later edits: scaled, moved, deleted', () => {
    const opened = sample('shop.yaml')
    const pod = firstPod(opened.cluster, 'web-')
    const edits: readonly Edit[] = [
      { op: 'move', namespace: 'default', name: pod, node: 'node-2' },
      { op: 'delete', kind: 'Service', namespace: 'default', name: 'cache' },
      { op: 'delete', kind: 'Pod', namespace: 'default', name: firstPod(opened.cluster, 'cache-') },
    ]
    const { simulation, problems } = edit(opened, edits, { nodes: 3 })
    expect(problems).toEqual([])
    const { cluster } = simulation
    expect(objects(again(cluster))).toEqual(objects(cluster))
    expect(manifestsOf(again(cluster))).toBe(manifestsOf(cluster))
  })

  it('hold nothing that the control plane writes by itself', () => {
    const text = manifestsOf(sample('shop.yaml').cluster)
    expect(text).not.toMatch(/managed-by: endpointslice-controller|^ {2}uid:/m)
    expect(text).toMatch(/^kind: Deployment$/m)
  })
})
