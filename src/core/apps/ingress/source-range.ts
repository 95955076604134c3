/** Lists of addresses and networks, as annotations name who may come in. */
import { contains, parseCidr } from '../../net/cidr.ts'
import { type Ip, parseIp } from '../../net/ip.ts'

/** An address stands for itself alone. */
const prefixOf = (text: string): ReturnType<typeof parseCidr> => {
  if (text.includes('/')) return parseCidr(text)
  const address = parseIp(text)
  return address && parseCidr(`${address}/${address.includes(':') ? 128 : 32}`)
}

export const isPrefix = (text: string): boolean => prefixOf(text) !== undefined

export const isWithin = (ip: Ip, prefixes: readonly string[]): boolean =>
  prefixes.some((text) => {
    const prefix = prefixOf(text)
    return prefix !== undefined && contains(prefix, ip)
  })
