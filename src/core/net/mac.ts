import type { Brand } from '../base/brand.ts'
import { type Ip, ipNumber } from './ip.ts'

/** Lower-case, colon separated. */
export type Mac = Brand<string, 'Mac'>

export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff' as Mac
export const ZERO_MAC = '00:00:00:00:00:00' as Mac

/** `prefix` (1 to 5 bytes of text) completed by the last bytes of an address: how CNI plugins and our sites derive MACs. */
export function macFromIp(prefix: string, ip: Ip): Mac {
  const n = ipNumber(ip)
  const bytes = [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
  const need = 6 - prefix.split(':').length
  return `${prefix}${bytes
    .slice(4 - need)
    .map((b) => `:${b.toString(16).padStart(2, '0')}`)
    .join('')}` as Mac
}
