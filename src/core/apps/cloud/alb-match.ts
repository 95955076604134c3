/** Whether a request meets the conditions of a listener rule (Elastic Load Balancing, "Listener rules for your Application Load Balancer"). Left out: regular expressions that JavaScript does not read. */
import type { AlbCondition } from '../../cluster/cloud/alb-actions.ts'
import { contains, parseCidr } from '../../net/cidr.ts'
import type { Ip } from '../../net/ip.ts'
import { headersOf, hostOf, type HttpRequest, pathOf, queryOf } from '../http.ts'

/** `*` is any number of characters, slashes too; `?` exactly one. */
export function globHolds(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[\\s\\S]*')
    .replaceAll('?', '[\\s\\S]')
  return new RegExp(`^${source}$`).test(text)
}

function regexHolds(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text)
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

const lower = (text: string): string => text.toLowerCase()

/** Hosts, header values and queries are compared without case, paths and methods with it. */
export function holds(condition: AlbCondition, request: HttpRequest, source: Ip): boolean {
  switch (condition.field) {
    case 'host-header':
      return condition.values.some((value) =>
        condition.regex ? regexHolds(value, hostOf(request)) : globHolds(lower(value), hostOf(request)),
      )
    case 'path-pattern':
      return condition.values.some((value) => (condition.regex ? regexHolds(value, pathOf(request)) : globHolds(value, pathOf(request))))
    case 'http-header':
      return headersOf(request.headers, condition.header).some((header) =>
        condition.values.some((value) => (condition.regex ? regexHolds(value, header) : globHolds(lower(value), lower(header)))),
      )
    case 'http-request-method':
      return condition.values.includes(request.method)
    case 'source-ip':
      return condition.values.some((value) => {
        const range = parseCidr(value)
        return range !== undefined && contains(range, source)
      })
    case 'query-string': {
      const pairs = pairsOf(request)
      return condition.values.some(({ key, value }) =>
        pairs.some(([name, text]) => (key === undefined || globHolds(lower(key), lower(name))) && globHolds(lower(value), lower(text))),
      )
    }
  }
}

const pairsOf = (request: HttpRequest): readonly (readonly [string, string])[] =>
  (queryOf(request) ?? '').split('&').flatMap((pair) => {
    const at = pair.indexOf('=')
    return pair === '' ? [] : [at < 0 ? ([pair, ''] as const) : ([pair.slice(0, at), pair.slice(at + 1)] as const)]
  })

/** In a word what a condition asks for. */
export function conditionText(condition: AlbCondition): string {
  const values =
    condition.field === 'query-string'
      ? condition.values.map(({ key, value }) => (key === undefined ? value : `${key}=${value}`))
      : condition.values
  const name =
    condition.field === 'http-header' ? `header ${condition.header}` : condition.field.replace('-pattern', '').replace('-header', '')
  return `${name} ${values.join(' or ')}`
}
