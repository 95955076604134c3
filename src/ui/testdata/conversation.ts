import type { Mac } from '../../core/net/mac.ts'
import type { Ip } from '../../core/net/ip.ts'
import type { Frame, Packet } from '../../core/net/packet.ts'
import type { NetnsId } from '../../core/kernel/interface.ts'
import type { ChainRun, Step } from '../../core/kernel/step.ts'
import type { Conversation } from '../../core/sim/conversation.ts'
import type { Hop, PacketTrace } from '../../core/walk/trace.ts'

/** A request of two hops (a DNAT on the node, a socket in the pod) and its reply of one: small enough to check by hand. */
export const netns = (name: string): NetnsId => name as NetnsId
export const ip = (text: string): Ip => text as Ip
export const mac = (text: string): Mac => text as Mac

export function tcp(source: string, sourcePort: number, destination: string, destinationPort: number, ttl = 64): Packet {
  return {
    ip: { source: ip(source), destination: ip(destination), ttl, protocol: 'tcp', length: 60, id: 7, dontFragment: true },
    transport: { kind: 'tcp', sourcePort, destinationPort, flags: 'S', sequence: 0, acknowledgment: 0, mss: 1410 },
  }
}

export const framed = (packet: Packet, source: string, destination: string): Frame => ({ ethernet: { source: mac(source), destination: mac(destination) }, packet })

/** The frame in a VXLAN packet between two nodes. */
export function wrapped(frame: Frame, source: string, destination: string): Packet {
  return {
    ip: { source: ip(source), destination: ip(destination), ttl: 64, protocol: 'udp', length: 110, id: 1, dontFragment: false },
    transport: { kind: 'udp', sourcePort: 55000, destinationPort: 8472, length: 90, vxlan: { vni: 1, frame } },
  }
}

const SENT = tcp('10.244.0.2', 40000, '10.96.0.10', 80)
const TRANSLATED = tcp('10.244.0.2', 40000, '10.244.1.3', 8080)

const PREROUTING: ChainRun = {
  kind: 'chain',
  family: 'ip',
  table: 'nat',
  chain: 'PREROUTING',
  hook: 'PREROUTING',
  priority: -100,
  packet: SENT,
  rules: [
    { chain: 'PREROUTING', index: 0, rule: '-A PREROUTING -j KUBE-SERVICES', verdict: 'JUMP KUBE-SERVICES', depth: 0 },
    { chain: 'KUBE-SERVICES', index: 3, rule: '-A KUBE-SERVICES -d 10.96.0.10/32 -j KUBE-SVC-A', verdict: 'JUMP KUBE-SVC-A', depth: 1 },
    { chain: 'PREROUTING', end: true, verdict: 'ACCEPT', depth: 0 },
  ],
  verdict: 'ACCEPT',
}

const NODE: readonly Step[] = [
  { kind: 'receive', dev: 'veth1', frame: framed(SENT, '0a:58:0a:f4:00:02', '0a:58:0a:f4:00:01'), packet: SENT },
  PREROUTING,
  {
    kind: 'nat',
    hook: 'PREROUTING',
    manip: 'destination',
    from: { source: ip('10.244.0.2'), sourcePort: 40000, destination: ip('10.96.0.10'), destinationPort: 80, protocol: 'tcp' },
    to: { source: ip('10.244.0.2'), sourcePort: 40000, destination: ip('10.244.1.3'), destinationPort: 8080, protocol: 'tcp' },
    by: 'rule',
    packet: TRANSLATED,
  },
  { kind: 'transmit', dev: 'cni0', frame: framed(TRANSLATED, '0a:58:0a:f4:00:01', '0a:58:0a:f4:01:03'), packet: TRANSLATED },
]

const REQUEST: PacketTrace = {
  direction: 'original',
  netns: netns('p-default-curl'),
  sent: SENT,
  hops: [
    {
      netns: netns('p-default-curl'),
      out: 'eth0',
      steps: [
        { kind: 'send', by: 'socket', packet: SENT },
        { kind: 'transmit', dev: 'eth0', frame: framed(SENT, '0a:58:0a:f4:00:02', '0a:58:0a:f4:00:01'), packet: SENT },
      ],
    },
    { netns: netns('node-1'), in: 'veth1', out: 'cni0', steps: NODE },
  ],
  disposition: { kind: 'dropped', netns: netns('node-1'), by: 'no-route' },
  fidelity: [],
}

const ANSWER: Hop = { netns: netns('p-default-web'), out: 'eth0', steps: [{ kind: 'send', by: 'kernel', packet: tcp('10.244.1.3', 8080, '10.244.0.2', 40000) }] }
const REPLY: PacketTrace = {
  direction: 'reply',
  netns: netns('p-default-web'),
  sent: tcp('10.244.1.3', 8080, '10.244.0.2', 40000),
  hops: [ANSWER],
  disposition: { kind: 'delivered', netns: netns('p-default-web'), packet: tcp('10.244.1.3', 8080, '10.244.0.2', 40000) },
  fidelity: [],
}

export const CONVERSATION: Conversation = {
  request: { netns: netns('p-default-curl'), protocol: 'tcp', destination: ip('10.96.0.10'), port: 80 },
  connections: [{ kind: 'transport', packets: [REQUEST, REPLY] }],
  outcome: { kind: 'timeout', reachedServer: false },
  choices: [],
  probability: 1,
  fidelity: [],
}
