import type { Host, SkBuff } from './session.ts'

/**
 * ip_do_fragment: pieces of a multiple of 8 bytes that fit the MTU. The walk follows the first one, which carries the datagram with it; the
 * later ones go the same way unseen (fidelity `later-fragments`).
 */
export function fragment(host: Host, skb: SkBuff, mtu: number): void {
  const { packet } = skb
  if (packet.ip.length <= mtu) return
  const header = 20
  const piece = Math.floor((mtu - header) / 8) * 8
  const whole = packet.whole ?? packet
  const fragments = Math.ceil((packet.ip.length - header) / piece)
  skb.packet = { ip: { ...packet.ip, length: header + piece, moreFragments: true }, transport: packet.transport, whole }
  skb.largestFragment = undefined
  host.recorder.approximate('later-fragments')
  host.recorder.step({ kind: 'fragment', mtu, fragments, packet: skb.packet })
}
