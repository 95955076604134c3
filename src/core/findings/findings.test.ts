import { describe, expect, test } from 'vitest'
import { emptyCluster } from '../cluster/cluster.ts'
import { type ClusterConfig, defaultConfig } from '../cluster/config.ts'
import { applyManifests } from '../controllers/apply.ts'
import { findings } from './findings.ts'
import type { Finding } from './finding.ts'

type Spec = Readonly<Record<string, unknown>>

const service = (name: string, spec: Spec, metadata: Spec = {}): Spec => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, ...metadata },
  spec: { ports: [{ port: 80 }], ...spec },
})
const pod = (name: string, labels: Readonly<Record<string, string>>, port: Spec = { containerPort: 80 }, more: Spec = {}): Spec => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels, ...(more['metadata'] as object | undefined) },
  spec: { containers: [{ name: 'c', image: 'web', ports: [port] }], ...(more['spec'] as object | undefined) },
})
const unready = { status: { phase: 'Running', podIP: '10.244.0.77', conditions: [{ type: 'Ready', status: 'False' }] } }

function of(objects: readonly Spec[], config: ClusterConfig = defaultConfig('kubeadm')): readonly Finding[] {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
  const { cluster, problems } = applyManifests(emptyCluster(config), [{ name: 'a.json', text }], { nodes: 3 })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return findings(cluster)
}

/** `kind field key=value…` */
const brief = (found: readonly Finding[]): readonly string[] =>
  found.map(({ kind, params }) => [kind, ...Object.entries(params).map(([key, value]) => `${key}=${String(value)}`)].join(' '))

const WEB = service('web', { selector: { app: 'web' } })
const k3s = defaultConfig('k3s')

describe('a Service that is right', () => {
  test('has no findings', () => expect(of([WEB, pod('a', { app: 'web' })])).toEqual([]))
  test('the API server’s own has none either', () => expect(of([])).toEqual([]))
})

