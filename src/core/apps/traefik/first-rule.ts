/**
 * Rules of v1.7 (rules/rules.go): `Host:a,b;PathPrefix:/c`, every part has to fit, one of its values is enough. Some parts change the request instead of matching it. Values with braces are gorilla/mux'
 * patterns: `{name}` is an element, `{name:[a-z]+}` a regular expression. A path's star is a star.
 */
import { headersOf, hostOf, type HttpRequest, pathOf } from '../http.ts'
import type { MiddlewareConfig } from './model.ts'
import { type Asked, queryValues, type Rule, RuleError } from './rule.ts'

type Test = (asked: Asked) => boolean

interface Part {
  readonly name: string
  readonly values: readonly string[]
  readonly text: string
}

function partsOf(text: string): readonly Part[] {
  const parts = text.split(';').filter((part) => part !== '')
  if (parts.length === 0) throw new RuleError('empty rule')
  return parts.map((part) => {
    const [name = '', ...rest] = part.split(':')
    const known = name.trim()
    if (!(known in TESTS)) throw new RuleError(`error parsing rule: '${part}'. Unknown function: '${name}'`)
    const values = rest
      .join(':')
      .split(',')
      .filter((each) => each !== '')
      .map((each) => each.trim())
    if (values.length === 0) throw new RuleError(`error parsing args from rule: '${part}'`)
    return { name: known, values, text: part }
  })
}

export function parseFirstRule(text: string): Rule {
  const rules = partsOf(text).map(({ name, values, text: own }): Rule => {
    const tests = (TESTS[name] ?? always)(values)
    return { kind: 'matcher', name, values, text: own, test: (asked) => tests.some((test) => test(asked)) }
  })
  const [first, ...rest] = rules
  if (!first) throw new RuleError('empty rule')
  return rest.reduce<Rule>((left, right) => ({ kind: 'and', left, right }), first)
}

/** As Go's URL.Path: decoded. */
function decodedPath(request: HttpRequest): string {
  const path = pathOf(request)
  try {
    return decodeURIComponent(path)
  } catch (error) {
    if (error instanceof URIError) return path
    throw error
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

/** gorilla/mux' templates: braces may hold braces of a repetition. */
function template(text: string, element: string): string {
  let out = ''
  let at = 0
  for (const { index, 0: whole, 1: inside = '' } of text.matchAll(/\{((?:[^{}]|\{[^{}]*\})*)\}/g)) {
    const colon = inside.indexOf(':')
    out += `${escaped(text.slice(at, index))}(?:${colon < 0 ? element : inside.slice(colon + 1)})`
    at = index + whole.length
  }
  return out + escaped(text.slice(at))
}

function compiled(source: string, flags = ''): RegExp {
  try {
    return new RegExp(source, flags)
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuleError(`error parsing regexp: ${source}`)
    throw error
  }
}

const always = (): readonly Test[] => [() => true]

const byPath =
  (end: string) =>
  (values: readonly string[]): readonly Test[] =>
    values.map((value) => {
      if (end === '' && !value.includes('{')) return ({ request }) => decodedPath(request).startsWith(value)
      const pattern = compiled(`^${template(value, '[^/]+')}${end}`)
      return ({ request }) => pattern.test(decodedPath(request))
    })

/** Names and values by turns; all of them. */
function pairs(values: readonly string[], test: (name: string, value: string, request: HttpRequest) => boolean): readonly Test[] {
  const named = values.flatMap((name, i) => (i % 2 === 0 ? [[name, values[i + 1] ?? ''] as const] : []))
  return [({ request }) => named.every(([name, value]) => test(name, value, request))]
}

const TESTS: Readonly<Record<string, (values: readonly string[]) => readonly Test[]>> = {
  Host: (values) =>
    values.map(
      (value) =>
        ({ request }) =>
          hostOf(request) === value.toLowerCase(),
    ),
  HostRegexp: (values) =>
    values.map((value) => {
      const pattern = compiled(`^${template(value, '[^.]+')}$`)
      return ({ request }) => pattern.test(hostOf(request))
    }),
  Path: byPath('$'),
  PathStrip: byPath('$'),
  PathStripRegex: byPath('$'),
  PathPrefix: byPath(''),
  PathPrefixStrip: byPath(''),
  PathPrefixStripRegex: byPath(''),
  Method: (values) =>
    values.map(
      (value) =>
        ({ request }) =>
          request.method === value.toUpperCase(),
    ),
  Headers: (values) =>
    pairs(values, (name, value, { headers }) =>
      value === '' ? headersOf(headers, name).length > 0 : headersOf(headers, name).includes(value),
    ),
  HeadersRegexp: (values) => {
    const patterns = new Map(values.filter((_, i) => i % 2 === 1).map((value) => [value, compiled(value)]))
    return pairs(values, (name, value, { headers }) => headersOf(headers, name).some((each) => patterns.get(value)?.test(each) ?? true))
  },
  Query: (values) =>
    pairs(
      values.flatMap((value) => value.split('=')),
      (name, value, request) => queryValues(request, name).includes(value),
    ),
  AddPrefix: always,
  ReplacePath: always,
  ReplacePathRegex: always,
}

/** What a rule does to the request, in the order in which Traefik does it, whatever the order of its parts is. */
export function modifiersOf(text: string): readonly MiddlewareConfig[] {
  const parts = partsOf(text)
  const valuesOf = (...names: readonly string[]): readonly string[] | undefined =>
    parts.findLast(({ name }) => names.includes(name))?.values
  const last = (name: string): string | undefined => valuesOf(name)?.at(-1)
  const longest = (values: readonly string[]): readonly string[] => values.toSorted((a, b) => b.length - a.length)
  const out: MiddlewareConfig[] = []
  const regexes = valuesOf('PathStripRegex', 'PathPrefixStripRegex')
  if (regexes) out.push({ stripPrefixRegex: { regex: longest(regexes).map((each) => `^${template(each, '[^/]+')}`) } })
  const prefixes = valuesOf('PathStrip', 'PathPrefixStrip')
  if (prefixes) out.push({ stripPrefix: { prefixes: longest(prefixes) } })
  const prefix = last('AddPrefix')
  if (prefix !== undefined) out.push({ addPrefix: { prefix } })
  const replaced = last('ReplacePathRegex')
  if (replaced !== undefined) {
    const [regex = '', replacement = ''] = replaced.split(/\s+/)
    out.push({ replacePathRegex: { regex, replacement } })
  }
  const path = last('ReplacePath')
  if (path !== undefined) out.push({ replacePath: { path } })
  return out
}
