import { type Interval, intervalOf, plain, position } from './intervals.ts'
import { printElement } from './print.ts'
import type { SetElement, Value } from './rule.ts'
import type { DataType, Elements } from './ruleset.ts'

/**
 * What a set or map holds (net/netfilter/nft_set_hash.c, nft_set_rbtree.c, nft_set_pipapo.c): keys of single values are found by hashing, those with prefixes
 * or ranges by looking at each. No two of a valid set hold the same key, so that order does not matter.
 */
export function elementsOf(types: readonly DataType[], given: readonly SetElement[]): Elements {
  const exact = new Map<string, SetElement>()
  const wide: { readonly element: SetElement; readonly intervals: readonly Interval[] }[] = []
  for (const element of given) {
    const key = element.key.map((value, i) => plain(types[i] ?? 'integer', value))
    const texts = key.flatMap((value) => (value.kind === 'single' ? [withoutWildcard(value.text)] : []))
    if (texts.length === key.length && !texts.includes(undefined)) exact.set(texts.join(' . '), element)
    else wide.push({ element, intervals: key.map((value, i) => spanOf(types[i] ?? 'integer', value)) })
  }
  return {
    isEmpty: given.length === 0,
    list: () => given,
    lookup(key) {
      const found = exact.get(key.length === 1 ? (key[0] ?? '') : key.join(' . '))
      if (found || wide.length === 0) return found
      const at = key.map((text, i) => (types[i] === 'ifname' ? 0n : position(types[i] ?? 'integer', text)))
      return wide.find(({ intervals, element }) => intervals.every((span, i) => inside(span, at[i] ?? 0n, element.key[i], key[i] ?? '')))
        ?.element
    },
  }
}

/** `eth*` is no name but a pattern. */
const withoutWildcard = (text: string): string | undefined => (text.endsWith('*') ? undefined : text)

const EVERYTHING: Interval = { from: 0n, to: 0n }
const spanOf = (type: DataType, value: Value): Interval => (type === 'ifname' ? EVERYTHING : intervalOf(type, value))

function inside({ from, to }: Interval, at: bigint, value: Value | undefined, text: string): boolean {
  if (value?.kind === 'single' && value.text.endsWith('*')) return text.startsWith(value.text.slice(0, -1))
  if (value?.kind === 'single' && from === 0n && to === 0n && at === 0n) return value.text === text
  return at >= from && at <= to
}

/** Adds elements to others; undefined when a key is there already with another value, which nft refuses. */
export function withElements(types: readonly DataType[], before: Elements, added: readonly SetElement[]): Elements | undefined {
  const all = new Map<string, SetElement>()
  for (const element of before.list()) all.set(keyText(element, types), element)
  for (const element of added) {
    const key = keyText(element, types)
    const known = all.get(key)
    if (known && (known.verdict || known.value) && printElement(known, types) !== printElement(element, types)) return undefined
    if (!known) all.set(key, element)
  }
  return elementsOf(types, [...all.values()])
}

/** Takes elements away; undefined when one is not there. */
export function withoutElements(types: readonly DataType[], before: Elements, removed: readonly SetElement[]): Elements | undefined {
  const all = new Map<string, SetElement>()
  for (const element of before.list()) all.set(keyText(element, types), element)
  for (const element of removed) if (!all.delete(keyText(element, types))) return undefined
  return elementsOf(types, [...all.values()])
}

const keyText = ({ key }: SetElement, types: readonly DataType[]): string => printElement({ key }, types)

export const NO_ELEMENTS: Elements = elementsOf([], [])
