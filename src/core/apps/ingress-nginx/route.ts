/** Which server and which location a request falls to, by nginx' own rules (ngx_http_core_module: find_virtual_server, find_location). */
import type { Matched } from '../program.ts'
import { isRegexServer, locationKey } from './directives.ts'
import { DEFAULT_SERVER, type Location, type Model, type Server } from './model.ts'

/** Names first, then aliases with a star in front, the longest first, and behind; then regular expressions, as wildcards of Ingresses are, in the order of the file; then the default server. */
export function serverFor(model: Model, host: string): Server {
  const { servers } = model
  const named = servers.find(({ hostname, aliases }) => hostname === host || aliases.includes(host))
  const starred = named ?? byStar(servers, host)
  const wild =
    starred ?? servers.find(({ hostname, aliases }) => isWildFor(hostname, host) || aliases.some((each) => isExpressionFor(each, host)))
  const found = wild ?? servers.find(({ hostname }) => hostname === DEFAULT_SERVER)
  return found as Server
}

function byStar(servers: readonly Server[], host: string): Server | undefined {
  const starred = servers.flatMap((server) =>
    server.aliases.filter((each) => each.includes('*') && !each.startsWith('~')).map((alias) => ({ server, alias })),
  )
  const fits = (alias: string): boolean =>
    alias.startsWith('*.')
      ? host.endsWith(alias.slice(1)) && host.length >= alias.length
      : alias.endsWith('.*') && host.startsWith(alias.slice(0, -1))
  const inFront = ({ alias }: { readonly alias: string }): number => Number(alias.startsWith('*.'))
  return starred.filter(({ alias }) => fits(alias)).toSorted((a, b) => inFront(b) - inFront(a) || b.alias.length - a.alias.length)[0]
    ?.server
}

const isExpressionFor = (alias: string, host: string): boolean =>
  alias.startsWith('~') && regexOf(alias.slice(1), false)?.test(host) === true

const isWildFor = (hostname: string, host: string): boolean => {
  const dot = host.indexOf('.')
  return hostname.startsWith('*.') && dot > 0 && /^[\w-]+$/.test(host.slice(0, dot)) && host.slice(dot + 1) === hostname.slice(2)
}

/** The path as nginx compares it: percent signs decoded, slashes merged, dots resolved (ngx_http_parse_complex_uri). Undefined: 400. */
export function normalUri(target: string): string | undefined {
  const raw = (target.split(/[?#]/, 1)[0] ?? '').replace(/^https?:\/\/[^/]*/i, '')
  const decoded = decoded8(raw)
  if (decoded === undefined || !decoded.startsWith('/') || decoded.includes('\0')) return undefined
  const out: string[] = []
  const parts = decoded.split('/').slice(1)
  const last = parts.at(-1)
  for (const part of parts) {
    if (part === '..' && out.length === 0) return undefined
    if (part === '..') out.pop()
    else if (part !== '' && part !== '.') out.push(part)
  }
  const slash = out.length > 0 && (last === '' || last === '.' || last === '..')
  return `/${out.join('/')}${slash ? '/' : ''}`
}

function decoded8(text: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}

export interface Found {
  readonly location: Location
  /** Of a regular expression, for the rewrite. */
  readonly groups?: readonly string[]
  /** The path lacks only the slash that the location ends with: 301. */
  readonly addSlash?: true
}

/** An exact location, else the first regular expression that matches, else the longest prefix. */
export function locationFor(server: Server, uri: string): Found | undefined {
  if (isRegexServer(server)) {
    for (const location of server.locations) if (regexOf(location.path, true)?.test(uri)) return { location }
    return undefined
  }
  const exact = server.locations.find(({ pathType, path }) => pathType === 'Exact' && path === uri)
  if (exact) return { location: exact }
  // auto_redirect of ngx_http_proxy_pass: of exact locations too, but not of one that is denied, which passes nothing on.
  const slash = server.locations.find(({ path, annotations }) => path === `${uri}/` && annotations.denied === undefined)
  const prefixes = server.locations.filter(({ pathType }) => pathType !== 'Exact')
  if (slash) return { location: slash, addSlash: true }
  const [longest] = prefixes.filter(({ path }) => uri.startsWith(path)).toSorted((a, b) => b.path.length - a.path.length)
  return longest && { location: longest }
}

const known = new Map<string, RegExp | undefined>()

/** PCRE and JavaScript share what paths use; undefined for an expression that cannot be read. */
export function regexOf(path: string, anchored: boolean): RegExp | undefined {
  const source = (anchored ? '^' : '') + path
  if (known.size > 10_000) known.clear()
  if (!known.has(source)) known.set(source, compiled(source))
  return known.get(source)
}

function compiled(source: string): RegExp | undefined {
  try {
    return new RegExp(source, 'i')
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** `rewrite "(?i)PATH" TARGET break`: the target with the groups in it and the query behind it, unless the target has its own. */
export function rewritten({ path, annotations }: Location, uri: string, query: string | undefined): string {
  const match = regexOf(path, false)?.exec(uri)
  if (!match) return query ? `${uri}?${query}` : uri
  const target = annotations.rewriteTarget.replace(/\$(\d)/g, (_, digit: string) => match[Number(digit)] ?? '')
  const escaped = target.replace(/[^\u0021-\u007e]/g, (char) => encodeURIComponent(char))
  if (!query || escaped.endsWith('?')) return escaped.replace(/\?$/, '')
  return escaped.includes('?') ? `${escaped}&${query}` : `${escaped}?${query}`
}

/** The rows that decided, and those of the same server that did not. */
export function matchedRows(server: Server, location: Location, places: ReadonlyMap<string, number>, file: string): readonly Matched[] {
  const at = (key: string): Pick<Matched, 'at'> => {
    const line = places.get(key)
    return line === undefined ? {} : { at: { file, line } }
  }
  const key = locationKey(server, location)
  const others = server.locations.slice(0, 50).filter((each) => each !== location)
  const considered = others.map((each) => ({
    row: locationKey(server, each),
    failed: each.path.length < location.path.length ? 'shorter' : 'path',
  }))
  const object = location.ingress && {
    object: {
      kind: 'Ingress',
      namespace: location.ingress.metadata.namespace ?? '',
      name: location.ingress.metadata.name,
      field: location.field,
    },
  }
  return [
    { table: 'servers', row: server.hostname, ...at(`server ${server.hostname}`) },
    { table: 'locations', row: key, ...at(`location ${key}`), ...object, considered },
  ]
}
