import { describe, expect, test } from 'vitest'
import { type Cluster, emptyCluster, get, list } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { applyManifests } from './apply.ts'
import { settle } from './settle.ts'

const fresh = emptyCluster(defaultConfig('kubeadm'))
const apply = (cluster: Cluster, text: string, nodes = 3) => applyManifests(cluster, [{ name: 'x.yaml', text }], { nodes })
const web = (replicas: number, image = 'nginx'): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: ${replicas}\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, image: ${image}, ports: [{name: http, containerPort: 8080}]}]}\n`
const service = (name: string, spec: string): string =>
  `---\napiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]${spec}}\n`

const podLines = (cluster: Cluster): string[] =>
  [...list(cluster, 'Pod')].map(({ metadata, spec, status }) =>
    `${metadata.name} ${spec.nodeName} ${status.podIP} ${status.phase}`.replace(/-[a-z0-9]{5} /, '-? '),
  )

test('a deployment becomes running pods with addresses, spread over the nodes, and slices', () => {
  const { cluster, problems, changes } = apply(fresh, web(4) + service('web', ''))
  expect(problems).toEqual([])
  expect(changes.map(({ ref, op }) => `${ref.kind} ${ref.namespace}/${ref.name} ${op}`)).toEqual([
    'Deployment default/web created',
    'Service default/web created',
  ])
  const [replicaSet] = list(cluster, 'ReplicaSet')
  const hash = replicaSet?.metadata.labels?.['pod-template-hash'] ?? ''
  expect(podLines(cluster)).toEqual([
    `web-${hash}-? node-1 10.244.0.2 Running`,
    `web-${hash}-? node-2 10.244.1.2 Running`,
    `web-${hash}-? node-3 10.244.2.2 Running`,
    `web-${hash}-? node-1 10.244.0.3 Running`,
  ])
  const slices = [...list(cluster, 'EndpointSlice')].filter(({ metadata }) => metadata.name !== 'kubernetes')
  expect(slices.map(({ ports, endpoints }) => [ports, endpoints?.map(({ addresses }) => addresses[0])])).toEqual([
    [[{ name: '', port: 8080, protocol: 'TCP' }], ['10.244.0.2', '10.244.1.2', '10.244.2.2', '10.244.0.3']],
  ])
  expect(get(cluster, 'Endpoints', 'default', 'web')?.subsets?.[0]?.addresses).toHaveLength(4)
  expect(settle(cluster)).toBe(cluster)
})

test('the same manifests twice change nothing, not even identity; twice from scratch give the same cluster', () => {
  const text = web(3) + service('web', ', type: NodePort')
  const once = apply(fresh, text).cluster
  const again = apply(once, text)
  expect(again.changes.map(({ op }) => op)).toEqual(['unchanged', 'unchanged'])
  expect(again.cluster).toBe(once)
  expect(apply(fresh, text).cluster).toEqual(once)
})

test('scaling and a new image replace only what they must', () => {
  const before = apply(fresh, web(3) + service('web', '') + service('other', ', type: NodePort')).cluster
  const scaled = apply(before, web(2)).cluster
  expect([...list(scaled, 'Pod')].map((pod) => pod === get(before, 'Pod', 'default', pod.metadata.name))).toEqual([true, true])
  expect(get(scaled, 'Service', 'default', 'other')).toBe(get(before, 'Service', 'default', 'other'))
  const updated = apply(scaled, web(2, 'nginx:2')).cluster
  expect([...list(updated, 'Pod')].map(({ spec }) => spec.containers[0]?.image)).toEqual(['nginx:2', 'nginx:2'])
  expect([...list(updated, 'ReplicaSet')].map(({ spec }) => spec.replicas)).toEqual([0, 2])
})

test('an error anywhere leaves the cluster as it was', () => {
  const before = apply(fresh, web(1)).cluster
  const { cluster, problems, changes } = apply(before, web(5) + service('web', ', type: Nonsense'))
  expect(cluster).toBe(before)
  expect(changes).toEqual([])
  expect(problems.map(({ severity }) => severity)).toEqual(['error'])
})

describe('what the cluster itself refuses or remarks', () => {
  const taken = service('a', ', type: NodePort, clusterIP: 10.96.0.50').replace('port: 80,', 'port: 80, nodePort: 30080,')
  const cases: [string, string, string][] = [
    [
      'a taken node port',
      service('b', ', type: NodePort').replace('port: 80,', 'port: 80, nodePort: 30080,'),
      'error: The Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    ],
    [
      'a node port out of range',
      service('b', ', type: NodePort').replace('port: 80,', 'port: 80, nodePort: 80,'),
      'error: The Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
    [
      'a taken address',
      service('b', ', clusterIP: 10.96.0.50'),
      'error: The Service "b" is invalid: spec.clusterIPs: Invalid value: []string{"10.96.0.50"}: failed to allocate IP 10.96.0.50: provided IP is already allocated',
    ],
    [
      'an address of another range',
      service('b', ', clusterIP: 10.0.0.1'),
      'error: The Service "b" is invalid: spec.clusterIPs: Invalid value: []string{"10.0.0.1"}: failed to allocate IP 10.0.0.1: the provided IP (10.0.0.1) is not in the valid range. The range of valid IPs is 10.96.0.0/12',
    ],
    [
      'a changed address',
      service('a', ', clusterIP: 10.96.0.51'),
      'error: The Service "a" is invalid: spec.clusterIPs[0]: Invalid value: []string{"10.96.0.51"}: may not change once set',
    ],
    [
      'a namespace that nobody made',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}',
      'warning: namespaces "shop" not found: created it, which kubectl apply would not',
    ],
    [
      'a changed selector',
      web(1).replaceAll('app: web', 'app: web2'),
      'error: The Deployment "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"web2"}}: field is immutable',
    ],
  ]
  test.each(cases)('%s', (_, text, problem) => {
    const before = apply(fresh, web(1) + taken).cluster
    expect(apply(before, text).problems.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([problem])
  })
})

test('a live dump keeps its addresses, and new pods get others', () => {
  const pod = (name: string, ip: string): string =>
    `---\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {nodeName: node-1, containers: [{name: c, image: x}]}\nstatus: {phase: Running, podIP: ${ip}, podIPs: [{ip: ${ip}}]}\n`
  const node =
    'apiVersion: v1\nkind: Node\nmetadata: {name: node-1}\nspec: {podCIDR: 10.244.7.0/29}\nstatus: {addresses: [{type: InternalIP, address: 192.168.1.11}]}\n'
  const bare = (name: string): string =>
    `---\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: c, image: x}]}\n`
  const { cluster } = apply(fresh, node + pod('live', '10.244.7.3') + ['a', 'b', 'c', 'd', 'e'].map(bare).join(''))
  expect(podLines(cluster)).toEqual([
    'live node-1 10.244.7.3 Running',
    'a node-1 10.244.7.2 Running',
    'b node-1 10.244.7.4 Running',
    'c node-1 10.244.7.5 Running',
    'd node-1 10.244.7.6 Running',
    'e node-1 undefined Pending',
  ])
  expect(
    get(cluster, 'Pod', 'default', 'e')?.status.conditions?.find(({ reason }) => reason === 'FailedCreatePodSandBox')?.message,
  ).toContain('no IP addresses available in range set: 10.244.7.1-10.244.7.6')
  expect(get(cluster, 'Service', 'default', 'kubernetes')).toBeUndefined()
})

test('slices given by hand stay, and nothing is derived beside them', () => {
  const given =
    '---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: mine, labels: {kubernetes.io/service-name: web}}\naddressType: IPv4\nports: [{port: 1}]\nendpoints: [{addresses: [10.9.9.9]}]\n'
  const { cluster } = apply(fresh, web(2) + service('web', '') + given)
  expect([...list(cluster, 'EndpointSlice')].map(({ metadata }) => metadata.name)).toEqual(['mine', 'kubernetes'])
})

test.each([
  [3, '10.244.0.0/16', '192.168.1.0/24', '192.168.1.13'],
  [150, '10.244.0.0/16', '192.168.1.0/24', '192.168.1.161'],
  [1000, '10.244.0.0/14', '192.168.0.0/21', '192.168.3.250'],
])('%i nodes have room', (count, podCIDR, network, last) => {
  const { cluster } = apply(fresh, '', count)
  const nodes = [...list(cluster, 'Node')]
  expect(nodes).toHaveLength(count)
  expect(new Set(nodes.map(({ spec }) => spec.podCIDR)).size).toBe(count)
  expect(cluster.config.podCIDR).toBe(podCIDR)
  expect(cluster.config.site.networks[0]?.cidr).toBe(network)
  expect(nodes.map(({ status }) => status.addresses?.[0]?.address)).not.toContain('192.168.1.100')
  expect(nodes.at(-1)?.status.addresses?.[0]?.address).toBe(last)
})

test('pods of a dump without nodes bring their nodes along', () => {
  const pod = (name: string, node: string, ip: string, hostIP: string): string =>
    `---\n{apiVersion: v1, kind: Pod, metadata: {name: ${name}}, spec: {nodeName: ${node}, containers: [{name: c, image: x}]}, status: {phase: Running, podIP: ${ip}, hostIP: ${hostIP}}}\n`
  const { cluster } = apply(fresh, pod('p', 'docker-desktop', '10.1.0.177', '192.168.65.3') + pod('q', 'other', '10.1.4.5', '192.168.1.77'))
  expect(
    [...list(cluster, 'Node')].map(({ metadata, spec, status }) => `${metadata.name} ${spec.podCIDR} ${status.addresses?.[0]?.address}`),
  ).toEqual(['docker-desktop 10.1.0.0/24 192.168.1.11', 'other 10.1.4.0/24 192.168.1.77'])
  expect([cluster.config.podCIDR, cluster.config.proxy.clusterCIDR]).toEqual(['10.1.0.0/16', '10.1.0.0/16'])
})

test('a node that says nothing of itself gets an address and a pod network', () => {
  const { cluster } = apply(
    fresh,
    '{apiVersion: v1, kind: Node, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Node, metadata: {name: b}, status: {addresses: [{type: InternalIP, address: 192.168.1.11}]}}',
  )
  expect(
    [...list(cluster, 'Node')].map(({ spec, status }) => `${spec.podCIDR} ${status.addresses?.map(({ address }) => address).join(' ')}`),
  ).toEqual(['10.244.0.0/24 192.168.1.12 a', '10.244.1.0/24 192.168.1.11'])
})
