/** Matches of HTTPRoutes and GRPCRoutes, and which of two that fit wins (Gateway API 1.3, HTTPRouteRule.matches). */
import type { GRPCRouteMatch, HTTPRouteMatch, NamedMatch } from '../../api/gateway.ts'
import { headersOf, type HttpRequest, pathOf, queryOf } from '../http.ts'

/** `*.` stands for one or more labels. Both in lower case. */
export const hostnameMatches = (pattern: string, host: string): boolean =>
  pattern === host || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1)

export function matchFits({ path, headers = [], queryParams = [], method }: HTTPRouteMatch, request: HttpRequest): boolean {
  if (method !== undefined && method !== request.method) return false
  if (!pathFits(path?.type ?? 'PathPrefix', path?.value ?? '/', pathOf(request))) return false
  if (!headers.every((each) => headersOf(request.headers, each.name).some((value) => valueFits(each, value)))) return false
  return queryParams.every((each) => {
    const value = firstQuery(request, each.name)
    return value !== undefined && valueFits(each, value)
  })
}

function pathFits(type: 'Exact' | 'PathPrefix' | 'RegularExpression', value: string, path: string): boolean {
  if (type === 'Exact') return path === value
  if (type === 'RegularExpression') return expression(`^(?:${value})$`)?.test(path) ?? false
  const prefix = value.replace(/\/$/, '')
  return path === prefix || path.startsWith(`${prefix}/`)
}

const valueFits = ({ type, value }: NamedMatch, given: string): boolean =>
  type === 'RegularExpression' ? (expression(`^(?:${value})$`)?.test(given) ?? false) : given === value

/** Undefined where it is none. */
function expression(text: string): RegExp | undefined {
  try {
    return new RegExp(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function firstQuery(request: HttpRequest, name: string): string | undefined {
  for (const pair of (queryOf(request) ?? '').split('&')) {
    const [key = '', ...rest] = pair.split('=')
    if (key === name) return rest.join('=')
  }
  return undefined
}

/** A gRPC method is the path of its request (`/service/method`). */
export function httpMatchOf({ method, headers }: GRPCRouteMatch): HTTPRouteMatch {
  const { type = 'Exact', service, method: name } = method ?? {}
  const all = '[^/]+'
  const path =
    service === undefined && name === undefined
      ? { type: 'PathPrefix' as const, value: '/' }
      : type === 'RegularExpression' || service === undefined
        ? { type: 'RegularExpression' as const, value: `/${service ?? all}/${name ?? all}` }
        : name === undefined
          ? { type: 'PathPrefix' as const, value: `/${service}/` }
          : { type: 'Exact' as const, value: `/${service}/${name}` }
  return { path, method: 'POST', ...(headers && { headers }) }
}

/** What decides between rows that fit, the first difference first; the larger comes before. Ties go to the older route, then by name, then to the earlier rule. */
export function precedence(hostname: string, { path, headers = [], queryParams = [], method }: HTTPRouteMatch): readonly number[] {
  const type = path?.type ?? 'PathPrefix'
  const host = hostname === '' ? [0, 0] : [hostname.startsWith('*.') ? 1 : 2, hostname.length]
  return [...host, type === 'Exact' ? 1 : 0, (path?.value ?? '/').length, method === undefined ? 0 : 1, headers.length, queryParams.length]
}

export function larger(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (b[i] ?? 0) - (a[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
