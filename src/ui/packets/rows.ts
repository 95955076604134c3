import { isEchoRequest, isIcmp6Error, type Packet } from '../../core/net/packet.ts'
import type { Conversation } from '../../core/sim/conversation.ts'
import type { PacketTrace } from '../../core/walk/trace.ts'
import type { SentRecord } from '../../worker/protocol.ts'
import { flagNames } from '../inspector/layers.ts'
import { packetsOf, placesOf } from '../position.ts'
import { messageOf } from './message.ts'

/** One line of the packet list. */
export interface Row {
  /** 1-based over all requests, as packet lists count. */
  readonly number: number
  readonly conversation: number
  readonly packet: number
  readonly direction: 'original' | 'reply'
  readonly from: string
  readonly fromOwner?: string
  readonly to: string
  readonly toOwner?: string
  readonly protocol: string
  readonly info: string
  /** What to filter by to see packets of this kind only. */
  readonly condition?: string
  readonly hops: number
  /** Which connection it belongs to, where a request has several, counted from 1; and how many proxies deep that is. */
  readonly connection?: number
  readonly depth?: number
  readonly end: 'delivered' | 'lost' | 'refused'
}

export function rowsOf(records: readonly SentRecord[]): readonly Row[] {
  const rows: Row[] = []
  for (const [conversation, record] of records.entries()) {
    const { connections } = record.conversation
    const places = placesOf(record.conversation)
    for (const [packet, trace] of packetsOf(record.conversation).entries()) {
      const at = places[packet]
      const message = messageOf(record.conversation, trace)
      const { source, destination } = trace.sent.ip
      const fromOwner = record.owners[source]
      const toOwner = record.owners[destination]
      rows.push({
        number: rows.length + 1,
        conversation,
        packet,
        direction: trace.direction,
        from: source,
        ...(fromOwner === undefined ? {} : { fromOwner }),
        to: destination,
        ...(toOwner === undefined ? {} : { toOwner }),
        protocol: message?.protocol ?? protocolName(trace.sent),
        info: message?.text ?? infoOf(trace.sent),
        ...(at && connections.length > 1 && { connection: at.connection + 1, depth: depthOf(connections, at.connection) }),
        ...conditionOf(trace.sent),
        hops: trace.hops.length,
        end: trace.disposition.kind === 'delivered' ? 'delivered' : trace.disposition.kind === 'rejected' ? 'refused' : 'lost',
      })
    }
  }
  return rows
}

/** How many connections led to this one. */
function depthOf(connections: Conversation['connections'], index: number): number {
  const parent = connections[index]?.parent
  return parent === undefined || parent >= index ? 0 : 1 + depthOf(connections, parent)
}

const protocolName = (packet: Packet): string => packet.ip.protocol.toUpperCase()

/** RFC 792 by type and code, in the words that tcpdump and ping use. */
const ICMP_ERRORS: Readonly<Record<string, string>> = {
  '3.0': 'Destination unreachable (network)',
  '3.1': 'Destination unreachable (host)',
  '3.2': 'Destination unreachable (protocol)',
  '3.3': 'Destination unreachable (port)',
  '3.4': 'Fragmentation needed',
  '3.9': 'Destination unreachable (network prohibited)',
  '3.10': 'Destination unreachable (host prohibited)',
  '3.13': 'Destination unreachable (administratively prohibited)',
  '5.0': 'Redirect (network)',
  '5.1': 'Redirect (host)',
  '11.0': 'Time to live exceeded',
  '11.1': 'Fragment reassembly time exceeded',
}

/** RFC 4443, RFC 4861. */
const ICMP6_ERRORS: Readonly<Record<string, string>> = {
  '1.0': 'Destination unreachable (no route)',
  '1.1': 'Destination unreachable (administratively prohibited)',
  '1.2': 'Destination unreachable (beyond scope)',
  '1.3': 'Destination unreachable (address)',
  '1.4': 'Destination unreachable (port)',
  '1.5': 'Destination unreachable (policy)',
  '1.6': 'Destination unreachable (reject route)',
  '2.0': 'Packet too big',
  '3.0': 'Hop limit exceeded',
  '3.1': 'Fragment reassembly time exceeded',
  '137.0': 'Redirect',
}

export function infoOf(packet: Packet): string {
  const header = packet.transport
  switch (header.kind) {
    case 'tcp':
      return `${header.sourcePort} → ${header.destinationPort} [${flagNames(header.flags)}]${!header.mss ? '' : ` MSS=${header.mss}`}${header.payload ? ` Len=${header.payload.length}` : ''}`
    case 'udp':
      return `${header.sourcePort} → ${header.destinationPort} Len=${header.length - 8}`
    case 'sctp':
      return `${header.sourcePort} → ${header.destinationPort} ${header.chunk}`
    case 'icmp-echo':
      return `Echo ${isEchoRequest(header) ? 'request' : 'reply'} id=${header.id} seq=${header.sequence}`
    case 'icmp-error':
      return `${(isIcmp6Error(header) ? ICMP6_ERRORS : ICMP_ERRORS)[`${header.type}.${header.code}`] ?? `type ${header.type} code ${header.code}`}${header.mtu === undefined ? '' : ` MTU=${header.mtu}`}`
  }
}

/** What a packet is for: what it says above TCP, else its header. */
export const sayingOf = (conversation: Conversation, trace: PacketTrace): string =>
  messageOf(conversation, trace)?.text ?? infoOf(trace.sent)

function conditionOf({ transport }: Packet): { readonly condition?: string } {
  if (transport.kind === 'tcp' || transport.kind === 'udp')
    return { condition: `${transport.kind}.dstport == ${transport.destinationPort}` }
  return 'type' in transport ? { condition: `icmp.type == ${transport.type}` } : {}
}

/** The row where a conversation begins. */
export const firstRow = (rows: readonly Row[], conversation: number): Row | undefined =>
  rows.find((row) => row.conversation === conversation)

export const outcomeTone = (conversation: Conversation): 'good' | 'bad' => (conversation.outcome.kind === 'answered' ? 'good' : 'bad')
