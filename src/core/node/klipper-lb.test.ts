import { describe, expect, test } from 'vitest'
import type { Container, Pod } from '../api/pod.ts'
import { saveRuleset } from '../kernel/netfilter/save.ts'
import { DEFAULT_SYSCTLS } from '../kernel/sysctl.ts'
import { isKlipper, klipperRuleset, podSysctls } from './klipper-lb.ts'

type Env = Readonly<Record<string, string | { readonly field: string }>>

function container(name: string, env: Env, image = 'rancher/klipper-lb:v0.4.9'): Container {
  const list = Object.entries(env).map(([key, value]) =>
    typeof value === 'string' ? { name: key, value } : { name: key, valueFrom: { fieldRef: { fieldPath: value.field } } },
  )
  return { name, image, env: list }
}

const pod = (...containers: readonly Container[]): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'svclb-web', namespace: 'kube-system' },
  spec: { containers },
  status: { podIP: '10.42.0.9', hostIP: '192.168.1.10', hostIPs: [{ ip: '192.168.1.10' }, { ip: 'fd00::10' }] },
})

const rules = (given: Pod): readonly string[] =>
  saveRuleset(klipperRuleset(given, 'IPv4'))
    .split('\n')
    .filter((line) => line.startsWith('-A'))

const web: Env = { SRC_PORT: '80', SRC_RANGES: '0.0.0.0/0', DEST_PROTO: 'TCP', DEST_PORT: '80', DEST_IPS: '10.43.0.7' }

describe('rules of a pod', () => {
  test.each<[string, Pod, readonly string[]]>([
    [
      'one port, everybody',
      pod(container('a', web)),
      [
        '-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT',
        '-A FORWARD -d 10.43.0.7/32 -p tcp -m tcp --dport 80 -j DROP',
        '-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.43.0.7:80',
        '-A POSTROUTING -d 10.43.0.7/32 -p tcp -j MASQUERADE',
      ],
    ],
    [
      'the last range and the last port stand first; IPv6 is for ip6tables',
      pod(
        container('a', { ...web, SRC_RANGES: '10.0.0.0/8,fd00::/8,192.168.0.0/16', DEST_IPS: '10.43.0.7,fd00::7' }),
        container('b', { ...web, SRC_PORT: '53', DEST_PORT: '53', DEST_PROTO: 'UDP' }),
      ),
      [
        '-A FORWARD -p udp -m udp --dport 53 -j ACCEPT',
        '-A FORWARD -s 192.168.0.0/16 -p tcp -m tcp --dport 80 -j ACCEPT',
        '-A FORWARD -s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j ACCEPT',
        '-A FORWARD -d 10.43.0.7/32 -p tcp -m tcp --dport 80 -j DROP',
        '-A FORWARD -d 10.43.0.7/32 -p udp -m udp --dport 53 -j DROP',
        '-A PREROUTING -p udp -m udp --dport 53 -j DNAT --to-destination 10.43.0.7:53',
        '-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.43.0.7:80',
        '-A POSTROUTING -d 10.43.0.7/32 -p udp -j MASQUERADE',
        '-A POSTROUTING -d 10.43.0.7/32 -p tcp -j MASQUERADE',
      ],
    ],
    [
      'the downward API names the node',
      pod(container('a', { ...web, SRC_RANGES: '', DEST_PORT: '31234', DEST_IPS: { field: 'status.hostIPs' } })),
      [
        '-A FORWARD -d 192.168.1.10/32 -p tcp -m tcp --dport 31234 -j DROP',
        '-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 192.168.1.10:31234',
        '-A POSTROUTING -d 192.168.1.10/32 -p tcp -j MASQUERADE',
      ],
    ],
    [
      'a container that cannot start leaves what it did before',
      pod(container('a', { ...web, SRC_PORT: 'no-such-service' })),
      ['-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT', '-A FORWARD -d 10.43.0.7/32 -p tcp -m tcp --dport 80 -j DROP'],
    ],
    ['other images run no script', pod(container('a', web, 'nginx')), []],
  ])('%s', (_, given, expected) => expect(rules(given)).toEqual(expected))
})

test.each([
  ['rancher/klipper-lb:v0.4.9', true],
  ['registry.example/mirror/rancher/klipper-lb@sha256:00', true],
  ['klipper-lb', true],
  ['example/klipper-lb-ui:1', false],
])('%s is klipper-lb: %s', (image, expected) => expect(isKlipper({ name: 'c', image })).toBe(expected))

test('forwarding follows the pod’s securityContext', () => {
  const svclb = pod(container('a', web))
  const set = (value: string): Pod => ({
    ...svclb,
    spec: { ...svclb.spec, securityContext: { sysctls: [{ name: 'net.ipv4.ip_forward', value }] } },
  })
  expect([svclb, set('0'), set('1'), pod(container('a', {}, 'nginx'))].map((each) => podSysctls(each, DEFAULT_SYSCTLS).ipForward)).toEqual([
    true,
    false,
    true,
    false,
  ])
})
