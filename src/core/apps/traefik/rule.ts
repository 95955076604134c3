/**
 * Rules of routers (pkg/rules, pkg/muxer/http, v3): matchers joined by `&&`, `||`, `!` and parentheses, a matcher's arguments in backticks or quotes. v2's matchers take several values; v1.7's
 * language is first-rule.ts. Regular expressions are read by the engine at hand, which knows more than RE2.
 */
import { contains, parseCidr } from '../../net/cidr.ts'
import type { Ip } from '../../net/ip.ts'
import { headersOf, hostOf, type HttpRequest, pathOf, queryOf } from '../http.ts'

export interface Asked {
  readonly request: HttpRequest
  readonly remote: Ip
}

export type Rule =
  | { readonly kind: 'and' | 'or'; readonly left: Rule; readonly right: Rule }
  | { readonly kind: 'not'; readonly of: Rule }
  | {
      readonly kind: 'matcher'
      readonly name: string
      readonly values: readonly string[]
      readonly text: string
      readonly test: (asked: Asked) => boolean
    }

export class RuleError extends Error {}

/** Undefined when it fits; otherwise the matcher that did not. */
export function failing(rule: Rule, asked: Asked): string | undefined {
  switch (rule.kind) {
    case 'and':
      return failing(rule.left, asked) ?? failing(rule.right, asked)
    case 'or': {
      const left = failing(rule.left, asked)
      return left === undefined ? undefined : failing(rule.right, asked)
    }
    case 'not':
      return failing(rule.of, asked) === undefined ? `!${textOf(rule.of)}` : undefined
    case 'matcher':
      return rule.test(asked) ? undefined : rule.text
  }
}

const textOf = (rule: Rule): string => (rule.kind === 'matcher' ? rule.text : `(${rule.kind})`)

