import { type Ip, ipFromNumber, ipNumber } from '../../net/ip.ts'
import { ipFromWords, ipWords } from '../../net/ip6.ts'
import { markText, numberOf } from './data-type.ts'
import type { Value } from './rule.ts'
import type { DataType } from './ruleset.ts'

/** Values as intervals of whole numbers, both ends included: how the kernel keeps prefixes and ranges in sets (net/netfilter/nft_set_rbtree.c). */
export interface Interval {
  readonly from: bigint
  readonly to: bigint
}

const WORD = 0x100000000n

export function position(type: DataType, text: string): bigint {
  if (type === 'ipv4_addr') return BigInt(ipNumber(text as Ip))
  if (type === 'ipv6_addr') return ipWords(text as Ip).reduce((sum, word) => sum * WORD + BigInt(word), 0n)
  return BigInt(numberOf(type, text))
}

function textAt(type: DataType, at: bigint): string {
  if (type === 'ipv4_addr') return ipFromNumber(Number(at))
  if (type === 'ipv6_addr') {
    const word = (shift: bigint): number => Number((at >> shift) & (WORD - 1n))
    return ipFromWords([word(96n), word(64n), word(32n), word(0n)])
  }
  return type === 'mark' ? markText(Number(at)) : String(at)
}

export const bitsOf = (type: DataType): number => (type === 'ipv6_addr' ? 128 : type === 'inet_service' ? 16 : 32)

export function intervalOf(type: DataType, value: Value): Interval {
  switch (value.kind) {
    case 'any':
      return { from: 0n, to: (1n << BigInt(bitsOf(type))) - 1n }
    case 'range':
      return { from: position(type, value.from), to: position(type, value.to) }
    case 'prefix': {
      const from = position(type, value.address)
      return { from, to: from + (1n << BigInt(bitsOf(type) - value.length)) - 1n }
    }
    case 'single': {
      const at = position(type, value.text)
      return { from: at, to: at }
    }
  }
}

/** As nft prints an interval: one value, an address prefix where it is one, a range. */
function valueOf(type: DataType, { from, to }: Interval): Value {
  if (from === to) return { kind: 'single', text: textAt(type, from) }
  const size = to - from + 1n
  const isPrefix = (type === 'ipv4_addr' || type === 'ipv6_addr') && (size & (size - 1n)) === 0n && from % size === 0n
  if (isPrefix) return { kind: 'prefix', address: textAt(type, from), length: bitsOf(type) - (size.toString(2).length - 1) }
  return { kind: 'range', from: textAt(type, from), to: textAt(type, to) }
}

/** Whether it takes part as an interval: also a prefix that holds one address only. */
export const isInterval = (value: Value | undefined): boolean => value !== undefined && value.kind !== 'single'

/** Overlapping and adjacent values become one, in ascending order: what nft does with the elements of an anonymous set that has intervals in it. */
export function merged(type: DataType, values: readonly Value[]): readonly Value[] {
  const intervals = values.map((value) => intervalOf(type, value)).sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
  const result: Interval[] = []
  for (const next of intervals) {
    const last = result.at(-1)
    if (last && next.from <= last.to + 1n) result[result.length - 1] = { from: last.from, to: next.to > last.to ? next.to : last.to }
    else result.push(next)
  }
  return result.map((interval) => valueOf(type, interval))
}

/** A prefix of one address is printed as that address. */
export const plain = (type: DataType, value: Value): Value =>
  value.kind === 'prefix' && value.length === bitsOf(type) ? { kind: 'single', text: value.address } : value
