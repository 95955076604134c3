import { describe, expect, test } from 'vitest'
import type { Service } from '../api/service.ts'
import { type Cluster, emptyCluster, get, list } from '../cluster/cluster.ts'
import { type ClusterConfig, defaultConfig, type LoadBalancerConfig, type Profile } from '../cluster/config.ts'
import { applyManifests } from './apply.ts'
import { editCluster } from './edit.ts'
import { ingressOf } from './load-balancer.ts'
import { settle } from './settle.ts'

const config = (profile: Profile, loadBalancer?: LoadBalancerConfig): ClusterConfig => ({
  ...defaultConfig(profile),
  ...(loadBalancer && { loadBalancer }),
})

const service = (name: string, extra = '', port = 80): string => `
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec:
  type: LoadBalancer
  selector: { app: web }
  ports: [{ port: ${port}, targetPort: 8080 }]
${extra}`
const WEB = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { nodeName: NODE, containers: [{ name: c, image: web, ports: [{ containerPort: 8080 }] }] }
`

function apply(start: ClusterConfig, ...documents: readonly string[]): Cluster {
  const files = [{ name: 'a.yaml', text: documents.join('\n---\n') }]
  const { cluster, problems } = applyManifests(emptyCluster(start), files, { nodes: 3 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return cluster
}

const find = (cluster: Cluster, name: string): Service => {
  const found = get(cluster, 'Service', 'default', name)
  if (!found) throw new Error(`no service ${name}`)
  return found
}
const ips = (cluster: Cluster, name = 'web'): readonly (string | undefined)[] => ingressOf(find(cluster, name)).map(({ ip }) => ip)
const svclbPods = (cluster: Cluster) => [...list(cluster, 'Pod')].filter(({ metadata }) => metadata.name.startsWith('svclb-'))

describe('ServiceLB', () => {
  test('is what k3s brings along; kubeadm brings nothing', () => {
    expect(ips(apply(config('k3s'), service('web')))).toEqual(['192.168.1.10', '192.168.1.20', '192.168.1.21'])
    const pending = apply(config('kubeadm'), service('web'))
    expect(ips(pending)).toEqual([])
    expect(svclbPods(pending)).toEqual([])
  })

  test('runs a pod per node with the Service’s ports as host ports', () => {
    const cluster = apply(config('k3s'), service('web'))
    const pods = svclbPods(cluster)
    expect(new Set(pods.map(({ spec }) => spec.nodeName))).toEqual(new Set(['server', 'agent', 'agent-2']))
    const [container] = pods[0]?.spec.containers ?? []
    expect(container).toMatchObject({
      name: 'lb-tcp-80',
      ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }],
      env: [
        { name: 'SRC_PORT', value: '80' },
        { name: 'SRC_RANGES', value: '0.0.0.0/0' },
        { name: 'DEST_PROTO', value: 'TCP' },
        { name: 'DEST_PORT', value: '80' },
        { name: 'DEST_IPS', value: find(cluster, 'web').spec.clusterIP },
      ],
    })
  })

  test('with externalTrafficPolicy Local lists nodes with an endpoint and forwards to their node port', () => {
    const cluster = apply(config('k3s'), service('web', '  externalTrafficPolicy: Local'), WEB.replace('NODE', 'agent'))
    expect(ips(cluster)).toEqual(['192.168.1.20'])
    const port = find(cluster, 'web').spec.ports?.[0]?.nodePort
    expect(svclbPods(cluster)[0]?.spec.containers[0]?.env?.slice(-2)).toEqual([
      { name: 'DEST_PORT', value: String(port) },
      { name: 'DEST_IPS', valueFrom: { fieldRef: { fieldPath: 'status.hostIPs' } } },
    ])
  })

  test('keeps source ranges, also those of the annotation', () => {
    const annotated = service('web').replace(
      '{ name: web }',
      '{ name: web, annotations: { service.beta.kubernetes.io/load-balancer-source-ranges: "10.0.0.0/8, 192.0.2.0/24" } }',
    )
    const ranges = (text: string): string | undefined =>
      svclbPods(apply(config('k3s'), text))[0]?.spec.containers[0]?.env?.find(({ name }) => name === 'SRC_RANGES')?.value
    expect([ranges(annotated), ranges(service('web', '  loadBalancerSourceRanges: [203.0.113.0/24]'))]).toEqual([
      '10.0.0.0/8,192.0.2.0/24',
      '203.0.113.0/24',
    ])
  })

  test('a port that another Service has stays pending, until that one is gone', () => {
    const cluster = apply(config('k3s'), service('web'), service('other'))
    expect(ips(cluster, 'other')).toEqual([])
    const { cluster: after } = editCluster(cluster, [{ op: 'delete', kind: 'Service', namespace: 'default', name: 'web' }])
    expect(ips(after, 'other')).toHaveLength(3)
    expect(svclbPods(after)).toHaveLength(3)
  })

  test('only labelled nodes take part once one is', () => {
    const node = `
