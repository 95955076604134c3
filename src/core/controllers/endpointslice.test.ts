import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Endpoint } from '../api/endpointslice.ts'
import type { Node } from '../api/node.ts'
import type { Pod } from '../api/pod.ts'
import type { Service } from '../api/service.ts'
import { emptyCluster, list } from '../cluster/cluster.ts'
import { defaultConfig } from '../cluster/config.ts'
import { parseCidr } from '../net/cidr.ts'
import { type Ip, parseIp } from '../net/ip.ts'
import { applyManifests } from './apply.ts'
import { endpointOf, portsOf, sliceLabels, type SlicePorts } from './endpoint-of-pod.ts'
import { exhausted, nextAddress } from './host-local.ts'

const apply = (text: string) =>
  applyManifests(emptyCluster(defaultConfig('kubeadm')), [{ name: 'x', text }], { nodes: 1, apiServer: false }).cluster

const slicesOf = (text: string): string[] =>
  [...list(apply(text), 'EndpointSlice')].map(
    ({ ports, endpoints }) =>
      `${ports?.map(({ name, port, protocol }) => `${name}:${port}/${protocol}`).join(',')} ${endpoints?.map(({ addresses, conditions }) => `${addresses[0]}${conditions?.ready ? '' : '!'}`).join(' ')}`,
  )

const pod = (name: string, ip: string, port: string, more = ''): string =>
  `---\n{apiVersion: v1, kind: Pod, metadata: {name: ${name}, labels: {app: web}${more}}, spec: {nodeName: node-1, containers: [{name: c, image: x, ports: [${port}]}]}, status: {phase: Running, podIP: ${ip}, conditions: [{type: Ready, status: "True"}]}}\n`
const service = (ports: string, more = 'selector: {app: web}'): string =>
  `---\n{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [${ports}], ${more}}}\n`

describe('slices', () => {
  const HTTP = '{name: http, containerPort: 80}'
  test.each([
    [
      'pods in the order they came',
      service('{port: 1}') + pod('z', '10.244.0.9', HTTP) + pod('a', '10.244.0.3', HTTP),
      [':1/TCP 10.244.0.9 10.244.0.3'],
    ],
    [
      'a slice per set of numbers',
      service('{port: 1, targetPort: http}') +
        pod('a', '10.244.0.2', HTTP) +
        pod('b', '10.244.0.3', '{name: http, containerPort: 81}') +
        pod('c', '10.244.0.4', HTTP),
      [':80/TCP 10.244.0.2 10.244.0.4', ':81/TCP 10.244.0.3'],
    ],
    [
      'a name that no container has',
      service('{port: 1, name: a, targetPort: nope}, {port: 2, name: b}') + pod('a', '10.244.0.2', HTTP),
      ['b:2/TCP 10.244.0.2'],
    ],
    [
      'a name of another protocol',
      service('{port: 1, targetPort: dns, protocol: UDP}') +
        pod('a', '10.244.0.2', '{name: dns, containerPort: 53}, {name: dns-u, containerPort: 54, protocol: UDP}'),
      [' 10.244.0.2'],
    ],
    [
      'a terminating pod',
      service('{port: 1}') + pod('a', '10.244.0.2', HTTP, ', deletionTimestamp: 2024-01-01T00:00:00Z'),
      [':1/TCP 10.244.0.2!'],
    ],
    [
      'publishNotReadyAddresses',
      service('{port: 1}', 'selector: {app: web}, publishNotReadyAddresses: true') +
        pod('a', '10.244.0.2', HTTP, ', deletionTimestamp: 2024-01-01T00:00:00Z'),
      [':1/TCP 10.244.0.2'],
    ],
    ['headless without ports', service('', 'selector: {app: web}, clusterIP: None') + pod('a', '10.244.0.2', HTTP), [' 10.244.0.2']],
    [
      'ExternalName',
      service('{port: 1}', 'selector: {app: web}, type: ExternalName, externalName: example.com') + pod('a', '10.244.0.2', HTTP),
      [],
    ],
    [
      'mirrored Endpoints',
      `${service('{port: 1}', 'type: ClusterIP')}---\n{apiVersion: v1, kind: Endpoints, metadata: {name: web}, subsets: [{addresses: [{ip: 10.0.0.1}], notReadyAddresses: [{ip: 10.0.0.2}], ports: [{port: 9}]}]}`,
      [':9/TCP 10.0.0.1 10.0.0.2!'],
    ],
    [
      'Endpoints that ask not to be',
      `${service('{port: 1}', 'type: ClusterIP')}---\n{apiVersion: v1, kind: Endpoints, metadata: {name: web, labels: {endpointslice.kubernetes.io/skip-mirror: "true"}}, subsets: [{addresses: [{ip: 10.0.0.1}], ports: [{port: 9}]}]}`,
      [],
    ],
  ])('%s', (_, text, slices) => expect(slicesOf(text)).toEqual(slices))

  test('at most 100 endpoints a slice', () => {
    const text = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {replicas: 105, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: x}]}}}}\n${service('{port: 1}')}`
    expect([...list(apply(text), 'EndpointSlice')].map(({ endpoints }) => endpoints?.length)).toEqual([100, 5])
  })
})

const FOLDER = '../shared/suites'
const here = existsSync(FOLDER)
if (!here) process.stdout.write(`no ${FOLDER}: cases of Kubernetes' EndpointSlice controller and of host-local are skipped\n`)
const suite = <T>(path: string, none: T): T => (here ? (JSON.parse(readFileSync(`${FOLDER}/${path}`, 'utf8')) as T) : none)

