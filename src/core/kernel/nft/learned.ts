/**
 * Elements that packets added to sets (`add @set`, `update @set`): by `netns family table set`, key and the time in seconds when the element goes. A
 * mutable layer over immutable sets; `sets()` gives the next value. Expired elements are forgotten when somebody looks (net/netfilter/nft_set_hash.c).
 */
export type LearnedSets = ReadonlyMap<string, ReadonlyMap<string, number>>

export class Learned {
  private current: LearnedSets
  private readonly own = new Map<string, Map<string, number>>()

  constructor(base: LearnedSets) {
    this.current = base
  }

  has(set: string, key: string, now: number): boolean {
    const until = this.current.get(set)?.get(key)
    return until !== undefined && until > now
  }

  /** How many there are; for sets with a size. */
  size(set: string, now: number): number {
    let count = 0
    for (const until of this.current.get(set)?.values() ?? []) if (until > now) count++
    return count
  }

  put(set: string, key: string, until: number): void {
    this.writable(set).set(key, until)
  }

  delete(set: string, key: string): void {
    if (this.current.get(set)?.has(key)) this.writable(set).delete(key)
  }

  sets(): LearnedSets {
    this.own.clear()
    return this.current
  }

  private writable(set: string): Map<string, number> {
    let own = this.own.get(set)
    if (!own) {
      own = new Map(this.current.get(set))
      this.own.set(set, own)
      this.current = new Map(this.current).set(set, own)
    }
    return own
  }
}
