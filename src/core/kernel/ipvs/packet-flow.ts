import type { Packet } from '../../net/packet.ts'
import { tupleOf } from '../../net/tuple.ts'
import type { Flow } from './connection-table.ts'
import { isIpvsProtocol } from './ipvs.ts'

/** Who sends a packet to whom; undefined for what IPVS knows no protocol for (a ping). */
export function flowOf(packet: Packet): Flow | undefined {
  const { protocol } = packet.ip
  const tuple = isIpvsProtocol(protocol) ? tupleOf(packet) : undefined
  return tuple && isIpvsProtocol(protocol) ? { ...tuple, protocol } : undefined
}

export const inverse = ({ protocol, source, sourcePort, destination, destinationPort }: Flow): Flow => ({
  protocol,
  source: destination,
  sourcePort: destinationPort,
  destination: source,
  destinationPort: sourcePort,
})
