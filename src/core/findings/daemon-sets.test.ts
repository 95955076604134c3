import { expect, test } from 'vitest'
import { emptyCluster } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { applyManifests } from '../controllers/apply.ts'
import { daemonSetFindings } from './daemon-sets.ts'

const set = (nodeSelector: object): object => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'edge' },
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { nodeSelector, containers: [{ name: 'c', image: 'c' }] } },
  },
})
const node = (labels: object): object => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', labels } })

test.each<[string, object, object, unknown]>([
  ['a label that a node has', { role: 'edge-router' }, { role: 'edge-router' }, undefined],
  ['none at all', {}, {}, undefined],
  ['one that nobody has', { role: 'edge-router' }, { other: 'x' }, { selector: 'role=edge-router', has: '' }],
  ['another value', { role: 'edge-router' }, { role: 'edge' }, { selector: 'role=edge-router', has: 'n: role=edge' }],
  ['the value as a key', { role: 'edge-router' }, { 'edge-router': '' }, { selector: 'role=edge-router', has: 'n: edge-router=' }],
  ['one of two', { a: 'b', c: 'd' }, { a: 'b' }, { selector: 'a=b,c=d', has: '' }],
])('a DaemonSet for nodes with %s', (_, nodeSelector, labels, params) => {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [node(labels), set(nodeSelector)] })
  const { cluster, problems } = applyManifests(emptyCluster(defaultConfig('kubeadm')), [{ name: 'x', text }], { nodes: 1 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(daemonSetFindings(cluster)[0]?.params).toEqual(params)
})
