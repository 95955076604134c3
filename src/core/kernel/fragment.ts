import { hash } from '../base/choose.ts'
import { ipHeaderLength, type Packet } from '../net/packet.ts'
import { MINIMUM_MTU6 } from './icmp.ts'
import type { Host, SkBuff } from './session.ts'

/**
 * ip6_pkt_too_big: routers do not fragment, except what was reassembled here, if its fragments would have fit. Nobody is told to send less than the smallest
 * MTU of IPv6.
 */
export function isTooBig6({ packet, largestFragment, fragmentable }: SkBuff, mtu: number): boolean {
  const limit = Math.max(mtu, MINIMUM_MTU6)
  if (packet.ip.length <= limit) return false
  return largestFragment === undefined ? !fragmentable : largestFragment > limit
}

/** The kernel draws it at random (ipv6_select_ident); ours follows from the packet, so that runs repeat. */
const fragmentId = ({ ip }: Packet): number => hash(`${ip.source}>${ip.destination} ${ip.protocol} ${ip.length}`)

/**
 * ip_do_fragment, ip6_fragment: pieces of a multiple of 8 bytes that fit the MTU. The walk follows the first one, which carries the datagram with it; the
 * later ones go the same way unseen (fidelity `later-fragments`).
 */
export function fragment(host: Host, skb: SkBuff, mtu: number): void {
  const { packet } = skb
  if (packet.ip.length <= mtu) return
  // IPv6 fragments have an extension header of 8 bytes, and what is cut is behind the 40 of the first.
  const own = ipHeaderLength(packet.ip.source)
  const header = skb.v6 ? own + 8 : own
  const piece = Math.floor((mtu - header) / 8) * 8
  const whole = packet.whole ?? packet
  const fragments = Math.ceil((packet.ip.length - own) / piece)
  const id = skb.v6 ? { id: fragmentId(packet) } : {}
  skb.packet = { ip: { ...packet.ip, ...id, length: header + piece, moreFragments: true }, transport: packet.transport, whole }
  skb.largestFragment = undefined
  host.recorder.approximate('later-fragments')
  host.recorder.step({ kind: 'fragment', mtu, fragments, packet: skb.packet })
}
