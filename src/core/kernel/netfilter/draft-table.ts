import { DraftChain } from './draft-chain.ts'
import { BASE_CHAINS } from './hooks.ts'
import { type Chain, chainOf, type Hook, type Table, type TableName } from './ruleset.ts'

/** A table while commands change it, layered over one that may be lazy: only chains that a command names are looked at. */
export class DraftTable {
  readonly name: TableName
  private base: Table | undefined
  /** Undefined: deleted. */
  private readonly touched = new Map<string, DraftChain | undefined>()

  constructor(name: TableName, base: Table | undefined) {
    this.name = name
    this.base = base
  }

  isBase(chain: string): boolean {
    return BASE_CHAINS[this.name].includes(chain as Hook)
  }

  baseChains(): readonly Hook[] {
    return BASE_CHAINS[this.name]
  }

  has(chain: string): boolean {
    if (this.isBase(chain)) return true
    return this.touched.has(chain) ? this.touched.get(chain) !== undefined : this.base?.chain(chain) !== undefined
  }

  /** For reading. */
  look(name: string): DraftChain | Chain | undefined {
    return this.touched.has(name) ? this.touched.get(name) : this.base?.chain(name)
  }

  /** For changing; a base chain is there even when nothing made it yet. */
  open(name: string): DraftChain | undefined {
    if (this.touched.has(name) && !this.isBase(name)) return this.touched.get(name)
    const known = this.touched.get(name)
    if (known) return known
    const from = this.base?.chain(name)
    if (!from && !this.isBase(name)) return undefined
    const chain = new DraftChain(name, from)
    if (this.isBase(name)) chain.policy ??= 'ACCEPT'
    this.touched.set(name, chain)
    return chain
  }

  create(name: string): DraftChain {
    const chain = new DraftChain(name)
    this.touched.set(name, chain)
    return chain
  }

  delete(name: string): void {
    this.touched.set(name, undefined)
  }

  /** Everything goes, as before a restore without --noflush. */
  reset(): void {
    this.base = undefined
    this.touched.clear()
  }

  /** User chains, sorted as iptables-save sorts them (strcmp). */
  userChains(): readonly string[] {
    const names = new Set(this.base?.chainNames().filter((name) => !this.isBase(name)))
    for (const [name, chain] of this.touched) {
      if (chain && !this.isBase(name)) names.add(name)
      else names.delete(name)
    }
    return [...names].sort()
  }

  freeze(): Table {
    const { name, base } = this
    const own = new Map<string, Chain | undefined>()
    for (const [chain, draft] of this.touched) own.set(chain, draft?.freeze())
    const names = [...BASE_CHAINS[name], ...this.userChains()]
    const unmade = new Map<string, Chain>(
      BASE_CHAINS[name].map((hook) => [hook, chainOf(hook, [], { policy: 'ACCEPT', registered: false })]),
    )
    return {
      name,
      chain: (chain) => {
        if (own.has(chain)) return own.get(chain)
        return base?.chain(chain) ?? unmade.get(chain)
      },
      chainNames: () => names,
    }
  }
}
