import type { SendOrder } from '../../worker/protocol.ts'

/** A request that a person wants to send again, apart from everything that was sent. */
export interface KeptRequest {
  /** Of its project, given once. */
  readonly id: number
  readonly name: string
  readonly order: SendOrder
}

export const NAME_LENGTH = 80
/** A list that is longer is no list to choose from. */
export const MOST = 200

export function withRequest(kept: readonly KeptRequest[], name: string, order: SendOrder): readonly KeptRequest[] {
  const id = kept.reduce((most, each) => Math.max(most, each.id), 0) + 1
  return [...kept, { id, name: name.slice(0, NAME_LENGTH), order }].slice(-MOST)
}

export const renamed = (kept: readonly KeptRequest[], id: number, name: string): readonly KeptRequest[] =>
  kept.map((each) => (each.id === id ? { ...each, name: name.slice(0, NAME_LENGTH) } : each))

export const removed = (kept: readonly KeptRequest[], id: number): readonly KeptRequest[] => kept.filter((each) => each.id !== id)

/** One place up or down; at the end of the list nothing happens. */
export function moved(kept: readonly KeptRequest[], id: number, by: -1 | 1): readonly KeptRequest[] {
  const at = kept.findIndex((each) => each.id === id)
  const [one, other] = [kept[at], kept[at + by]]
  if (!one || !other) return kept
  return kept.map((each) => (each === one ? other : each === other ? one : each))
}

/** What comes from a link or from disk, as far as it is one. */
export function keptIn(value: unknown, isOrder: (order: unknown) => boolean): readonly KeptRequest[] {
  if (!Array.isArray(value)) return []
  return value
    .slice(0, MOST)
    .filter((each: unknown): each is KeptRequest => isKept(each, isOrder))
    .map((each, index) => ({ id: index + 1, name: each.name.slice(0, NAME_LENGTH), order: each.order }))
}

const isKept = (value: unknown, isOrder: (order: unknown) => boolean): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'order' in value &&
  isOrder(value.order)
