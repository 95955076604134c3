import { unreachable } from '../base/assert.ts'
import { ANY, ANY6, type Ip, isIpv6 } from '../net/ip.ts'
import {
  type IcmpEcho,
  type IcmpError,
  ipHeaderLength,
  isEchoRequest,
  isIcmp,
  type Packet,
  type Sctp,
  type Tcp,
  type Udp,
} from '../net/packet.ts'
import { invert, tupleKey, tupleOf } from '../net/tuple.ts'
import { discard, refuse } from './error.ts'
import { PORT_UNREACHABLE, tcpReset } from './icmp.ts'
import type { Socket } from './netns.ts'
import { advertisedMss, routeOutput } from './route.ts'
import { type ClientSocket, type Host, SILENT, type SkBuff } from './session.ts'
import type { Next } from './stage.ts'
import { decapsulate, tunnelOf } from './vxlan.ts'

/**
 * Local delivery to transport protocols, as far as a handshake, a datagram and a ping go (net/ipv4/tcp_ipv4.c, udp.c, icmp.c). What listens answers as the
 * kernel would; what applications say is left to the conversation, and so is what TCP does between handshake and close (sim/tcp-flow.ts): a segment of a
 * connection that began here reaches its listener, any other is answered with RST. Left out: SCTP beyond INIT.
 */
export function deliver(host: Host, skb: SkBuff): Next {
  const { transport } = skb.packet
  // TCP and ping never answer a broadcast; a datagram socket takes it, and nobody minds if there is none.
  // tcp_v6_conn_request takes unicast destinations only.
  if (skb.route?.anycast && transport.kind === 'tcp') return discard(host, 'anycast')
  if (skb.route?.broadcast && (transport.kind !== 'udp' || !listener(host, skb.packet, transport.destinationPort)))
    return discard(host, 'broadcast')
  switch (transport.kind) {
    case 'tcp':
      return tcp(host, skb, transport)
    case 'udp':
      return udp(host, skb, transport)
    case 'sctp':
      return sctp(host, skb, transport)
    case 'icmp-echo':
      return echo(host, skb, transport)
    case 'icmp-error':
      return error(host, skb, transport)
    default:
      return unreachable(transport)
  }
}

function listener(host: Host, packet: Packet, port: number): Socket | undefined {
  const { protocol, destination } = packet.ip
  const fits = host.ns.sockets.filter(
    (s) => s.protocol === protocol && s.port === port && (s.address === ANY || s.address === ANY6 || s.address === destination),
  )
  return fits.find((s) => s.address === destination) ?? fits[0]
}

function found(host: Host, skb: SkBuff, port: number, owner: string | undefined, to: 'listener' | 'client' | 'kernel'): undefined {
  const { packet } = skb
  const who = owner === undefined ? {} : { owner }
  host.recorder.step({ kind: 'socket', protocol: packet.ip.protocol, ip: packet.ip.destination, port, ...who, packet })
  host.recorder.end({ kind: 'delivered', packet, to, ...who })
  return undefined
}

function nobody(host: Host, skb: SkBuff, port: number): void {
  host.recorder.step({ kind: 'socket', protocol: skb.packet.ip.protocol, ip: skb.packet.ip.destination, port, packet: skb.packet })
}

/** Is this packet an answer to the client's connected socket? */
function isForClient(host: Host, packet: Packet, sourcePort: number, destinationPort: number): boolean {
  const c = host.client
  return (
    c !== undefined &&
    c.netns === host.ns.id &&
    c.protocol === packet.ip.protocol &&
    c.local === packet.ip.destination &&
    c.localPort === destinationPort &&
    c.remote === packet.ip.source &&
    c.remotePort === sourcePort
  )
}

function answer(host: Host, packet: Packet): void {
  host.recorder.answer({ netns: host.ns.id, packet, delay: 0 })
}

function halfOpenKey(host: Host, packet: Packet): string {
  const tuple = tupleOf(packet)
  return `${host.ns.id} ${tuple ? tupleKey(tuple) : ''}`
}

function tcp(host: Host, skb: SkBuff, segment: Tcp): Next {
  const { packet } = skb
  if (isForClient(host, packet, segment.sourcePort, segment.destinationPort))
    return found(host, skb, segment.destinationPort, undefined, 'client')
  const owner = listener(host, packet, segment.destinationPort)
  if (owner && segment.flags === 'S') {
    host.session.halfOpen.add(halfOpenKey(host, packet))
    answer(host, synAck(host, packet, segment))
    return found(host, skb, segment.destinationPort, owner.owner, 'listener')
  }
  if (owner && host.session.halfOpen.has(halfOpenKey(host, packet))) {
    if (segment.flags.includes('R')) host.session.halfOpen.delete(halfOpenKey(host, packet))
    return found(host, skb, segment.destinationPort, owner.owner, 'listener')
  }
  nobody(host, skb, segment.destinationPort)
  const reset = tcpReset(packet, host.ns.sysctls.defaultTtl)
  if (!reset) return discard(host, 'no-socket')
  host.recorder.step({ kind: 'reject', with: 'rst', reply: reset })
  answer(host, reset)
  host.recorder.end({ kind: 'rejected', with: 'rst', reply: reset })
  return undefined
}

