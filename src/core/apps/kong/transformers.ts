/** request-transformer and response-transformer: what is removed, renamed, replaced, added and appended, in this order. Bodies and templates (`$(…)`) are left out; `unsimulated` names them. */
import { headerOf, type Headers, headersOf, type HttpRequest, pathOf, queryOf, withHeader, withoutHeader } from '../http.ts'
import type { Plugin } from './model.ts'

/** Sets each, but `Vary` and cookies, which are added to those that are there. */
export function addedHeaders(headers: Headers, more: Headers): Headers {
  return more.reduce<Headers>(
    (all, [name, value]) => (/^(vary|set-cookie)$/i.test(name) ? [...all, [name, value]] : withHeader(all, name, value)),
    headers,
  )
}

type Part = 'remove' | 'rename' | 'replace' | 'add' | 'append'

function partOf({ config }: Pick<Plugin, 'config'>, part: Part, of: string): readonly (readonly [name: string, value: string])[] {
  const section = config[part]
  const list: unknown = typeof section === 'object' && section !== null ? (section as Record<string, unknown>)[of] : undefined
  return (Array.isArray(list) ? list.map(String) : []).flatMap((each) => {
    const [, name, value = ''] = /^([^:]+):*([\s\S]*)$/.exec(each) ?? []
    return name === undefined ? [] : [[name.trim(), value.trim()] as const]
  })
}

export function transformedHeaders(plugin: Plugin): (headers: Headers) => Headers {
  return (given) => {
    let headers = given
    for (const [name] of partOf(plugin, 'remove', 'headers')) headers = withoutHeader(headers, name)
    for (const [from, to] of partOf(plugin, 'rename', 'headers')) {
      const value = headerOf(headers, from)
      if (value !== undefined && to) headers = withHeader(withoutHeader(headers, from), to, value)
    }
    for (const [name, value] of partOf(plugin, 'replace', 'headers'))
      if (headerOf(headers, name) !== undefined) headers = withHeader(headers, name, value)
    for (const [name, value] of partOf(plugin, 'add', 'headers'))
      if (headerOf(headers, name) === undefined) headers = withHeader(headers, name, value)
    for (const [name, value] of partOf(plugin, 'append', 'headers')) headers = [...headers, [name, value]]
    return headers
  }
}

/** The host is the route's affair but for `replace`. */
export function changedRequest(plugin: Plugin, request: HttpRequest): HttpRequest {
  const host = headersOf(request.headers, 'Host')
  const replaced = partOf(plugin, 'replace', 'headers').find(([name]) => name.toLowerCase() === 'host')?.[1]
  const headers = transformedHeaders(plugin)(withoutHeader(request.headers, 'Host'))
  const kept: Headers = [...(host.length > 0 ? [['Host', replaced ?? host[0] ?? ''] as const] : []), ...withoutHeader(headers, 'Host')]
  const method = plugin.config['http_method']
  const replace = plugin.config['replace']
  const uri: unknown = typeof replace === 'object' && replace !== null ? (replace as Record<string, unknown>)['uri'] : undefined
  const path = typeof uri === 'string' && !uri.includes('$(') ? uri : pathOf(request)
  const query = changedQuery(plugin, queryOf(request))
  return {
    ...request,
    ...(typeof method === 'string' && { method: method.toUpperCase() }),
    target: query === undefined ? path : `${path}?${query}`,
    headers: kept,
  }
}

function changedQuery(plugin: Plugin, query: string | undefined): string | undefined {
  const parts: readonly Part[] = ['remove', 'rename', 'replace', 'add', 'append']
  if (parts.every((part) => partOf(plugin, part, 'querystring').length === 0)) return query
  let pairs = (query ?? '')
    .split('&')
    .flatMap((pair) => (pair === '' ? [] : [[pair.split('=')[0] ?? '', pair.slice(pair.indexOf('=') + 1)] as const]))
  const has = (name: string): boolean => pairs.some(([each]) => each === name)
  for (const [name] of partOf(plugin, 'remove', 'querystring')) pairs = pairs.filter(([each]) => each !== name)
  for (const [from, to] of partOf(plugin, 'rename', 'querystring'))
    pairs = pairs.map(([each, value]) => [each === from ? to : each, value] as const)
  for (const [name, value] of partOf(plugin, 'replace', 'querystring'))
    pairs = pairs.map(([each, old]) => [each, each === name ? value : old] as const)
  for (const [name, value] of partOf(plugin, 'add', 'querystring')) if (!has(name)) pairs = [...pairs, [name, value] as const]
  for (const [name, value] of partOf(plugin, 'append', 'querystring')) pairs = [...pairs, [name, value] as const]
  return pairs.length === 0 ? undefined : pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

/** What of a transformer's configuration nothing here does. */
export function unsimulated({ name, config }: Plugin): readonly string[] {
  if (!name.endsWith('-transformer')) return []
  const bodies = (['remove', 'rename', 'replace', 'add', 'append'] as const).flatMap((part) =>
    ['body', 'json'].filter((of) => partOf({ config }, part, of).length > 0).map((of) => `${part}.${of}`),
  )
  return JSON.stringify(config).includes('$(') ? [...bodies, 'templates'] : bodies
}
