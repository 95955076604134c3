import type { Tuple } from '../../net/packet.ts'

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
}

export type TcpState = 'SYN_SENT' | 'SYN_RECV' | 'ESTABLISHED' | 'FIN_WAIT' | 'CLOSE_WAIT' | 'LAST_ACK' | 'TIME_WAIT' | 'CLOSE'
