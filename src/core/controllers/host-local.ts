/** The IPAM plugin host-local (containernetworking/plugins/plugins/ipam/host-local), as flannel and kubenet use it: one set of ranges per family and node, .1 the gateway. */
import { type Cidr, contains, fullLength, ipAt } from '../net/cidr.ts'
import { type Ip, ipNumber } from '../net/ip.ts'
import { ipWords } from '../net/ip6.ts'

/** Nobody hands out more of an IPv6 range than this. */
const MOST = 2 ** 48

/** First and last address that a pod may get, counted from the network: that, the gateway and IPv4's broadcast address are left out. */
function bounds(range: Cidr): readonly [number, number] {
  const size = 2 ** (fullLength(range) - range.length)
  return [2, range.wide ? Math.min(size, MOST) - 1 : size - 2]
}

/** How far above the network an address is; undefined when it is not in the range. */
function offsetIn(range: Cidr, ip: Ip): number | undefined {
  if (!contains(range, ip)) return undefined
  const { wide } = range
  if (!wide) return ipNumber(ip) - range.network
  const words = ipWords(ip)
  return (words[2] - wide.network[2]) * 2 ** 32 + words[3] - wide.network[3]
}

/**
 * The next free address after `last`, round the ranges; without `last`, the lowest. host-local goes on after the address that it gave last, so that one
 * just released is not given at once; whoever has no such memory gets the lowest free one.
 */
export function nextAddress(ranges: readonly Cidr[], isTaken: (ip: Ip) => boolean, last?: Ip): Ip | undefined {
  const home = last === undefined ? -1 : ranges.findIndex((range) => contains(range, last))
  const offset = home < 0 || last === undefined ? undefined : offsetIn(ranges[home] as Cidr, last)
  const turn = Math.max(home, 0)
  const order = [...ranges.slice(turn), ...ranges.slice(0, turn)]
  const [first] = order
  if (!first) return undefined
  const [low, high] = bounds(first)
  const start = offset === undefined ? low : Math.max(offset + 1, low)
  // Behind the last one in its range, then all others, then what is before it.
  return (
    firstFree(first, start, high, isTaken) ??
    order.slice(1).reduce<Ip | undefined>((found, range) => found ?? firstFree(range, ...bounds(range), isTaken), undefined) ??
    firstFree(first, low, Math.min(start - 1, high), isTaken)
  )
}

function firstFree(range: Cidr, from: number, to: number, isTaken: (ip: Ip) => boolean): Ip | undefined {
  for (let offset = from; offset <= to; offset++) {
    const ip = ipAt(range, offset)
    if (!isTaken(ip)) return ip
  }
  return undefined
}

/** What the plugin says when there is none. */
export function exhausted(ranges: readonly Cidr[]): string {
  const text = ranges.map((range) => `${ipAt(range, 1)}-${ipAt(range, bounds(range)[1])}`).join(',')
  return `no IP addresses available in range set: ${text}`
}
