import { fail, ok, type Result } from '../../base/result.ts'
import type { Origin } from '../origin.ts'
import { Arguments } from './extensions/arguments.ts'
import type { Rule } from './rule.ts'
import { readRules } from './rule-arguments.ts'
import { BASE_CHAINS } from './hooks.ts'
import type { Policy, TableName, XtablesFamily } from './ruleset.ts'
import { splitWords } from './words.ts'

/** Why a line was refused, in iptables' own words. Both counts are 1-based. */
export interface IptablesProblem {
  readonly line: number
  readonly column: number
  readonly message: string
}

/** What one line of iptables-restore input asks for. */
export type RestoreLine =
  /** `:NAME POLICY [packets:bytes]`; no policy (`-`) for user chains, which it creates or empties. */
  | { readonly kind: 'chain'; readonly line: number; readonly chain: string; readonly policy?: Policy }
  | { readonly kind: 'append'; readonly line: number; readonly chain: string; readonly rule: Rule }
  /** Any other command, with its words, for applyCommands. */
  | { readonly kind: 'command'; readonly line: number; readonly text: string }

export interface RestoreTable {
  readonly name: TableName
  readonly line: number
  readonly lines: readonly RestoreLine[]
}

const PROGRAM = 'iptables-restore v1.8.9 (nf_tables): '
export const problemAt = (line: number, column: number, message: string): IptablesProblem => ({
  line,
  column,
  message: `${PROGRAM}${message}`,
})

export const isTableName = (name: string): name is TableName => name in BASE_CHAINS

/** One `-A CHAIN …` line. Made for generated lines that are parsed when a packet first needs them. */
export function parseRule(
  line: string,
  origin: Origin,
  family?: XtablesFamily,
): Result<{ readonly chain: string; readonly rule: Rule }, IptablesProblem> {
  const parsed = parseRules(line, origin, 1, family)
  if (!parsed.ok) return parsed
  const [rule, ...others] = parsed.value.rules
  if (!rule || others.length > 0) return fail(problemAt(1, 1, 'a list of addresses makes several rules'))
  return ok({ chain: parsed.value.chain, rule })
}

function parseRules(
  line: string,
  origin: Origin,
  lineNumber: number,
  family: XtablesFamily | undefined,
): Result<{ readonly chain: string; readonly rules: readonly Rule[] }, IptablesProblem> {
  const args = new Arguments(splitWords(line), family)
  const command = args.next()
  if (command !== '-A' && command !== '--append') args.complain(command === '' ? 'no command specified' : `Bad argument \`${command}'`)
  const chain = args.value(command)
  const rules = readRules(args, () => chain, origin)
  return args.complaint ? fail(problemAt(lineNumber, args.complaint.column, args.complaint.message)) : ok({ chain, rules })
}

/** iptables-restore input or iptables-save output, in the order of its lines. Nothing is checked against existing chains here. */
export function parseRestore(text: string, origin: Origin, family?: XtablesFamily): Result<readonly RestoreTable[], IptablesProblem> {
  const tables: RestoreTable[] = []
  let open: { name: TableName; line: number; lines: RestoreLine[] } | undefined
  const lines = text.split('\n')
  for (const [index, raw] of lines.entries()) {
    const number = index + 1
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line === '' || line.startsWith('#')) continue
    if (!open) {
      const name = line.slice(1).trim()
      if (!line.startsWith('*')) return fail(problemAt(number, 1, `line ${number} failed`))
      if (!isTableName(name)) return fail(problemAt(number, 2, `table name '${name}' invalid`))
      open = { name, line: number, lines: [] }
      continue
    }
    if (/^COMMIT\s*$/.test(line)) {
      tables.push(open)
      open = undefined
      continue
    }
    const parsed = parseLine(line, number, { table: open.name, origin, family })
    if (!parsed.ok) return parsed
    open.lines.push(...parsed.value)
  }
  return open ? fail(problemAt(lines.length, 1, `COMMIT expected at line ${lines.length}`)) : ok(tables)
}

interface Within {
  readonly table: TableName
  readonly origin: Origin
  readonly family: XtablesFamily | undefined
}

function parseLine(line: string, number: number, { table, origin, family }: Within): Result<readonly RestoreLine[], IptablesProblem> {
  if (line.startsWith(':')) return chainLine(line, number, table)
  const counters = /^\[\d+:\d+\]\s+/.exec(line)?.[0].length ?? 0
  const command = line.slice(counters)
  if (!/^-A\s|^--append\s/.test(command)) {
    if (command.startsWith('-')) return ok([{ kind: 'command', line: number, text: command }])
    return fail(problemAt(number, 1, `Bad argument \`${command.split(/\s/, 1)[0] ?? ''}'`))
  }
  const parsed = parseRules(command, origin, number, family)
  if (!parsed.ok) return fail({ ...parsed.error, column: parsed.error.column + counters })
  const { chain, rules } = parsed.value
  return ok(rules.map((rule) => ({ kind: 'append', line: number, chain, rule })))
}

function chainLine(line: string, number: number, table: TableName): Result<readonly RestoreLine[], IptablesProblem> {
  const { texts, columns } = splitWords(line.slice(1))
  const [chain = '', policy, counters] = texts
  if (chain === '') return fail(problemAt(number, 2, `line ${number} chain name invalid`))
  if (policy === undefined) return fail(problemAt(number, line.length + 1, `line ${number} policy invalid`))
  if (counters !== undefined && !/^\[\d+:\d+\]$/.test(counters))
    return fail(problemAt(number, (columns[2] ?? 0) + 1, 'invalid policy counters for chain'))
  if (policy === '-') return ok([{ kind: 'chain', line: number, chain }])
  const base = (BASE_CHAINS[table] as readonly string[]).includes(chain)
  if (!base) return fail(problemAt(number, 2, `line ${number} failed: Bad built-in chain name.`))
  if (policy !== 'ACCEPT' && policy !== 'DROP')
    return fail(problemAt(number, (columns[1] ?? 0) + 1, `line ${number} failed: Bad policy name.`))
  return ok([{ kind: 'chain', line: number, chain, policy }])
}
