import { numberIn } from './data-type.ts'
import type { Reader } from './reader.ts'
import type { CtKey, Expression, MetaKey, PayloadProtocol } from './rule.ts'
import type { DataType } from './ruleset.ts'

/** Expressions that take something from a packet (man nft, PRIMARY and PAYLOAD EXPRESSIONS). Whatever is not in these tables is refused by name. */
const PAYLOAD: Readonly<Record<PayloadProtocol, Readonly<Record<string, DataType>>>> = {
  ip: { saddr: 'ipv4_addr', daddr: 'ipv4_addr', protocol: 'inet_proto', ttl: 'integer', length: 'integer' },
  ip6: { saddr: 'ipv6_addr', daddr: 'ipv6_addr', nexthdr: 'inet_proto', hoplimit: 'integer', length: 'integer' },
  th: { sport: 'inet_service', dport: 'inet_service' },
  tcp: { sport: 'inet_service', dport: 'inet_service', flags: 'tcp_flag' },
  udp: { sport: 'inet_service', dport: 'inet_service' },
  sctp: { sport: 'inet_service', dport: 'inet_service' },
  icmp: { type: 'icmp_type', code: 'integer' },
  icmpv6: { type: 'icmpv6_type', code: 'integer' },
  ether: { saddr: 'ether_addr' },
}

const META: Readonly<Record<MetaKey, DataType>> = {
  mark: 'mark',
  l4proto: 'inet_proto',
  nfproto: 'nf_proto',
  iifname: 'ifname',
  oifname: 'ifname',
  iif: 'ifname',
  oif: 'ifname',
  pkttype: 'pkt_type',
  length: 'integer',
}
/** May stand without `meta` before them. */
const UNQUALIFIED = new Set<string>(['mark', 'iif', 'oif', 'iifname', 'oifname', 'pkttype'])

const CT: Readonly<Record<Exclude<CtKey, 'saddr' | 'daddr'>, DataType>> = {
  state: 'ct_state',
  status: 'ct_status',
  mark: 'mark',
  direction: 'ct_dir',
  protocol: 'inet_proto',
  'proto-src': 'inet_service',
  'proto-dst': 'inet_service',
}

const BITWISE: Readonly<Record<string, '&' | '|' | '^'>> = { '&': '&', and: '&', '|': '|', or: '|', '^': '^', xor: '^' }

const has = <K extends string>(table: Readonly<Record<K, unknown>>, key: string): key is K => Object.hasOwn(table, key)

/** Types of the fields of an expression: one, but for concatenations and maps of them. */
export function typesOf(expression: Expression): readonly DataType[] {
  switch (expression.kind) {
    case 'concat':
      return expression.parts.flatMap(typesOf)
    case 'fib':
      return ['fib_addrtype']
    case 'numgen':
      return ['integer']
    case 'bitwise':
      return typesOf(expression.left)
    case 'map':
      return expression.types
    default:
      return [expression.type]
  }
}

/** One field or several with dots between. */
export function readKey(reader: Reader): Expression {
  const first = readField(reader)
  if (!reader.is('.')) return first
  const parts = [first]
  while (reader.accept('.')) parts.push(readField(reader))
  if (parts.some(({ kind }) => kind === 'numgen' || kind === 'bitwise')) reader.refuse('not modelled within a concatenation')
  return { kind: 'concat', parts }
}

function readField(reader: Reader): Expression {
  const field = readPrimary(reader)
  const operator = BITWISE[reader.token.text]
  if (operator === undefined || reader.token.kind === 'string') return field
  if (field.kind === 'payload' || field.kind === 'fib' || field.kind === 'numgen' || typesOf(field)[0] !== 'mark')
    reader.refuse('bitwise operations are modelled for marks only')
  reader.advance()
  return { kind: 'bitwise', operator, left: field, right: reader.number('a number') }
}

/** Whether an expression begins here. */
export const startsExpression = (reader: Reader): boolean => {
  const { kind, text } = reader.token
  return kind === 'word' && (has(PAYLOAD, text) || UNQUALIFIED.has(text) || ['meta', 'ct', 'fib', 'numgen'].includes(text))
}

