import { describe, expect, it } from 'vitest'
import type { Pod } from '../api/pod.ts'
import { type Cluster, emptyCluster, get, list } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { applyManifests } from './apply.ts'
import { type Edit, editCluster, type Edited } from './edit.ts'

const TEMPLATE = (app: string) => `{metadata: {labels: {app: ${app}}}, spec: {containers: [{name: c, image: i}]}}`
const MANIFEST = `
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3, selector: {matchLabels: {app: web}}, template: ${TEMPLATE('web')}}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {replicas: 2, serviceName: db, selector: {matchLabels: {app: db}}, template: ${TEMPLATE('db')}}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: agent}, spec: {selector: {matchLabels: {app: agent}}, template: ${TEMPLATE('agent')}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: curl, labels: {app: curl}}, spec: {containers: [{name: c, image: i}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: guest, namespace: other}, spec: {containers: [{name: c, image: i}]}}
`

const settled = (): Cluster =>
  applyManifests(emptyCluster(defaultConfig('kubeadm')), [{ name: 'a.yaml', text: MANIFEST }], { nodes: 3 }).cluster

const pods = (cluster: Cluster, app: string): readonly Pod[] =>
  [...list(cluster, 'Pod')].filter(({ metadata }) => metadata.labels?.['app'] === app)
const names = (cluster: Cluster, app: string) => pods(cluster, app).map(({ metadata }) => metadata.name)
const addresses = (cluster: Cluster) => [...list(cluster, 'Pod')].flatMap(({ status }) => status.podIP ?? [])

function edited(cluster: Cluster, ...edits: readonly Edit[]): Edited {
  const result = editCluster(cluster, edits)
  expect(result.problems).toEqual([])
  expect(new Set(addresses(result.cluster)).size).toBe(addresses(result.cluster).length)
  expect(addresses(result.cluster)).not.toContain(undefined)
  expect([...list(result.cluster, 'Pod')].filter(({ metadata }) => metadata.deletionTimestamp !== undefined)).toEqual([])
  return result
}
const remove = (name: string, kind: Extract<Edit, { op: 'delete' }>['kind'] = 'Pod', namespace = 'default'): Edit => ({
  op: 'delete',
  kind,
  namespace,
  name,
})

