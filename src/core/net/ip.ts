import type { Brand } from '../base/brand.ts'
import { canonicalIp6 } from './ip6.ts'

/**
 * An address in canonical text: dotted IPv4, or IPv6 as RFC 5952 writes it. Map keys, JSON and golden files use it as it is, and equal addresses are
 * equal texts. `isIpv6` tells the families apart.
 */
export type Ip = Brand<string, 'Ip'>

/** As `ipFamilies` of the API names them. */
export type IpFamily = 'IPv4' | 'IPv6'

export const ANY = '0.0.0.0' as Ip
export const LOOPBACK = '127.0.0.1' as Ip
export const BROADCAST = '255.255.255.255' as Ip
export const ANY6 = '::' as Ip
export const LOOPBACK6 = '::1' as Ip

const DOT = 46

/** Dotted text has its first dot behind one to three digits; canonical IPv6 text never has one there. */
export const isIpv6 = (ip: string): boolean => ip.charCodeAt(1) !== DOT && ip.charCodeAt(2) !== DOT && ip.charCodeAt(3) !== DOT
export const familyOf = (ip: Ip): IpFamily => (isIpv6(ip) ? 'IPv6' : 'IPv4')
/** The wildcard address of a family. */
export const anyOf = (ip: Ip): Ip => (isIpv6(ip) ? ANY6 : ANY)

/** An address of either family as inet_pton(3) takes it, in canonical text; undefined for anything else. */
export function parseIp(text: string): Ip | undefined {
  return text.includes(':') ? (canonicalIp6(text) as Ip | undefined) : parseIpv4(text)
}

/** Four decimal octets without leading zeros, as inet_pton(3) takes them; undefined for anything else. Hand-rolled: it runs for every object. */
export function parseIpv4(text: string): Ip | undefined {
  let dots = 0
  let octet = -1
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === DOT) {
      if (octet < 0 || ++dots > 3) return undefined
      octet = -1
      continue
    }
    if (c < 48 || c > 57 || octet === 0) return undefined
    octet = octet < 0 ? c - 48 : octet * 10 + c - 48
    if (octet > 255) return undefined
  }
  return dots === 3 && octet >= 0 ? (text as Ip) : undefined
}

/** An IPv4 address as an unsigned 32-bit number. Hand-rolled: it runs for every prefix match of every rule. */
export function ipNumber(ip: Ip): number {
  let value = 0
  let octet = 0
  for (let i = 0; i < ip.length; i++) {
    const c = ip.charCodeAt(i)
    if (c === DOT) {
      value = value * 256 + octet
      octet = 0
    } else octet = octet * 10 + c - 48
  }
  return value * 256 + octet
}

export function ipFromNumber(value: number): Ip {
  return `${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}` as Ip
}

/** `10.0.0.1:80`, `[fd00::1]:80` (net.JoinHostPort, RFC 5952 section 6). */
export const joinHostPort = (ip: string, port: number): string => (isIpv6(ip) ? `[${ip}]:${port}` : `${ip}:${port}`)
