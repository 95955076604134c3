import { describe, expect, test } from 'vitest'
import { get } from './cluster.ts'
import { defaultConfig } from './config.ts'
import { emptyCluster } from './cluster.ts'
import { storeManifests } from './store.ts'

const service = (name: string, spec: object): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } })

/** Errors of applying these one after the other; an API server refuses the one that comes late. */
function errors(...documents: readonly string[]): readonly string[] {
  const stored = storeManifests(emptyCluster(defaultConfig('kubeadm')), [
    { name: 'a', text: `{"apiVersion":"v1","kind":"List","items":[${documents.join(',')}]}` },
  ])
  return stored.problems.flatMap(({ severity, message }) => (severity === 'error' ? [message] : []))
}

describe('what Services ask for by number', () => {
  const nodePort = (port: number, protocol = 'TCP'): object => ({ type: 'NodePort', ports: [{ port: 80, nodePort: port, protocol }] })
  test.each<[string, readonly string[], readonly string[]]>([
    ['is theirs when it is free', [service('a', nodePort(30000)), service('b', nodePort(32767))], []],
    [
      'not when another has it, whatever the protocol',
      [service('a', nodePort(30053)), service('b', nodePort(30053, 'UDP'))],
      ['The Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30053: provided port is already allocated'],
    ],
    [
      'not when it is out of range',
      [service('a', nodePort(8080))],
      [
        'The Service "a" is invalid: spec.ports[0].nodePort: Invalid value: 8080: provided port is not in the valid range. The range of valid ports is 30000-32767',
      ],
    ],
    [
      'one number serves both protocols of one Service',
      [
        service('a', {
          type: 'NodePort',
          ports: [
            { name: 't', port: 53, nodePort: 30053 },
            { name: 'u', port: 53, protocol: 'UDP', nodePort: 30053 },
          ],
        }),
      ],
      [],
    ],
    [
      'addresses too',
      [service('a', { clusterIP: '10.96.0.20' }), service('b', { clusterIP: '10.96.0.20' })],
      [
        'The Service "b" is invalid: spec.clusterIPs: Invalid value: []string{"10.96.0.20"}: failed to allocate IP 10.96.0.20: provided IP is already allocated',
      ],
    ],
    [
      'the network’s own address is nobody’s',
      [service('a', { clusterIP: '10.96.0.0' })],
      [
        'The Service "a" is invalid: spec.clusterIPs: Invalid value: []string{"10.96.0.0"}: failed to allocate IP 10.96.0.0: the provided IP (10.96.0.0) is not in the valid range. The range of valid IPs is 10.96.0.0/12',
      ],
    ],
  ])('%s', (_, documents, expected) => expect(errors(...documents)).toEqual(expected))
})

describe('what a LoadBalancer may not change', () => {
  const first = storeManifests(emptyCluster(defaultConfig('kubeadm')), [
    {
      name: 'a',
      text: service('lb', {
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Local',
        healthCheckNodePort: 30500,
        loadBalancerClass: 'x.io/a',
      }),
    },
  ]).cluster
  const again = (spec: object): readonly string[] =>
    storeManifests(first, [{ name: 'b', text: service('lb', { type: 'LoadBalancer', ...spec }) }]).problems.map(({ message }) => message)

  test('is there', () => expect(get(first, 'Service', 'default', 'lb')).toBeDefined())
  test('its class', () =>
    expect(again({ loadBalancerClass: 'x.io/b' })).toEqual([
      'The Service "lb" is invalid: spec.loadBalancerClass: Invalid value: "x.io/b": may not change once set',
    ]))
  test('its health check port', () =>
    expect(again({ loadBalancerClass: 'x.io/a', externalTrafficPolicy: 'Local', healthCheckNodePort: 30501 })).toEqual([
      'The Service "lb" is invalid: spec.healthCheckNodePort: Forbidden: field is immutable',
    ]))
})
