import { expect, test } from 'vitest'
import type { Endpoint, EndpointSlice } from '../../api/endpointslice.ts'
import type { Service } from '../../api/service.ts'
import { categorize, endpointsOf, glance } from './endpoints.ts'
import { type ServicePortInfo, servicePorts } from './service-port.ts'

const service = (spec: Partial<Service['spec']>, annotations: Readonly<Record<string, string>> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default', annotations },
  spec: { type: 'NodePort', clusterIP: '10.96.0.10', ports: [{ name: 'http', port: 80, nodePort: 30080 }], ...spec },
})
const portOf = (spec: Partial<Service['spec']>, annotations: Readonly<Record<string, string>> = {}): ServicePortInfo => {
  const [port] = servicePorts(service(spec, annotations))
  if (!port) throw new Error('no port')
  return port
}
const slice = (endpoints: readonly Endpoint[], extra: Partial<EndpointSlice> = {}): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web-a', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080 }],
  endpoints,
  ...extra,
})

/** `a1 r z1`: last byte of the address with its node's letter, conditions (r ready, s serving, t terminating), zone of the hint. */
function endpointsFrom(text: string): readonly Endpoint[] {
  return text.split(', ').map((one) => {
    const [name = '', conditions = '', zone] = one.split(' ')
    return {
      addresses: [`10.244.0.${name.slice(1)}`],
      nodeName: name.slice(0, 1),
      conditions: {
        ready: conditions.includes('r'),
        serving: conditions.includes('s') || conditions.includes('r'),
        terminating: conditions.includes('t'),
      },
      ...(zone !== undefined && { hints: { forZones: [{ name: zone }] } }),
    }
  })
}

const LOCAL = { externalTrafficPolicy: 'Local' } as const
const BOTH = { ...LOCAL, internalTrafficPolicy: 'Local' } as const
const HINTS = { 'service.kubernetes.io/topology-mode': 'Auto' }

test.each<[string, Partial<Service['spec']>, Readonly<Record<string, string>>, string, string]>([
  // what, policies, annotations, endpoints, => cluster | local | reachable | any, seen from node a in zone z1
  ['ready ones only', {}, {}, 'a1 r, b2 s, b3 st', '1 || 1 | yes'],
  ['none ready: those that terminate and still serve', {}, {}, 'a1 st, b2 t, b3 st', '1 3 || 1 3 | yes'],
  ['none at all', {}, {}, 'a1 t, b2 s', '||| no'],
  ['policy Local', LOCAL, {}, 'a1 r, b2 r', '1 2 | 1 | 1 2 | yes'],
  ['policy Local, none here', LOCAL, {}, 'b1 r, b2 r', '1 2 || 1 2 | yes'],
  ['policy Local, terminating here, ready elsewhere', LOCAL, {}, 'a1 st, b2 r', '2 | 1 | 1 2 | yes'],
  ['both Local: Cluster endpoints remain for short circuits', BOTH, {}, 'a1 r, b2 r', '1 2 | 1 | 1 2 | yes'],
  [
    'internal Local and not reachable from outside',
    { ...BOTH, type: 'ClusterIP', ports: [{ name: 'http', port: 80 }] },
    {},
    'a1 r, b2 r',
    '| 1 | 1 | yes',
  ],
  ['hints for this zone', {}, HINTS, 'a1 r z1, b2 r z2, b3 r z1', '1 3 || 1 3 | yes'],
  ['one ready endpoint without hint', {}, HINTS, 'a1 r z1, b2 r, b3 r z1', '1 2 3 || 1 2 3 | yes'],
  ['no hint for this zone', {}, HINTS, 'a1 r z2, b2 r z3', '1 2 || 1 2 | yes'],
  ['hints without annotation', {}, {}, 'a1 r z1, b2 r z2', '1 2 || 1 2 | yes'],
  ['hints disabled', {}, { 'service.kubernetes.io/topology-mode': 'Disabled' }, 'a1 r z1, b2 r z2', '1 2 || 1 2 | yes'],
  [
    'the deprecated annotation wins',
    {},
    { ...HINTS, 'service.kubernetes.io/topology-aware-hints': 'disabled' },
    'a1 r z1, b2 r z2',
    '1 2 || 1 2 | yes',
  ],
  ['hints and policy Local: a local endpoint for another zone', LOCAL, HINTS, 'a1 r z2, b2 r z1', '2 | 1 | 1 2 | yes'],
])('%s', (_, spec, annotations, text, expected) => {
  const port = portOf(spec, annotations)
  const slices = [slice(endpointsFrom(text))]
  const { cluster, local, reachable, any } = categorize(endpointsOf(port, slices), port, { name: 'a', zone: 'z1', ip: undefined })
  const show = (list: typeof cluster): string => list.map(({ ip }) => ip.split('.')[3]).join(' ')
  const shown = `${show(cluster)} | ${show(local)} | ${show(reachable)} | ${any ? 'yes' : 'no'}`
  expect(shown.replace(/ +/g, '')).toBe(expected.replace(/ +/g, ''))
  expect(glance(port, slices).any).toBe(any)
})

