import { maskOf } from '../../net/cidr.ts'
import type { RejectWith } from '../netfilter/rule.ts'
import { canonical, isFlags, numberOf, sortFlags } from './data-type.ts'
import { plain } from './intervals.ts'
import { readKey, readMarkValue, startsExpression, typesOf } from './read-expression.ts'
import { readMasquerade, readNat } from './read-nat.ts'
import { readReference, readTime, readValue, readVerdict } from './read-set.ts'
import type { Reader } from './reader.ts'
import type { Expression, Reject, Relation, Right, SetReference, Statement } from './rule.ts'
import type { DataType } from './ruleset.ts'

/** The statements of one rule up to its end (man nft, STATEMENTS). What is not modelled is refused by name. */
export function readStatements(reader: Reader): { readonly statements: readonly Statement[]; readonly comment?: string } {
  const statements: Statement[] = []
  while (!reader.atEnd) {
    if (reader.accept('comment')) {
      const comment = reader.string('a comment')
      if (!reader.atEnd) reader.refuse('a comment ends the rule')
      return { statements, comment }
    }
    statements.push(readStatement(reader))
  }
  if (statements.length === 0) reader.refuse('expected a rule')
  return { statements }
}

function readStatement(reader: Reader): Statement {
  const verdict = readVerdict(reader)
  if (verdict) return { kind: 'verdict', verdict }
  if (startsExpression(reader)) return readRelation(reader)
  const { token } = reader
  switch (reader.word('a statement')) {
    case 'reject':
      return readReject(reader)
    case 'dnat':
      return readNat(reader, 'dnat')
    case 'snat':
      return readNat(reader, 'snat')
    case 'masquerade':
      return readMasquerade(reader, 'masquerade')
    case 'redirect':
      return readMasquerade(reader, 'redirect')
    case 'counter':
      return readCounter(reader)
    case 'log':
      return { kind: 'log', arguments: readLog(reader) }
    case 'limit':
      return readLimit(reader)
    case 'notrack':
      return { kind: 'notrack' }
    case 'add':
    case 'update':
    case 'delete':
      return readDynamic(reader, token.text as 'add' | 'update' | 'delete')
    default:
      return reader.refuse('unsupported', token)
  }
}

/** What begins with an expression: a comparison, a lookup, or a mark that is set. */
function readRelation(reader: Reader): Statement {
  const left = readKey(reader)
  if (reader.is('set')) {
    const field = left.kind === 'meta' ? 'meta mark' : 'ct mark'
    if ((left.kind !== 'meta' && left.kind !== 'ct') || left.key !== 'mark') return reader.refuse('only marks can be set')
    reader.advance()
    return { kind: 'set', field, value: readMarkValue(reader) }
  }
  const types = typesOf(left)
  if (reader.accept('vmap')) return { kind: 'vmap', key: left, map: readReference(reader, types, ['verdict']) }
  const operator = readOperator(reader)
  return markPrefix(reader, left, types, operator) ?? { kind: 'match', left, operator, right: readRight(reader, left, types, operator) }
}

/** `meta mark 0x80000000/1`: the leading bits of a mark. */
function markPrefix(reader: Reader, left: Expression, types: readonly DataType[], operator: Relation): Statement | undefined {
  const [, value = '', length] = /^(0x[0-9a-fA-F]{1,8}|\d{1,10})\/(\d{1,2})$/.exec(reader.token.text) ?? []
  const text = canonical('mark', value)
  if (types[0] !== 'mark' || left.kind === 'bitwise' || length === undefined || text === undefined || Number(length) > 32) return undefined
  reader.advance()
  return {
    kind: 'match',
    left: { kind: 'bitwise', operator: '&', left, right: maskOf(Number(length)) },
    operator: operator === 'implicit' ? '==' : operator,
    right: { kind: 'value', value: { kind: 'single', text } },
  }
}

const RELATIONS: Readonly<Record<string, Relation>> = {
  '==': '==',
  eq: '==',
  '!=': '!=',
  ne: '!=',
  '<': '<',
  lt: '<',
  '<=': '<=',
  le: '<=',
  '>': '>',
  gt: '>',
  '>=': '>=',
  ge: '>=',
}

function readOperator(reader: Reader): Relation {
  const relation = reader.token.kind === 'string' ? undefined : RELATIONS[reader.token.text]
  if (relation) reader.advance()
  return relation ?? 'implicit'
}

function readRight(reader: Reader, left: Expression, types: readonly DataType[], operator: Relation): Right {
  const [type = 'integer'] = types
  if (reader.is('{') || reader.is('@')) {
    if (operator !== 'implicit' && operator !== '==' && operator !== '!=') reader.refuse('a set can be compared for equality only')
    return fromSet(readReference(reader, types, undefined), types)
  }
  if (types.length > 1) return reader.refuse('a concatenation is looked up in a set')
  if (type === 'tcp_flag' && (reader.is('&') || reader.is('/'))) return reader.refuse('written as "tcp flags VALUES / MASK"')
  if (isFlags(type)) return readFlags(reader, type)
  const value = plain(type, readValue(reader, type))
  if (value.kind === 'any') return reader.refuse('* stands in sets only')
  if (value.kind !== 'single' && operator !== 'implicit' && operator !== '==' && operator !== '!=')
    reader.refuse('prefixes and ranges can be compared for equality only')
  if (left.kind === 'bitwise' && operator === 'implicit') reader.refuse('a bitwise expression needs an operator')
  return { kind: 'value', value }
}

