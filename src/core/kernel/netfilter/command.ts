import { fail, ok, type Result } from '../../base/result.ts'
import type { Origin } from '../origin.ts'
import { Arguments, type Complaint } from './extensions/arguments.ts'
import { isTableName } from './restore.ts'
import type { Rule } from './rule.ts'
import { readRules } from './rule-arguments.ts'
import type { XtablesFamily, TableName } from './ruleset.ts'
import type { Words } from './words.ts'

/** What one call of iptables(8) does. Numbers of rules are 1-based, as on the command line. */
export type Command =
  | { readonly kind: 'append'; readonly chain: string; readonly rules: readonly Rule[] }
  | { readonly kind: 'insert'; readonly chain: string; readonly number?: number; readonly rules: readonly Rule[] }
  | { readonly kind: 'replace'; readonly chain: string; readonly number: number; readonly rules: readonly Rule[] }
  | { readonly kind: 'delete' | 'check'; readonly chain: string; readonly rules: readonly Rule[] }
  | { readonly kind: 'delete-number'; readonly chain: string; readonly number: number }
  | { readonly kind: 'policy'; readonly chain: string; readonly policy: string }
  | { readonly kind: 'new-chain'; readonly chain: string }
  | { readonly kind: 'delete-chain' | 'flush'; readonly chain?: string }
  | { readonly kind: 'zero' }

export interface ReadCommand {
  readonly table: TableName
  /** Whether `-t` was given: iptables-restore refuses it. */
  readonly tableGiven: boolean
  readonly command: Command
}

type Kind = 'append' | 'insert' | 'replace' | 'delete' | 'check' | 'policy' | 'new-chain' | 'delete-chain' | 'flush' | 'zero'

const COMMANDS: ReadonlyMap<string, Kind> = new Map([
  ['-A', 'append'],
  ['--append', 'append'],
  ['-I', 'insert'],
  ['--insert', 'insert'],
  ['-R', 'replace'],
  ['--replace', 'replace'],
  ['-D', 'delete'],
  ['--delete', 'delete'],
  ['-C', 'check'],
  ['--check', 'check'],
  ['-P', 'policy'],
  ['--policy', 'policy'],
  ['-N', 'new-chain'],
  ['--new-chain', 'new-chain'],
  ['-X', 'delete-chain'],
  ['--delete-chain', 'delete-chain'],
  ['-F', 'flush'],
  ['--flush', 'flush'],
  ['-Z', 'zero'],
  ['--zero', 'zero'],
])
/** Commands that read or rename; nothing here needs them. */
const NOT_MODELLED: readonly string[] = ['-L', '--list', '-S', '--list-rules', '-E', '--rename-chain']

interface Draft {
  table: TableName
  tableGiven: boolean
  kind?: Kind
  word?: string
  chain?: string
  number?: number
  policy?: string
}

/** Arguments of iptables(8), with or without the program's name in front. */
export function readCommand(words: Words, origin: Origin, family?: XtablesFamily): Result<ReadCommand, Complaint> {
  const args = new Arguments(words, family)
  const draft: Draft = { table: 'filter', tableGiven: false }
  if (args.peek() === 'iptables') args.next()
  const rules = readRules(
    args,
    () => draft.chain ?? '',
    origin,
    (word, not) => readCommandOption(draft, args, word, not),
  )
  const command = args.complaint ? undefined : commandOf(draft, rules, args)
  const { complaint } = args
  if (!command || complaint) return fail(worded(complaint ?? { column: 1, message: 'no command specified' }))
  return ok({ table: draft.table, tableGiven: draft.tableGiven, command })
}

const worded = ({ column, message }: Complaint): Complaint => ({
  column,
  message: message.startsWith('Bad argument') ? message : `iptables v1.8.9 (nf_tables): ${message}`,
})

/** False for words that belong to the rule. */
function readCommandOption(draft: Draft, args: Arguments, word: string, not: boolean): boolean {
  if (word === '-t' || word === '--table') {
    const table = args.value(word)
    if (isTableName(table)) draft.table = table
    else args.complain(`table '${table}' does not exist\nPerhaps iptables or your kernel needs to be upgraded.`)
    draft.tableGiven = true
    return true
  }
  if (word === '-w' || word === '--wait') {
    if (/^\d+$/.test(args.peek() ?? '')) args.next()
    return true
  }
  if (word === '-4' || word === '--ipv4' || word === '-v' || word === '-n') return true
  if (NOT_MODELLED.includes(word)) args.complain(`option "${word}" is not modelled`)
  const kind = COMMANDS.get(word)
  if (!kind) return false
  if (draft.word !== undefined) args.complain(`Cannot use ${word} with ${draft.word}`)
  if (not) args.complain(`cannot have ! before ${word}`)
  draft.kind = kind
  draft.word = word
  readOperands(draft, args, kind, word)
  return true
}

const isOperand = (word: string | undefined): boolean => word !== undefined && word !== '!' && !word.startsWith('-')

function readOperands(draft: Draft, args: Arguments, kind: Kind, word: string): void {
  const mayStandAlone = kind === 'flush' || kind === 'delete-chain' || kind === 'zero'
  if (mayStandAlone) {
    if (isOperand(args.peek())) draft.chain = args.next()
    return
  }
  draft.chain = args.value(word)
  if (kind === 'policy') {
    if (args.peek() === undefined) args.complain(`${word} requires a chain and a policy`)
    draft.policy = args.next()
  }
  const takesNumber = kind === 'insert' || kind === 'replace' || kind === 'delete'
  if (takesNumber && isOperand(args.peek())) readNumber(draft, args)
  if (kind === 'replace' && draft.number === undefined) args.complain(`${word} requires a rule number`)
  if (kind === 'new-chain') checkName(args, draft.chain)
}

function readNumber(draft: Draft, args: Arguments): void {
  const text = args.next()
  draft.number = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (draft.number === 0) args.complain(`Invalid rule number \`${text}'`)
}

const TARGET_NAMES: readonly string[] = [
  'ACCEPT',
  'DROP',
  'RETURN',
  'QUEUE',
  'MARK',
  'CONNMARK',
  'DNAT',
  'SNAT',
  'MASQUERADE',
  'REDIRECT',
  'REJECT',
  'NOTRACK',
  'CT',
  'LOG',
  'NFLOG',
  'TCPMSS',
]

function checkName(args: Arguments, name: string): void {
  if (name.length > 28) args.complain(`chain name \`${name}' too long (must be under 29 chars)`)
  if (/^[-!]/.test(name)) args.complain(`chain name not allowed to start with \`${name.charAt(0)}'`)
  if (/\s/.test(name)) args.complain(`Invalid chain name \`${name}'`)
  if (TARGET_NAMES.includes(name)) args.complain('chain name may not clash with target name')
}

function commandOf(draft: Draft, rules: readonly Rule[], args: Arguments): Command | undefined {
  const { kind, chain = '', number } = draft
  switch (kind) {
    case 'append':
    case 'check':
      return { kind, chain, rules }
    case 'insert':
      return { kind, chain, rules, ...(number !== undefined && { number }) }
    case 'replace':
      return { kind, chain, number: number ?? 1, rules }
    case 'delete':
      return number === undefined ? { kind, chain, rules } : { kind: 'delete-number', chain, number }
    case 'policy':
      return { kind, chain, policy: draft.policy ?? '' }
    case 'new-chain':
      return { kind, chain }
    case 'delete-chain':
    case 'flush':
      return { kind, ...(draft.chain !== undefined && { chain: draft.chain }) }
    case 'zero':
      return { kind }
    case undefined:
      args.complain('no command specified')
      return undefined
  }
}
