import { type Cidr, contains, hostCidr, parseCidr } from '../../core/net/cidr.ts'
import { isIpv6, parseIp } from '../../core/net/ip.ts'
import { FIELDS, type Seen, valuesOf } from './filter-fields.ts'
import { type Token, tokensOf } from './filter-tokens.ts'

/**
 * The language of the packet list: Wireshark's display filters over the fields of a trace.
 *
 *     ip.addr == 10.0.0.0/8 && tcp        host web        !delivered        rule contains KUBE-SVC and hook == PREROUTING
 *
 * `!` binds closest, then `&&`, then `||`. A comparison holds when any of the packet's values does; `!=` when none of them is equal.
 */
export type Filter =
  | { readonly kind: 'flag'; readonly field: string }
  | { readonly kind: 'compare'; readonly field: string; readonly by: Comparison; readonly value: string }
  | { readonly kind: 'not'; readonly one: Filter }
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'contains'
const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>=', 'contains'] satisfies readonly Comparison[]

/** What is wrong, and where: 0-based, in UTF-16 units. */
export interface FilterError {
  readonly at: number
  readonly length: number
  readonly why: 'field' | 'value' | 'number' | 'address' | 'comparison' | 'order' | 'close' | 'joint' | 'term' | 'character' | 'deep'
  readonly text: string
}

export type Parsed = { readonly ok: true; readonly filter: Filter | undefined } | { readonly ok: false; readonly error: FilterError }

/** An empty text is no filter. */
export function parseFilter(text: string): Parsed {
  const tokens = tokensOf(text)
  if (tokens.length === 0) return { ok: true, filter: undefined }
  try {
    return { ok: true, filter: new Reader(tokens, text.length).all() }
  } catch (error) {
    if (error instanceof Refused) return { ok: false, error: error.what }
    throw error
  }
}

class Refused extends Error {
  readonly what: FilterError
  constructor(what: FilterError) {
    super(what.why)
    this.what = what
  }
}

/** Deeper than anybody writes, shallower than the stack. */
const DEPTH = 200

class Reader {
  readonly #tokens: readonly Token[]
  readonly #end: number
  #next = 0
  #depth = 0

  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens
    this.#end = end
  }

  all(): Filter {
    const filter = this.#or()
    const rest = this.#tokens[this.#next]
    if (rest) this.#refuse(rest.kind === 'bad' ? 'character' : 'joint', rest)
    return filter
  }

  #or(): Filter {
    let left = this.#and()
    while (this.#take('or')) left = { kind: 'or', left, right: this.#and() }
    return left
  }

  #and(): Filter {
    let left = this.#not()
    while (this.#take('and')) left = { kind: 'and', left, right: this.#not() }
    return left
  }

  #not(): Filter {
    const token = this.#tokens[this.#next]
    if (++this.#depth > DEPTH) this.#refuse('deep', token)
    const filter: Filter = this.#take('not') ? { kind: 'not', one: this.#not() } : this.#take('open') ? this.#group() : this.#term()
    this.#depth--
    return filter
  }

  #group(): Filter {
    const inner = this.#or()
    if (!this.#take('close')) this.#refuse('close', this.#tokens[this.#next])
    return inner
  }

  #term(): Filter {
    const token = this.#take('word')
    if (!token) this.#refuse(this.#tokens[this.#next]?.kind === 'bad' ? 'character' : 'term', this.#tokens[this.#next])
    const name = token.text.toLowerCase()
    const type = Object.hasOwn(FIELDS, name) ? FIELDS[name]?.type : undefined
    if (type === undefined) this.#refuse('field', token)
    if (type === 'flag') return { kind: 'flag', field: name }
    const by = this.#take('compare')
    // tcpdump's habit: `host web`, `port 80`.
    if (!by && this.#tokens[this.#next]?.kind !== 'word') this.#refuse('comparison', this.#tokens[this.#next], name)
    const value = this.#take('word')
    if (!value) this.#refuse('value', this.#tokens[this.#next], name)
    const comparison = (by?.text ?? '==') as Comparison
    const wrong = wrongValue(type, comparison, value.text)
    if (wrong) this.#refuse(wrong, wrong === 'order' ? by : value, wrong === 'order' ? name : value.text)
    return { kind: 'compare', field: name, by: comparison, value: value.text }
  }

  #take(kind: Token['kind']): Token | undefined {
    const token = this.#tokens[this.#next]
    if (token?.kind !== kind) return undefined
    this.#next++
    return token
  }

  #refuse(why: FilterError['why'], token: Token | undefined, text = token?.text ?? ''): never {
    throw new Refused({ why, at: token?.at ?? this.#end, length: token?.length ?? 1, text })
  }
}

function wrongValue(type: 'ip' | 'number' | 'text', by: Comparison, value: string): FilterError['why'] | undefined {
  if (!COMPARISONS.includes(by)) return 'comparison'
  if (by === 'contains') return undefined
  if (type === 'number') return /^\d+$/.test(value) ? undefined : 'number'
  if (by !== '==' && by !== '!=') return 'order'
  return type === 'ip' && !prefixOf(value) ? 'address' : undefined
}

export function matches(filter: Filter, seen: Seen): boolean {
  switch (filter.kind) {
    case 'flag':
      return valuesOf(filter.field, seen).length > 0
    case 'not':
      return !matches(filter.one, seen)
    case 'and':
      return matches(filter.left, seen) && matches(filter.right, seen)
    case 'or':
      return matches(filter.left, seen) || matches(filter.right, seen)
    case 'compare':
      return compares(filter, valuesOf(filter.field, seen))
  }
}

function compares({ field, by, value }: Extract<Filter, { kind: 'compare' }>, values: readonly string[]): boolean {
  const type = FIELDS[field]?.type
  const equal = (one: string) =>
    type === 'ip' ? isWithin(one, value) : type === 'number' ? Number(one) === Number(value) : one.toLowerCase() === value.toLowerCase()
  switch (by) {
    case '==':
      return values.some(equal)
    case '!=':
      return !values.some(equal)
    case 'contains':
      return values.some((one) => one.toLowerCase().includes(value.toLowerCase()))
    case '<':
      return values.some((one) => Number(one) < Number(value))
    case '<=':
      return values.some((one) => Number(one) <= Number(value))
    case '>':
      return values.some((one) => Number(one) > Number(value))
    case '>=':
      return values.some((one) => Number(one) >= Number(value))
  }
}

/** `10.0.0.0/8`, `fd00::/8`, or one address. */
export function prefixOf(text: string): Cidr | undefined {
  const ip = parseIp(text)
  return ip ? hostCidr(ip) : parseCidr(text)
}

export function isWithin(ip: string, text: string): boolean {
  const prefix = prefixOf(text)
  const address = parseIp(ip)
  return prefix !== undefined && address !== undefined && (prefix.wide !== undefined) === isIpv6(address) && contains(prefix, address)
}
