import { type Ip, ipFromNumber, ipNumber, parseIp } from './ip.ts'

/** A prefix. `bits` and `mask` are computed once, so that a match is one AND and one compare. */
export interface Cidr {
  readonly ip: Ip
  readonly length: number
  /** Network part of `ip` as an unsigned number. */
  readonly network: number
  readonly mask: number
}

export const maskOf = (length: number): number => (length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0)

export function cidr(ip: Ip, length: number): Cidr {
  const mask = maskOf(length)
  return { ip, length, network: (ipNumber(ip) & mask) >>> 0, mask }
}

/** `10.0.0.0/8` or a bare address (then /32); undefined for anything else. The address keeps its host bits. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/')
  const ip = parseIp(slash < 0 ? text : text.slice(0, slash))
  const digits = slash < 0 ? '32' : text.slice(slash + 1)
  if (!ip || !/^\d{1,2}$/.test(digits) || Number(digits) > 32) return undefined
  return cidr(ip, Number(digits))
}

export const contains = (prefix: Cidr, ip: Ip): boolean => (ipNumber(ip) & prefix.mask) >>> 0 === prefix.network
/** The prefix with host bits cleared, as text. */
export const printCidr = (prefix: Cidr): string => `${ipFromNumber(prefix.network)}/${prefix.length}`
export const broadcastOf = (prefix: Cidr): Ip => ipFromNumber((prefix.network | ~prefix.mask) >>> 0)