/** tcp_v4_send_synack: the MSS is that of the way back to the peer. */
function synAck(host: Host, packet: Packet, segment: Tcp): Packet {
  const quiet: Host = { ...host, recorder: SILENT }
  const back = routeOutput(quiet, packet.ip.source, packet.ip.destination, 'output')
  const mss = back.kind === 'found' ? advertisedMss(host, back.destination, packet.ip.source) : 536
  return {
    ip: {
      source: packet.ip.destination,
      destination: packet.ip.source,
      ttl: host.ns.sysctls.defaultTtl,
      protocol: 'tcp',
      length: ipHeaderLength(packet.ip.source) + 40,
      id: 0,
      dontFragment: !isIpv6(packet.ip.source),
    },
    transport: {
      kind: 'tcp',
      sourcePort: segment.destinationPort,
      destinationPort: segment.sourcePort,
      flags: 'SA',
      sequence: 0,
      acknowledgment: (segment.sequence + 1) >>> 0,
      mss,
    },
  }
}

function udp(host: Host, skb: SkBuff, datagram: Udp): Next {
  const { packet } = skb
  const tunnel = tunnelOf(host, packet)
  if (tunnel) return decapsulate(host, packet, tunnel)
  if (isForClient(host, packet, datagram.sourcePort, datagram.destinationPort))
    return found(host, skb, datagram.destinationPort, undefined, 'client')
  const owner = listener(host, packet, datagram.destinationPort)
  if (owner) return found(host, skb, datagram.destinationPort, owner.owner, 'listener')
  nobody(host, skb, datagram.destinationPort)
  return refuse(host, skb, PORT_UNREACHABLE, 'port-unreachable', 'no-socket')
}

/** SCTP 12, chunk 4. The INIT ACK is as long as the INIT: its state cookie is left out. */
const ABORT_LENGTH = 16

/** RFC 9260: INIT is answered by INIT-ACK where something listens, else by ABORT. */
function sctp(host: Host, skb: SkBuff, chunk: Sctp): Next {
  const { packet } = skb
  if (isForClient(host, packet, chunk.sourcePort, chunk.destinationPort))
    return found(host, skb, chunk.destinationPort, undefined, 'client')
  const owner = listener(host, packet, chunk.destinationPort)
  const reply = (kind: Sctp['chunk'], length: number): Packet => ({
    ip: { ...packet.ip, source: packet.ip.destination, destination: packet.ip.source, ttl: host.ns.sysctls.defaultTtl, length },
    transport: { kind: 'sctp', sourcePort: chunk.destinationPort, destinationPort: chunk.sourcePort, chunk: kind },
  })
  if (owner) {
    answer(host, reply('INIT-ACK', packet.ip.length))
    return found(host, skb, chunk.destinationPort, owner.owner, 'listener')
  }
  nobody(host, skb, chunk.destinationPort)
  if (chunk.chunk !== 'INIT') return discard(host, 'no-socket')
  const abort = reply('ABORT', ipHeaderLength(packet.ip.source) + ABORT_LENGTH)
  answer(host, abort)
  host.recorder.end({ kind: 'rejected', with: 'abort', reply: abort })
  return undefined
}

/** icmp_echo, icmpv6_echo_reply: the kernel itself answers, from the address that was pinged; from one of its own if that was an anycast address. */
function echo(host: Host, skb: SkBuff, ping: IcmpEcho): Next {
  const { packet } = skb
  if (!isEchoRequest(ping)) {
    const c = host.client
    if (c && c.netns === host.ns.id && c.protocol === packet.ip.protocol && c.localPort === ping.id)
      return found(host, skb, ping.id, undefined, 'client')
    return discard(host, 'no-socket')
  }
  const { tos: _, ...ip } = packet.ip
  const source = skb.route?.anycast ? ownAddress(host, packet) : packet.ip.destination
  if (!source) return discard(host, 'no-route')
  answer(host, {
    ip: { ...ip, source, destination: packet.ip.source, ttl: host.ns.sysctls.defaultTtl, dontFragment: false },
    transport: { ...ping, type: ping.type === 8 ? 0 : 129 },
  })
  return found(host, skb, ping.id, undefined, 'kernel')
}

function ownAddress(host: Host, { ip }: Packet): Ip | undefined {
  const route = routeOutput({ ...host, recorder: SILENT }, ip.source, undefined, 'output')
  return route.kind === 'found' ? route.source : undefined
}

/** icmp_unreach: the error reaches the socket whose packet it quotes. */
function error(host: Host, skb: SkBuff, message: IcmpError): Next {
  const quoted = tupleOf(message.quoted)
  const mine = quoted !== undefined && host.client !== undefined && host.client.netns === host.ns.id && isOwnTuple(host.client, quoted)
  return found(host, skb, quoted?.sourcePort ?? 0, undefined, mine ? 'client' : 'kernel')
}

function isOwnTuple(c: ClientSocket, quoted: NonNullable<ReturnType<typeof tupleOf>>): boolean {
  if (c.protocol !== quoted.protocol || c.local !== quoted.source || c.localPort !== quoted.sourcePort || c.remote !== quoted.destination)
    return false
  return isIcmp(c.protocol) || c.remotePort === invert(quoted).sourcePort
}
