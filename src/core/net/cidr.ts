import { type Ip, ipFromNumber, ipNumber, isIpv6, parseIp } from './ip.ts'
import { addWords, andWords, ipFromWords, ipWords, maskWords, sameWords, type Words } from './ip6.ts'

/** A prefix. What a match compares is computed once, so that an IPv4 match is one AND and one compare. */
export interface Cidr {
  readonly ip: Ip
  readonly length: number
  /** Network part of `ip` as an unsigned number; -1, which no address has, for IPv6. */
  readonly network: number
  readonly mask: number
  /** The same of an IPv6 prefix; its presence tells the family. */
  readonly wide?: { readonly network: Words; readonly mask: Words }
}

export const maskOf = (length: number): number => (length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0)

export function cidr(ip: Ip, length: number): Cidr {
  if (isIpv6(ip)) {
    const mask = maskWords(length)
    return { ip, length, network: -1, mask: 0, wide: { network: andWords(ipWords(ip), mask), mask } }
  }
  const mask = maskOf(length)
  return { ip, length, network: (ipNumber(ip) & mask) >>> 0, mask }
}

/** The prefix that is one address. */
export const hostCidr = (ip: Ip): Cidr => cidr(ip, isIpv6(ip) ? 128 : 32)
/** The length of a prefix of one address of this family. */
export const fullLength = ({ wide }: Cidr): number => (wide ? 128 : 32)

/** `10.0.0.0/8`, `fd00::/8` or a bare address (then /32 or /128); undefined for anything else. The address keeps its host bits. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/')
  const ip = parseIp(slash < 0 ? text : text.slice(0, slash))
  if (!ip) return undefined
  const full = isIpv6(ip) ? 128 : 32
  const digits = slash < 0 ? `${full}` : text.slice(slash + 1)
  return /^\d{1,3}$/.test(digits) && Number(digits) <= full ? cidr(ip, Number(digits)) : undefined
}

/** The same for IPv4 alone. */
export function parseIpv4Cidr(text: string): Cidr | undefined {
  const prefix = parseCidr(text)
  return prefix?.wide ? undefined : prefix
}

/** No prefix contains an address of the other family. */
export function contains({ network, mask, wide }: Cidr, ip: Ip): boolean {
  if (wide) return isIpv6(ip) && sameWords(andWords(ipWords(ip), wide.mask), wide.network)
  return (ipNumber(ip) & mask) >>> 0 === network && !isIpv6(ip)
}

/** The address with all host bits clear. */
export const networkIp = ({ network, wide }: Cidr): Ip => (wide ? ipFromWords(wide.network) : ipFromNumber(network))
/** The address `offset` above it. */
export const ipAt = ({ network, wide }: Cidr, offset: number): Ip =>
  wide ? ipFromWords(addWords(wide.network, offset)) : ipFromNumber(network + offset)
/** The prefix with host bits cleared, as text. */
export const printCidr = (prefix: Cidr): string => `${networkIp(prefix)}/${prefix.length}`
/** With host bits cleared. */
export const maskedCidr = (prefix: Cidr): Cidr => cidr(networkIp(prefix), prefix.length)
export const broadcastOf = (prefix: Cidr): Ip => ipFromNumber((prefix.network | ~prefix.mask) >>> 0)
