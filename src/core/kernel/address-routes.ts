import { broadcastOf, cidr, hostCidr, maskedCidr, networkIp, parseCidr } from '../net/cidr.ts'
import { assert } from '../base/assert.ts'
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
      if (prefix.wide) continue
      const common = { dev: name, preferredSource: prefix.ip, metric: 0, protocol: 'kernel', origin: KERNEL } as const
      local.push({ ...common, type: 'local', destination: cidr(prefix.ip, 32), scope: 'host' })
      if (prefix.length === 32) continue
      if (prefix.length < 31) local.push({ ...common, type: 'broadcast', destination: cidr(broadcastOf(prefix), 32), scope: 'link' })
      const subnet = maskedCidr(prefix)
      if (kind === 'loopback') local.push({ ...common, type: 'local', destination: subnet, scope: 'host' })
      else main.push({ ...common, type: 'unicast', destination: subnet, scope: 'link' })
    }
  return { local, main }
}

/** `ip -6 rule` of the same. */
export const DEFAULT_RULES6: readonly IpRule[] = [
  { priority: 0, table: TABLE_LOCAL, origin: KERNEL },
  { priority: 32766, table: TABLE_MAIN, origin: KERNEL },
]

const MULTICAST6 = parseCidr('ff00::/8')
/** IP6_RT_PRIO_ADDRCONF */
const METRIC6 = 256

/**
 * The same for IPv6 (net/ipv6/addrconf.c, anycast.c): a local route for each address, a connected one for its prefix, multicast for each device, and on a
 * router the subnet-router anycast address of each prefix. Devices that are down have local routes only.
 */
export function addressRoutes6(
  interfaces: Iterable<Interface>,
  forwarding: boolean,
): { readonly local: readonly Route[]; readonly main: readonly Route[] } {
  assert(MULTICAST6, 'ff00::/8')
  const local: Route[] = []
  const main: Route[] = []
  for (const { name, kind, up, addresses } of interfaces) {
    const common = { dev: name, protocol: 'kernel', origin: KERNEL, scope: 'global' } as const
    const wide = addresses.filter(({ prefix }) => prefix.wide)
    for (const { prefix } of wide) {
      local.push({ ...common, type: 'local', destination: hostCidr(prefix.ip), metric: 0 })
      if (kind === 'loopback' || !up) continue
      if (forwarding && prefix.length < 127) local.push({ ...common, type: 'anycast', destination: hostCidr(networkIp(prefix)), metric: 0 })
      main.push({ ...common, type: 'unicast', destination: maskedCidr(prefix), metric: METRIC6 })
    }
    if (wide.length > 0 && up && kind !== 'loopback') local.push({ ...common, type: 'multicast', destination: MULTICAST6, metric: METRIC6 })
  }
  return { local, main }
}
