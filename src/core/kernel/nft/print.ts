import { unreachable } from '../../base/assert.ts'
import { maskOf } from '../../net/cidr.ts'
import { joinHostPort } from '../../net/ip.ts'
import { markText } from './data-type.ts'
import { typesOf } from './read-expression.ts'
import type {
  Expression,
  NatAddress,
  NatFlag,
  NftRule,
  Relation,
  Right,
  SetElement,
  SetReference,
  Statement,
  Value,
  Verdict,
} from './rule.ts'
import type { DataType } from './ruleset.ts'

/** Rules as `nft list` prints them (nftables src/statement.c, src/expression.c; v1.0.6). */
export function printRule({ statements, comment }: NftRule): string {
  const text = statements.map(printStatement).join(' ')
  return comment === undefined ? text : `${text} comment "${comment}"`
}

export function printStatement(statement: Statement): string {
  switch (statement.kind) {
    case 'match':
      return printMatch(statement)
    case 'verdict':
      return printVerdict(statement.verdict)
    case 'vmap':
      return `${printExpression(statement.key)} vmap ${printReference(statement.map, typesOf(statement.key))}`
    case 'reject':
      if (!statement.with) return 'reject'
      return statement.with.family === 'tcp'
        ? 'reject with tcp reset'
        : `reject with ${statement.with.family} ${statement.with.type.replace(/^icmp-/, '').replace(/^proto-/, 'prot-')}`
    case 'dnat':
    case 'snat':
      return `${statement.kind} ${statement.family ? `${statement.family} ` : ''}to ${printAddress(statement.to)}${printFlags(statement.flags)}`
    case 'masquerade':
    case 'redirect':
      return `${statement.kind}${statement.ports ? ` to :${printPorts(statement.ports)}` : ''}${printFlags(statement.flags)}`
    case 'set':
      return `${statement.field} set ${printExpression(statement.value)}`
    case 'dynamic':
      return `${statement.operation} @${statement.set} { ${printExpression(statement.key)}${statement.timeout === undefined ? '' : ` timeout ${printTime(statement.timeout)}`} }`
    case 'notrack':
      return 'notrack'
    case 'counter':
      return `counter packets ${statement.packets} bytes ${statement.bytes}`
    case 'log':
      return statement.arguments === '' ? 'log' : `log ${statement.arguments}`
    case 'limit':
      return `limit rate ${statement.over ? 'over ' : ''}${statement.arguments.replace(/ burst 5 packets$/, '')}`
    default:
      return unreachable(statement)
  }
}

function printMatch({ left, operator, right }: Extract<Statement, { kind: 'match' }>): string {
  const types = typesOf(left)
  const prefix = markPrefix(left, operator, right)
  if (prefix) return prefix
  const sign = operator === 'implicit' || (operator === '==' && needsNoSign(left, right)) ? '' : `${operator} `
  return `${printExpression(left)} ${sign}${printRight(right, types, sign !== '')}`
}

/** A mask of leading bits is printed as the length of a prefix. */
function markPrefix(left: Expression, operator: Relation, right: Right): string | undefined {
  if (left.kind !== 'bitwise' || left.operator !== '&' || right.kind !== 'value' || right.value.kind !== 'single') return undefined
  const length = Math.clz32(~left.right >>> 0)
  if (left.right !== maskOf(length) || (operator !== '==' && operator !== '!=')) return undefined
  return `${printExpression(left.left)} ${operator === '!=' ? '!= ' : ''}${right.value.text}${length === 32 ? '' : `/${length}`}`
}

/** `==` says something only behind a bitwise expression, and with sets of bits, where no sign means "any of". */
const needsNoSign = (left: Expression, right: Right): boolean =>
  left.kind !== 'bitwise' && right.kind !== 'flags' && right.kind !== 'masked'

function printRight(right: Right, types: readonly DataType[], signed: boolean): string {
  switch (right.kind) {
    case 'value':
      return printValue(right.value, types[0])
    case 'set':
      return printReference(right.set, types)
    case 'flags':
      return right.values.join(signed && types[0] !== 'tcp_flag' ? ' | ' : ',')
    case 'masked':
      return `${right.values.join(',')} / ${right.mask.join(',')}`
    default:
      return unreachable(right)
  }
}

export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'payload':
      return `${expression.protocol} ${expression.field}`
    case 'meta':
      return ['iifname', 'oifname', 'iif', 'oif'].includes(expression.key) ? expression.key : `meta ${expression.key}`
    case 'ct':
      return printConnection(expression)
    case 'fib':
      return `fib ${expression.fields.join(' . ')} ${expression.result}`
    case 'numgen':
      return `numgen ${expression.mode} mod ${expression.modulus}${expression.offset === 0 ? '' : ` offset ${expression.offset}`}`
    case 'bitwise':
      return `${printExpression(expression.left)} ${expression.operator} ${markText(expression.right)}`
    case 'concat':
      return expression.parts.map(printExpression).join(' . ')
    case 'constant':
      return expression.value
    case 'map':
      return `${printExpression(expression.key)} map ${printReference(expression.map, typesOf(expression.key))}`
    default:
      return unreachable(expression)
  }
}

function printConnection({ key, direction, type }: Extract<Expression, { kind: 'ct' }>): string {
  const family = key === 'saddr' || key === 'daddr' ? (type === 'ipv4_addr' ? 'ip ' : 'ip6 ') : ''
  return `ct ${direction ? `${direction} ` : ''}${family}${key}`
}

export function printVerdict(verdict: Verdict): string {
  return 'chain' in verdict ? `${verdict.kind} ${verdict.chain}` : verdict.kind
}

export function printReference(set: SetReference, types: readonly DataType[]): string {
  return set.kind === 'named' ? `@${set.name}` : `{ ${set.elements.map((element) => printElement(element, types)).join(', ')} }`
}

export function printElement({ key, comment, timeout, verdict, value }: SetElement, types: readonly DataType[]): string {
  let text = key.map((each, i) => printValue(each, types[i])).join(' . ')
  if (timeout !== undefined) text += ` timeout ${printTime(timeout)}`
  if (comment !== undefined) text += ` comment "${comment}"`
  if (verdict) text += ` : ${printVerdict(verdict)}`
  if (value) text += ` : ${value.join(' . ')}`
  return text
}

export function printValue(value: Value, type: DataType | undefined): string {
  switch (value.kind) {
    case 'single':
      return type === 'ifname' ? `"${value.text}"` : value.text
    case 'prefix':
      return `${value.address}/${value.length}`
    case 'range':
      return `${value.from}-${value.to}`
    case 'any':
      return '*'
    default:
      return unreachable(value)
  }
}

function printAddress(to: NatAddress): string {
  if (to.kind === 'map') return printExpression(to.expression)
  const { from, to: last, ports } = to
  const range = last === undefined ? (from ?? '') : `${from}-${last}`
  if (!ports) return range
  return range === '' ? `:${printPorts(ports)}` : joinHostPort(range, 0).replace(/0$/, printPorts(ports))
}

const printPorts = ({ from, to }: { readonly from: number; readonly to: number }): string => (from === to ? `${from}` : `${from}-${to}`)

const printFlags = (flags: readonly NatFlag[]): string => (flags.length === 0 ? '' : ` ${flags.join(',')}`)

/** `1d2h3m4s`. */
export function printTime(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const
  return (
    parts
      .filter(([count]) => count > 0)
      .map(([count, unit]) => `${count}${unit}`)
      .join('') || '0s'
  )
}
