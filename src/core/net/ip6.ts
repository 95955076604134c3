import type { Ip } from './ip.ts'
import type { Mac } from './mac.ts'

/** IPv6 addresses (RFC 4291) and their text (RFC 5952). As numbers they are four unsigned 32-bit words, the highest first. */
export type Words = readonly [number, number, number, number]

/** The canonical text of anything that inet_pton(3) takes as IPv6, without a zone; undefined for anything else. */
export function canonicalIp6(text: string): string | undefined {
  const words = parseWords(text)
  return words && textOfWords(words)
}

function parseWords(text: string): Words | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groupsOf(halves[0] ?? '', halves.length === 1)
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? '', true) : []
  if (!head || !tail) return undefined
  const zeros = 8 - head.length - tail.length
  if (halves.length === 1 ? zeros !== 0 : zeros < 1) return undefined
  return wordsOf([...head, ...Array.from({ length: zeros }, () => 0), ...tail])
}

/** Sixteen-bit groups; the last two may be a dotted IPv4 address when they end the text. */
function groupsOf(text: string, last: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else {
      const dotted = last && i === parts.length - 1 ? dottedGroups(part) : undefined
      if (!dotted) return undefined
      groups.push(...dotted)
    }
  }
  return groups
}

function dottedGroups(text: string): readonly [number, number] | undefined {
  const octets = text.split('.')
  if (octets.length !== 4 || !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255)) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = octets.map(Number)
  return [a * 256 + b, c * 256 + d]
}

const wordsOf = (groups: readonly number[]): Words => {
  const word = (i: number): number => (groups[2 * i] ?? 0) * 65536 + (groups[2 * i + 1] ?? 0)
  return [word(0), word(1), word(2), word(3)]
}

/** The longest run of zero groups (the first of equals, two at least) becomes `::`; mapped IPv4 addresses end in dots. */
function textOfWords(words: Words): string {
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff)
    return `::ffff:${[24, 16, 8, 0].map((s) => (words[3] >>> s) & 255).join('.')}`
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff])
  let start = -1
  let length = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > length) [start, length] = [i, end - i]
    if (end > i) i = end
  }
  const hex = (some: readonly number[]): string => some.map((group) => group.toString(16)).join(':')
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}

/** Of canonical text. Hand-rolled: it runs for every prefix match of every rule. */
export function ipWords(ip: Ip): Words {
  if (ip.includes('.')) return parseWords(ip) ?? NOTHING
  const groups = [0, 0, 0, 0, 0, 0, 0, 0]
  let at = 0
  let value = 0
  for (let i = 0; i <= ip.length; i++) {
    const c = i < ip.length ? ip.charCodeAt(i) : COLON
    if (c !== COLON) {
      value = value * 16 + (c < 58 ? c - 48 : c - 87)
      continue
    }
    if (i > 0 && ip.charCodeAt(i - 1) === COLON) {
      // Second colon of `::`, or the end right behind it: the rest is counted from the end.
      if (i < ip.length) at = 8 - groupsBehind(ip, i + 1)
      continue
    }
    if (i > 0) groups[at++] = value
    value = 0
  }
  return wordsOf(groups)
}

const COLON = 58
const NOTHING: Words = [0, 0, 0, 0]

function groupsBehind(ip: string, from: number): number {
  if (from >= ip.length) return 0
  let count = 1
  for (let i = from; i < ip.length; i++) if (ip.charCodeAt(i) === COLON) count++
  return count
}

export const ipFromWords = (words: Words): Ip => textOfWords(words) as Ip

/** The mask of a prefix length. */
export function maskWords(length: number): Words {
  const word = (i: number): number => {
    const bits = Math.min(Math.max(length - 32 * i, 0), 32)
    return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0
  }
  return [word(0), word(1), word(2), word(3)]
}

export const andWords = (a: Words, b: Words): Words => [(a[0] & b[0]) >>> 0, (a[1] & b[1]) >>> 0, (a[2] & b[2]) >>> 0, (a[3] & b[3]) >>> 0]
export const sameWords = (a: Words, b: Words): boolean => a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3]
/** Negative, 0 or positive, as the first is below, equal to or above the second. */
export const compareWords = (a: Words, b: Words): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]

/** The address `offset` (any safe integer that is not negative) above another. */
export function addWords(words: Words, offset: number): Words {
  let carry = offset
  const out = [words[0], words[1], words[2], words[3]]
  for (let i = 3; i >= 0 && carry > 0; i--) {
    const sum = (out[i] ?? 0) + carry
    out[i] = sum % 2 ** 32
    carry = Math.floor(sum / 2 ** 32)
  }
  return [out[0] ?? 0, out[1] ?? 0, out[2] ?? 0, out[3] ?? 0]
}

/** How many leading bits two addresses share (ipv6_addr_diff). */
export function commonBits(a: Words, b: Words): number {
  for (let i = 0; i < 4; i++) {
    const difference = ((a[i] ?? 0) ^ (b[i] ?? 0)) >>> 0
    if (difference !== 0) return 32 * i + Math.clz32(difference)
  }
  return 128
}

/** The sixteen bytes, in network order. */
export const ipBytes = (ip: Ip): readonly number[] => ipWords(ip).flatMap((word) => [24, 16, 8, 0].map((shift) => (word >>> shift) & 255))

export const isMulticast6 = (ip: Ip): boolean => ip.startsWith('ff') && ip.charCodeAt(4) === COLON
export const isLinkLocal6 = (ip: Ip): boolean => /^fe[89ab][0-9a-f]:/.test(ip)

/** The link-local address that the kernel makes of a device's MAC (RFC 4291 appendix A, modified EUI-64). */
export function linkLocalOf(mac: Mac): Ip {
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16))
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes
  return ipFromWords([
    0xfe800000,
    0,
    ((a ^ 2) * 2 ** 24 + b * 65536 + c * 256 + 0xff) >>> 0,
    (0xfe * 2 ** 24 + d * 65536 + e * 256 + f) >>> 0,
  ])
}
