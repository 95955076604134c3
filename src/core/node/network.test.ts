import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Endpoint, EndpointSlice } from '../api/endpointslice.ts'
import type { Node } from '../api/node.ts'
import type { ApiObject } from '../api/object.ts'
import type { Pod } from '../api/pod.ts'
import type { Service } from '../api/service.ts'
import { type Change, type Cluster, emptyCluster, list, transact } from '../cluster/cluster.ts'
import { type ClusterConfig, defaultConfig } from '../cluster/config.ts'
import { diff } from '../cluster/diff.ts'
import type { NetnsId } from '../kernel/interface.ts'
import { printRule } from '../kernel/netfilter/print.ts'
import { saveRuleset } from '../kernel/netfilter/save.ts'
import type { Ruleset } from '../kernel/netfilter/ruleset.ts'
import type { NetworkNamespace } from '../kernel/netns.ts'
import { netnsOf, ownerOf } from './netns-of.ts'
import { network } from './network.ts'
import { restoreText } from './ruleset.ts'

const node = (name: string, n: number, zone?: string): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, ...(zone !== undefined && { labels: { 'topology.kubernetes.io/zone': zone } }) },
  spec: { podCIDR: `10.244.${n}.0/24` },
  status: { addresses: [{ type: 'InternalIP', address: `192.168.1.${n + 11}` }] },
})

const pod = (name: string, nodeName: string, podIP: string, extra: Partial<Pod['spec']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { nodeName, containers: [{ name: 'main', ports: [{ containerPort: 8080 }] }], ...extra },
  status: { phase: 'Running', podIP },
})

const clusterOf = (objects: readonly ApiObject[], config: ClusterConfig = defaultConfig('kubeadm')): Cluster =>
  transact(
    emptyCluster(config),
    objects.map((object) => ({ op: 'put', object })),
  )

const copy = (cluster: Cluster): Cluster =>
  transact(emptyCluster(structuredClone(cluster.config)), structuredClone(diff(emptyCluster(cluster.config), cluster)))

/** All that a namespace holds. */
function dump({ interfaces, tables, neighbours, sockets, sysctls, ruleset }: NetworkNamespace): unknown {
  return { interfaces: [...interfaces], tables: [...tables], neighbours, sockets, sysctls, rules: saveRuleset(ruleset) }
}

/** The same without the tables' own way of saving themselves: each chain is visited, each rule parsed and printed. */
const visited = ({ tables, sets }: Ruleset): Ruleset => ({
  tables: new Map(
    [...tables].map(([name, table]) => [
      name,
      { name, chain: (chain: string) => table.chain(chain), chainNames: () => table.chainNames() },
    ]),
  ),
  sets,
})

function dumpAll(cluster: Cluster): string {
  const net = network(cluster)
  const nodes = [...list(cluster, 'Node')].map(({ metadata }) => metadata.name as NetnsId)
  const pods = [...list(cluster, 'Pod')].flatMap((pod) => netnsOf(cluster, pod) ?? [])
  const ids = [...nodes, ...pods, ...cluster.config.site.hosts.map(({ name }) => name as NetnsId)]
  const all = {
    namespaces: ids.map((id) => [id, ownerOf(cluster, id), dump(net.netns(id) as NetworkNamespace)]),
    segment: net.segment(cluster.config.site.nodeNetwork),
    ports: nodes.map((id) => net.bridgePorts(id, 'cni0')),
    restore: nodes.map((id) => restoreText(cluster, id)),
  }
  return JSON.stringify(all, null, 1)
}

