import { isIcmp, type Tuple } from '../../net/packet.ts'

/** One line of `conntrack -L` (struct nf_conn). Values never change: tracking a packet makes a new one. */
export interface ConntrackEntry {
  readonly original: Tuple
  /** As rewritten by NAT: its destination and source are where answers come from and go to. */
  readonly reply: Tuple
  /** TCP only (nf_conntrack_proto_tcp.c). */
  readonly state?: TcpState
  /** IPS_SEEN_REPLY: without it the line says [UNREPLIED]. */
  readonly seenReply: boolean
  readonly assured: boolean
  readonly mark: number
  /** Which sides a NAT mapping was set up for (IPS_SRC_NAT_DONE and IPS_DST_NAT_DONE), also when it changed nothing. */
  readonly sourceNatDone: boolean
  readonly destinationNatDone: boolean
  /** IPS_DST_NAT where the tuples do not tell: IPVS has put its real server into the reply, which is not NAT. */
  readonly destinationNatted?: boolean
}

export type TcpState = 'SYN_SENT' | 'SYN_RECV' | 'ESTABLISHED' | 'FIN_WAIT' | 'CLOSE_WAIT' | 'LAST_ACK' | 'TIME_WAIT' | 'CLOSE'

/** IPS_SRC_NAT: answers go to another address, port or id than the first packet came from. */
export const isSourceNatted = (entry: ConntrackEntry): boolean =>
  entry.reply.destination !== entry.original.source || replyPort(entry) !== entry.original.sourcePort

/** IPS_DST_NAT: answers come from another address or port than the first packet went to. */
export const isDestinationNatted = (entry: ConntrackEntry): boolean => entry.destinationNatted ?? isDestinationMapped(entry)

const isDestinationMapped = (entry: ConntrackEntry): boolean =>
  entry.reply.source !== entry.original.destination ||
  (!isIcmp(entry.original.protocol) && entry.reply.sourcePort !== entry.original.destinationPort)

/** Echo ids stay on the source side of a tuple in both directions. */
function replyPort(entry: ConntrackEntry): number {
  return isIcmp(entry.original.protocol) ? entry.reply.sourcePort : entry.reply.destinationPort
}
