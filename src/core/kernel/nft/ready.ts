import { assert } from '../../base/assert.ts'
import { type Operation, operationsOf } from './compile.ts'
import { printRule } from './print.ts'
import type { NftRule } from './rule.ts'
import type { NftBase, NftChain, NftTable } from './ruleset.ts'

/** Tables as packets walk them: a rule is worked out when a packet first comes to it, and jumps are followed by reference. As lazy as the table itself. */
export class ReadyTable {
  private readonly chains = new Map<string, ReadyChain | undefined>()

  constructor(readonly table: NftTable) {}

  of(chain: NftChain): ReadyChain {
    const ready = this.chain(chain.name)
    assert(ready, `chain ${chain.name} exists in table ${this.table.name}`)
    return ready
  }

  chain(name: string): ReadyChain | undefined {
    if (!this.chains.has(name)) {
      const made = this.table.chain(name)
      this.chains.set(name, made && new ReadyChain(made, this))
    }
    return this.chains.get(name)
  }
}

const tables = new WeakMap<NftTable, ReadyTable>()

export function readyTable(table: NftTable): ReadyTable {
  let ready = tables.get(table)
  if (!ready) tables.set(table, (ready = new ReadyTable(table)))
  return ready
}

export class ReadyChain {
  readonly name: string
  readonly length: number
  readonly base: NftBase | undefined
  private readonly rules: (ReadyRule | undefined)[] = []

  constructor(
    private readonly chain: NftChain,
    private readonly table: ReadyTable,
  ) {
    this.name = chain.name
    this.length = chain.length
    this.base = chain.base
  }

  rule(index: number): ReadyRule {
    return (this.rules[index] ??= new ReadyRule(this, index, this.chain.rule(index)))
  }

  target(name: string): ReadyChain {
    const chain = this.table.chain(name)
    assert(chain, `chain ${name} exists in table ${this.table.table.name}`)
    return chain
  }
}

export class ReadyRule {
  readonly operations: readonly Operation[]
  private printed: string | undefined = undefined

  constructor(
    readonly chain: ReadyChain,
    readonly index: number,
    readonly rule: NftRule,
  ) {
    this.operations = operationsOf(rule)
  }

  get text(): string {
    return (this.printed ??= printRule(this.rule))
  }
}