/** nft writes a set of one value as that value. */
function fromSet(set: SetReference, types: readonly DataType[]): Right {
  const only = set.kind === 'anonymous' && set.elements.length === 1 && types.length === 1 ? set.elements[0]?.key[0] : undefined
  if (!only || only.kind === 'any' || set.kind !== 'anonymous' || set.merged) return { kind: 'set', set }
  return isFlags(types[0]) && only.kind === 'single' ? { kind: 'flags', values: [only.text] } : { kind: 'value', value: only }
}

/** `new,related`, `syn / syn,ack`. */
function readFlags(reader: Reader, type: DataType): Right {
  const values = flagList(reader, type)
  if (type === 'tcp_flag' && reader.accept('/')) return { kind: 'masked', values, mask: flagList(reader, type) }
  return { kind: 'flags', values }
}

function flagList(reader: Reader, type: DataType): readonly string[] {
  const flags: string[] = []
  do {
    const flag = canonical(type, reader.token.text)
    if (flag === undefined || Number.isNaN(numberOf(type, flag))) return reader.refuse(`expected a constant of type ${type}`)
    reader.advance()
    flags.push(flag)
  } while (reader.accept(',') || reader.accept('|'))
  return sortFlags(type, flags)
}

const REJECTS: Readonly<Record<string, RejectWith>> = {
  'net-unreachable': 'icmp-net-unreachable',
  'host-unreachable': 'icmp-host-unreachable',
  'prot-unreachable': 'icmp-proto-unreachable',
  'port-unreachable': 'icmp-port-unreachable',
  'net-prohibited': 'icmp-net-prohibited',
  'host-prohibited': 'icmp-host-prohibited',
  'admin-prohibited': 'icmp-admin-prohibited',
}

function readReject(reader: Reader): Statement {
  if (!reader.accept('with')) return { kind: 'reject' }
  const at = reader.token
  const family = reader.word('icmp, icmpx or tcp')
  if (family === 'tcp') {
    reader.expect('reset')
    return { kind: 'reject', with: { family, type: 'tcp-reset' } }
  }
  if (family !== 'icmp' && family !== 'icmpx') return reader.refuse('reject with is not modelled', at)
  reader.accept('type')
  const type = REJECTS[reader.token.text]
  if (!type) return reader.refuse('reject type is not modelled')
  reader.advance()
  return rejection(family, type)
}

/** nft drops what is the default. */
function rejection(family: Reject['family'], type: RejectWith): Statement {
  return type === 'icmp-port-unreachable' ? { kind: 'reject' } : { kind: 'reject', with: { family, type } }
}

function readCounter(reader: Reader): Statement {
  const packets = reader.accept('packets') ? reader.number('a count', Number.MAX_SAFE_INTEGER) : 0
  const bytes = reader.accept('bytes') ? reader.number('a count', Number.MAX_SAFE_INTEGER) : 0
  return { kind: 'counter', packets, bytes }
}

/** In the order in which nft prints them. */
const LOG_OPTIONS = ['prefix', 'group', 'snaplen', 'queue-threshold', 'level', 'flags'] as const

function readLog(reader: Reader): string {
  const given = new Map<string, string>()
  while (LOG_OPTIONS.some((option) => reader.is(option))) {
    const option = reader.advance().text
    given.set(option, option === 'prefix' ? `"${reader.string('a prefix')}"` : reader.word('an argument'))
  }
  return LOG_OPTIONS.flatMap((option) => (given.has(option) ? [`${option} ${given.get(option)}`] : [])).join(' ')
}

function readLimit(reader: Reader): Statement {
  reader.expect('rate')
  const over = reader.accept('over')
  const rate = reader.word('a rate')
  if (!/^\d+\/(?:second|minute|hour|day|week)$/.test(rate)) reader.refuse('limit rate is not modelled')
  if (!reader.accept('burst')) return { kind: 'limit', over, arguments: `${rate} burst 5 packets` }
  const burst = reader.number('a count')
  reader.expect('packets')
  return { kind: 'limit', over, arguments: `${rate} burst ${burst} packets` }
}

function readDynamic(reader: Reader, operation: 'add' | 'update' | 'delete'): Statement {
  reader.expect('@')
  const set = reader.name('the name of a set')
  reader.expect('{')
  const key = readKey(reader)
  const timeout = reader.accept('timeout') ? readTime(reader) : undefined
  reader.expect('}')
  return { kind: 'dynamic', operation, set, key, ...(timeout !== undefined && { timeout }) }
}
