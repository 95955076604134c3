import type { Brand } from '../base/brand.ts'
import { type Ip, ipNumber, isIpv6 } from './ip.ts'
import { ipBytes } from './ip6.ts'

/** Lower-case, colon separated. */
export type Mac = Brand<string, 'Mac'>

export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff' as Mac
export const ZERO_MAC = '00:00:00:00:00:00' as Mac

/**
 * `prefix` (1 to 5 bytes of text) completed by the last bytes of an IPv4 address: how CNI plugins and our sites derive MACs. Of an IPv6 address up to
 * three bytes are its last ones; four are bytes 6 and 7 (the subnet of a /64) and the last two.
 */
export function macFromIp(prefix: string, ip: Ip): Mac {
  const need = 6 - prefix.split(':').length
  const bytes = isIpv6(ip) ? bytesOf6(ip, need) : bytesOf4(ip).slice(4 - need)
  return `${prefix}${bytes.map((b) => `:${b.toString(16).padStart(2, '0')}`).join('')}` as Mac
}

function bytesOf4(ip: Ip): readonly number[] {
  const n = ipNumber(ip)
  return [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
}

function bytesOf6(ip: Ip, need: number): readonly number[] {
  const bytes = ipBytes(ip)
  return need < 4 ? bytes.slice(16 - need) : [...bytes.slice(6, 8), ...bytes.slice(14)]
}