export function readPrimary(reader: Reader): Expression {
  const { token } = reader
  const word = reader.word('an expression')
  if (has(PAYLOAD, word)) return payload(reader, word)
  if (UNQUALIFIED.has(word)) return { kind: 'meta', key: word as MetaKey, type: META[word as MetaKey] }
  switch (word) {
    case 'meta': {
      const at = reader.token
      const key = reader.word('a meta key')
      return has(META, key) ? { kind: 'meta', key, type: META[key] } : reader.refuse('meta key is not modelled', at)
    }
    case 'ct':
      return connection(reader)
    case 'fib':
      return fib(reader)
    case 'numgen':
      return numgen(reader)
    default:
      return reader.refuse('unsupported', token)
  }
}

function payload(reader: Reader, protocol: PayloadProtocol): Expression {
  const at = reader.token
  const field = reader.word(`a field of ${protocol}`)
  const type = PAYLOAD[protocol][field]
  return type ? { kind: 'payload', protocol, field, type } : reader.refuse(`${protocol} field is not modelled`, at)
}

function connection(reader: Reader): Expression {
  const direction = reader.is('original') || reader.is('reply') ? (reader.advance().text as 'original' | 'reply') : undefined
  const at = reader.token
  const key = reader.word('a ct key')
  if (direction && (key === 'ip' || key === 'ip6')) {
    const side = reader.word('saddr or daddr')
    if (side !== 'saddr' && side !== 'daddr') return reader.refuse('ct key is not modelled', at)
    return { kind: 'ct', key: side, direction, type: key === 'ip' ? 'ipv4_addr' : 'ipv6_addr' }
  }
  // Both directions have the same protocol, and nft drops the word.
  if (key === 'protocol') return { kind: 'ct', key, type: CT[key] }
  if (!has(CT, key) || (direction !== undefined) !== key.startsWith('proto-')) return reader.refuse('ct key is not modelled', at)
  return { kind: 'ct', key, ...(direction && { direction }), type: CT[key] }
}

function fib(reader: Reader): Expression {
  const fields: ('saddr' | 'daddr' | 'iif' | 'oif')[] = []
  do {
    const at = reader.token
    const field = reader.word('saddr, daddr, iif or oif')
    if (field !== 'saddr' && field !== 'daddr' && field !== 'iif' && field !== 'oif') return reader.refuse('fib key is not modelled', at)
    fields.push(field)
  } while (reader.accept('.'))
  if (fields.includes('saddr') === fields.includes('daddr')) reader.refuse('fib asks about one of saddr and daddr')
  if (!reader.accept('type')) reader.refuse('fib results but "type" are not modelled')
  return { kind: 'fib', fields, result: 'type' }
}

/** Numbers drawn from so many are enumerated one by one. */
const LARGEST_MODULUS = 65536

function numgen(reader: Reader): Expression {
  const mode = reader.word('random or inc')
  if (mode !== 'random') return reader.refuse(`numgen ${mode} is not modelled`)
  reader.expect('mod')
  const modulus = reader.number(`a modulus up to ${LARGEST_MODULUS}`, LARGEST_MODULUS)
  if (modulus === 0) reader.refuse('a modulus must not be 0')
  const offset = reader.accept('offset') ? reader.number('an offset') : 0
  return { kind: 'numgen', mode, modulus, offset }
}

/** What `meta mark set` may put in place: a number, a mark, or a mark changed. */
export function readMarkValue(reader: Reader): Expression {
  if (startsExpression(reader)) {
    const expression = readField(reader)
    if (typesOf(expression)[0] !== 'mark') reader.refuse('a mark can be set to a mark only')
    return expression
  }
  const value = numberIn(reader.token.text, 0xffffffff)
  if (value === undefined) return reader.refuse('expected a mark')
  reader.advance()
  return { kind: 'constant', value: `0x${value.toString(16).padStart(8, '0')}`, type: 'mark' }
}
