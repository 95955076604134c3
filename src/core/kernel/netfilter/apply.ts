import { unreachable } from '../../base/assert.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import type { Origin } from '../origin.ts'
import { type Command, readCommand } from './command.ts'
import type { DraftChain } from './draft-chain.ts'
import { DraftTable } from './draft-table.ts'
import { printRule } from './print.ts'
import { type IptablesProblem, parseRestore, type RestoreLine } from './restore.ts'
import type { Rule } from './rule.ts'
import { refusal } from './rule-check.ts'
import type { Ruleset, TableName } from './ruleset.ts'
import { splitShellWords, splitWords } from './words.ts'

/**
 * Commands of iptables(8) against a ruleset, as an administrator or another agent runs them. The ruleset that came in is untouched; the one that
 * comes out shares all chains that no command named.
 */
export function applyCommands(ruleset: Ruleset, lines: readonly string[], origin: Origin): Result<Ruleset, IptablesProblem> {
  const draft = new Draft(ruleset)
  for (const [index, line] of lines.entries()) {
    const read = readCommand(splitShellWords(line), origin, ruleset.family)
    const complaint = read.ok ? draft.run(read.value.table, read.value.command) : read.error
    if (complaint) return fail({ line: index + 1, column: complaint.column, message: complaint.message })
  }
  return ok(draft.freeze())
}

/** iptables-restore input. With `flush` (the program's default) each table that the text names starts empty. */
export function applyRestore(
  ruleset: Ruleset,
  text: string,
  origin: Origin,
  how: { readonly flush: boolean },
): Result<Ruleset, IptablesProblem> {
  const parsed = parseRestore(text, origin, ruleset.family)
  if (!parsed.ok) return parsed
  const draft = new Draft(ruleset)
  for (const { name, lines } of parsed.value) {
    if (how.flush) draft.table(name).reset()
    else draft.table(name)
    for (const line of lines) {
      const complaint = draft.restore(name, line, origin)
      if (complaint) return fail({ line: line.line, column: complaint.column, message: complaint.message })
    }
  }
  return ok(draft.freeze())
}

interface Complaint {
  readonly column: number
  readonly message: string
}

const PROGRAM = 'iptables v1.8.9 (nf_tables): '
const at = (column: number, message: string): Complaint => ({ column, message })
const noSuch = (column = 1): Complaint => at(column, 'iptables: No chain/target/match by that name.')

class Draft {
  private readonly ruleset: Ruleset
  private readonly tables = new Map<TableName, DraftTable>()

  constructor(ruleset: Ruleset) {
    this.ruleset = ruleset
  }

  table(name: TableName): DraftTable {
    let table = this.tables.get(name)
    if (!table) {
      table = new DraftTable(name, this.ruleset.tables.get(name))
      this.tables.set(name, table)
    }
    return table
  }

  freeze(): Ruleset {
    const tables = new Map(this.ruleset.tables)
    for (const [name, draft] of this.tables) tables.set(name, draft.freeze())
    return { ...this.ruleset, tables }
  }

  restore(name: TableName, line: RestoreLine, origin: Origin): Complaint | undefined {
    const table = this.table(name)
    switch (line.kind) {
      case 'chain': {
        const chain = this.registered(table, line.chain) ?? table.create(line.chain)
        if (!table.isBase(line.chain)) chain.clear()
        else if (line.policy) chain.policy = line.policy
        return undefined
      }
      case 'append':
        return this.run(name, { kind: 'append', chain: line.chain, rules: [line.rule] })
      case 'command': {
        const read = readCommand(splitWords(line.text), origin, this.ruleset.family)
        if (!read.ok) return read.error
        if (read.value.tableGiven) return at(1, 'The -t option cannot be used in iptables-restore.')
        return this.run(name, read.value.command)
      }
      default:
        return unreachable(line)
    }
  }

  run(tableName: TableName, command: Command): Complaint | undefined {
    const table = this.table(tableName)
    switch (command.kind) {
      case 'append':
        return this.add(table, command.chain, command.rules, undefined)
      case 'insert':
        return this.add(table, command.chain, command.rules, command.number ?? 1)
      case 'replace':
        return this.replace(table, command.chain, command.number, command.rules)
      case 'delete-number':
        return this.deleteNumber(table, command.chain, command.number)
      case 'delete':
      case 'check':
        return this.deleteRules(table, command.chain, command.rules, command.kind === 'check')
      case 'policy':
        return this.setPolicy(table, command.chain, command.policy)
      case 'new-chain':
        return newChain(table, command.chain)
      case 'delete-chain':
        return command.chain === undefined ? deleteAllChains(table) : deleteChain(table, command.chain)
      case 'flush':
        return this.flush(table, command.chain)
      case 'zero':
        return undefined
      default:
        return unreachable(command)
    }
  }

  /** nft creates a base chain with the first command that changes it. */
  private registered(table: DraftTable, name: string): DraftChain | undefined {
    const chain = table.open(name)
    if (chain && table.isBase(name)) chain.registered = true
    return chain
  }

