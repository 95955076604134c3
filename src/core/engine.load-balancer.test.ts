import { describe, expect, test } from 'vitest'
import { get, list } from './cluster/cluster.ts'
import type { LoadBalancerConfig, Profile } from './cluster/config.ts'
import { allPaths, apply, configure, edit, resolveRequest, send, type Simulation, start } from './engine.ts'
import type { Outcome } from './sim/conversation.ts'
import { configProblems } from './node/config-problems.ts'

const pod = (name: string, node: string, app = 'web'): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${app} } }
spec: { nodeName: ${node}, containers: [{ name: c, image: web, ports: [{ containerPort: 8080 }] }] }
`
const service = (extra = ''): string => `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: LoadBalancer
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }]
${extra}`

function cluster(loadBalancer: LoadBalancerConfig, documents: readonly string[], profile: Profile = 'kubeadm'): Simulation {
  const first = start({ profile })
  const base: Simulation = { ...first, cluster: { ...first.cluster, config: { ...first.cluster.config, loadBalancer } } }
  const { simulation, problems } = apply(base, [{ name: 'a.yaml', text: documents.join('\n---\n') }])
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(configProblems(simulation.cluster)).toEqual([])
  return simulation
}

function ask(simulation: Simulation, from: string, to: string): Outcome {
  const request = resolveRequest(simulation, { from, to, protocol: 'tcp' })
  if (!request.ok) throw new Error(request.error.message)
  return send(simulation, request.value.request).conversation.outcome
}

const VIP = '203.0.113.241:80'
const cloud: LoadBalancerConfig = { kind: 'cloud' }

describe('a balancer outside', () => {
  const two = [service(), pod('web-1', 'node-1'), pod('web-2', 'node-2'), pod('client', 'node-3', 'other')]

  test.each<[string, string]>([
    ['external/inet', 'answered'],
    ['external/client', 'answered'],
    ['pod/default/client', 'answered'],
    ['node/node-3', 'answered'],
  ])('%s is %s', (from, kind) => expect(ask(cluster(cloud, two), from, VIP).kind).toBe(kind))

  test('with ipMode Proxy the cluster’s own pods go out to it', () => {
    const simulation = cluster({ kind: 'cloud', ipMode: 'Proxy' }, two)
    const outcome = ask(simulation, 'pod/default/client', VIP)
    expect(outcome.kind).toBe('answered')
  })

  test('every node is as likely, and every endpoint', () => {
    const simulation = cluster(cloud, two)
    const request = resolveRequest(simulation, { from: 'external/inet', to: VIP, protocol: 'tcp' })
    if (!request.ok) throw new Error(request.error.message)
    const { paths, complete } = allPaths(simulation, request.value.request, 100)
    expect(complete).toBe(true)
    const chance = (name: string): number =>
      paths.filter(({ value }) => value.outcome.answeredBy === name).reduce((sum, { probability }) => sum + probability, 0)
    expect([chance('default/web-1'), chance('default/web-2')].map((p) => p.toFixed(6))).toEqual(['0.500000', '0.500000'])
  })

  test('other ports, and addresses without Service, are silence', () => {
    const simulation = cluster(cloud, two)
    expect(ask(simulation, 'external/inet', '203.0.113.241:81').kind).toBe('timeout')
  })

  test('nodes that ask to be left out are', () => {
    const simulation = cluster(cloud, two)
    const excluded = [...list(simulation.cluster, 'Node')].slice(1).map((node) => ({
      ...node,
      metadata: { ...node.metadata, labels: { ...node.metadata.labels, 'node.kubernetes.io/exclude-from-external-load-balancers': '' } },
    }))
    const changed = edit(simulation, [
      { op: 'apply', files: [{ name: 'n.json', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: excluded }) }] },
    ])
    expect(changed.problems).toEqual([])
    const request = resolveRequest(changed.simulation, { from: 'external/inet', to: VIP, protocol: 'tcp' })
    if (!request.ok) throw new Error(request.error.message)
    const { paths } = allPaths(changed.simulation, request.value.request, 100)
    const entered = paths.map(({ value }) => value.connections[0]?.packets[0]?.hops.find(({ netns }) => netns.startsWith('node-'))?.netns)
    expect(new Set(entered)).toEqual(new Set(['node-1']))
  })

  test('with session affinity a client stays with its node and its endpoint', () => {
    let simulation = cluster(cloud, [
      service('  sessionAffinity: ClientIP'),
      pod('web-1', 'node-1'),
      pod('web-2', 'node-2'),
      pod('web-3', 'node-3'),
    ])
    const seen = new Set<string>()
    for (let i = 0; i < 8; i++) {
      const request = resolveRequest(simulation, { from: 'external/inet', to: VIP, protocol: 'tcp' })
      if (!request.ok) throw new Error(request.error.message)
      const sent = send(simulation, request.value.request)
      seen.add(sent.conversation.outcome.answeredBy ?? '')
      simulation = sent.simulation
    }
    expect(seen.size).toBe(1)
  })

  test('source ranges are kept by the balancer', () => {
    const simulation = cluster(cloud, [service('  loadBalancerSourceRanges: [203.0.113.0/24]'), pod('web-1', 'node-1')])
    expect(ask(simulation, 'external/inet', VIP).kind).toBe('answered')
    expect(ask(simulation, 'external/client', VIP).kind).toBe('timeout')
  })

  test('without node ports it has nowhere to send to', () => {
    const text = service('  allocateLoadBalancerNodePorts: false').replace(', nodePort: 30080', '')
    expect(ask(cluster(cloud, [text, pod('web-1', 'node-1')]), 'external/inet', VIP).kind).toBe('timeout')
  })
})

describe('externalTrafficPolicy Local', () => {
  const local = [service('  externalTrafficPolicy: Local\n  healthCheckNodePort: 31999'), pod('web-1', 'node-2')]

  test('goes to nodes with an endpoint only, and keeps the client’s address', () => {
    const simulation = cluster(cloud, local)
    const outcome = ask(simulation, 'external/inet', VIP)
    expect(outcome).toMatchObject({ kind: 'answered', answeredBy: 'default/web-1' })
    expect(outcome.clientSeen).toMatch(/^203\.0\.113\.10:/)
  })

  test.each([
    ['192.168.1.11:31999', 503, 0],
    ['192.168.1.12:31999', 200, 1],
  ])('kube-proxy answers for it on %s with %i', (to, status, localEndpoints) => {
    const outcome = ask(cluster(cloud, local), 'external/client', to)
    expect(outcome.http?.status).toBe(status)
    expect(JSON.parse(outcome.http?.body ?? '')).toEqual({
      service: { namespace: 'default', name: 'web' },
      localEndpoints,
      serviceProxyHealthy: true,
    })
  })

  test('nobody answers when kube-proxy’s servers do not run', () => {
    const simulation = cluster(cloud, local)
    const { config } = simulation.cluster
    const quiet = configure(simulation, { ...config, proxy: { ...config.proxy, healthServers: false } })
    expect(ask(quiet, 'external/client', '192.168.1.12:31999').kind).toBe('refused')
  })
})

test('ServiceLB answers on every node that its status lists', () => {
  const simulation = cluster({ kind: 'service-lb' }, [service(), pod('web-1', 'server')], 'k3s')
  const ingress = get(simulation.cluster, 'Service', 'default', 'web')?.status?.loadBalancer?.ingress ?? []
  expect(ingress).toHaveLength([...list(simulation.cluster, 'Node')].length)
  for (const { ip } of ingress)
    expect(ask(simulation, 'external/client', `${ip}:80`)).toMatchObject({ kind: 'answered', answeredBy: 'default/web-1' })
})