describe('compiled from the cluster before is compiled from scratch', () => {
  const NODES = [node('node-1', 0, 'z1'), node('node-2', 1, 'z2'), node('node-3', 2)]
  const nodeName = fc.constantFrom('node-1', 'node-2', 'node-3')
  const names = fc.constantFrom('web', 'db', 'api')
  const namespaces = fc.constantFrom('default', 'shop')

  const endpoint: fc.Arbitrary<Endpoint> = fc
    .record({
      last: fc.integer({ min: 2, max: 9 }),
      nodeName,
      ready: fc.boolean(),
      serving: fc.boolean(),
      terminating: fc.boolean(),
      zone: fc.constantFrom('z1', 'z2', undefined),
    })
    .map(({ last, nodeName, zone, ...conditions }) => ({
      addresses: [`10.244.9.${last}`],
      conditions,
      nodeName,
      ...(zone !== undefined && { hints: { forZones: [{ name: zone }] } }),
    }))
  const slice: fc.Arbitrary<EndpointSlice> = fc
    .record({ service: names, namespace: namespaces, suffix: fc.constantFrom('a', 'b'), endpoints: fc.array(endpoint, { maxLength: 4 }) })
    .map(({ service, namespace, suffix, endpoints }) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${service}-${suffix}`, namespace, labels: { 'kubernetes.io/service-name': service } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080 }],
      endpoints,
    }))
  const service: fc.Arbitrary<Service> = fc
    .record({
      name: names,
      namespace: namespaces,
      type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
      ip: fc.integer({ min: 1, max: 200 }),
      internalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
      externalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
      sessionAffinity: fc.constantFrom('None', 'ClientIP'),
      ranges: fc.subarray(['192.168.1.11/32', '10.0.0.7/8', '0.0.0.0/0']),
      hints: fc.boolean(),
    })
    .map(({ name, namespace, type, ip, ranges, hints, ...spec }) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, ...(hints && { annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } }) },
      spec: {
        ...spec,
        type,
        clusterIP: `10.96.0.${ip}`,
        ports: [{ name: 'http', port: 80, ...(type !== 'ClusterIP' && { nodePort: 30000 + ip }) }],
        loadBalancerSourceRanges: ranges,
      },
      ...(type === 'LoadBalancer' && { status: { loadBalancer: { ingress: [{ ip: `192.0.2.${ip}` }] } } }),
    }))
  const somePod: fc.Arbitrary<Pod> = fc
    .record({
      name: names,
      namespace: namespaces,
      nodeName,
      last: fc.integer({ min: 2, max: 90 }),
      hostNetwork: fc.boolean(),
      phase: fc.constantFrom('Running', 'Pending', 'Succeeded'),
    })
    .map(({ name, namespace, nodeName, last, hostNetwork, phase }) => ({
      ...pod(name, nodeName, `10.244.0.${last}`, hostNetwork ? { hostNetwork } : {}),
      metadata: { name, namespace },
      status: phase === 'Pending' ? { phase } : { phase, podIP: `10.244.0.${last}` },
    }))
  const put = fc.oneof(slice, slice, service, somePod, fc.constantFrom(...NODES)).map((object): Change => ({ op: 'put', object }))
  const remove = fc
    .record({
      kind: fc.constantFrom('Service', 'EndpointSlice', 'Pod'),
      namespace: namespaces,
      name: fc.constantFrom('web', 'db', 'api', 'web-a', 'db-b'),
    })
    .map((rest): Change => ({ op: 'delete', ...rest }))
  const steps = fc.array(
    fc.array(fc.oneof({ weight: 4, arbitrary: put }, { weight: 1, arbitrary: remove }), { minLength: 1, maxLength: 4 }),
    { minLength: 1, maxLength: 6 },
  )

  test('after any changes', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.constantFrom('vxlan', 'host-gw'), steps, (backend, changes) => {
        let cluster = clusterOf(NODES, { ...defaultConfig('kubeadm'), flannel: { backend } })
        for (const some of changes) {
          cluster = transact(cluster, some)
          expect(dumpAll(cluster)).toBe(dumpAll(copy(cluster)))
          for (const { metadata } of list(cluster, 'Node')) {
            const { ruleset } = network(cluster).netns(metadata.name as NetnsId) as NetworkNamespace
            expect(saveRuleset(visited(ruleset))).toBe(saveRuleset(ruleset))
          }
        }
      }),
      { numRuns: 15, seed: 20 },
    )
  })
})

describe('identity', () => {
  const web: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.10', ports: [{ name: 'http', port: 80 }] },
  }
  const slice = (...last: readonly number[]): EndpointSlice => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-a', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080 }],
    endpoints: last.map((n) => ({ addresses: [`10.244.0.${n}`], nodeName: 'node-1' })),
  })
  const fresh = (): Cluster =>
    clusterOf([
      node('node-1', 0),
      node('node-2', 1),
      pod('web-1', 'node-1', '10.244.0.5'),
      pod('web-2', 'node-2', '10.244.1.5'),
      web,
      slice(5, 6),
    ])
  const of = (value: Cluster, id: string): NetworkNamespace => network(value).netns(id as NetnsId) as NetworkNamespace

  test('one cluster value has one network, and each namespace is compiled once', () => {
    const cluster = fresh()
    expect(network(cluster)).toBe(network(cluster))
    expect(of(cluster, 'node-1')).toBe(of(cluster, 'node-1'))
    expect(network(cluster).segment('fabric')).toBe(network(cluster).segment('fabric'))
    expect(network(cluster).bridgePorts('node-1' as NetnsId, 'cni0')).toBe(network(cluster).bridgePorts('node-1' as NetnsId, 'cni0'))
  })

  test('a change of endpoints leaves devices, routes and unconcerned chains as they were', () => {
    const cluster = fresh()
    const after = transact(cluster, [{ op: 'put', object: slice(5, 7) }])
    const [a, b] = [of(cluster, 'node-1'), of(after, 'node-1')]
    expect([b.tables, b.interfaces]).toEqual([a.tables, a.interfaces])
    expect(b.tables).toBe(a.tables)
    expect(of(after, 'p-default-web-1')).toBe(of(cluster, 'p-default-web-1'))
    expect(network(after).segment('fabric')).toBe(network(cluster).segment('fabric'))
    const rule = (ns: NetworkNamespace) => ns.ruleset.tables.get('nat')?.chain('KUBE-SERVICES')?.rule(0)
    expect(rule(b)).toBe(rule(a))
  })

  test('a new pod leaves other nodes as they were', () => {
    const cluster = fresh()
    const after = transact(cluster, [{ op: 'put', object: pod('web-3', 'node-1', '10.244.0.9') }])
    expect(of(after, 'node-2')).toBe(of(cluster, 'node-2'))
    expect(of(after, 'node-1').interfaces.size).toBe(of(cluster, 'node-1').interfaces.size + 1)
    expect(of(after, 'node-1').ruleset).toBe(of(cluster, 'node-1').ruleset)
  })

  test('nodes share the rules of a Service that is the same for both', () => {
    const cluster = fresh()
    const first = (id: string) => of(cluster, id).ruleset.tables.get('nat')?.chain('KUBE-SERVICES')?.rule(0)
    expect(first('node-1')).toBe(first('node-2'))
  })
})

describe('the index of a shared chain', () => {
  const services = Array.from(
    { length: 30 },
    (_, i): Service => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `s${i}`, namespace: 'default' },
      spec: {
        type: 'NodePort',
        clusterIP: `10.96.0.${i + 1}`,
        externalIPs: [`192.0.2.${i % 4}`],
        ...(i % 5 === 0 && { internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Local' }),
        ports: [
          { name: 'a', port: 80, nodePort: 30000 + i },
          { name: 'b', port: 53, protocol: 'UDP', nodePort: 30000 + i },
        ],
      },
    }),
  )
  const slices = services.flatMap((service, i): EndpointSlice[] =>
    i % 3 === 0
      ? []
      : [
          {
            apiVersion: 'discovery.k8s.io/v1',
            kind: 'EndpointSlice',
            metadata: {
              name: service.metadata.name,
              namespace: 'default',
              labels: { 'kubernetes.io/service-name': service.metadata.name },
            },
            addressType: 'IPv4',
            ports: [
              { name: 'a', port: 8080 },
              { name: 'b', port: 5353, protocol: 'UDP' },
            ],
            endpoints: [{ addresses: [`10.244.1.${i + 2}`], nodeName: 'node-2' }],
          },
        ],
  )
  const cluster = clusterOf([node('node-1', 0), node('node-2', 1), ...services, ...slices])
  const CHAINS = [
    'nat KUBE-SERVICES',
    'nat KUBE-NODEPORTS',
    'filter KUBE-SERVICES',
    'filter KUBE-EXTERNAL-SERVICES',
    'filter KUBE-NODEPORTS',
    'filter KUBE-PROXY-FIREWALL',
  ]

  test.each(CHAINS)('%s: names every rule that a packet can match', (key) => {
    const [table = '', name = ''] = key.split(' ')
    for (const nodeName of ['node-1', 'node-2']) {
      const chain = network(cluster)
        .netns(nodeName as NetnsId)
        ?.ruleset.tables.get(table as 'nat')
        ?.chain(name)
      if (!chain) throw new Error(`no ${key}`)
      const lines = Array.from({ length: chain.length }, (_, i) => printRule(name, chain.rule(i)))
      for (const destination of ['10.96.0.1', '10.96.0.2', '10.96.0.30', '192.0.2.1', '192.168.1.11', '8.8.8.8'])
        for (const protocol of ['tcp', 'udp', 'icmp'])
          for (const destinationPort of [80, 53, 30000, 30001, 30007]) {
            const can = lines.flatMap((line, i) => {
              const to = / -d (\S+?)(?:\/32)? /.exec(line)?.[1]
              const port = / --dport (\d+) /.exec(line)?.[1]
              const type = / -p (\S+) /.exec(line)?.[1]
              return (to ?? destination) === destination &&
                Number(port ?? destinationPort) === destinationPort &&
                (type ?? protocol) === protocol
                ? [i]
                : []
            })
            expect(chain.candidates?.({ destination, protocol, destinationPort })).toEqual(can)
          }
    }
  })
})
