import type { Choose } from '../base/choose.ts'
import { hash } from '../base/choose.ts'
import { addressType, isLocal } from '../kernel/fib.ts'
import type { Network } from '../kernel/netns.ts'
import { advertisedMss, mtuOf, type OutputRoute, routeOutput } from '../kernel/route.ts'
import type { Runtime } from '../kernel/runtime.ts'
import { type ClientSocket, type Destination, type Generated, type Host, Session, type SessionOptions, SILENT } from '../kernel/session.ts'
import type { Step } from '../kernel/step.ts'
import { ipHeaderLength, isIcmp, type Packet, type Protocol, type Transport } from '../net/packet.ts'
import { ANY, ANY6, anyOf, type Ip, isIpv6, joinHostPort, LOOPBACK, LOOPBACK6 } from '../net/ip.ts'
import { isLinkLocal6 } from '../net/ip6.ts'
import { assert } from '../base/assert.ts'
import { hopsOf } from '../walk/hop.ts'
import type { PacketTrace } from '../walk/trace.ts'
import { type Injection, walk, type Walked } from '../walk/walk.ts'
import type { Conversation, Outcome, Request } from './conversation.ts'
import { outcomeOf } from './outcome.ts'
import { datagrams, type DatagramsAt, orderOf } from './datagram.ts'
import type { ProcessAt } from './processes.ts'
import { type Beyond, relayAt, relaying, throughRelays } from './relay.ts'

/**
 * A request as a client program makes it: connect() and send, then everything that answers, each packet walked in turn with what the one before left behind.
 * Retransmissions are not walked: the first packet of each kind stands for them.
 */
export interface Conversed {
  readonly conversation: Conversation
  readonly runtime: Runtime
}

/** Payload bytes of a datagram, of an echo request, and of what a datagram server answers (the recorded listeners'). */
const DATAGRAM = 15
const PING = 56
const DATAGRAM_ANSWER = 128
const EPHEMERAL = { from: 32768, to: 60999 }
/** A chain of answers to answers ends after SYN, SYN-ACK, ACK or RST; this is for the unforeseen. */
const PACKET_LIMIT = 8

/** `processAt`: who is behind a socket; without it no program passes anything on. */
export function converse(
  network: Network,
  runtime: Runtime,
  asked: Request,
  choose: Choose,
  options: SessionOptions,
  processAt?: ProcessAt,
): Conversed {
  const session = new Session(network, runtime, choose, options)
  const relays = relaying(session, (request) => dial(session, request))
  const proxied = processAt && datagrams(session, processAt, (request) => dial(session, request))
  const dialled = dial(session, asked, (walked, before) => {
    const relay = relayAt(session, walked)
    return relay ? relays.pass(relay) : proxied?.pass(walked, before)
  })
  const beyond = [...relays.made, ...(proxied?.made ?? [])]
  const connections = [dialled, ...beyond].map(({ traces }) => traces)
  const approximate = connections.flatMap((traces) => traces.flatMap(({ fidelity }) => fidelity))
  if (relays.happened()) approximate.push('kube-proxy-userspace')
  if (proxied?.happened()) approximate.push('datagram-sessions')
  return {
    conversation: {
      request: asked,
      ...written(connections, proxied?.at(), beyond),
      outcome: throughRelays(dialled.outcome, proxied?.happened() ? proxied : relays, asked.protocol),
      choices: session.choices,
      probability: session.choices.reduce((p, c) => p * c.probability, 1),
      fidelity: approximate.length === 0 ? [] : [...new Set(approximate)],
    },
    runtime: session.runtime(),
  }
}

