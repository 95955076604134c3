/** Envoy's choice of a virtual host and of a route in it (config/route/v3, router config_impl.cc): the most exact domain, then the first route whose conditions all hold. */
import { headerOf, headersOf, type HttpRequest, pathOf, queryOf } from '../http.ts'
import type { PathMatch, Route, ValueMatch, VirtualHost } from './model.ts'

/** A whole name, the longest wildcard, the star. Ports in the Host header do not count (ignore_port_in_host_matching). */
export function hostFor<H extends { readonly name: string }>(hosts: readonly H[], host: string): H | undefined {
  const exact = hosts.find(({ name }) => name.toLowerCase() === host)
  if (exact) return exact
  const wild = hosts.filter(
    ({ name }) => name.startsWith('*.') && host.length > name.length - 1 && host.endsWith(name.slice(1).toLowerCase()),
  )
  return wild.toSorted((a, b) => b.name.length - a.name.length)[0] ?? hosts.find(({ name }) => name === '*')
}

export interface Found {
  readonly index: number
  /** Routes before it, and the first condition of each that did not hold. */
  readonly considered: readonly { readonly index: number; readonly failed: string }[]
}

const NEAR = 8

export function routeFor({ routes }: VirtualHost, request: HttpRequest): Found {
  const considered: { index: number; failed: string }[] = []
  for (const [index, route] of routes.entries()) {
    const failed = failedCondition(route, request)
    if (failed === undefined) return { index, considered }
    if (considered.length < NEAR) considered.push({ index, failed })
  }
  return { index: -1, considered }
}

function failedCondition({ path, headers, query }: Route, request: HttpRequest): string | undefined {
  if (!pathHolds(path, pathOf(request))) return `${path.kind} ${path.value}`
  const header = headers.find((each) => !valueHolds(each, headerValue(request, each.name)))
  if (header) return `header ${header.name}`
  const parameter = query.find((each) => !valueHolds(each, queryValue(request, each.name)))
  return parameter && `query ${parameter.name}`
}

export function pathHolds({ kind, value }: PathMatch, path: string): boolean {
  switch (kind) {
    case 'exact':
      return path === value
    case 'prefix':
      return path.startsWith(value)
    case 'segment':
      return path === value.replace(/\/+$/, '') || path.startsWith(`${value.replace(/\/+$/, '')}/`)
    case 'regex':
      return new RegExp(`^(?:${value})$`).test(path)
  }
}

/** Several headers of one name are one value with commas. */
export function headerValue({ headers, method }: HttpRequest, name: string): string | undefined {
  if (name === ':authority') return headerOf(headers, 'Host') ?? ''
  if (name === ':method') return method
  const values = headersOf(headers, name)
  return values.length === 0 ? undefined : values.join(',')
}

export const queryValue = (request: HttpRequest, name: string): string | undefined =>
  queryOf(request)
    ?.split('&')
    .find((pair) => pair === name || pair.startsWith(`${name}=`))
    ?.slice(name.length + 1)

/** An inverted match needs the header to be there, unless a missing one is read as empty. */
function valueHolds(match: ValueMatch, given: string | undefined): boolean {
  const { kind, invert, ignoreCase, missingIsEmpty } = match
  if (kind === 'present') return (given !== undefined) !== invert
  if (given === undefined && !missingIsEmpty) return false
  const [value, wanted] = [given ?? '', match.value].map((each) => (ignoreCase ? each.toLowerCase() : each)) as [string, string]
  return holds(kind, value, wanted) !== invert
}

function holds(kind: Exclude<ValueMatch['kind'], 'present'>, value: string, wanted: string): boolean {
  switch (kind) {
    case 'exact':
      return value === wanted
    case 'contains':
      return value.includes(wanted)
    case 'prefix':
      return value.startsWith(wanted)
    case 'suffix':
      return value.endsWith(wanted)
    case 'regex':
      return new RegExp(`^(?:${wanted})$`).test(value)
  }
}
