import { expect, test } from 'vitest'
import type { Pod } from '../api/pod.ts'
import { type Cluster, emptyCluster, transact } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import type { NetnsId } from '../kernel/interface.ts'
import { netnsOf, netnsOfPod, ownerOf } from './netns-of.ts'

const pod = (
  namespace: string,
  name: string,
  extra: Partial<Pod['spec']> = {},
  status: Pod['status'] = { phase: 'Running', podIP: '10.244.0.5' },
): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name },
  spec: { nodeName: 'node-1', containers: [], ...extra },
  status,
})
const clusterOf = (...pods: readonly Pod[]): Cluster =>
  transact(emptyCluster(defaultConfig('kubeadm')), [
    { op: 'put', object: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, spec: {}, status: {} } },
    ...pods.map((object) => ({ op: 'put', object }) as const),
  ])

test.each<[string, Pod, string | undefined]>([
  ['of its own', pod('default', 'web-1'), 'p-default-web-1'],
  ["its node's with hostNetwork", pod('kube-system', 'proxy', { hostNetwork: true }), 'node-1'],
  [
    'cut to 48 characters',
    pod('ingress-nginx', 'ingress-nginx-controller-7d4c8f9b6d-x7k2p'),
    'p-ingress-nginx-ingress-nginx-controller-7d4c8f9',
  ],
  ['none before it is placed', pod('default', 'web', {}, { phase: 'Pending' }), undefined],
  ['none after it is over', pod('default', 'job', {}, { phase: 'Succeeded', podIP: '10.244.0.5' }), undefined],
])('the namespace of a pod is %s', (_, one, id) => {
  const cluster = clusterOf(one)
  expect(netnsOf(cluster, one)).toBe(id)
  expect(netnsOfPod(cluster, one.metadata.namespace ?? '', one.metadata.name)).toBe(id)
})

test.each([
  [
    'replicas with a long name',
    [pod('shop', `${'a'.repeat(60)}-1`), pod('shop', `${'a'.repeat(60)}-2`), pod('shop', `${'a'.repeat(60)}-3`)],
  ],
  ['a hyphen on either side', [pod('a', 'b-c'), pod('a-b', 'c')]],
  ['a namespace that fills the name', [pod('n'.repeat(60), 'web'), pod(`${'n'.repeat(60)}x`, 'web')]],
  ['a name of 48 characters and a longer one', [pod('a', 'x'.repeat(44)), pod('a', 'x'.repeat(45))]],
])('cut names stay apart: %s', (_, pods) => {
  const cluster = clusterOf(...pods)
  const ids = pods.map((one) => netnsOf(cluster, one))
  expect(new Set(ids).size).toBe(pods.length)
  expect(ids[0]).not.toContain('~')
  for (const [i, one] of pods.entries())
    expect(ownerOf(cluster, ids[i] as NetnsId)).toEqual({ kind: 'pod', namespace: one.metadata.namespace, name: one.metadata.name })
})

test.each([
  ['node-1', { kind: 'node', name: 'node-1' }],
  ['router', { kind: 'host', name: 'router' }],
  ['p-default-nobody', undefined],
  ['p-default-web~00000000', undefined],
])('%s belongs to', (id, owner) => expect(ownerOf(clusterOf(pod('default', 'web')), id as NetnsId)).toEqual(owner))
