import { isIpv6, parseIp } from '../../net/ip.ts'
import { readKey, startsExpression, typesOf } from './read-expression.ts'
import { readReference } from './read-set.ts'
import type { Reader } from './reader.ts'
import type { Expression, NatAddress, NatFlag, Statement } from './rule.ts'
import type { DataType } from './ruleset.ts'

/** dnat, snat, masquerade and redirect (man nft, NAT STATEMENTS). */

type Ports = { readonly from: number; readonly to: number }

export function readNat(reader: Reader, kind: 'dnat' | 'snat'): Statement {
  const family = reader.is('ip') || reader.is('ip6') ? familyWord(reader) : undefined
  reader.accept('to')
  const to = startsExpression(reader) ? addressMap(reader) : address(reader)
  return { kind, ...(family && { family }), to, flags: flags(reader) }
}

/** `dnat ip to`; in `dnat to ip saddr map @m` the word belongs to the key. */
function familyWord(reader: Reader): 'ip' | 'ip6' | undefined {
  if (reader.following.text !== 'to' && !parseIp(reader.following.text.split(':')[0] ?? '')) return undefined
  return reader.advance().text as 'ip' | 'ip6'
}

function addressMap(reader: Reader): NatAddress {
  const key = readKey(reader)
  const at = reader.token
  if (!reader.accept('map')) return reader.refuse('expected "map"', at)
  const types: readonly DataType[] = ['ipv4_addr']
  const map = readReference(reader, typesOf(key), types)
  const expression: Expression & { readonly kind: 'map' } = { kind: 'map', key, map, types }
  return { kind: 'map', expression }
}

/** `10.0.0.1`, `10.0.0.1-10.0.0.9`, `10.0.0.1:80`, `[fd00::1]:80`, `:80`. */
function address(reader: Reader): NatAddress {
  const { text } = reader.token
  const match =
    /^(?:\[([^\]]+)\]|([0-9a-fA-F:]*::[0-9a-fA-F:.]*|(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|[^:[\]]*))(?::(\d{1,5}(?:-\d{1,5})?))?$/.exec(
      text,
    )
  const [, bracketed, plain = '', numbers] = match ?? []
  const [first = '', last] = (bracketed ?? plain).split('-')
  const from = parseIp(first)
  const to = last === undefined ? undefined : parseIp(last)
  const ports = numbers === undefined ? undefined : portsOf(numbers)
  const wrong = (first !== '' && !from) || (last !== undefined && !to) || (numbers !== undefined && !ports) || (!from && !ports)
  if (!match || wrong || (from && to && isIpv6(from) !== isIpv6(to))) return reader.refuse('expected an address to translate to')
  reader.advance()
  return { kind: 'address', ...(from && { from }), ...(to && { to }), ...(ports && { ports }) }
}

function portsOf(text: string): Ports | undefined {
  const [from = 0, to = from] = text.split('-').map(Number)
  return from <= to && to <= 65535 ? { from, to } : undefined
}

export function readMasquerade(reader: Reader, kind: 'masquerade' | 'redirect'): Statement {
  let ports: Ports | undefined
  if (reader.accept('to')) {
    const { text } = reader.token
    ports = /^:\d{1,5}(?:-\d{1,5})?$/.test(text) ? portsOf(text.slice(1)) : undefined
    if (!ports) return reader.refuse('expected ports, as in :1024-65535')
    reader.advance()
  }
  return { kind, ...(ports && { ports }), flags: flags(reader) }
}

/** In the order in which nft prints them. */
const FLAGS: readonly NatFlag[] = ['random', 'fully-random', 'persistent']

function flags(reader: Reader): readonly NatFlag[] {
  const found = new Set<string>()
  while (FLAGS.some((flag) => reader.is(flag))) {
    found.add(reader.advance().text)
    reader.accept(',')
  }
  return FLAGS.filter((flag) => found.has(flag))
}
