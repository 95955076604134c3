import { describe, expect, it } from 'vitest'
import { compactFdb, compactNeigh, compactProbe, compactRoutes, compactTables } from './compact.ts'
import type { GoldenHop, GoldenProbe } from './format.ts'

const SAVE = `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-A - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.9/32 -j KUBE-SVC-B
-A KUBE-SERVICES -d 10.96.0.10/32 -j KUBE-SVC-A
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
COMMIT
`

const hop = (netns: string, iface: string, dir: 'in' | 'out', sport: number, kind = 'node'): GoldenHop => ({
  i: 0,
  netns,
  kind,
  iface,
  dir,
  eth: { src: 'aa', dst: 'bb', type: '0x0800' },
  ip: { src: '10.0.0.1', dst: '10.0.0.2', ttl: 64, proto: 'tcp', len: 60, id: 77, df: true },
  tcp: { sport, dport: 80, flags: 'S', mss: 1410 },
})

const probe = (sport: number, id = 77): GoldenProbe => ({
  schema: 'netlab-probe/1',
  scenario: 's',
  probe: 'p',
  from: { pod: 'default/a' },
  proto: 'tcp',
  to: '10.96.0.10:80',
  sport: 40001,
  env: { profile: 'kubeadm', backend: 'vxlan', mode: 'iptables' },
  socket: { local: `10.0.0.1:40001`, remote: '10.96.0.10:80' },
  outcome: { type: 'answered', answeredBy: 'default/web', clientSeen: `10.0.0.1:${sport}` },
  request: {
    hops: [
      hop('n', 'veth12ab', 'out', sport),
      hop('fabric', 'p-n', 'in', sport, 'fabric'),
      { ...hop('m', 'eth0', 'in', sport), ip: { ...hop('m', 'eth0', 'in', sport).ip, id } },
    ],
    rules: [
      {
        node: 'n',
        table: 'nat',
        chain: 'PREROUTING',
        hook: 'prerouting',
        prio: -100,
        iif: 'veth12ab',
        oif: null,
        packet: { src: '10.0.0.1', dst: '10.96.0.10', ttl: 64, proto: 'tcp', sport, dport: 80 },
        result: 'ACCEPT',
        steps: [
          { chain: 'PREROUTING', rule: '-A PREROUTING -j KUBE-SERVICES', verdict: 'JUMP KUBE-SERVICES' },
          { chain: 'KUBE-SERVICES', rule: '-A KUBE-SERVICES -d 10.96.0.10/32 -j KUBE-SVC-A', verdict: 'JUMP KUBE-SVC-A', mark: '0x4000' },
          { chain: 'KUBE-SVC-A', end: true, verdict: 'RETURN' },
          { chain: 'KUBE-SERVICES', rule: '-A KUBE-SERVICES -j NOWHERE', verdict: 'CONTINUE' },
          { chain: 'PREROUTING', policy: true, verdict: 'ACCEPT' },
        ],
      },
    ],
  },
  reply: { hops: [], rules: [] },
  conntrack: {
    n: [
      {
        proto: 'tcp',
        state: 'ESTABLISHED',
        flags: ['ASSURED'],
        orig: { src: '10.0.0.1', dst: '10.96.0.10', sport, dport: 80 },
        reply: { src: '10.0.0.2', dst: '10.0.0.1', sport: 80, dport: sport },
      },
    ],
  },
  conntrackOuter: {},
})

const tables = new Map([['n', compactTables(SAVE)]])
const named = new Set([80, 40001])

describe('a probe in compact form', () => {
  it('has a line for each sighting, run, connection, socket and outcome', () => {
    expect(compactProbe(probe(51000), tables, named)).toEqual([
      'request n veth out: aa > bb 0x0800, 10.0.0.1 > 10.0.0.2 tcp ttl 64 len 60 df ~1 > 80 S mss 1410',
      'request m eth0 in: "',
      'request n nat PREROUTING prerouting veth > -, 10.0.0.1:~1 > 10.96.0.10:80 tcp ttl 64, ACCEPT: PREROUTING[0] JUMP KUBE-SERVICES; [0] JUMP KUBE-SVC-A 0x4000; end RETURN; KUBE-SERVICES -A KUBE-SERVICES -j NOWHERE CONTINUE; PREROUTING policy ACCEPT',
      'conntrack n tcp ESTABLISHED ASSURED 10.0.0.1:~1 > 10.96.0.10:80 / 10.0.0.2:80 > 10.0.0.1:~1',
      'socket 10.0.0.1:40001 > 10.96.0.10:80',
      'outcome type=answered, by=default/web, seen=10.0.0.1:~1',
    ])
  })

  it.each<[string, GoldenProbe, boolean]>([
    ['another drawn port', probe(52000), true],
    ['another IP id', probe(51000, 78), true],
    ['a named port in place of a drawn one', probe(40001), false],
    ['another outcome', { ...probe(51000), outcome: { type: 'timeout', errno: 'TIMEOUT', reachedServer: false } }, false],
    ['another TTL', { ...probe(51000), reply: { hops: [], rules: probe(51000).request.rules } }, false],
  ])('is the same with %s: %#', (_, other, same) => {
    expect(JSON.stringify(compactProbe(other, tables, named)) === JSON.stringify(compactProbe(probe(51000), tables, named))).toBe(same)
  })

  it('does not compare connections in a loop', () => {
    expect(compactProbe({ ...probe(51000), loop: true }, tables, named).filter((line) => /^(?:loop|conntrack)/.test(line))).toEqual([
      'loop',
    ])
  })
})

describe('dumps in compact form', () => {
  it('keep the order of rules, but not of those that kube-proxy writes in random order', () => {
    expect(compactTables(SAVE)).toEqual({
      'nat KUBE-SERVICES': [
        '-A KUBE-SERVICES -d 10.96.0.10/32 -j KUBE-SVC-A',
        '-A KUBE-SERVICES -d 10.96.0.9/32 -j KUBE-SVC-B',
        '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
      ],
      'nat KUBE-SVC-A': [],
      'nat PREROUTING': ['policy ACCEPT', '-A PREROUTING -j KUBE-SERVICES'],
    })
  })

  it('leave out what learns and what nobody programs', () => {
    expect(
      compactRoutes([
        { type: 'broadcast', dst: '10.0.0.255' },
        { dst: 'default', gateway: '10.0.0.1', dev: 'eth0', flags: [] },
      ]),
    ).toEqual(['dst default gateway 10.0.0.1 dev eth0'])
    expect(compactRoutes([{ dst: '10.244.1.0/24', gateway: '10.244.1.0', dev: 'flannel.1', flags: ['onlink'] }])).toEqual([
      'dst 10.244.1.0/24 gateway 10.244.1.0 dev flannel.1 flags ["onlink"]',
    ])
    expect(
      compactFdb([
        { mac: 'aa', ifname: 'flannel.1', dst: '10.0.0.2' },
        { mac: 'bb', ifname: 'cni0' },
      ]),
    ).toEqual(['mac aa ifname flannel.1 dst 10.0.0.2'])
    expect(
      compactNeigh([
        { dst: '10.0.0.2', dev: 'eth0', lladdr: 'aa', state: ['PERMANENT'] },
        { dst: '10.0.0.3', dev: 'eth0', lladdr: 'bb', state: ['REACHABLE'] },
      ]),
    ).toEqual(['dst 10.0.0.2 dev eth0 lladdr aa'])
  })
})
