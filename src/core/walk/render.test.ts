import { describe, expect, it } from 'vitest'
import type { Ip } from '../net/ip.ts'
import { parseCidr } from '../net/cidr.ts'
import type { Mac } from '../net/mac.ts'
import type { Packet, Tuple } from '../net/packet.ts'
import type { NetnsId } from '../kernel/interface.ts'
import { KERNEL } from '../kernel/origin.ts'
import type { Step } from '../kernel/step.ts'
import { type Level, isToldAt, levelOf } from './level.ts'
import { type Words, renderTrace } from './render.ts'
import { storyOf } from './story.ts'
import type { PacketTrace } from './trace.ts'

const ip = (text: string) => text as Ip
const prefix = (text: string) => {
  const parsed = parseCidr(text)
  if (!parsed) throw new Error(text)
  return parsed
}

const syn = (destination: string, port: number, ttl = 64): Packet => ({
  ip: { source: ip('10.244.0.5'), destination: ip(destination), ttl, protocol: 'tcp', length: 60, id: 1, dontFragment: true },
  transport: { kind: 'tcp', sourcePort: 40001, destinationPort: port, flags: 'S', sequence: 1, acknowledgment: 0, mss: 1410 },
})
const tuple = (destination: string, destinationPort: number): Tuple => ({
  source: ip('10.244.0.5'),
  sourcePort: 40001,
  destination: ip(destination),
  destinationPort,
  protocol: 'tcp',
})
const frame = (packet: Packet) => ({ ethernet: { source: '0a:58:0a:f4:00:05' as Mac, destination: '0a:58:0a:f4:00:01' as Mac }, packet })

const dialled = syn('10.96.0.10', 80)
const translated = syn('10.244.1.7', 8080)
const forwarded = syn('10.244.1.7', 8080, 63)

const onNode: readonly Step[] = [
  { kind: 'receive', dev: 'veth1', frame: frame(dialled), packet: dialled },
  {
    kind: 'conntrack',
    hook: 'PREROUTING',
    state: 'NEW',
    direction: 'original',
    created: true,
    entry: {
      original: tuple('10.96.0.10', 80),
      reply: { source: ip('10.96.0.10'), sourcePort: 80, destination: ip('10.244.0.5'), destinationPort: 40001, protocol: 'tcp' },
      state: 'SYN_SENT',
      seenReply: false,
      assured: false,
      mark: 0,
      sourceNatDone: false,
      destinationNatDone: false,
    },
  },
  {
    kind: 'chain',
    family: 'ip',
    table: 'nat',
    chain: 'PREROUTING',
    hook: 'PREROUTING',
    priority: -100,
    in: 'cni0',
    packet: dialled,
    verdict: 'ACCEPT',
    rules: [
      { chain: 'PREROUTING', index: 0, rule: '-A PREROUTING -j KUBE-SERVICES', verdict: 'JUMP KUBE-SERVICES', depth: 0 },
      {
        chain: 'KUBE-SERVICES',
        index: 3,
        rule: '-A KUBE-SERVICES -d 10.96.0.10/32 -j KUBE-SVC-A',
        verdict: 'JUMP KUBE-SVC-A',
        depth: 1,
        considered: [{ index: 2, rule: '-A KUBE-SERVICES -d 10.96.0.9/32 -j KUBE-SVC-B', failed: '-d 10.96.0.9/32', actual: '10.96.0.10' }],
        skipped: 2,
        origin: { agent: 'kube-proxy', object: 'Service/default/web', field: 'spec.ports[0]' },
      },
      {
        chain: 'KUBE-SVC-A',
        index: 0,
        rule: '-A KUBE-SVC-A -m statistic -j KUBE-SEP-A',
        verdict: 'JUMP KUBE-SEP-A',
        depth: 2,
        mark: 0x4000,
        probability: 0.5,
      },
      {
        chain: 'KUBE-SEP-A',
        index: 0,
        rule: '-A KUBE-SEP-A -j DNAT --to-destination 10.244.1.7:8080',
        verdict: 'ACCEPT',
        depth: 3,
        origin: { agent: 'kube-proxy', object: 'EndpointSlice/default/web-1' },
      },
    ],
  },
  {
    kind: 'nat',
    hook: 'PREROUTING',
    manip: 'destination',
    from: tuple('10.96.0.10', 80),
    to: tuple('10.244.1.7', 8080),
    by: 'rule',
    packet: translated,
  },
  {
    kind: 'route',
    purpose: 'input',
    destination: ip('10.244.1.7'),
    table: 254,
    result: 'forward',
    route: {
      type: 'unicast',
      destination: prefix('10.244.1.0/24'),
      dev: 'flannel.1',
      via: ip('10.244.1.0'),
      scope: 'global',
      onlink: true,
      metric: 0,
      origin: { agent: 'flannel', object: 'Node/node-2' },
    },
    rejected: [
      {
        table: 254,
        route: {
          type: 'unicast',
          destination: prefix('0.0.0.0/0'),
          dev: 'eth0',
          via: ip('192.168.1.1'),
          scope: 'global',
          metric: 0,
          origin: KERNEL,
        },
        why: 'shorter',
      },
    ],
  },
  { kind: 'forward', ttl: { from: 64, to: 63 }, packet: forwarded },
  { kind: 'transmit', dev: 'flannel.1', frame: frame(forwarded), packet: forwarded },
]

