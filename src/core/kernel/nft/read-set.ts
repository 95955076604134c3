import { parseCidr, printCidr } from '../../net/cidr.ts'
import { canonical, compare, hasOrder } from './data-type.ts'
import { isInterval, merged, plain } from './intervals.ts'
import type { Reader } from './reader.ts'
import type { SetElement, SetReference, Value, Verdict } from './rule.ts'
import type { DataType } from './ruleset.ts'

/** Elements of sets and maps, and what refers to them. */

/** How many elements one list may have. */
const LARGEST_LIST = 1_000_000

/** `@name` or `{ ... }`. `value` is what a map gives; absent for sets. */
export function readReference(reader: Reader, key: readonly DataType[], value: readonly DataType[] | undefined): SetReference {
  if (reader.accept('@')) return { kind: 'named', name: reader.name('the name of a set') }
  const elements = readElements(reader, key, value)
  const [type = 'integer'] = key
  const merges = key.length === 1 && !value && elements.length > 1 && elements.some((element) => isInterval(element.key[0]))
  if (!merges)
    return {
      kind: 'anonymous',
      elements: sorted(
        key,
        elements.map((element) => plainKey(key, element)),
      ),
    }
  const values = merged(
    type,
    elements.flatMap((element) => element.key),
  )
  return { kind: 'anonymous', elements: values.map((one) => ({ key: [one] })), merged: true }
}

const plainKey = (types: readonly DataType[], element: SetElement): SetElement => ({
  ...element,
  key: element.key.map((value, i) => plain(types[i] ?? 'integer', value)),
})

/** `{ key [comment "..."] [timeout 5m] [: value], ... }` */
export function readElements(reader: Reader, key: readonly DataType[], value: readonly DataType[] | undefined): readonly SetElement[] {
  const elements: SetElement[] = []
  reader.expect('{')
  reader.skipSpace()
  while (!reader.accept('}')) {
    if (elements.length >= LARGEST_LIST) reader.refuse(`more than ${LARGEST_LIST} elements`)
    elements.push(readElement(reader, key, value))
    reader.skipSpace()
    if (!reader.is('}')) {
      reader.expect(',')
      reader.skipSpace()
    }
  }
  return elements
}

function readElement(reader: Reader, types: readonly DataType[], value: readonly DataType[] | undefined): SetElement {
  const key = types.map((type, i) => {
    if (i > 0) reader.expect('.')
    return readValue(reader, type)
  })
  const options: { comment?: string; timeout?: number } = {}
  for (;;) {
    if (reader.accept('comment')) options.comment = reader.string('a comment')
    else if (reader.accept('timeout')) options.timeout = readTime(reader)
    else if (reader.is('expires') || reader.is('counter')) reader.refuse('not modelled in elements')
    else break
  }
  if (!value) return { key, ...options }
  reader.expect(':')
  if (value[0] === 'verdict') return { key, ...options, verdict: readVerdict(reader) ?? reader.refuse('expected a verdict') }
  return { key, ...options, value: value.map((type, i) => (i > 0 && reader.expect('.'), single(reader, type))) }
}

function single(reader: Reader, type: DataType): string {
  const text = canonical(type, reader.token.text)
  if (text === undefined) return reader.refuse(`expected a constant of type ${type}`)
  reader.advance()
  return text
}

/** A constant, a prefix or a range. A prefix of one address stays a prefix until the set is known that it stands in. */
export function readValue(reader: Reader, type: DataType): Value {
  const { token } = reader
  const { text } = token
  if (text === '*' && token.kind === 'word') {
    reader.advance()
    return { kind: 'any' }
  }
  const value = valueOf(type, text)
  if (!value) return reader.refuse(`expected a constant of type ${type}`)
  reader.advance()
  return value
}

function valueOf(type: DataType, text: string): Value | undefined {
  const whole = canonical(type, text)
  if (whole !== undefined) return { kind: 'single', text: whole }
  if (!hasOrder(type)) return undefined
  if (type === 'ipv4_addr' || type === 'ipv6_addr') {
    const prefix = text.includes('/') ? parseCidr(text) : undefined
    const [address, length] = prefix ? printCidr(prefix).split('/') : []
    if (address !== undefined && canonical(type, address) !== undefined) return { kind: 'prefix', address, length: Number(length) }
  }
  const dash = text.indexOf('-')
  const from = dash > 0 ? canonical(type, text.slice(0, dash)) : undefined
  const to = dash > 0 ? canonical(type, text.slice(dash + 1)) : undefined
  return from !== undefined && to !== undefined && compare(type, from, to) < 0 ? { kind: 'range', from, to } : undefined
}

export function readVerdict(reader: Reader): Verdict | undefined {
  const { text, kind } = reader.token
  if (kind !== 'word') return undefined
  if (text === 'accept' || text === 'drop' || text === 'return' || text === 'continue') {
    reader.advance()
    return { kind: text }
  }
  if (text !== 'jump' && text !== 'goto') return undefined
  reader.advance()
  return { kind: text, chain: reader.name('the name of a chain') }
}

const UNITS: Readonly<Record<string, number>> = { d: 86400, h: 3600, m: 60, s: 1 }

/** `1d2h3m4s`, in seconds. */
export function readTime(reader: Reader): number {
  const { text } = reader.token
  if (!/^(?:\d{1,9}[dhms])+$/.test(text)) return reader.refuse('expected a time')
  reader.advance()
  return [...text.matchAll(/(\d+)([dhms])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0)
}

/** Anonymous sets, and named ones with intervals, are kept by the kernel in the order of their values. */
export function sorted(types: readonly DataType[], elements: readonly SetElement[]): readonly SetElement[] {
  const lowest = (value: Value | undefined): string => {
    switch (value?.kind) {
      case 'single':
        return value.text
      case 'prefix':
        return value.address
      case 'range':
        return value.from
      default:
        return ''
    }
  }
  return [...elements].sort((a, b) => {
    for (const [i, type] of types.entries()) {
      const [x, y] = [lowest(a.key[i]), lowest(b.key[i])]
      const order = x === '' || y === '' ? x.length - y.length : compare(type, x, y)
      if (order !== 0) return order
    }
    return 0
  })
}
