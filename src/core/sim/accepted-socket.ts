import type { NetnsId } from '../kernel/interface.ts'
import type { Ip } from '../net/ip.ts'
import type { Walked } from '../walk/walk.ts'

/** The server's end, as accept() shows it. */
export interface AcceptedSocket {
  readonly netns: NetnsId
  readonly owner: string | undefined
  readonly local: Ip
  readonly localPort: number
  readonly peer: Ip
  readonly peerPort: number
}

/** The socket that a segment or a datagram came to; undefined where none took it. */
export function socketAt({ end, trace: { disposition } }: Walked): AcceptedSocket | undefined {
  if (end.kind !== 'delivered' || end.to !== 'listener' || disposition.kind !== 'delivered') return undefined
  const { ip, transport } = end.packet
  if (transport.kind !== 'tcp' && transport.kind !== 'udp') return undefined
  return {
    netns: disposition.netns,
    owner: end.owner,
    local: ip.destination,
    localPort: transport.destinationPort,
    peer: ip.source,
    peerPort: transport.sourcePort,
  }
}