/** The connections, and what is known of a program between them. */
function written(
  connections: readonly (readonly PacketTrace[])[],
  at: DatagramsAt | undefined,
  beyond: readonly Beyond[],
): Pick<Conversation, 'connections' | 'order'> {
  const [own = [], upstream = []] = connections
  if (!at) return { connections: connections.map((packets) => ({ kind: 'transport', packets })) }
  const { server, seen, routed, before } = at
  const first = { kind: 'transport' as const, packets: own, server, clientSeen: seen, stream: routed }
  const [answer] = beyond
  if (!answer) return { connections: [first] }
  const client = { ...server, address: answer.outcome.local ?? '' }
  const { clientSeen } = answer.outcome
  const second = { kind: 'transport' as const, packets: upstream, parent: 0, client, ...(clientSeen !== undefined && { clientSeen }) }
  return { connections: [first, second], order: orderOf(own.length, upstream.length, before) }
}

/** What came of connect() and the first send(). */
export interface Dialled {
  readonly opened: Opened
  /** Empty where the sender's own stack refused. */
  readonly packets: readonly Walked[]
  readonly traces: readonly PacketTrace[]
  readonly outcome: Outcome
}

/** Asked of each packet with how many there were before its answers: whether the client gets one, where a process has heard of it that passes on; undefined where none has. */
type Pass = (walked: Walked, before: number) => boolean | undefined

export function dial(session: Session, asked: Request, pass?: Pass): Dialled {
  const request = toOneself(asked)
  const opened = open(session, request)
  const packets: Walked[] = []
  if (opened.kind === 'opened') exchange(session, request, opened, packets, pass)
  const traces = opened.kind === 'opened' ? packets.map(({ trace }) => trace) : [opened.trace]
  return { opened, packets, traces, outcome: outcomeOf(request, opened, packets) }
}

export type Opened =
  | {
      readonly kind: 'opened'
      readonly socket: ClientSocket
      readonly packet: Packet
      readonly route: Destination
      readonly found: readonly Step[]
    }
  | {
      readonly kind: 'refused'
      readonly errno: 'ENETUNREACH' | 'EHOSTUNREACH' | 'EACCES' | 'EINVAL' | 'EMSGSIZE'
      readonly local?: string
      readonly trace: PacketTrace
    }

/** connect() and the first send(): source address, port, size. */
function open(session: Session, request: Request): Opened {
  const ns = session.network.netns(request.netns)
  assert(ns, `no network namespace ${request.netns}`)
  const steps: Step[] = []
  const host: Host = {
    session,
    ns,
    client: undefined,
    recorder: { ...SILENT, step: (s) => steps.push(s) },
  }
  const bound = boundTo(request)
  const route = connect(host, request, bound)
  const sourcePort = request.sourcePort ?? session.choose({ kind: 'draw', ...EPHEMERAL, why: 'ephemeral port' })
  if (route.kind === 'error') {
    const packet = firstPacket(request, bound ?? anyOf(request.destination), sourcePort, 0, 64)
    return { kind: 'refused', errno: route.errno, trace: notSent(request, packet, steps, route.errno) }
  }
  const packet = firstPacket(
    request,
    route.source,
    sourcePort,
    advertisedMss(host, route.destination, request.destination),
    request.ttl ?? ns.sysctls.defaultTtl,
  )
  const local = joinHostPort(route.source, sourcePort)
  if (mayNotFragment(request, packet) && packet.ip.length > mtuOf(host, route.destination))
    return { kind: 'refused', errno: 'EMSGSIZE', local, trace: notSent(request, packet, steps, 'EMSGSIZE') }
  const socket: ClientSocket = {
    netns: request.netns,
    protocol: request.protocol,
    local: route.source,
    localPort: sourcePort,
    remote: request.destination,
    remotePort: request.port ?? 0,
  }
  return { kind: 'opened', socket, packet, route: route.destination, found: steps }
}

const boundTo = (request: Request): Ip | undefined => (request.source === ANY || request.source === ANY6 ? undefined : request.source)

/** To connect to 0.0.0.0 or :: is to connect to oneself (ip_route_connect, tcp_v6_connect). To ping an IPv6 address takes ICMPv6. */
function toOneself(request: Request): Request {
  const { destination } = request
  const protocol = request.protocol === 'icmp' && isIpv6(destination) ? 'icmp6' : request.protocol
  const self = destination === ANY ? LOOPBACK : destination === ANY6 ? LOOPBACK6 : undefined
  if (self === undefined && protocol === request.protocol) return request
  return { ...request, protocol, destination: self === undefined ? destination : (boundTo(request) ?? self) }
}

