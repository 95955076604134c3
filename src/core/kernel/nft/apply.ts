import type { Result } from '../../base/result.ts'
import type { Origin } from '../origin.ts'
import { DraftTable, NO_SUCH } from './draft.ts'
import { readBase, readFamily, readSetBlock } from './read-block.ts'
import { readElements } from './read-set.ts'
import { readStatements } from './read-statement.ts'
import { type Reader, reading } from './reader.ts'
import type { NftRule, SetElement, Statement, Verdict } from './rule.ts'
import type { NftBase, NftRuleset, NftSet } from './ruleset.ts'
import type { NftProblem, Token } from './words.ts'

export const EMPTY_NFT: NftRuleset = { tables: [] }

/**
 * `nft -f`: a transaction, as kube-proxy writes it line by line, or tables in blocks, as people write them and `nft list ruleset` prints them. All or
 * nothing; the ruleset that came in is untouched. What is not modelled (handles, typeof, defines, includes, other families, stateful objects, flowtables) is
 * refused by name.
 */
export function applyNft(ruleset: NftRuleset, text: string, origin: Origin): Result<NftRuleset, NftProblem> {
  return reading(text, (reader) => {
    const draft = new Draft(ruleset, reader, origin)
    for (reader.skipLines(); reader.token.kind !== 'end'; reader.skipLines()) {
      draft.command()
      reader.endStatement()
    }
    return draft.freeze()
  })
}

/** One rule, as `add rule` takes it behind the name of the chain. */
export function parseNftRule(text: string, origin: Origin): Result<NftRule, NftProblem> {
  return reading(text, (reader) => {
    const rule = { ...readStatements(reader), origin }
    if (reader.token.kind !== 'end') reader.refuse('not expected behind a rule')
    return rule
  })
}

/** The list of elements that `add element` takes: `{ 10.0.0.1 . tcp . 80 : goto web }`. */
export function parseElements(text: string, { key, value }: Pick<NftSet, 'key' | 'value'>): Result<readonly SetElement[], NftProblem> {
  return reading(text, (reader) => readElements(reader, key, value))
}

const VERBS = new Set(['add', 'create', 'insert', 'delete', 'destroy', 'flush'])

class Draft {
  private readonly tables = new Map<string, DraftTable | undefined>()
  /** What rules refer to. A block may declare it further down, so that it is looked for at the end. */
  private readonly names: { readonly table: DraftTable; readonly at: Token; readonly chain?: string; readonly set?: string }[] = []

  constructor(
    before: NftRuleset,
    private readonly reader: Reader,
    private readonly origin: Origin,
  ) {
    for (const table of before.tables)
      this.tables.set(`${table.family} ${table.name}`, new DraftTable(table.family, table.name, table.comment, table))
  }

  freeze(): NftRuleset {
    for (const { table, at, chain, set } of this.names)
      if ((chain !== undefined && !table.hasChain(chain)) || (set !== undefined && !table.set(set))) refused(this.reader, NO_SUCH, at)
    return { tables: [...this.tables.values()].flatMap((table) => table?.freeze() ?? []) }
  }

  command(): void {
    const { reader } = this
    const at = reader.token
    const verb = VERBS.has(at.text) ? reader.advance().text : 'add'
    const kindAt = reader.token
    const kind = reader.word('a command')
    if (verb === 'flush' && kind === 'ruleset') {
      readAllFamilies(reader)
      for (const key of this.tables.keys()) this.tables.set(key, undefined)
      return
    }
    if (kind === 'table') return this.onTable(verb)
    const family = readFamily(reader)
    const tableAt = reader.token
    const table = this.tables.get(`${family} ${reader.name('the name of a table')}`)
    if (!table) return refused(reader, NO_SUCH, tableAt)
    const nameAt = reader.token
    const name = reader.name(`the name of a ${kind}`)
    this.complain(this.onObject(verb, kind, table, name, kindAt), nameAt)
  }

  private complain(complaint: string | undefined, at: Token): void {
    if (complaint !== undefined) refused(this.reader, complaint, at)
  }

  private onTable(verb: string): void {
    const { reader } = this
    const family = readFamily(reader)
    const at = reader.token
    const name = reader.name('the name of a table')
    const key = `${family} ${name}`
    const table = this.tables.get(key)
    if (verb === 'delete' && !table) refused(reader, NO_SUCH, at)
    if (verb === 'delete' || verb === 'destroy') this.tables.delete(key)
    else if (verb === 'flush') (table ?? refused(reader, NO_SUCH, at)).flush()
    else {
      const made = table ?? new DraftTable(family, name, undefined, undefined)
      this.tables.set(key, made)
      if (reader.accept('{')) this.tableBlock(made)
    }
  }