  private add(table: DraftTable, name: string, rules: readonly Rule[], number: number | undefined): Complaint | undefined {
    if (!table.has(name)) return noSuch(4)
    const before = table.look(name)?.length ?? 0
    if (number !== undefined && number > before + 1) return at(4, 'iptables: Index of insertion too big.')
    const refused = this.refuse(table, name, rules)
    if (refused) return refused
    const chain = this.registered(table, name)
    // Several rules of one command all go to the same number, so that the last stands first.
    for (const rule of rules) {
      if (number === undefined) chain?.append(rule)
      else chain?.insert(number - 1, rule)
    }
    return undefined
  }

  private refuse(table: DraftTable, name: string, rules: readonly Rule[]): Complaint | undefined {
    for (const rule of rules) {
      const message = refusal(table, name, rule, this.ruleset.sets)
      if (message !== undefined) return at(1, `${PROGRAM}${message}`)
    }
    return undefined
  }

  private replace(table: DraftTable, name: string, number: number, rules: readonly Rule[]): Complaint | undefined {
    if (!table.has(name)) return noSuch(4)
    if (number > (table.look(name)?.length ?? 0)) return at(4, 'iptables: Index of replacement too big.')
    const [rule, ...others] = rules
    if (!rule || others.length > 0) return at(1, `${PROGRAM}Replacement rule does not specify a unique address`)
    const refused = this.refuse(table, name, rules)
    if (refused) return refused
    const chain = table.open(name)
    chain?.remove(number - 1)
    chain?.insert(number - 1, rule)
    return undefined
  }

  private deleteNumber(table: DraftTable, name: string, number: number): Complaint | undefined {
    if (!table.has(name)) return noSuch(4)
    if (number > (table.look(name)?.length ?? 0)) return at(4, 'iptables: Index of deletion too big.')
    table.open(name)?.remove(number - 1)
    return undefined
  }

  /** Compares what rules say, not where they come from. */
  private deleteRules(table: DraftTable, name: string, rules: readonly Rule[], onlyCheck: boolean): Complaint | undefined {
    if (!table.has(name)) return noSuch(4)
    for (const rule of rules) {
      const chain = table.look(name)
      const wanted = printRule(name, rule)
      let index = 0
      while (chain && index < chain.length && printRule(name, chain.rule(index)) !== wanted) index++
      if (!chain || index >= chain.length) return at(1, 'iptables: Bad rule (does a matching rule exist in that chain?).')
      if (!onlyCheck) table.open(name)?.remove(index)
    }
    return undefined
  }

  private setPolicy(table: DraftTable, name: string, policy: string): Complaint | undefined {
    if (!table.isBase(name)) return at(4, 'iptables: Bad built-in chain name.')
    if (policy !== 'ACCEPT' && policy !== 'DROP') return at(4, "iptables: Bad policy name. Run `dmesg' for more information.")
    const chain = this.registered(table, name)
    if (chain) chain.policy = policy
    return undefined
  }

  private flush(table: DraftTable, name: string | undefined): Complaint | undefined {
    if (name !== undefined) {
      if (!table.has(name)) return noSuch(4)
      this.registered(table, name)?.clear()
      return undefined
    }
    for (const chain of table.userChains()) table.open(chain)?.clear()
    for (const chain of table.baseChains()) if ((table.look(chain)?.length ?? 0) > 0) table.open(chain)?.clear()
    return undefined
  }
}

function newChain(table: DraftTable, name: string): Complaint | undefined {
  if (table.has(name)) return at(4, 'iptables: Chain already exists.')
  table.create(name)
  return undefined
}

/** Reads all rules of the table: only so is known that none jumps there. */
function isReferenced(table: DraftTable, name: string): boolean {
  for (const other of [...table.baseChains(), ...table.userChains()]) {
    const chain = table.look(other)
    for (let index = 0; chain && index < chain.length; index++) {
      const { target } = chain.rule(index)
      if (target && (target.kind === 'jump' || target.kind === 'goto') && target.chain === name) return true
    }
  }
  return false
}

function deleteChain(table: DraftTable, name: string): Complaint | undefined {
  if (!table.has(name) || table.isBase(name)) return noSuch(4)
  if ((table.look(name)?.length ?? 0) > 0 || isReferenced(table, name))
    return at(4, `${PROGRAM} CHAIN_DEL failed (Device or resource busy): chain ${name}`)
  table.delete(name)
  return undefined
}

/** Also takes down base chains that hold nothing and accept. */
function deleteAllChains(table: DraftTable): Complaint | undefined {
  const names = table.userChains()
  const busy = names.find((name) => (table.look(name)?.length ?? 0) > 0 || isReferenced(table, name))
  if (busy !== undefined) return at(1, `${PROGRAM} CHAIN_DEL failed (Device or resource busy): chain ${busy}`)
  for (const name of names) table.delete(name)
  for (const name of table.baseChains()) {
    const chain = table.look(name)
    if (chain?.registered && chain.length === 0 && chain.policy === 'ACCEPT') {
      const open = table.open(name)
      if (open) open.registered = false
    }
  }
  return undefined
}
