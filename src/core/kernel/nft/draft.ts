import { elementsOf, NO_ELEMENTS, withElements, withoutElements } from './elements.ts'
import type { SetBlock } from './read-block.ts'
import type { NftRule, SetElement } from './rule.ts'
import type { NftBase, NftChain, NftFamily, NftSet, NftTable } from './ruleset.ts'

/**
 * A table while commands change it: what nobody touches stays as lazy as it was. Methods answer with what the kernel would complain of, or undefined.
 */
export class DraftTable {
  private readonly chains = new Map<string, DraftChain | undefined>()
  private readonly sets = new Map<string, NftSet | undefined>()

  constructor(
    readonly family: NftFamily,
    readonly name: string,
    private comment: string | undefined,
    private readonly before: NftTable | undefined,
  ) {}

  describe(comment: string | undefined): void {
    if (comment !== undefined) this.comment = comment
  }

  chain(name: string): DraftChain | undefined {
    if (this.chains.has(name)) return this.chains.get(name)
    const old = this.before?.chain(name)
    const chain = old && new DraftChain(old)
    if (chain) this.chains.set(name, chain)
    return chain
  }

  hasChain(name: string): boolean {
    return this.chains.has(name) ? this.chains.get(name) !== undefined : this.before?.chain(name) !== undefined
  }

  addChain(name: string, base: NftBase | undefined, comment: string | undefined): string | undefined {
    const known = this.chain(name)
    if (!known)
      this.chains.set(
        name,
        new DraftChain({ name, ...(base && { base }), ...(comment !== undefined && { comment }), length: 0, rule: none }),
      )
    else if (base && known.base && !sameBase(base, known.base)) return 'File exists'
    return undefined
  }

  deleteChain(name: string): string | undefined {
    if (!this.chain(name)) return NO_SUCH
    this.chains.set(name, undefined)
    return undefined
  }

  set(name: string): NftSet | undefined {
    return this.sets.has(name) ? this.sets.get(name) : this.before?.set(name)
  }

  addSet({ given, ...set }: SetBlock): string | undefined {
    const known = this.set(set.name)
    if (!known) this.sets.set(set.name, { ...set, elements: elementsOf(set.key, given) })
    else if (known.key.join() !== set.key.join() || known.value?.join() !== set.value?.join()) return 'File exists'
    else if (given.length > 0) return this.addElements(set.name, given)
    return undefined
  }

  deleteSet(name: string): string | undefined {
    if (!this.set(name)) return NO_SUCH
    this.sets.set(name, undefined)
    return undefined
  }

  addElements(name: string, given: readonly SetElement[]): string | undefined {
    return this.changeElements(name, (set) => withElements(set.key, set.elements, given), 'File exists')
  }

  deleteElements(name: string, given: readonly SetElement[]): string | undefined {
    return this.changeElements(name, (set) => withoutElements(set.key, set.elements, given), NO_SUCH)
  }

  flushSet(name: string): string | undefined {
    return this.changeElements(name, () => NO_ELEMENTS, NO_SUCH)
  }

  private changeElements(name: string, change: (set: NftSet) => NftSet['elements'] | undefined, complaint: string): string | undefined {
    const set = this.set(name)
    if (!set) return NO_SUCH
    const elements = change(set)
    if (!elements) return complaint
    this.sets.set(name, { ...set, elements })
    return undefined
  }

  /** All chains without their rules. */
  flush(): void {
    for (const name of this.before?.chainNames() ?? []) this.chain(name)
    for (const chain of this.chains.values()) chain?.flush()
  }

  freeze(): NftTable {
    if (this.before && this.chains.size + this.sets.size === 0 && this.comment === this.before.comment) return this.before
    const chains = new Map([...this.chains].map(([name, chain]) => [name, chain?.freeze()]))
    const { before, comment } = this
    const sets = new Map(this.sets)
    const chain = (name: string): NftChain | undefined => (chains.has(name) ? chains.get(name) : before?.chain(name))
    const old = before?.baseChains.flatMap(({ name }) => chain(name) ?? []) ?? []
    const added = [...chains.values()].flatMap((one) => (one?.base && !old.includes(one) ? [one] : []))
    return {
      family: this.family,
      name: this.name,
      ...(comment !== undefined && { comment }),
      baseChains: [...old, ...added],
      chain,
      chainNames: () => namesOf(before?.chainNames() ?? [], chains),
      set: (name) => (sets.has(name) ? sets.get(name) : before?.set(name)),
      setNames: () => namesOf(before?.setNames() ?? [], sets),
    }
  }
}

export const NO_SUCH = 'No such file or directory'

function none(index: number): never {
  throw new RangeError(`no rule ${index}`)
}

function* namesOf(before: Iterable<string>, own: ReadonlyMap<string, unknown>): Iterable<string> {
  const seen = new Set<string>()
  for (const name of before) {
    seen.add(name)
    if (!own.has(name) || own.get(name) !== undefined) yield name
  }
  for (const [name, value] of own) if (value !== undefined && !seen.has(name)) yield name
}

const sameBase = (a: NftBase, b: NftBase): boolean => a.type === b.type && a.hook === b.hook && a.priority === b.priority

/** A chain that rules are added to: what was there stays behind its own door. */
export class DraftChain {
  private before: NftChain | undefined
  private readonly first: NftRule[] = []
  private readonly last: NftRule[] = []
  readonly base: NftBase | undefined

  constructor(private readonly from: NftChain) {
    this.before = from
    this.base = from.base
  }

  flush(): void {
    this.before = undefined
    this.first.length = 0
    this.last.length = 0
  }

  append(rule: NftRule): void {
    this.last.push(rule)
  }

  insert(rule: NftRule): void {
    this.first.unshift(rule)
  }

  freeze(): NftChain {
    const { first, last, before, from } = this
    if (before === from && first.length + last.length === 0) return from
    const middle = before?.length ?? 0
    return {
      name: from.name,
      ...(from.comment !== undefined && { comment: from.comment }),
      ...(from.base && { base: from.base }),
      length: first.length + middle + last.length,
      rule(index) {
        const rule =
          index < first.length
            ? first[index]
            : index < first.length + middle
              ? before?.rule(index - first.length)
              : last[index - first.length - middle]
        return rule ?? none(index)
      },
    }
  }
}
