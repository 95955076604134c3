/** What filters of routes do (Gateway API 1.3, HTTPRouteFilter), the same for every implementation. */
import type { HeaderModifier, PathModifier, RequestRedirect } from '../../api/gateway.ts'
import { headerOf, type Headers, type HttpRequest, pathOf, queryOf, withHeader, withoutHeader } from '../http.ts'

/** Set replaces, add puts another line behind those there are, remove takes away; in this order. */
export function modifiedHeaders(headers: Headers, { set = [], add = [], remove = [] }: HeaderModifier): Headers {
  let out = headers
  for (const { name, value } of set) out = withHeader(out, name, value)
  for (const { name, value } of add) out = [...out, [name, value]]
  for (const name of remove) out = withoutHeader(out, name)
  return out
}

/** A path changed by a modifier; `prefix` is the one that matched. */
export function modifiedPath(path: string, modifier: PathModifier | undefined, prefix: string): string {
  if (!modifier) return path
  if (modifier.type === 'ReplaceFullPath') return modifier.replaceFullPath ?? '/'
  return withPrefix(path, prefix, modifier.replacePrefixMatch ?? '/')
}

/** By elements: `/foo` of `/foo/bar` replaced by `/x` gives `/x/bar`, by `/` gives `/bar`; a slash at the end stays. */
export function withPrefix(path: string, prefix: string, replacement: string): string {
  const rest = path
    .slice(prefix.length)
    .split('/')
    .filter((each) => each !== '')
  const head = replacement.split('/').filter((each) => each !== '')
  const joined = `/${[...head, ...rest].join('/')}`
  return path.endsWith('/') && !joined.endsWith('/') && path.length > prefix.length ? `${joined}/` : joined
}

export const withPath = (request: HttpRequest, path: string): HttpRequest => {
  const query = queryOf(request)
  return { ...request, target: query === undefined ? path : `${path}?${query}` }
}

/** Where a redirect leads: what it does not name is that of the request, and a scheme that it does name has its own port. `port` is the listener's. */
export function redirectLocation(
  request: HttpRequest,
  { scheme, hostname, path, port }: RequestRedirect,
  at: { readonly secure: boolean; readonly port: number; readonly prefix: string },
): string {
  const to = scheme ?? (at.secure ? 'https' : 'http')
  const own = (headerOf(request.headers, 'Host') ?? '').replace(/:\d+$/, '')
  const wanted = port ?? (scheme === undefined ? at.port : to === 'https' ? 443 : 80)
  const usual = (to === 'http' && wanted === 80) || (to === 'https' && wanted === 443)
  const query = queryOf(request)
  const target = `${modifiedPath(pathOf(request), path, at.prefix)}${query === undefined ? '' : `?${query}`}`
  return `${to}://${hostname ?? own}${usual ? '' : `:${wanted}`}${target}`
}
