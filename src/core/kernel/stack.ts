import { unreachable } from '../base/assert.ts'
import type { Packet } from '../net/packet.ts'
import { bridgeInput } from './bridge.ts'
import { discard } from './error.ts'
import { ipInput } from './ip-input.ts'
import { ipOutput, localOutput } from './ip-output.ts'
import { transmit } from './link.ts'
import type { Connection } from './netfilter/conntrack.ts'
import { type Arrival, type Destination, type Direct, type Host, received, SkBuff } from './session.ts'
import type { Next } from './stage.ts'

/**
 * The network stack of one namespace: takes a frame or a local packet and works on it until it leaves by a device, is delivered, or dies. All that happens
 * goes to the host's recorder.
 *
 *   receive ─▶ bridge? ─▶ ip input ─▶ deliver ─▶ socket
 *                 │           └─▶ forward ─▶ output ─▶ transmit ─▶ veth | wire | bridge | vxlan ─▶ (local output) …
 *   socket ─▶ local output ───────────────────┘
 */
export function receive(host: Host, arrival: Arrival): void {
  const dev = host.ns.interfaces.get(arrival.dev)
  const { packet, frame } = arrival
  if (!dev?.up || packet.ip.length > dev.mtu + 4) {
    discard(host, dev?.up ? 'mtu' : 'device-down', arrival.dev)
    return
  }
  host.recorder.step(frame ? { kind: 'receive', dev: dev.name, frame, packet } : { kind: 'receive', dev: dev.name, packet })
  const skb = frame ? received(packet, frame.ethernet) : new SkBuff(packet, 0)
  const { loopback } = arrival
  if (loopback) {
    skb.mark = loopback.mark
    skb.connection = loopback.connection
    skb.route = loopback.route
    skb.ipvs = loopback.ipvs
  }
  run(host, dev.master === undefined ? { stage: 'input', skb, dev: dev.name, hooked: false } : { stage: 'bridge', skb, port: dev.name })
}

/** Sends a packet that a process or the kernel made here, along a route already found. */
export function send(host: Host, packet: Packet, route: Destination, by: 'socket' | 'kernel', connection?: Connection): void {
  host.recorder.step({ kind: 'send', by, packet })
  const skb = new SkBuff(packet, 0)
  skb.route = route
  skb.connection = connection
  // TCP's segments fit; what else a socket sends may be cut (ip6_sk_ignore_df).
  skb.fragmentable = packet.ip.protocol !== 'tcp'
  run(host, { stage: 'local-output', skb })
}

/** Puts a ready frame on a device (dev_queue_xmit). */
export function sendFrame(host: Host, packet: Packet, { dev, ethernet }: Direct): void {
  host.recorder.step({ kind: 'send', by: 'kernel', packet })
  const skb = new SkBuff(packet, 0)
  skb.ethernet = ethernet
  run(host, { stage: 'transmit', skb, dev, to: ethernet.destination })
}

function run(host: Host, first: Next): void {
  let next = first
  while (next) next = stage(host, next)
}

function stage(host: Host, next: NonNullable<Next>): Next {
  switch (next.stage) {
    case 'bridge':
      return bridgeInput(host, next.skb, next.port)
    case 'input':
      return ipInput(host, next.skb, next.dev, next.hooked)
    case 'local-output':
      return localOutput(host, next.skb)
    case 'output':
      return ipOutput(host, next.skb)
    case 'transmit':
      return transmit(host, next.skb, next.dev, next.to)
    default:
      return unreachable(next)
  }
}