apiVersion: v1
kind: Node
metadata: { name: NAME, labels: { svccontroller.k3s.cattle.io/enablelb: "true" } }
status: { addresses: [{ type: InternalIP, address: 192.168.1.IP }, { type: ExternalIP, address: 198.51.100.IP }], conditions: [{ type: Ready, status: "True" }] }
`
    const plain = node.replace(', labels: { svccontroller.k3s.cattle.io/enablelb: "true" }', '')
    const nodes = [node.replace('NAME', 'a').replaceAll('IP }', '31 }'), plain.replace('NAME', 'b').replaceAll('IP }', '32 }')]
    const cluster = apply(config('k3s'), ...nodes, service('web'))
    expect(svclbPods(cluster).map(({ spec }) => spec.nodeName)).toEqual(['a'])
    expect(ips(cluster)).toEqual(['198.51.100.31'])
  })
})

describe('a cloud', () => {
  const cloud = config('kubeadm', { kind: 'cloud' })
  test('gives addresses of its pool, lowest first, and those that are asked for', () => {
    const cluster = apply(cloud, service('web'), service('other', '  loadBalancerIP: 203.0.113.241'), service('third'))
    expect([ips(cluster), ips(cluster, 'other'), ips(cluster, 'third')]).toEqual([['203.0.113.241'], ['203.0.113.242'], ['203.0.113.243']])
    const asked = apply(cloud, service('web', '  loadBalancerIP: 203.0.113.250'))
    expect(ips(asked)).toEqual(['203.0.113.250'])
  })

  test('says so in ipMode', () => {
    const proxy = apply(config('kubeadm', { kind: 'cloud', ipMode: 'Proxy', pool: '203.0.113.128/29' }), service('web'))
    expect(ingressOf(find(proxy, 'web'))).toEqual([{ ip: '203.0.113.129', ipMode: 'Proxy' }])
  })

  test('an address stays when the manifest is applied again', () => {
    const cluster = apply(cloud, service('web'), service('other'))
    const { cluster: without } = editCluster(cluster, [{ op: 'delete', kind: 'Service', namespace: 'default', name: 'web' }])
    const { cluster: again } = applyManifests(without, [{ name: 'b', text: service('other', '', 81) }])
    expect(ips(again, 'other')).toEqual(['203.0.113.242'])
  })
})

describe('who fulfils a Service', () => {
  test.each<[string, string]>([
    ['another class', '  loadBalancerClass: example.com/metal'],
    ['addresses of its own', 'status: { loadBalancer: { ingress: [{ ip: 192.0.2.7 }] } }'],
  ])('nobody takes one with %s', (_, extra) => {
    const cluster = apply(config('k3s'), service('web', extra))
    expect(svclbPods(cluster)).toEqual([])
    expect(ips(cluster)).toEqual(extra.startsWith('status') ? ['192.0.2.7'] : [])
  })

  test('another provider takes over, and none leaves it pending', () => {
    const cluster = apply(config('k3s'), service('web'))
    const moved = settle({ ...cluster, config: config('k3s', { kind: 'cloud' }) })
    expect(ips(moved)).toEqual(['203.0.113.241'])
    expect(svclbPods(moved)).toEqual([])
    const none = settle({ ...moved, config: config('k3s', { kind: 'none' }) })
    expect(ips(none)).toEqual([])
    expect(find(none, 'web').metadata.finalizers).toBeUndefined()
  })

  test('a Service that becomes a ClusterIP loses its balancer', () => {
    const cluster = apply(config('k3s'), service('web'))
    const text = service('web').replace('LoadBalancer', 'ClusterIP')
    const { cluster: plain } = applyManifests(cluster, [{ name: 'b', text }])
    expect(svclbPods(plain)).toEqual([])
    expect(find(plain, 'web').status?.loadBalancer?.ingress).toBeUndefined()
  })
})