/** IPv4 sockets set DF, and what may not be fragmented on the way is not sent in fragments; IPv6 ones fragment unless IPV6_DONTFRAG is set. */
const mayNotFragment = (request: Request, { ip }: Packet): boolean => (isIpv6(ip.source) ? request.dontFragment === true : ip.dontFragment)

/** tcp_v4_connect, ip4_datagram_connect and their IPv6 twins: where the destination is, unless the socket may not go there. */
function connect(host: Host, request: Request, bound: Ip | undefined): OutputRoute {
  if (bound && (isIpv6(bound) !== isIpv6(request.destination) || !isLocal(host.ns, bound))) return { kind: 'error', errno: 'EINVAL' }
  // A link-local address means nothing without its device.
  if (isLinkLocal6(request.destination)) return { kind: 'error', errno: 'EINVAL' }
  const type = addressType(host.ns, request.destination)
  // Without SO_BROADCAST a datagram socket may not; TCP has nobody to shake hands with.
  if (type === 'BROADCAST' || (type === 'MULTICAST' && request.protocol === 'tcp'))
    return { kind: 'error', errno: request.protocol === 'tcp' ? 'ENETUNREACH' : 'EACCES' }
  return routeOutput(host, request.destination, bound, 'output')
}

function notSent(
  request: Request,
  packet: Packet,
  steps: readonly Step[],
  errno: Extract<Opened, { kind: 'refused' }>['errno'],
): PacketTrace {
  return {
    direction: 'original',
    netns: request.netns,
    sent: packet,
    hops: hopsOf(request.netns, steps),
    disposition: { kind: 'not-sent', errno },
    fidelity: [],
  }
}

/** Total lengths behind the IP header: TCP SYN 40 with options, UDP 8 + payload, echo 8 + payload, SCTP INIT 12 + 20. */
function firstPacket(request: Request, source: Ip, sourcePort: number, mss: number, ttl: number): Packet {
  const { protocol, destination } = request
  const port = request.port ?? 0
  const payload = request.payload ?? (isIcmp(protocol) ? PING : DATAGRAM)
  const header = ipHeaderLength(destination)
  const echo = (type: 8 | 128): Transport => ({ kind: 'icmp-echo', type, code: 0, id: sourcePort, sequence: 1 })
  const form: Readonly<Record<Protocol, { readonly length: number; readonly transport: Transport; readonly dontFragment: boolean }>> = {
    tcp: {
      length: header + 40,
      transport: { kind: 'tcp', sourcePort, destinationPort: port, flags: 'S', sequence: 1000, acknowledgment: 0, mss },
      dontFragment: true,
    },
    udp: {
      length: header + 8 + payload,
      transport: { kind: 'udp', sourcePort, destinationPort: port, length: 8 + payload },
      dontFragment: true,
    },
    icmp: { length: header + 8 + payload, transport: echo(8), dontFragment: false },
    icmp6: { length: header + 8 + payload, transport: echo(128), dontFragment: false },
    sctp: { length: header + 32, transport: { kind: 'sctp', sourcePort, destinationPort: port, chunk: 'INIT' }, dontFragment: true },
  }
  const { length, transport, dontFragment } = form[protocol]
  const id = hash(`${source}:${sourcePort}>${destination}:${port}`) & 0xffff
  if (isIpv6(destination)) return { ip: { source, destination, ttl, protocol, length, id: 0, dontFragment: false }, transport }
  return { ip: { source, destination, ttl, protocol, length, id, dontFragment: request.dontFragment ?? dontFragment }, transport }
}

