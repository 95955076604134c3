import type { Learned } from './learned.ts'
import type { SetElement } from './rule.ts'
import type { NftTable } from './ruleset.ts'

/** The sets of one table as rules meet them: what agents put there, and what packets added. */
export class Memory {
  constructor(
    private readonly table: NftTable,
    private readonly learned: Learned,
    private readonly netns: string,
    private readonly now: number,
  ) {}

  lookup(set: string, key: readonly string[]): SetElement | undefined {
    const found = this.table.set(set)
    if (!found) return undefined
    const element = found.elements.lookup(key)
    if (element || !found.flags.includes('dynamic')) return element
    const text = key.join(' . ')
    return this.learned.has(this.keyOf(set), text, this.now) ? { key: key.map((each) => ({ kind: 'single', text: each })) } : undefined
  }

  /** False: the set is full. */
  change(name: string, key: readonly string[], operation: 'add' | 'update' | 'delete', timeout: number | undefined): boolean {
    const set = this.table.set(name)
    if (!set) return false
    const { learned, now } = this
    const own = this.keyOf(name)
    const text = key.join(' . ')
    const known = learned.has(own, text, now)
    if (operation === 'delete') {
      learned.delete(own, text)
      return known
    }
    if (known && operation === 'add') return true
    if (!known && learned.size(own, now) >= (set.size ?? DEFAULT_SIZE)) return false
    learned.put(own, text, now + (timeout ?? set.timeout ?? Number.POSITIVE_INFINITY))
    return true
  }

  private keyOf(set: string): string {
    return `${this.netns} ${this.table.family} ${this.table.name} ${set}`
  }
}

/** Sets that packets fill have room for so many elements unless they say otherwise. */
const DEFAULT_SIZE = 65535