describe('deleting', () => {
  it('a pod of a Deployment makes another with a new name and address', () => {
    const before = settled()
    const [first] = pods(before, 'web')
    const { cluster, changes } = edited(before, remove(first?.metadata.name ?? ''))
    expect(pods(cluster, 'web')).toHaveLength(3)
    expect(names(cluster, 'web')).not.toContain(first?.metadata.name)
    expect(addresses(cluster)).not.toContain(first?.status.podIP)
    expect(changes).toEqual([{ ref: { kind: 'Pod', namespace: 'default', name: first?.metadata.name }, op: 'deleted' }])
    const slice = [...list(cluster, 'EndpointSlice')].find(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web')
    const served = slice?.endpoints?.flatMap((each) => each.addresses) ?? []
    expect(new Set(served)).toEqual(new Set(pods(cluster, 'web').map(({ status }) => status.podIP)))
    expect(served).toHaveLength(3)
  })

  it('again and again never gives a name or an address back', () => {
    let state: Edited = { cluster: settled(), problems: [], changes: [], gone: [] }
    const seen = new Set(pods(state.cluster, 'web').flatMap(({ metadata, status }) => [metadata.name, status.podIP]))
    for (let turn = 0; turn < 6; turn++) {
      const known = seen.size
      state = editCluster(state.cluster, [remove(names(state.cluster, 'web')[0] ?? '')], { gone: state.gone })
      for (const { metadata, status } of pods(state.cluster, 'web')) seen.add(metadata.name).add(status.podIP)
      expect(seen.size).toBe(known + 2)
    }
  })

  it('a pod of a StatefulSet keeps the name and not the address', () => {
    const before = settled()
    const { cluster } = edited(before, remove('db-0'))
    expect(names(cluster, 'db').toSorted()).toEqual(['db-0', 'db-1'])
    expect(get(cluster, 'Pod', 'default', 'db-0')?.status.podIP).not.toBe(get(before, 'Pod', 'default', 'db-0')?.status.podIP)
  })

  it.each([
    ['Deployment', 'web', 'web'],
    ['StatefulSet', 'db', 'db'],
    ['DaemonSet', 'agent', 'agent'],
  ] as const)('%s %s takes everything below it along', (kind, name, app) => {
    const { cluster } = edited(settled(), remove(name, kind))
    expect(pods(cluster, app)).toEqual([])
    expect([...list(cluster, 'ReplicaSet')].filter(({ metadata }) => metadata.name.startsWith(name))).toEqual([])
  })

  it('a Service takes its slices and endpoints along', () => {
    const { cluster } = edited(settled(), remove('web', 'Service'))
    expect([...list(cluster, 'EndpointSlice')].filter(({ metadata }) => metadata.name.startsWith('web'))).toEqual([])
    expect(get(cluster, 'Endpoints', 'default', 'web')).toBeUndefined()
  })

  it('a node sends its pods elsewhere, those without an owner nowhere', () => {
    const before = settled()
    const node = get(before, 'Pod', 'default', 'curl')?.spec.nodeName ?? ''
    const { cluster } = edited(before, remove(node, 'Node', ''))
    expect(get(cluster, 'Pod', 'default', 'curl')).toBeUndefined()
    expect([pods(cluster, 'web').length, pods(cluster, 'agent').length]).toEqual([3, 2])
    expect([...list(cluster, 'Pod')].filter(({ spec }) => spec.nodeName === node)).toEqual([])
  })

  it('a namespace takes all in it along', () => {
    const { cluster } = edited(settled(), remove('other', 'Namespace', ''))
    expect([get(cluster, 'Namespace', '', 'other'), get(cluster, 'Pod', 'other', 'guest')]).toEqual([undefined, undefined])
  })

  it('what is not there is refused, and then nothing is done', () => {
    const before = settled()
    const { cluster, problems, changes } = editCluster(before, [remove('curl'), remove('nobody')])
    expect([cluster, changes]).toEqual([before, []])
    expect(problems.map(({ message }) => message)).toEqual(['Error from server (NotFound): Pod "nobody" not found'])
  })
})

describe('changing', () => {
  it('fewer replicas and then more make new pods', () => {
    const before = settled()
    const scaled = (replicas: number): Edit => ({
      op: 'apply',
      files: [{ name: 'web.yaml', text: MANIFEST.split('---')[0]?.replace('replicas: 3', `replicas: ${replicas}`) ?? '' }],
    })
    const { cluster } = edited(before, scaled(2), scaled(3))
    expect(pods(cluster, 'web')).toHaveLength(3)
    expect(names(cluster, 'web').filter((name) => !names(before, 'web').includes(name))).toHaveLength(1)
  })
})

describe('moving', () => {
  const elsewhere = (cluster: Cluster, pod: Pod | undefined): string =>
    [...list(cluster, 'Node')].map(({ metadata }) => metadata.name).find((name) => name !== pod?.spec.nodeName) ?? ''

  it.each([
    ['a bare pod keeps its name', 'curl', 'curl'],
    ['a pod of a StatefulSet keeps its name', 'db', 'db-0'],
  ])('%s, not its address', (_, app, name) => {
    const before = settled()
    const pod = get(before, 'Pod', 'default', name)
    const node = elsewhere(before, pod)
    const { cluster } = edited(before, { op: 'move', namespace: 'default', name, node })
    const after = get(cluster, 'Pod', 'default', name)
    expect(after?.spec.nodeName).toBe(node)
    expect(after?.status.podIP).not.toBe(pod?.status.podIP)
    expect(pods(cluster, app)).toHaveLength(pods(before, app).length)
  })

  it('a pod of a Deployment is another pod there, and all nodes take pods as before', () => {
    const before = settled()
    const [pod] = pods(before, 'web')
    const node = elsewhere(before, pod)
    const { cluster, changes } = edited(before, { op: 'move', namespace: 'default', name: pod?.metadata.name ?? '', node })
    const made = pods(cluster, 'web').find(({ metadata }) => !names(before, 'web').includes(metadata.name))
    expect(made?.spec.nodeName).toBe(node)
    expect(changes.map(({ op, ref }) => `${op} ${ref.name}`)).toEqual([`deleted ${pod?.metadata.name}`, `created ${made?.metadata.name}`])
    expect([...list(cluster, 'Node')].map(({ spec }) => spec.unschedulable)).toEqual([undefined, undefined, undefined])
  })

  it.each([
    ['a daemon', (cluster: Cluster) => ({ name: names(cluster, 'agent')[0] ?? '', node: 'node-1' }), 'one on every node'],
    ['nobody', () => ({ name: 'nobody', node: 'node-1' }), 'not found'],
    ['to nowhere', () => ({ name: 'curl', node: 'nowhere' }), 'nodes "nowhere" not found'],
  ])('%s is refused', (_, of, why) => {
    const before = settled()
    const { cluster, problems } = editCluster(before, [{ op: 'move', namespace: 'default', ...of(before) }])
    expect(cluster).toBe(before)
    expect(problems[0]?.message).toContain(why)
  })
})