describe('what is found', () => {
  test.each<[string, readonly Spec[], readonly string[]]>([
    ['nobody', [WEB], ['no-pods-selected selector=app=web near=0']],
    [
      'a slip in the value',
      [WEB, pod('a', { app: 'wbe' }), pod('b', { app: 'db' })],
      ['no-pods-selected selector=app=web near=1', 'selector-near-miss label=app wants=web has=wbe pods=1'],
    ],
    [
      'one label of several',
      [
        service('web', { selector: { app: 'web', tier: 'front' } }),
        pod('a', { app: 'web', tier: 'back' }),
        pod('b', { app: 'web', tier: 'back' }),
      ],
      ['no-pods-selected selector=app=web,tier=front near=1', 'selector-near-miss label=tier wants=front has=back pods=2'],
    ],
    [
      'a label that is not there',
      [service('web', { selector: { app: 'web', tier: 'front' } }), pod('a', { app: 'web' })],
      ['no-pods-selected selector=app=web,tier=front near=1', 'selector-near-miss label=tier wants=front has= pods=1'],
    ],
    [
      'the value under another name',
      [WEB, pod('a', { 'app.kubernetes.io/name': 'web' })],
      ['no-pods-selected selector=app=web near=1', 'selector-near-miss label=app wants=web has= pods=1'],
    ],
    [
      'another namespace',
      [WEB, pod('a', { app: 'web' }, undefined, { metadata: { namespace: 'shop' } })],
      ['no-pods-selected selector=app=web near=0', 'selector-other-namespace selector=app=web namespace=shop pods=1'],
    ],
    [
      'a workload without pods',
      [
        WEB,
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web' },
          spec: {
            replicas: 0,
            selector: { matchLabels: { app: 'web' } },
            template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'web' }] } },
          },
        },
      ],
      ['no-pods-selected selector=app=web near=0', 'selected-workload-empty workload=Deployment/web replicas=0'],
    ],
    [
      'nobody ready',
      [WEB, { ...pod('a', { app: 'web' }, undefined, { spec: { nodeName: 'node-1' } }), ...unready }],
      ['no-ready-endpoints pods=1'],
    ],
    [
      'several applications',
      [service('web', { selector: { tier: 'front' } }), pod('a', { app: 'web', tier: 'front' }), pod('b', { app: 'api', tier: 'front' })],
      ['selector-mixes-apps label=app apps=web, api'],
    ],
    ['no selector and no endpoints', [service('db', {})], ['no-selector-no-endpoints']],
    [
      'endpoints whose port is called otherwise',
      [
        service('db', { ports: [{ name: 'sql', port: 5432 }] }),
        {
          apiVersion: 'v1',
          kind: 'Endpoints',
          metadata: { name: 'db' },
          subsets: [{ addresses: [{ ip: '192.168.1.50' }], ports: [{ name: 'pg', port: 5432 }] }],
        },
      ],
      ['endpoints-port-name port=sql names=pg'],
    ],
    [
      'a target port that no container names',
      [
        service('web', { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] }),
        pod('a', { app: 'web' }, { name: 'web', containerPort: 80 }),
      ],
      ['target-port-unnamed port=80 targetPort=http pods=1 of=1 names=web'],
    ],
    [
      'a target port of another protocol',
      [
        service('dns', { selector: { app: 'dns' }, ports: [{ port: 53, protocol: 'UDP', targetPort: 'dns' }] }),
        pod('a', { app: 'dns' }, { name: 'dns', containerPort: 53 }),
      ],
      ['target-port-protocol port=53 targetPort=dns wants=UDP has=TCP'],
    ],
    [
      'a target port that no container lists',
      [
        service('web', { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] }),
        pod('a', { app: 'web' }, { containerPort: 3000 }),
      ],
      ['target-port-unopened port=80 targetPort=8080 opened=3000'],
    ],
    [
      'a target port of Envoy, which is told where to listen',
      [
        service('web', { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] }),
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'envoy', labels: { app: 'web' } },
          spec: { containers: [{ name: 'c', image: 'docker.io/envoyproxy/envoy:v1.31.0', ports: [{ containerPort: 8002 }] }] },
        },
      ],
      [],
    ],
    [
      'ports, a selector, and an address of an ExternalName',
      [service('db', { type: 'ExternalName', externalName: '192.0.2.1', selector: { app: 'db' } })],
      [
        'external-name-address externalName=192.0.2.1',
        'external-name-ports externalName=192.0.2.1',
        'external-name-selector externalName=192.0.2.1',
      ],
    ],
    [
      'headless, and a port that clients must know',
      [
        service('web', { clusterIP: 'None', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] }),
        pod('a', { app: 'web' }, { containerPort: 8080 }),
      ],
      ['headless-port-not-translated port=80 targetPort=8080', 'headless-no-vip'],
    ],
    [
      'a load balancer that nobody provides',
      [service('web', { type: 'LoadBalancer', selector: { app: 'web' } }), pod('a', { app: 'web' })],
      ['load-balancer-pending provider=none why=no-provider loadBalancerClass='],
    ],
    [
      'a class that nobody is',
      [service('web', { type: 'LoadBalancer', loadBalancerClass: 'x.io/lb', selector: { app: 'web' } }), pod('a', { app: 'web' })],
      ['load-balancer-pending provider=none why=class loadBalancerClass=x.io/lb'],
    ],
    [
      'policy Local where not every node has one',
      [
        service('web', { selector: { app: 'web' }, internalTrafficPolicy: 'Local' }),
        pod('a', { app: 'web' }, undefined, { spec: { nodeName: 'node-2' } }),
      ],
      ['local-policy-nodes-without-endpoint policy=internalTrafficPolicy nodes=2 of=3'],
    ],
    [
      'hints that are not given',
      [
        service('web', { selector: { app: 'web' } }, { annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } }),
        pod('a', { app: 'web' }),
      ],
      ['topology-hints-refused why=insufficient-node-info'],
    ],
    [
      'one host port for two pods of a node',
      [
        pod('a', { app: 'a' }, { containerPort: 80, hostPort: 8080 }, { spec: { nodeName: 'node-1' } }),
        pod('b', { app: 'b' }, { containerPort: 80, hostPort: 8080 }, { spec: { nodeName: 'node-1' } }),
      ],
      ['host-port-conflict hostPort=8080 protocol=TCP node=node-1 by=default/a'],
    ],
    [
      'a host port that is a node port too',
      [
        service('web', { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, nodePort: 30080 }] }),
        pod('a', { app: 'web' }, { containerPort: 80, hostPort: 30080 }),
      ],
      ['host-port-shadowed hostPort=30080 protocol=TCP by=default/web'],
    ],
  ])('%s', (_, objects, expected) => expect(brief(of(objects))).toEqual(expected))

  test('ServiceLB’s host port that another Service has', () => {
    const found = of(
      [
        service('a', { type: 'LoadBalancer', selector: { app: 'web' } }),
        service('b', { type: 'LoadBalancer', selector: { app: 'web' } }),
        pod('p', { app: 'web' }),
      ],
      k3s,
    )
    expect(brief(found).map((each) => each.replace(/by=\S+/, 'by=…'))).toEqual([
      'load-balancer-port-taken port=80 by=… nodes=3',
      'load-balancer-pending provider=service-lb why=no-node loadBalancerClass=',
    ])
  })

  test('balancers that need node ports and get none', () => {
    const portless = { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, selector: { app: 'web' } }
    const kinds = (spec: Spec, config: ClusterConfig): readonly string[] =>
      of([service('web', spec), pod('p', { app: 'web' })], config).flatMap(({ kind, severity }) => (severity === 'error' ? [kind] : []))
    const cloud: ClusterConfig = { ...defaultConfig('kubeadm'), loadBalancer: { kind: 'cloud' } }
    expect(kinds(portless, cloud)).toEqual(['load-balancer-no-node-ports'])
    expect(kinds(portless, k3s)).toEqual([])
    expect(kinds({ ...portless, externalTrafficPolicy: 'Local' }, k3s)).toEqual(['load-balancer-no-node-ports'])
  })

  test('a deprecated mode, for all and for one node', () => {
    const base = defaultConfig('kubeadm')
    expect(brief(of([], { ...base, proxy: { ...base.proxy, mode: 'ipvs' } }))).toEqual(['proxy-mode-deprecated mode=ipvs since=1.35 node='])
    expect(brief(of([], { ...base, proxy: { ...base.proxy, nodeModes: { 'node-2': 'ipvs' } } }))).toEqual([
      'proxy-mode-deprecated mode=ipvs since=1.35 node=node-2',
    ])
  })
})