const trace: PacketTrace = {
  direction: 'original',
  netns: 'p-default-client' as NetnsId,
  sent: dialled,
  hops: [
    {
      netns: 'p-default-client' as NetnsId,
      out: 'eth0',
      steps: [
        { kind: 'send', by: 'socket', packet: dialled },
        { kind: 'transmit', dev: 'eth0', frame: frame(dialled), packet: dialled },
      ],
    },
    { netns: 'node-1' as NetnsId, in: 'veth1', out: 'flannel.1', steps: onNode },
    {
      netns: 'p-default-web' as NetnsId,
      in: 'eth0',
      steps: [
        { kind: 'receive', dev: 'eth0', frame: frame(forwarded), packet: forwarded },
        { kind: 'socket', protocol: 'tcp', ip: ip('10.244.1.7'), port: 8080, owner: 'default/web', packet: forwarded },
      ],
    },
  ],
  disposition: { kind: 'delivered', netns: 'p-default-web' as NetnsId, owner: 'default/web', packet: forwarded },
  fidelity: [],
}

/** Words that show the keys they are made of. */
const KEYS: Words = {
  explain: ({ key }) => `<${key}>`,
  story: (clauses) => clauses.map(({ key, params }) => `<${key}${params['object'] ? ` ${params['object']}` : ''}>`).join(' '),
  place: (netns) => netns.toUpperCase(),
  paint: (_, text) => text,
}

const rendered = (level: Level): string => `\n${renderTrace(trace, level, KEYS).join('\n')}\n`