  /** `table ip t { ... }` */
  private tableBlock(table: DraftTable): void {
    const { reader } = this
    for (reader.skipLines(); !reader.accept('}'); reader.skipLines()) {
      const kindAt = reader.token
      if (reader.accept('comment')) table.describe(reader.string('a comment'))
      else {
        const kind = reader.word('chain, set or map')
        if (kind !== 'chain' && kind !== 'set' && kind !== 'map') reader.refuse('not modelled in tables', kindAt)
        const nameAt = reader.token
        const name = reader.name(`the name of a ${kind}`)
        this.complain(this.onObject('add', kind, table, name, kindAt), nameAt)
      }
      reader.endStatement()
    }
  }

  private onObject(verb: string, kind: string, table: DraftTable, name: string, kindAt: Token): string | undefined {
    const { reader } = this
    switch (kind) {
      case 'chain':
        return this.onChain(verb, table, name)
      case 'rule':
        return this.onRule(verb, table, name, kindAt)
      case 'set':
      case 'map':
        if (verb === 'delete' || verb === 'destroy') return table.set(name) || verb === 'delete' ? table.deleteSet(name) : undefined
        if (verb === 'flush') return table.flushSet(name)
        reader.expect('{')
        return table.addSet(readSetBlock(reader, name, kind))
      case 'element': {
        const set = table.set(name)
        if (!set) return NO_SUCH
        const removes = verb === 'delete' || verb === 'destroy'
        const elements = readElements(reader, set.key, removes ? undefined : set.value)
        for (const { verdict } of elements) if (verdict && 'chain' in verdict) this.names.push({ table, at: kindAt, chain: verdict.chain })
        return removes ? table.deleteElements(name, elements) : table.addElements(name, elements)
      }
      default:
        return reader.refuse('command is not modelled', kindAt)
    }
  }

  private onChain(verb: string, table: DraftTable, name: string): string | undefined {
    const { reader } = this
    if (verb === 'delete') return table.deleteChain(name)
    if (verb === 'destroy') return table.hasChain(name) ? table.deleteChain(name) : undefined
    if (verb === 'flush') return table.chain(name) ? (table.chain(name)?.flush(), undefined) : NO_SUCH
    if (!reader.accept('{')) return table.addChain(name, undefined, undefined)
    return this.chainBlock(table, name)
  }

  /** Properties first, then rules. */
  private chainBlock(table: DraftTable, name: string): string | undefined {
    const { reader } = this
    let base: NftBase | undefined
    let comment: string | undefined
    reader.skipLines()
    for (; !reader.is('}'); reader.skipLines()) {
      if (reader.accept('type')) base = readBase(reader)
      else if (reader.is('comment') && reader.following.kind === 'string') {
        reader.advance()
        comment = reader.string('a comment')
      } else break
    }
    const complaint = table.addChain(name, base, comment)
    if (complaint !== undefined) return complaint
    for (; !reader.accept('}'); reader.skipLines()) {
      table.chain(name)?.append(this.rule(table))
      reader.endStatement()
    }
    return undefined
  }

  private onRule(verb: string, table: DraftTable, name: string, kindAt: Token): string | undefined {
    const { reader } = this
    if (verb !== 'add' && verb !== 'insert' && verb !== 'create') return reader.refuse(`${verb} rule is not modelled`, kindAt)
    const chain = table.chain(name)
    if (!chain) return NO_SUCH
    if (['handle', 'position', 'index'].some((word) => reader.is(word))) return reader.refuse('not modelled in rules')
    const rule = this.rule(table)
    if (verb === 'insert') chain.insert(rule)
    else chain.append(rule)
    return undefined
  }

  private rule(table: DraftTable): NftRule {
    const { reader, origin } = this
    const at = reader.token
    const rule = { ...readStatements(reader), origin }
    for (const statement of rule.statements) {
      for (const verdict of verdictsOf(statement)) if ('chain' in verdict) this.names.push({ table, at, chain: verdict.chain })
      for (const set of setsOf(statement)) this.names.push({ table, at, set })
    }
    return rule
  }
}

function readAllFamilies(reader: Reader): void {
  if (!reader.atEnd) reader.refuse('flush ruleset of one family is not modelled')
}

const refused = (reader: Reader, message: string, at: Token): never => reader.refuse(message, at)

function verdictsOf(statement: Statement): readonly Verdict[] {
  if (statement.kind === 'verdict') return [statement.verdict]
  if (statement.kind !== 'vmap' || statement.map.kind === 'named') return []
  return statement.map.elements.flatMap(({ verdict }) => verdict ?? [])
}

function setsOf(statement: Statement): readonly string[] {
  switch (statement.kind) {
    case 'match':
      return statement.right.kind === 'set' && statement.right.set.kind === 'named' ? [statement.right.set.name] : []
    case 'vmap':
      return statement.map.kind === 'named' ? [statement.map.name] : []
    case 'dynamic':
      return [statement.set]
    case 'dnat':
    case 'snat':
      return statement.to.kind === 'map' && statement.to.expression.map.kind === 'named' ? [statement.to.expression.map.name] : []
    default:
      return []
  }
}
