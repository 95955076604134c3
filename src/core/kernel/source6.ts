import { type Cidr, contains, parseCidr } from '../net/cidr.ts'
import { type Ip, isIpv6 } from '../net/ip.ts'
import { commonBits, ipWords, isLinkLocal6, isMulticast6 } from '../net/ip6.ts'
import { assert } from '../base/assert.ts'
import type { Address, Interface } from './interface.ts'
import type { NetworkNamespace } from './netns.ts'

/**
 * Source address selection of RFC 6724 as Linux does it (net/ipv6/addrconf.c, ipv6_dev_get_saddr; labels of addrlabel.c). Left out: deprecated, home and
 * temporary addresses, of which there are none here.
 */
export function selectSource6(netns: NetworkNamespace, dev: string | undefined, destination: Ip): Ip | undefined {
  const bound = isMulticast6(destination) || isLinkLocal6(destination)
  let best: Candidate | undefined
  for (const iface of netns.interfaces.values()) {
    if (!iface.up || (bound && iface.name !== dev)) continue
    for (const address of wideAddresses(iface)) {
      const candidate = scoreOf(address.prefix, iface.name === dev, destination)
      if (!best || isBetter(candidate, best)) best = candidate
    }
  }
  return best?.ip
}

/** Higher scopes first, and of the same scope the last that was added (ipv6_link_dev_addr). */
export const wideAddresses = ({ addresses }: Interface): readonly Address[] => {
  const wide = addresses.filter(({ prefix }) => prefix.wide)
  return wide.length < 2 ? wide : wide.reverse().sort((a, b) => scopeOf(b.prefix.ip) - scopeOf(a.prefix.ip))
}

interface Candidate {
  readonly ip: Ip
  /** One number for each rule in its order; greater is better. */
  readonly rules: readonly number[]
}

function scoreOf(prefix: Cidr, outgoing: boolean, destination: Ip): Candidate {
  const scope = scopeOf(prefix.ip)
  const wanted = scopeOf(destination)
  const common = Math.min(commonBits(ipWords(prefix.ip), ipWords(destination)), prefix.length)
  return {
    ip: prefix.ip,
    rules: [
      prefix.ip === destination ? 1 : 0,
      // The smallest scope that reaches; of those that do not, the greatest.
      scope >= wanted ? -scope : scope - 128,
      outgoing ? 1 : 0,
      labelOf(prefix.ip) === labelOf(destination) ? 1 : 0,
      common,
    ],
  }
}

function isBetter(a: Candidate, b: Candidate): boolean {
  const at = a.rules.findIndex((value, i) => value !== b.rules[i])
  return at >= 0 && (a.rules[at] ?? 0) > (b.rules[at] ?? 0)
}

/** IPV6_ADDR_SCOPE_*: link-local 2 (loopback too), site-local 5, global 14; multicast says its own. */
function scopeOf(ip: Ip): number {
  if (isMulticast6(ip)) return Number.parseInt(ip.charAt(3), 16)
  if (ip === '::1' || isLinkLocal6(ip)) return 2
  return /^fe[c-f]/.test(ip) ? 5 : 14
}

const label = (text: string, value: number): { readonly prefix: Cidr; readonly value: number } => {
  const prefix = parseCidr(text)
  assert(prefix, text)
  return { prefix, value }
}
/** ip6addrlabel_init_table, longest first. */
const LABELS = [
  label('::1/128', 0),
  label('::ffff:0.0.0.0/96', 4),
  label('::/96', 3),
  label('2001::/32', 6),
  label('2001:10::/28', 7),
  label('3ffe::/16', 12),
  label('2002::/16', 2),
  label('fec0::/10', 11),
  label('fc00::/7', 5),
]
const labelOf = (ip: Ip): number => LABELS.find(({ prefix }) => contains(prefix, ip))?.value ?? 1

/** Whether a device itself has the address: what answers a neighbour solicitation on it (ndisc_recv_ns), anycast of its subnets included. */
export const hasAddress6 = (netns: NetworkNamespace, iface: Interface, ip: Ip): boolean =>
  isIpv6(ip) &&
  (iface.addresses.some(({ prefix }) => prefix.ip === ip) ||
    (netns.tables6?.get(255) ?? []).some((route) => route.type === 'anycast' && route.dev === iface.name && route.destination.ip === ip))
