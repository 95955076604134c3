import { cidr, type Cidr, fullLength, maskedCidr, parseCidr, parseIpv4Cidr } from '../../../net/cidr.ts'
import { type Ip, ipFromNumber, ipNumber, isIpv6, parseIp, parseIpv4 } from '../../../net/ip.ts'
import { commonBits, compareWords, ipWords, maskWords } from '../../../net/ip6.ts'
import type { PortRange } from '../rule.ts'
import type { XtablesFamily } from '../ruleset.ts'
import type { Words } from '../words.ts'

/** What iptables would print, and the 1-based column of the word that it is about. */
export interface Complaint {
  readonly column: number
  readonly message: string
}

/** What the kernel itself refuses, without saying why (EINVAL). */
export const INVALID = 'Invalid argument'

/**
 * The words of one command, read from left to right. The first complaint is kept and ends the reading; until the reader notices, value
 * readers go on with harmless values.
 */
export class Arguments {
  at = 0
  complaint: Complaint | undefined
  readonly words: Words
  readonly family: XtablesFamily

  constructor(words: Words, family: XtablesFamily = 'ip') {
    this.words = words
    this.family = family
  }

  get done(): boolean {
    return this.at >= this.words.texts.length || this.complaint !== undefined
  }

  peek(): string | undefined {
    return this.words.texts[this.at]
  }

  next(): string {
    return this.words.texts[this.at++] ?? ''
  }

  /** The argument of the option that was just read. */
  value(option: string): string {
    const text = this.words.texts[this.at]
    if (text === undefined) this.complain(`option "${option}" requires an argument`)
    this.at++
    return text ?? ''
  }

  /** About the word that was read last. */
  complain(message: string): void {
    if (this.complaint) return
    const last = Math.min(Math.max(this.at - 1, 0), this.words.columns.length - 1)
    this.complaint = { column: this.words.columns[last] ?? 1, message }
  }
}

const PREFIX_DOTTED_MASKS = new Map(
  Array.from({ length: 33 }, (_, length) => [ipFromNumber(length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0) as string, length]),
)

/** `10.0.0.0/8`, `10.0.0.0/255.0.0.0` or an address; host bits are cleared, as iptables does. Missing octets count as 0 (`10.1` is 10.1.0.0). */
export function addressArgument(args: Arguments, text: string): Cidr | undefined {
  if (args.family === 'ip6') return addressArgument6(args, text)
  const plain = parseIpv4Cidr(text)
  if (plain) return plain.length === 32 ? plain : maskedCidr(plain)
  const slash = text.indexOf('/')
  const host = slash < 0 ? text : text.slice(0, slash)
  const padded = /^\d+(\.\d+){0,2}$/.test(host) ? `${host}${'.0'.repeat(4 - host.split('.').length)}` : host
  const ip = parseIpv4(padded)
  if (!ip) args.complain(`host/network \`${host}' not found`)
  const mask = slash < 0 ? '32' : text.slice(slash + 1)
  const length = PREFIX_DOTTED_MASKS.get(mask) ?? (/^\d{1,2}$/.test(mask) && Number(mask) <= 32 ? Number(mask) : undefined)
  if (length === undefined)
    args.complain(parseIpv4(mask) ? `mask \`${mask}' is not a prefix, which is not modelled` : `invalid mask \`${mask}' specified`)
  if (!ip || length === undefined) return undefined
  const prefix = cidr(ip, length)
  return cidr(ipFromNumber(prefix.network), length)
}

/** `fd00::/8`, `fd00::/ff00::` or an address, as ip6tables takes it. */
function addressArgument6(args: Arguments, text: string): Cidr | undefined {
  const prefix = parseCidr(text)
  if (prefix?.wide) return prefix.length === fullLength(prefix) ? prefix : maskedCidr(prefix)
  const [host = '', mask = ''] = text.split('/')
  const known = parseIp(host)
  if (!known || !isIpv6(known)) args.complain(`host/network \`${host}' not found`)
  const bits = parseIp(mask)
  if (!known || !bits || !isIpv6(bits)) {
    args.complain(`invalid mask \`${mask}' specified`)
    return undefined
  }
  const length = commonBits(ipWords(bits), maskWords(128))
  if (compareWords(ipWords(bits), maskWords(length)) !== 0) args.complain(`mask \`${mask}' is not a prefix, which is not modelled`)
  return maskedCidr(cidr(known, length))
}

/** An address of the family that the command is for. */
export function addressOf(args: Arguments, text: string): Ip | undefined {
  const ip = parseIp(text)
  return ip && isIpv6(ip) === (args.family === 'ip6') ? ip : undefined
}

