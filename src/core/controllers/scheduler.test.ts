import { expect, test } from 'vitest'
import { type Cluster, emptyCluster, list } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { applyManifests } from './apply.ts'

const NODES = `
{kind: Node, metadata: {name: a, labels: {disk: ssd, rank: "1"}}}
{kind: Node, metadata: {name: b, labels: {disk: hdd, rank: "2"}}, spec: {taints: [{key: edge, value: "yes", effect: NoSchedule}]}}
{kind: Node, metadata: {name: c, labels: {rank: "3"}}, spec: {unschedulable: true}}`

const documents = (text: string): string =>
  text
    .trim()
    .split('\n')
    .map((each) => each.replace('{kind', '{apiVersion: v1, kind'))
    .join('\n---\n')

const podText = (name: string, spec: string): string =>
  `{kind: Pod, metadata: {name: ${name}}, spec: {containers: [{name: c, image: x}], ${spec}}}`
const affinity = (requirement: string): string =>
  `affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [${requirement}]}]}}}`

const schedule = (pods: readonly string[]): Cluster => {
  const { cluster, problems } = applyManifests(emptyCluster(defaultConfig('kubeadm')), [
    { name: 'x', text: documents(`${NODES.trim()}\n${pods.join('\n')}`) },
  ])
  expect(problems).toEqual([])
  return cluster
}

const placed = (cluster: Cluster): string[] =>
  [...list(cluster, 'Pod')].map(
    ({ spec, status }) => spec.nodeName ?? status.conditions?.find(({ type }) => type === 'PodScheduled')?.message ?? 'nowhere',
  )

const TOLERATE = 'tolerations: [{key: edge, operator: Exists}]'
const REFUSED = '1 node(s) had untolerated taint {edge: yes}, 1 node(s) were unschedulable'
const HELPLESS = '. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.'

test.each([
  ['plain', '', 'a'],
  ['nodeName binds without asking', 'nodeName: c', 'c'],
  [
    'a selector that only a tainted node matches',
    'nodeSelector: {disk: hdd}',
    `0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, ${REFUSED}${HELPLESS}`,
  ],
  ['the same, tolerated', `nodeSelector: {disk: hdd}, ${TOLERATE}`, 'b'],
  ['In', affinity('{key: disk, operator: In, values: [ssd, nvme]}'), 'a'],
  [
    'NotIn, of a node without the label too',
    `${affinity('{key: disk, operator: NotIn, values: [ssd]}')}, tolerations: [{operator: Exists}]`,
    'b',
  ],
  ['DoesNotExist', `${affinity('{key: disk, operator: DoesNotExist}')}, tolerations: [{operator: Exists}]`, 'c'],
  ['Gt', `${affinity('{key: rank, operator: Gt, values: ["1"]}')}, ${TOLERATE}`, 'b'],
  [
    'a toleration of another value',
    'nodeSelector: {disk: hdd}, tolerations: [{key: edge, value: "no"}]',
    `0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, ${REFUSED}${HELPLESS}`,
  ],
])('%s', (_, spec, where) => expect(placed(schedule([podText('p', spec)]))).toEqual([where]))

test('a host port is free once per node, protocol and address', () => {
  const pod = (name: string, port: string): string =>
    podText(name, TOLERATE).replace('image: x', `image: x, ports: [{containerPort: 80, ${port}}]`)
  expect(
    placed(
      schedule([
        pod('p', 'hostPort: 80'),
        pod('q', 'hostPort: 80'),
        pod('r', 'hostPort: 80'),
        pod('s', 'hostPort: 80, protocol: UDP'),
        pod('t', 'hostPort: 81, hostIP: 10.0.0.1'),
        pod('u', 'hostPort: 81, hostIP: 10.0.0.2'),
      ]),
    ),
  ).toEqual([
    'a',
    'b',
    "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't have free ports for the requested pod ports. preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.",
    'a',
    'b',
    'a',
  ])
})

test('no nodes', () => {
  const { cluster } = applyManifests(emptyCluster(defaultConfig('kubeadm')), [{ name: 'x', text: documents(podText('p', '')) }])
  expect(placed(cluster)).toEqual(['no nodes available to schedule pods'])
})
