import { broadcastOf, cidr } from '../net/cidr.ts'
import { ipFromNumber } from '../net/ip.ts'
import type { Interface } from './interface.ts'
import { type IpRule, type Route, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from './netns.ts'
import { KERNEL } from './origin.ts'

/** `ip rule` of a namespace that nobody touched. */
export const DEFAULT_RULES: readonly IpRule[] = [
  { priority: 0, table: TABLE_LOCAL, origin: KERNEL },
  { priority: 32766, table: TABLE_MAIN, origin: KERNEL },
  { priority: 32767, table: TABLE_DEFAULT, origin: KERNEL },
]

/**
 * Routes that the kernel makes of the addresses of devices that are up (net/ipv4/fib_frontend.c fib_add_ifaddr): a local one for each address,
 * a broadcast and a connected one for its subnet; loopback's whole subnet is local.
 */
export function addressRoutes(interfaces: Iterable<Interface>): { readonly local: readonly Route[]; readonly main: readonly Route[] } {
  const local: Route[] = []
  const main: Route[] = []
  for (const { name, kind, addresses } of interfaces)
    for (const { prefix } of addresses) {
      const common = { dev: name, preferredSource: prefix.ip, metric: 0, protocol: 'kernel', origin: KERNEL } as const
      local.push({ ...common, type: 'local', destination: cidr(prefix.ip, 32), scope: 'host' })
      if (prefix.length === 32) continue
      if (prefix.length < 31) local.push({ ...common, type: 'broadcast', destination: cidr(broadcastOf(prefix), 32), scope: 'link' })
      const subnet = cidr(ipFromNumber(prefix.network), prefix.length)
      if (kind === 'loopback') local.push({ ...common, type: 'local', destination: subnet, scope: 'host' })
      else main.push({ ...common, type: 'unicast', destination: subnet, scope: 'link' })
    }
  return { local, main }
}