test('slices are merged: each address once, sorted as text, from the first that has it', () => {
  const first = slice(endpointsFrom('a9 r, b10 r'))
  const second = slice(endpointsFrom('b10 t, c2 r'), { metadata: { ...first.metadata, name: 'web-b' } })
  const all = endpointsOf(portOf({}), [first, second])
  expect(all.map(({ address, ready, slice: from, index }) => `${address} ${ready} ${from.metadata.name}[${index}]`)).toEqual([
    '10.244.0.10:8080 true web-a[1]',
    '10.244.0.2:8080 true web-b[1]',
    '10.244.0.9:8080 true web-a[0]',
  ])
})

test.each<[string, Partial<EndpointSlice>, number]>([
  ['another port name', { ports: [{ name: 'metrics', port: 8080 }] }, 0],
  ['another protocol', { ports: [{ name: 'http', port: 8080, protocol: 'UDP' }] }, 0],
  ['no number', { ports: [{ name: 'http' }] }, 0],
  [
    'two numbers of one name',
    {
      ports: [
        { name: 'http', port: 8080 },
        { name: 'http', port: 9090 },
      ],
    },
    2,
  ],
  ['IPv6', { addressType: 'IPv6', endpoints: [{ addresses: ['fd00::1'] }] }, 0],
  ['no conditions', { endpoints: [{ addresses: ['10.244.0.1'] }] }, 1],
])('a slice with %s', (_, extra, count) => {
  const slices = [slice(endpointsFrom('a1 r'), extra)]
  expect(endpointsOf(portOf({}), slices).length).toBe(count)
  expect(glance(portOf({}), slices)).toEqual({ any: count > 0, bound: count })
})

test.each<[string, Service, number]>([
  ['headless', service({ clusterIP: 'None' }), 0],
  ['ExternalName', service({ type: 'ExternalName', externalName: 'example.com' }), 0],
  ['without address yet', service({ clusterIP: '' }), 0],
  [
    'of another proxy',
    { ...service({}), metadata: { ...service({}).metadata, labels: { 'service.kubernetes.io/service-proxy-name': 'other' } } },
    0,
  ],
  ['IPv6 only', service({ clusterIP: 'fd00::1', clusterIPs: ['fd00::1'], ipFamilies: ['IPv6'] }), 0],
  ['dual-stack, IPv6 first', service({ clusterIP: 'fd00::1', clusterIPs: ['fd00::1', '10.96.0.9'], ipFamilies: ['IPv6', 'IPv4'] }), 1],
  [
    'of two ports',
    service({
      ports: [
        { name: 'a', port: 1 },
        { name: 'b', port: 2 },
      ],
    }),
    2,
  ],
])('a Service %s', (_, one, count) => expect(servicePorts(one).length).toBe(count))
