import { type Ip, ipNumber, isIpv6, parseIp } from '../../net/ip.ts'
import { compareWords, ipWords } from '../../net/ip6.ts'
import type { DataType } from './ruleset.ts'

/**
 * Constants of each data type (nftables src/datatype.c): how they may be written, and the one text that `nft list` prints for them, which is the text that
 * everything here compares. Left out: service names in place of ports, and time, user and class identifiers.
 */

/** Symbols in the order of their values, which is the order in which sets print them. */
const SYMBOLS: Readonly<Partial<Record<DataType, Readonly<Record<string, number>>>>> = {
  inet_proto: { ip: 0, icmp: 1, igmp: 2, tcp: 6, udp: 17, gre: 47, esp: 50, ah: 51, 'ipv6-icmp': 58, comp: 108, sctp: 132, udplite: 136 },
  ct_state: { invalid: 1, established: 2, related: 4, new: 8, untracked: 64 },
  ct_status: { expected: 1, 'seen-reply': 2, assured: 4, confirmed: 8, snat: 16, dnat: 32, dying: 512 },
  ct_dir: { original: 0, reply: 1 },
  fib_addrtype: { unspec: 0, unicast: 1, local: 2, broadcast: 3, anycast: 4, multicast: 5, blackhole: 6, unreachable: 7, prohibit: 8 },
  pkt_type: { host: 0, broadcast: 1, multicast: 2, other: 3 },
  nf_proto: { ipv4: 2, ipv6: 10 },
  tcp_flag: { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ecn: 64, cwr: 128 },
  icmp_type: {
    'echo-reply': 0,
    'destination-unreachable': 3,
    'source-quench': 4,
    redirect: 5,
    'echo-request': 8,
    'router-advertisement': 9,
    'router-solicitation': 10,
    'time-exceeded': 11,
    'parameter-problem': 12,
    'timestamp-request': 13,
    'timestamp-reply': 14,
  },
  icmpv6_type: {
    'destination-unreachable': 1,
    'packet-too-big': 2,
    'time-exceeded': 3,
    'parameter-problem': 4,
    'echo-request': 128,
    'echo-reply': 129,
    'mld-listener-query': 130,
    'mld-listener-report': 131,
    'mld-listener-done': 132,
    'nd-router-solicit': 133,
    'nd-router-advert': 134,
    'nd-neighbor-solicit': 135,
    'nd-neighbor-advert': 136,
    'nd-redirect': 137,
  },
}

/** Other ways to write a symbol. */
const ALIASES: Readonly<Partial<Record<DataType, Readonly<Record<string, string>>>>> = {
  inet_proto: { icmpv6: 'ipv6-icmp' },
  pkt_type: { unicast: 'host' },
}

/** Types that are sets of bits: several at once are written with commas. */
export const isFlags = (type: DataType | undefined): boolean => type === 'ct_state' || type === 'ct_status' || type === 'tcp_flag'

/** Types whose constants may be compared by size. */
export const hasOrder = (type: DataType): boolean =>
  type === 'ipv4_addr' || type === 'ipv6_addr' || type === 'inet_service' || type === 'mark' || type === 'integer' || type === 'inet_proto'

const largest = (type: DataType): number => {
  if (type === 'inet_service') return 65535
  return type === 'mark' || type === 'integer' ? 0xffffffff : 255
}

/** Decimal, or hexadecimal with 0x; undefined for anything else. */
export function numberIn(text: string, max: number): number | undefined {
  if (!/^(?:\d{1,10}|0x[0-9a-fA-F]{1,8})$/.test(text)) return undefined
  const value = Number(text)
  return value <= max ? value : undefined
}

export const markText = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, '0')}`

/** The canonical text of a constant, or undefined when it is none of this type. */
export function canonical(type: DataType, text: string): string | undefined {
  switch (type) {
    case 'ipv4_addr':
    case 'ipv6_addr': {
      const ip = parseIp(text)
      return ip && isIpv6(ip) === (type === 'ipv6_addr') ? ip : undefined
    }
    case 'mark': {
      const value = numberIn(text, 0xffffffff)
      return value === undefined ? undefined : markText(value)
    }
    case 'inet_service':
    case 'integer': {
      const value = numberIn(text, largest(type))
      return value === undefined ? undefined : String(value)
    }
    case 'ifname':
      return /^[^\s/]{1,15}\*?$/.test(text) ? text : undefined
    case 'ether_addr':
      return /^(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/.test(text) ? text.toLowerCase() : undefined
    case 'verdict':
      return undefined
    default:
      return symbol(type, text)
  }
}

function symbol(type: DataType, text: string): string | undefined {
  const symbols = SYMBOLS[type] ?? {}
  const name = ALIASES[type]?.[text] ?? text
  if (name in symbols) return name
  const value = numberIn(text, largest(type))
  if (value === undefined) return undefined
  return Object.keys(symbols).find((each) => symbols[each] === value) ?? String(value)
}

/** The number behind a canonical text; addresses have none. */
export const numberOf = (type: DataType, text: string): number => SYMBOLS[type]?.[text] ?? Number(text)

/** Ascending in value, as sets print what they hold. */
export function compare(type: DataType, a: string, b: string): number {
  if (type === 'ipv4_addr') return ipNumber(a as Ip) - ipNumber(b as Ip)
  if (type === 'ipv6_addr') return compareWords(ipWords(a as Ip), ipWords(b as Ip))
  if (type === 'ifname' || type === 'ether_addr') return a < b ? -1 : a > b ? 1 : 0
  return numberOf(type, a) - numberOf(type, b)
}

/** Symbols of a set of bits, in the order in which nft prints them. */
export const sortFlags = (type: DataType, flags: readonly string[]): readonly string[] => [...flags].sort((a, b) => compare(type, a, b))
