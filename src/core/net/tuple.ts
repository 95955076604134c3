import { isIcmp, type Packet, type Protocol, type Tuple } from './packet.ts'

/** Echo request and reply answer each other, by type and code. */
const ANSWER: ReadonlyMap<number, number> = new Map([
  [8 * 256, 0],
  [0, 8 * 256],
  [128 * 256, 129 * 256],
  [129 * 256, 128 * 256],
])

/** nf_ct_get_tuple: the tuple of a packet as it is now; undefined where there is none (an ICMP error: it belongs to the packet it quotes). */
export function tupleOf(packet: Packet): Tuple | undefined {
  const { source, destination, protocol } = packet.ip
  const t = packet.transport
  switch (t.kind) {
    case 'tcp':
    case 'udp':
    case 'sctp':
      return { source, sourcePort: t.sourcePort, destination, destinationPort: t.destinationPort, protocol }
    case 'icmp-echo':
      return { source, sourcePort: t.id, destination, destinationPort: t.type * 256 + t.code, protocol }
    case 'icmp-error':
      return undefined
  }
}

/** nf_ct_invert_tuple: the tuple of an answer. Echo ids stay on their side. */
export function invert(tuple: Tuple): Tuple {
  if (isIcmp(tuple.protocol)) {
    const destinationPort = ANSWER.get(tuple.destinationPort) ?? tuple.destinationPort
    return { ...tuple, source: tuple.destination, destination: tuple.source, destinationPort }
  }
  return {
    source: tuple.destination,
    sourcePort: tuple.destinationPort,
    destination: tuple.source,
    destinationPort: tuple.sourcePort,
    protocol: tuple.protocol,
  }
}

/** A map key; equal exactly when tuples are. */
export function tupleKey(tuple: Tuple): string {
  return `${tuple.protocol} ${tuple.source}:${tuple.sourcePort}>${tuple.destination}:${tuple.destinationPort}`
}

export const sameTuple = (a: Tuple, b: Tuple): boolean =>
  a.source === b.source &&
  a.destination === b.destination &&
  a.sourcePort === b.sourcePort &&
  a.destinationPort === b.destinationPort &&
  a.protocol === b.protocol

/** Rewrites the source or destination of a packet to that of `tuple` (nf_nat_ipv4_manip_pkt, nf_nat_ipv6_manip_pkt). Fragments carry their datagram along. */
export function manip(packet: Packet, side: 'source' | 'destination', tuple: Tuple): Packet {
  const ip = side === 'source' ? { ...packet.ip, source: tuple.source } : { ...packet.ip, destination: tuple.destination }
  const t = packet.transport
  let transport = t
  if (t.kind === 'icmp-echo') transport = { ...t, id: tuple.sourcePort }
  else if (t.kind !== 'icmp-error')
    transport = side === 'source' ? { ...t, sourcePort: tuple.sourcePort } : { ...t, destinationPort: tuple.destinationPort }
  return packet.whole ? { ip, transport, whole: manip(packet.whole, side, tuple) } : { ip, transport }
}

export const PROTOCOL_NUMBER: Readonly<Record<Protocol, number>> = { icmp: 1, tcp: 6, udp: 17, icmp6: 58, sctp: 132 }