const TOKEN = /\s*(?:(&&|\|\||!|\(|\)|,)|([A-Za-z]+)|`([^`]*)`|"((?:[^"\\]|\\.)*)")/y

interface Token {
  readonly kind: 'sign' | 'word' | 'text'
  readonly value: string
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex
    const found = TOKEN.exec(text)
    if (!found) throw new RuleError(`error while parsing rule ${text}: unexpected character at ${at}`)
    const [, sign, word, raw, escaped] = found
    if (sign !== undefined) tokens.push({ kind: 'sign', value: sign })
    else if (word !== undefined) tokens.push({ kind: 'word', value: word })
    else tokens.push({ kind: 'text', value: raw ?? unescaped(escaped ?? '') })
  }
  return tokens
}

const unescaped = (text: string): string => text.replace(/\\(.)/g, '$1')

export function parseRule(text: string, syntax: 'v2' | 'v3' = 'v3'): Rule {
  const tokens = tokensOf(text)
  let at = 0
  const is = (value: string): boolean => tokens[at]?.kind === 'sign' && tokens[at]?.value === value
  const expect = (value: string): void => {
    if (!is(value)) throw new RuleError(`error while parsing rule ${text}: expected ${value}`)
    at++
  }
  const or = (): Rule => {
    let left = and()
    while (is('||')) {
      at++
      left = { kind: 'or', left, right: and() }
    }
    return left
  }
  const and = (): Rule => {
    let left = unary()
    while (is('&&')) {
      at++
      left = { kind: 'and', left, right: unary() }
    }
    return left
  }
  const unary = (): Rule => {
    if (is('!')) {
      at++
      return { kind: 'not', of: unary() }
    }
    if (is('(')) {
      at++
      const inner = or()
      expect(')')
      return inner
    }
    const word = tokens[at++]
    if (word?.kind !== 'word') throw new RuleError(`error while parsing rule ${text}: matcher expected`)
    expect('(')
    const values: string[] = []
    while (!is(')')) {
      const value = tokens[at++]
      if (value?.kind !== 'text') throw new RuleError(`error while parsing rule ${text}: value expected`)
      values.push(value.value)
      if (is(',')) at++
    }
    expect(')')
    return matcher(word.value, values, syntax)
  }
  const rule = or()
  if (at < tokens.length) throw new RuleError(`error while parsing rule ${text}: unexpected ${tokens[at]?.value ?? ''}`)
  return rule
}

type Test = (asked: Asked) => boolean

function matcher(name: string, values: readonly string[], syntax: 'v2' | 'v3'): Rule {
  const found = Object.keys(MATCHERS).find((each) => each.toLowerCase() === name.toLowerCase())
  const own = found === undefined ? undefined : MATCHERS[found]
  if (found === undefined || !own) throw new RuleError(`unsupported function: ${name}`)
  const many = syntax === 'v2' && !['Headers', 'HeadersRegexp'].includes(found)
  if (!many && !own.counts.includes(values.length))
    throw new RuleError(`unexpected number of parameters; got ${values.length}, expected one of [${own.counts.join(' ')}]`)
  const tests = many ? values.map((value) => own.test(...queryPair(found, value))) : [own.test(...values)]
  return {
    kind: 'matcher',
    name: found,
    values,
    text: `${found}(${values.map((each) => `\`${each}\``).join(', ')})`,
    test: (asked) => tests.some((test) => test(asked)),
  }
}

/** v2 wrote `Query(a=b)`. */
function queryPair(name: string, value: string): readonly string[] {
  const at = value.indexOf('=')
  return name === 'Query' && at >= 0 ? [value.slice(0, at), value.slice(at + 1)] : [value]
}

const regexp = (text: string): RegExp => {
  try {
    return new RegExp(text, 'u')
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuleError(`error parsing regexp: ${text}`)
    throw error
  }
}

const absolute = (path: string): string => {
  if (!path.startsWith('/')) throw new RuleError(`path "${path}" does not start with a '/'`)
  return path
}

const byHost = (hosts: string): Test => {
  const pattern = hosts.toLowerCase().replace(/\.$/, '')
  if (pattern === '*') return () => true
  if (!pattern.startsWith('*')) return ({ request }) => hostOf(request) === pattern
  return ({ request }) => ['*', ...hostOf(request).split('.').slice(1)].join('.') === pattern
}

const header =
  (name: string, value: string): Test =>
  ({ request }) =>
    headersOf(request.headers, name).includes(value)
const headerRegexp = (name: string, text: string): Test => {
  const pattern = regexp(text)
  return ({ request }) => headersOf(request.headers, name).some((each) => pattern.test(each))
}

const MATCHERS: Readonly<Record<string, { readonly counts: readonly number[]; readonly test: (...values: readonly string[]) => Test }>> = {
  Host: { counts: [1], test: (host = '') => byHost(host) },
  HostHeader: { counts: [1], test: (host = '') => byHost(host) },
  HostRegexp: {
    counts: [1],
    test: (text = '') => {
      const pattern = regexp(text.replace(/\{[A-Za-z]\w*:(.+?)\}/g, '$1'))
      return ({ request }) => pattern.test(hostOf(request))
    },
  },
  Path: {
    counts: [1],
    test: (path = '') =>
      (
        (wanted) =>
        ({ request }: Asked) =>
          routingPath(request) === wanted
      )(absolute(path)),
  },
  PathPrefix: {
    counts: [1],
    test: (path = '') =>
      (
        (wanted) =>
        ({ request }: Asked) =>
          routingPath(request).startsWith(wanted)
      )(absolute(path)),
  },
  PathRegexp: {
    counts: [1],
    test: (text = '') =>
      (
        (pattern) =>
        ({ request }: Asked) =>
          pattern.test(routingPath(request))
      )(regexp(text)),
  },
  Method: {
    counts: [1],
    test:
      (method = '') =>
      ({ request }) =>
        request.method === method.toUpperCase(),
  },
  Header: { counts: [2], test: (name = '', value = '') => header(name, value) },
  Headers: { counts: [2], test: (name = '', value = '') => header(name, value) },
  HeaderRegexp: { counts: [2], test: (name = '', text = '') => headerRegexp(name, text) },
  HeadersRegexp: { counts: [2], test: (name = '', text = '') => headerRegexp(name, text) },
  Query: {
    counts: [1, 2],
    test:
      (name = '', value = '') =>
      ({ request }) =>
        queryValues(request, name).includes(value),
  },
  QueryRegexp: {
    counts: [1, 2],
    test: (name = '', text = '') =>
      (
        (pattern) =>
        ({ request }: Asked) =>
          queryValues(request, name).some((each) => pattern.test(each))
      )(regexp(text)),
  },
  ClientIP: {
    counts: [1],
    test: (text = '') => {
      const range = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`)
      if (!range) throw new RuleError(`initializing IP checker for ClientIP matcher: parsing CIDR trusted IPs ${text}`)
      return ({ remote }) => contains(range, remote)
    },
  },
}

const RESERVED = /^%(?:3A|2F|3F|23|5B|5D|40|21|24|26|27|28|29|2A|2B|2C|3B|3D|25)$/i

/** The path with what need not be encoded decoded. */
export const routingPath = (request: HttpRequest): string =>
  pathOf(request).replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
    const kept = run.replace(/%[0-9A-Fa-f]{2}/g, (code) => (RESERVED.test(code) ? code.replace('%', '%25') : code))
    try {
      return decodeURIComponent(kept)
    } catch (error) {
      if (error instanceof URIError) return run
      throw error
    }
  })

/** Every value of a name in the query, decoded. */
export function queryValues(request: HttpRequest, name: string): readonly string[] {
  const plain = (text: string): string => {
    try {
      return decodeURIComponent(text.replaceAll('+', ' '))
    } catch (error) {
      if (error instanceof URIError) return text
      throw error
    }
  }
  return (queryOf(request) ?? '').split('&').flatMap((pair) => {
    const [key = '', ...rest] = pair.split('=')
    return pair !== '' && plain(key) === name ? [plain(rest.join('='))] : []
  })
}

/** Every host that a rule names. */
export function hostsOf(rule: Rule): readonly string[] {
  if (rule.kind === 'matcher') return rule.name === 'Host' || rule.name === 'HostHeader' ? rule.values : []
  return rule.kind === 'not' ? [] : [...hostsOf(rule.left), ...hostsOf(rule.right)]
}
