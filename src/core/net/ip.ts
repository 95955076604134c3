import type { Brand } from '../base/brand.ts'

/** An IPv4 address in canonical dotted text: map key, JSON and golden files use it as it is. (IPv6 text joins later; `familyOf` tells.) */
export type Ip = Brand<string, 'Ip'>

export const ANY = '0.0.0.0' as Ip
export const LOOPBACK = '127.0.0.1' as Ip
export const BROADCAST = '255.255.255.255' as Ip

/** Four decimal octets without leading zeros, as inet_pton(3) takes them; undefined for anything else. */
export function parseIp(text: string): Ip | undefined {
  const octets = text.split('.')
  if (octets.length !== 4) return undefined
  for (const octet of octets) if (!/^(0|[1-9]\d{0,2})$/.test(octet) || Number(octet) > 255) return undefined
  return text as Ip
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