describe('a trace as text', () => {
  it('tells a story in one sentence a hop', () => {
    expect(rendered('story')).toBe(`
10.244.0.5:40001 > 10.96.0.10:80 tcp SYN mss 1410
  1  P-DEFAULT-CLIENT  <sends>
  2  NODE-1            <translates EndpointSlice/default/web-1> <routes-via>
  3  P-DEFAULT-WEB     <listens>
✓ <end.delivered>
`)
  })

  it('shows devices, NAT and routes at network level', () => {
    expect(rendered('network')).toBe(`
10.244.0.5:40001 > 10.96.0.10:80 tcp SYN mss 1410, ttl 64, length 60 DF

  1  P-DEFAULT-CLIENT  · → eth0
       eth0 →         10.244.0.5:40001 > 10.96.0.10:80 ttl 64

  2  NODE-1  veth1 → flannel.1
     → veth1          10.244.0.5:40001 > 10.96.0.10:80 ttl 64
     nat              <nat.destination.rule>
     route            <route.via>
     forward          <forward>
       flannel.1 →    10.244.0.5:40001 > 10.244.1.7:8080 ttl 63

  3  P-DEFAULT-WEB  eth0 → ·
     → eth0           10.244.0.5:40001 > 10.244.1.7:8080 ttl 63
     socket           <socket.found>

✓ <end.delivered>
`)
  })

  it('shows every rule, near misses, routes and connections at kernel level', () => {
    const node = rendered('kernel').split('\n\n')[2] ?? ''
    expect(`\n${node}\n`).toBe(`
  2  NODE-1  veth1 → flannel.1
     → veth1          0a:58:0a:f4:00:05 > 0a:58:0a:f4:00:01, 10.244.0.5:40001 > 10.96.0.10:80 tcp SYN mss 1410, ttl 64, length 60 DF
     conntrack        <conntrack.new>
                      tcp SYN_SENT src=10.244.0.5 dst=10.96.0.10 sport=40001 dport=80 [UNREPLIED] src=10.96.0.10 dst=10.244.0.5 sport=80 dport=40001
     nat PREROUTING   <chain.matched>
                      -A PREROUTING -j KUBE-SERVICES  ⇒ JUMP KUBE-SERVICES
                        ✗ … 2 more
                        ✗ -A KUBE-SERVICES -d 10.96.0.9/32 -j KUBE-SVC-B
                            -d 10.96.0.9/32 ≠ 10.96.0.10
                        -A KUBE-SERVICES -d 10.96.0.10/32 -j KUBE-SVC-A  ⇒ JUMP KUBE-SVC-A  # kube-proxy Service/default/web spec.ports[0]
                          -A KUBE-SVC-A -m statistic -j KUBE-SEP-A  ⇒ JUMP KUBE-SEP-A  mark 0x4000  p=0.5
                            -A KUBE-SEP-A -j DNAT --to-destination 10.244.1.7:8080  ⇒ ACCEPT  # kube-proxy EndpointSlice/default/web-1
     nat              <nat.destination.rule>
     route            <route.via>
                      10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink  table main  # flannel Node/node-2
                      ✗ default via 192.168.1.1 dev eth0 (shorter)
     forward          <forward>
       flannel.1 →    0a:58:0a:f4:00:05 > 0a:58:0a:f4:00:01, 10.244.0.5:40001 > 10.244.1.7:8080 tcp SYN mss 1410, ttl 63, length 60 DF
`)
  })
})

describe('levels', () => {
  it('are filters: what a coarser level tells, a finer one tells too', () => {
    for (const step of trace.hops.flatMap(({ steps }) => steps)) {
      const told = (['story', 'network', 'kernel'] as const).map((level) => isToldAt(step, level))
      expect(told).toEqual([...told].sort((a, b) => Number(a) - Number(b)))
      expect(isToldAt(step, levelOf(step))).toBe(true)
    }
  })
})

describe('the story of a hop', () => {
  const socket: Step = { kind: 'socket', protocol: 'tcp', ip: ip('10.244.0.5'), port: 40001, packet: dialled }
  it.each([
    ['an answer that reaches its sender is received', true, 'receives'],
    ['a packet that nothing waits for finds nobody', false, 'nobody-listens'],
  ])('%s', (_, delivered, key) => {
    expect(storyOf({ netns: 'n' as NetnsId, steps: [socket] }, delivered).map((clause) => clause.key)).toEqual([key])
  })

  it('tells once what is routed into a bridge and switched there', () => {
    const steps: Step[] = [
      {
        kind: 'route',
        purpose: 'input',
        destination: ip('10.244.0.9'),
        result: 'forward',
        route: { type: 'unicast', destination: prefix('10.244.0.0/24'), dev: 'cni0', scope: 'link', metric: 0, origin: KERNEL },
        rejected: [],
      },
      { kind: 'forward', ttl: { from: 64, to: 63 }, packet: forwarded },
      { kind: 'bridge', bridge: 'cni0', port: 'cni0', destination: '0a:58:0a:f4:00:09' as Mac, action: 'forward', ports: ['veth9'] },
    ]
    expect(storyOf({ netns: 'n' as NetnsId, steps }, false).map(({ key }) => key)).toEqual(['routes'])
    expect(storyOf({ netns: 'n' as NetnsId, steps: steps.slice(2) }, false).map(({ key }) => key)).toEqual(['bridges'])
  })
})
