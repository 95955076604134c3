import type { Brand } from '../base/brand.ts'

/** An IPv4 address in canonical dotted text: map key, JSON and golden files use it as it is. (IPv6 text joins later; `familyOf` tells.) */
export type Ip = Brand<string, 'Ip'>

export const ANY = '0.0.0.0' as Ip
export const LOOPBACK = '127.0.0.1' as Ip
export const BROADCAST = '255.255.255.255' as Ip

/** Four decimal octets without leading zeros, as inet_pton(3) takes them; undefined for anything else. Hand-rolled: it runs for every object. */
export function parseIp(text: string): Ip | undefined {
  let dots = 0
  let octet = -1
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 46) {
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

/** The address as an unsigned 32-bit number. Hand-rolled: it runs for every prefix match of every rule. */
export function ipNumber(ip: Ip): number {
  let value = 0
  let octet = 0
  for (let i = 0; i < ip.length; i++) {
    const c = ip.charCodeAt(i)
    if (c === 46) {
      value = value * 256 + octet
      octet = 0
    } else octet = octet * 10 + c - 48
  }
  return value * 256 + octet
}

export function ipFromNumber(value: number): Ip {
  return `${(value >>> 24) & 255}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}` as Ip
}