/** Whether a range of addresses runs upwards. */
const isUpwards = (from: Ip, to: Ip): boolean =>
  isIpv6(from) ? compareWords(ipWords(from), ipWords(to)) <= 0 : ipNumber(from) <= ipNumber(to)

/** A port number, or a service name of those that rules commonly use. */
function portNumber(text: string): number | undefined {
  if (/^\d{1,5}$/.test(text)) return Number(text) <= 65535 ? Number(text) : undefined
  return SERVICES.get(text)
}

/** The few names of /etc/services that hand-written rules use. */
const SERVICES: ReadonlyMap<string, number> = new Map([
  ['ssh', 22],
  ['domain', 53],
  ['http', 80],
  ['ntp', 123],
  ['https', 443],
])

const NO_PORT: PortRange = { from: 0, to: 0 }

/** `80`, `80:90`, `:90`, `80:`; the separator is `:` in matches. */
export function portRange(args: Arguments, text: string): PortRange {
  const colon = text.indexOf(':')
  const low = colon < 0 ? text : text.slice(0, colon)
  const high = colon < 0 ? low : text.slice(colon + 1)
  const from = low === '' && colon === 0 ? 0 : portNumber(low)
  const to = high === '' && colon >= 0 ? 65535 : portNumber(high)
  if (from === undefined || to === undefined) args.complain(`invalid port/service \`${from === undefined ? low : high}' specified`)
  else if (from > to) args.complain('invalid portrange (min > max)')
  return from === undefined || to === undefined ? NO_PORT : { from, to }
}

/** `8080` or `8080-8090`, as NAT targets write ports. */
export function natPorts(args: Arguments, text: string): PortRange {
  const dash = text.indexOf('-')
  const low = dash < 0 ? text : text.slice(0, dash)
  const high = dash < 0 ? low : text.slice(dash + 1)
  const from = portNumber(low)
  const to = portNumber(high)
  if (high.includes('/')) args.complain(`Port range \`${text}' with a base port is not modelled`)
  else if (from === undefined || from === 0) args.complain(`Port \`${low}' not valid`)
  else if (to === undefined || to === 0) args.complain(`Port \`${high}' not valid`)
  else if (to < from) args.complain(`Port range \`${high}' funky`)
  return { from: from ?? 0, to: to ?? 0 }
}

/** strtoul(text, NULL, 0) within 32 bits: decimal, 0x hexadecimal or 0 octal. */
export function integer(text: string): number | undefined {
  if (!/^(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)$/.test(text)) return undefined
  const value = /^0\d/.test(text) ? Number.parseInt(text, 8) : Number(text)
  return value <= 0xffffffff ? value : undefined
}

/** `value[/mask]`; no mask means all bits. */
export function markAndMask(
  args: Arguments,
  module: string,
  option: string,
  text: string,
): { readonly value: number; readonly mask: number } {
  const slash = text.indexOf('/')
  const value = integer(slash < 0 ? text : text.slice(0, slash))
  const mask = slash < 0 ? 0xffffffff : integer(text.slice(slash + 1))
  if (value === undefined || mask === undefined) args.complain(`${module}: bad integer value for option "${option}", or out of range.`)
  return { value: value ?? 0, mask: mask ?? 0 }
}

/** A whole decimal number in [low, high]. */
export function decimal(args: Arguments, module: string, option: string, text: string, low: number, high: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= low && value <= high)) args.complain(`${module}: bad value for option "${option}", or out of range (${low}-${high}).`)
  return value
}

/** `from-to` or one address. */
export function addressRange(args: Arguments, module: string, option: string, text: string) {
  const dash = text.indexOf('-')
  const from = addressOf(args, dash < 0 ? text : text.slice(0, dash))
  const to = dash < 0 ? from : addressOf(args, text.slice(dash + 1))
  if (!from || !to || !isUpwards(from, to)) {
    args.complain(`${module}: Bad value for "${option}" option: "${text}"`)
    return undefined
  }
  return { from, to }
}

/** A list in the order in which iptables prints it; `complaint` is worded with the first bad word. */
export function listOf<T extends string>(
  args: Arguments,
  text: string,
  known: readonly T[],
  complaint: (word: string) => string,
): readonly T[] {
  const words = text.split(',')
  for (const word of words) {
    if (!known.includes(word as T)) {
      args.complain(complaint(word))
      return []
    }
  }
  return words.length === 1 ? (words as T[]) : known.filter((name) => words.includes(name))
}
