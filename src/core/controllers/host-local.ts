/** The IPAM plugin host-local (containernetworking/plugins/plugins/ipam/host-local), as flannel and kubenet use it: one range per node, .1 the gateway. */
import { type Cidr, cidr } from '../net/cidr.ts'
import { type Ip, ipFromNumber, ipNumber } from '../net/ip.ts'

/** First and last address that a pod may get: network, gateway and broadcast addresses are left out. */
function bounds(range: Cidr): readonly [number, number] {
  return [range.network + 2, range.network + 2 ** (32 - range.length) - 2]
}

/**
 * The next free address after `last`, round the range; without `last`, the lowest. host-local goes on after the address that it gave last, so that one
 * just released is not given at once; whoever has no such memory gets the lowest free one.
 */
export function nextAddress(range: Cidr, isTaken: (ip: Ip) => boolean, last?: Ip): Ip | undefined {
  const [from, to] = bounds(range)
  const count = to - from + 1
  const after = last === undefined ? from - 1 : ipNumber(last)
  const start = after >= from && after <= to ? after - from + 1 : 0
  for (let i = 0; i < count; i++) {
    const ip = ipFromNumber(from + ((start + i) % count))
    if (!isTaken(ip)) return ip
  }
  return undefined
}

/** What the plugin says when there is none. */
export function exhausted(range: Cidr): string {
  const { network, length } = cidr(range.ip, range.length)
  return `no IP addresses available in range set: ${ipFromNumber(network + 1)}-${ipFromNumber(network + 2 ** (32 - length) - 2)}`
}
