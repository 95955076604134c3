import { assert } from '../../core/base/assert.ts'
import { hash, random } from '../../core/base/choose.ts'

/** What a generator asks of chance. The same name draws the same, on every machine. */
export interface Draw {
  /** Any integer in [from, to]. */
  integer(from: number, to: number): number
  /** True with the given probability. */
  chance(probability: number): boolean
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T
  /** `count` different ones, or all when there are fewer, in random order. */
  some<T>(list: readonly T[], count: number): T[]
  /** One of rows of [weight, value]. */
  weighted<T>(rows: readonly (readonly [number, T])[]): T
}

export function draw(name: string): Draw {
  const next = random(hash(name))
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  const pick = <T>(list: readonly T[]): T => {
    assert(list.length > 0, 'nothing to pick from')
    return list[integer(0, list.length - 1)] as T
  }
  return {
    integer,
    chance: (probability) => next() < probability,
    pick,
    some(list, count) {
      const left = [...list]
      return Array.from({ length: Math.min(count, list.length) }, () => left.splice(integer(0, left.length - 1), 1)).flat()
    },
    weighted(rows) {
      let left = next() * rows.reduce((sum, [weight]) => sum + weight, 0)
      const found = rows.find(([weight]) => (left -= weight) < 0) ?? rows.at(-1)
      assert(found, 'nothing to weigh')
      return found[1]
    },
  }
}

/** Draws until one is fresh, and takes note of it. */
export function fresh<T>(taken: Set<T>, next: () => T): T {
  for (let tries = 0; tries < 10_000; tries++) {
    const value = next()
    if (taken.has(value)) continue
    taken.add(value)
    return value
  }
  assert(false, 'nothing fresh left')
}
