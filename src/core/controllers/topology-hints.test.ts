import { describe, expect, test } from 'vitest'
import type { Node } from '../api/node.ts'
import { emptyCluster, list } from '../cluster/cluster.ts'
import { type ClusterConfig, defaultConfig } from '../cluster/config.ts'
import { applyManifests } from './apply.ts'

const node = (name: string, zone: string, cpu: string, more: Partial<Node['metadata']> = {}): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, ...more, labels: { ...(zone && { 'topology.kubernetes.io/zone': zone }), ...more.labels } },
    status: { allocatable: cpu ? { cpu } : {}, conditions: [{ type: 'Ready', status: 'True' }] },
  })
const pod = (name: string, nodeName: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'web' } },
    spec: { nodeName, containers: [{ name: 'c', image: 'web', ports: [{ containerPort: 80 }] }] },
  })
const service = (annotations: Readonly<Record<string, string>>, spec: object = {}): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', annotations },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
  })

/** `pod zone` of each endpoint, in order. */
function hints(documents: readonly string[], config: ClusterConfig = defaultConfig('kubeadm')): readonly string[] {
  const { cluster, problems } = applyManifests(emptyCluster(config), [
    { name: 'a', text: `{"apiVersion":"v1","kind":"List","items":[${documents.join(',')}]}` },
  ])
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return [...list(cluster, 'EndpointSlice')].flatMap(({ endpoints = [] }) =>
    endpoints.map((each) => `${each.targetRef?.name ?? ''} ${each.hints?.forZones?.map(({ name }) => name).join(',') ?? '-'}`),
  )
}

const AUTO = service({ 'service.kubernetes.io/topology-mode': 'Auto' })
const two = [node('a1', 'a', '4'), node('b1', 'b', '4000m')]
const pods = (...places: readonly string[]): readonly string[] => places.map((place, index) => pod(`p${index}`, place))

describe('topology-mode Auto', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['each endpoint is for its own zone', [...two, AUTO, ...pods('a1', 'b1')], ['p0 a', 'p1 b']],
    ['a zone without enough is given some of another', [...two, AUTO, ...pods('a1', 'a1', 'a1', 'b1')], ['p0 b', 'p1 a', 'p2 a', 'p3 b']],
    [
      'a zone with more CPUs gets more',
      [node('a1', 'a', '6'), node('b1', 'b', '2'), AUTO, ...pods('a1', 'a1', 'b1', 'b1')],
      ['p0 a', 'p1 a', 'p2 a', 'p3 b'],
    ],
    ['fewer endpoints than zones', [...two, AUTO, ...pods('a1')], ['p0 -']],
    [
      'shares that cannot be met without overload',
      [node('a1', 'a', '1'), node('b1', 'b', '9'), AUTO, ...pods('a1', 'b1')],
      ['p0 -', 'p1 -'],
    ],
    ['one zone only', [node('a1', 'a', '4'), node('a2', 'a', '4'), AUTO, ...pods('a1', 'a2')], ['p0 -', 'p1 -']],
    ['a node that tells no CPUs', [...two, node('c1', 'c', ''), AUTO, ...pods('a1', 'b1', 'c1')], ['p0 -', 'p1 -', 'p2 -']],
    [
      'the control plane does not count',
      [...two, node('c1', '', '8', { labels: { 'node-role.kubernetes.io/control-plane': '' } }), AUTO, ...pods('a1', 'b1')],
      ['p0 a', 'p1 b'],
    ],
    [
      'any other value asks for nothing',
      [...two, service({ 'service.kubernetes.io/topology-mode': 'Disabled' }), ...pods('a1', 'b1')],
      ['p0 -', 'p1 -'],
    ],
  ])('%s', (_, documents, expected) => expect(hints(documents)).toEqual(expected))
})

describe('trafficDistribution', () => {
  const CLOSE = service({}, { trafficDistribution: 'PreferClose' })
  const documents = [...two, CLOSE, ...pods('a1', 'a1', 'a1', 'b1')]

  test('keeps every endpoint to its zone, however they are spread', () =>
    expect(hints(documents)).toEqual(['p0 a', 'p1 a', 'p2 a', 'p3 b']))

  test('is dropped where its gate is closed', () => {
    const config = { ...defaultConfig('kubeadm'), featureGates: { ServiceTrafficDistribution: false } }
    expect(hints(documents, config)).toEqual(['p0 -', 'p1 -', 'p2 -', 'p3 -'])
  })
})
