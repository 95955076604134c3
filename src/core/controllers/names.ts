import { hash } from '../base/choose.ts'

/** Kubernetes' alphabet for generated names: no vowels, and nothing that reads like something else (apimachinery pkg/util/rand). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
/** A name generator keeps room for its suffix (apiserver pkg/storage/names). */
const LONGEST_BASE = 63 - 5

/** Five characters that look random and are a function of `seed`. */
export function suffix(seed: string): string {
  let value = hash(seed, 0x9e3779b9) + hash(seed) * 2 ** 20
  let out = ''
  for (let i = 0; i < 5; i++) {
    out += ALPHABET.charAt(value % ALPHABET.length)
    value = Math.floor(value / ALPHABET.length)
  }
  return out
}

/** `web-x2x9k`: the first in the owner's own sequence of names that is not taken. */
export function generatedName(
  base: string,
  seed: string,
  isTaken: (name: string) => boolean,
  from = 0,
): { readonly name: string; readonly next: number } {
  for (let ordinal = from; ; ordinal++) {
    const name = [base.slice(0, LONGEST_BASE), suffix(`${seed}#${ordinal}`)].join('')
    if (!isTaken(name)) return { name, next: ordinal + 1 }
  }
}

/** Label value for a revision of a template: the digits of its hash in the safe alphabet (rand.SafeEncodeString). The hash is ours, not Go's spew. */
export function templateHash(template: unknown): string {
  const digits = String(hash(stableText(template)))
  return digits.replace(/./g, (digit) => ALPHABET.charAt(digit.charCodeAt(0) % ALPHABET.length))
}

/** JSON with sorted keys: the order of fields in a manifest means nothing. */
export function stableText(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}