/** Walks the first packet and then, in order, every answer. */
function exchange(
  session: Session,
  request: Request,
  opened: Extract<Opened, { kind: 'opened' }>,
  packets: Walked[],
  pass: Pass | undefined,
): void {
  const { socket } = opened
  const queue: Injection[] = [
    { direction: 'original', netns: request.netns, packet: opened.packet, by: 'socket', route: opened.route, found: opened.found },
  ]
  let waited = 0
  while (queue.length > 0 && packets.length < PACKET_LIMIT) {
    const injection = queue.shift()
    if (!injection) break
    const walked = walk(session, injection, socket)
    packets.push(walked)
    for (const answer of walked.generated) {
      waited += answer.delay
      if (request.timeout !== undefined && waited > request.timeout) {
        waited = request.timeout
        continue
      }
      queue.push(replyTo(injection, answer))
    }
    if (pass?.(walked, packets.length) ?? true) queue.push(...nextPackets(session, request, socket, injection, walked))
  }
  if (request.hold) session.holdConnections()
  session.now += waited > 0 ? waited : packets.some((p) => isForClient(p)) ? 0 : (request.timeout ?? 0)
}

const isForClient = (walked: Walked): boolean => walked.end.kind === 'delivered' && walked.end.to === 'client'

/** An answer goes the other way than the packet that it answers. */
export function replyTo(answered: Injection, answer: Generated): Injection {
  return {
    direction: answered.direction === 'original' ? 'reply' : 'original',
    netns: answer.netns,
    packet: answer.packet,
    by: 'kernel',
    ...(answer.connection && { connection: answer.connection }),
    ...(answer.direct && { direct: answer.direct }),
  }
}

/** What the two programs send next: the client's ACK, the server's datagram. */
function nextPackets(session: Session, request: Request, socket: ClientSocket, injection: Injection, walked: Walked): readonly Injection[] {
  const { end, trace } = walked
  if (end.kind !== 'delivered') return []
  const { packet } = end
  const t = packet.transport
  if (end.to === 'client' && t.kind === 'tcp' && t.flags === 'SA')
    return [{ direction: 'original', netns: request.netns, packet: ack(socket, t.sequence, injection.packet), by: 'socket' }]
  if (end.to === 'listener' && t.kind === 'udp') {
    const last = trace.hops.at(-1)?.netns
    return last === undefined ? [] : datagramAnswer(session, last, packet)
  }
  return []
}

function ack(socket: ClientSocket, sequence: number, about: Packet): Packet {
  const { local: source, remote: destination } = socket
  const length = ipHeaderLength(source) + 32
  return {
    ip: { source, destination, ttl: 64, protocol: 'tcp', length, id: about.ip.id, dontFragment: !isIpv6(source) },
    transport: {
      kind: 'tcp',
      sourcePort: socket.localPort,
      destinationPort: socket.remotePort,
      flags: 'A',
      sequence: 1001,
      acknowledgment: (sequence + 1) >>> 0,
    },
  }
}

/** A datagram server bound to any address answers from whichever address routing picks, not from the one that was asked. */
function datagramAnswer(session: Session, netns: Walked['trace']['netns'], asked: Packet): readonly Injection[] {
  const ns = session.network.netns(netns)
  if (!ns || asked.transport.kind !== 'udp') return []
  const host: Host = {
    session,
    ns,
    client: undefined,
    recorder: SILENT,
  }
  const route = routeOutput(host, asked.ip.source, undefined, 'output')
  if (route.kind === 'error') return []
  const ip = {
    source: route.source,
    destination: asked.ip.source,
    ttl: ns.sysctls.defaultTtl,
    protocol: 'udp' as const,
    length: ipHeaderLength(asked.ip.source) + 8 + DATAGRAM_ANSWER,
    id: 0,
    dontFragment: !isIpv6(asked.ip.source),
  }
  const transport = {
    kind: 'udp' as const,
    sourcePort: asked.transport.destinationPort,
    destinationPort: asked.transport.sourcePort,
    length: 8 + DATAGRAM_ANSWER,
  }
  return [{ direction: 'reply', netns, packet: { ip, transport }, by: 'socket' }]
}