describe('what would mend it', () => {
  test.each<[string, readonly Spec[], unknown]>([
    [
      'the label that pods have',
      [WEB, pod('a', { app: 'wbe' })],
      { object: { kind: 'Service', namespace: 'default', name: 'web' }, path: ['spec', 'selector', 'app'], value: 'wbe' },
    ],
    [
      'the only port that they list',
      [
        service('web', { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] }),
        pod('a', { app: 'web' }, { containerPort: 3000 }),
      ],
      { object: { kind: 'Service', namespace: 'default', name: 'web' }, path: ['spec', 'ports', 0, 'targetPort'], value: 3000 },
    ],
  ])('%s', (_, objects, fix) => expect(of(objects).flatMap((each) => (each.fix ? [each.fix] : []))).toEqual([fix]))
})

test('the gravest come first, and the list is the same for the same cluster', () => {
  const { cluster } = applyManifests(
    emptyCluster(defaultConfig('kubeadm')),
    [
      {
        name: 'a',
        text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [service('h', { clusterIP: 'None', selector: { app: 'x' } }), WEB] }),
      },
    ],
    { nodes: 1 },
  )
  const found = findings(cluster)
  expect(found.map(({ severity }) => severity)).toEqual(['error', 'error', 'info'])
  expect(findings(cluster)).toBe(found)
})