interface Suite {
  readonly podToEndpoint: readonly {
    name: string
    pod: Pod
    node: Node | null
    service: Service
    addressType: 'IPv4' | 'IPv6'
    expectedEndpoint: Endpoint
  }[]
  readonly endpointPorts: readonly {
    name: string
    servicePorts: Service['spec']['ports']
    podPorts: Pod['spec']['containers'][number]['ports']
    expected: SlicePorts
  }[]
  readonly sliceLabels: readonly {
    name: string
    service: { headless: boolean; labels: Readonly<Record<string, string>> }
    expected: Readonly<Record<string, string>>
  }[]
}

test("cases of Kubernetes' EndpointSlice controller", () => {
  const {
    podToEndpoint,
    endpointPorts,
    sliceLabels: labels,
  } = suite<Suite>('endpointslice/pod_to_endpoint.json', { podToEndpoint: [], endpointPorts: [], sliceLabels: [] })
  expect(podToEndpoint.length > 0).toBe(here)
  for (const each of podToEndpoint)
    expect(endpointOf(each.pod, each.node ?? undefined, each.service, each.addressType), each.name).toEqual(each.expectedEndpoint)
  for (const each of endpointPorts) {
    const target = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: each.servicePorts ?? [] } } as const
    const source = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'c', ports: each.podPorts ?? [] }] },
      status: {},
    } as const
    expect(portsOf(target, source), each.name).toEqual(each.expected)
  }
  for (const each of labels) {
    const { headless, labels: given } = each.service
    const found = sliceLabels(
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'foo', labels: given }, spec: headless ? { clusterIP: 'None' } : {} },
      '<controller>',
    )
    expect(found, each.name).toEqual(each.expected)
  }
})

interface Allocation {
  readonly id: string
  readonly subnets: readonly string[]
  readonly reserved: readonly string[]
  readonly lastReservedIP: string
  readonly expected: { readonly ip?: string; readonly errorPrefix?: string }
}

test('cases of host-local', () => {
  const { cases } = suite<{ cases: readonly Allocation[] }>('cni/host_local.json', { cases: [] })
  for (const { id, subnets, reserved, lastReservedIP, expected } of cases) {
    const ranges = subnets.flatMap((subnet) => parseCidr(subnet) ?? [])
    expect(ranges, id).toHaveLength(subnets.length)
    const last: Ip | undefined = parseIp(lastReservedIP)
    const ip = nextAddress(ranges, (each) => reserved.includes(each), last)
    expect(ip ?? exhausted(ranges), id).toMatch(expected.ip ?? new RegExp(`^${expected.errorPrefix}`))
  }
})
