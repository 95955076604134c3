/** What middlewares do to a request on its way in and to its answer on its way out (pkg/middlewares, v3). */
import { contains, parseCidr } from '../../net/cidr.ts'
import type { Ip } from '../../net/ip.ts'
import { modifiedHeaders, withPath } from '../gateway/filters.ts'
import {
  headerOf,
  type Headers,
  type HttpRequest,
  type HttpResponse,
  pathOf,
  queryOf,
  reasonOf,
  withHeader,
  withoutHeader,
} from '../http.ts'
import { own, plain } from './go-http.ts'
import type { Dynamic, MiddlewareConfig } from './model.ts'

export interface Passing {
  readonly request: HttpRequest
  readonly remote: Ip
  readonly secure: boolean
  readonly now: number
}

/** The request as it goes on, or the answer that ends it. */
export type Passed =
  | { readonly kind: 'next'; readonly request: HttpRequest }
  | { readonly kind: 'respond'; readonly response: HttpResponse; readonly why: string }

/** Middlewares by name with chains taken apart; a name that nobody has makes the router useless. */
export function expanded({ middlewares }: Dynamic, names: readonly string[], depth = 0): readonly MiddlewareConfig[] | undefined {
  const out: MiddlewareConfig[] = []
  for (const name of names) {
    const found = middlewares.get(name)
    if (!found || depth > 10) return undefined
    const inner =
      found.config.chain &&
      expanded(
        { middlewares } as Dynamic,
        (found.config.chain.middlewares ?? []).map((each) => each.name),
        depth + 1,
      )
    if (found.config.chain && !inner) return undefined
    out.push(...(inner ?? [found.config]))
  }
  return out
}

export function applied(config: MiddlewareConfig, at: Passing): Passed {
  const { request } = at
  const { requestHeaderModifier, requestRedirect, urlRewrite, headers, ipAllowList, ipWhiteList, redirectScheme, redirectRegex, cors } =
    config
  if (requestHeaderModifier) return next({ ...request, headers: modifiedHeaders(request.headers, requestHeaderModifier) })
  if (requestRedirect) return redirect(requestRedirect, at)
  if (urlRewrite) return next(rewritten(urlRewrite, request))
  if (redirectScheme) return toScheme(redirectScheme, at)
  if (redirectRegex) return byRegex(redirectRegex, at)
  const allow = ipAllowList ?? ipWhiteList
  if (allow) return allowed(allow.sourceRange ?? [], at, ipAllowList?.rejectStatusCode ?? 403)
  if (headers?.customRequestHeaders) return next({ ...request, headers: customised(request.headers, headers.customRequestHeaders) })
  if (cors && isPreflight(request)) return respond(own(request, 200, '', at.now, corsHeaders(cors, request, true)), 'cors')
  const path = pathChanged(config, request)
  if (path === undefined) return next(request)
  const moved = withPath(request, path.path)
  return next(path.added ? { ...moved, headers: [...moved.headers, path.added] } : moved)
}

const next = (request: HttpRequest): Passed => ({ kind: 'next', request })
const respond = (response: HttpResponse, why: string): Passed => ({ kind: 'respond', response, why })

const slashed = (path: string): string => (path === '' || path.startsWith('/') ? path || '/' : `/${path}`)

interface Changed {
  readonly path: string
  readonly added?: readonly [string, string]
}

function pathChanged(config: MiddlewareConfig, request: HttpRequest): Changed | undefined {
  const path = pathOf(request)
  const { addPrefix, stripPrefix, stripPrefixRegex, replacePath, replacePathRegex } = config
  if (addPrefix) return { path: slashed(`${addPrefix.prefix ?? ''}${path}`) }
  if (replacePath) return { path: replacePath.path ?? '/', added: ['X-Replaced-Path', path] }
  if (replacePathRegex) {
    const pattern = compiled(replacePathRegex.regex ?? '')
    if (!pattern?.test(path)) return undefined
    return { path: path.replace(pattern, replacement(replacePathRegex.replacement ?? '')), added: ['X-Replaced-Path', path] }
  }
  if (stripPrefix) {
    const prefix = (stripPrefix.prefixes ?? []).map((each) => each.trim()).find((each) => path.startsWith(each))
    return prefix === undefined ? undefined : { path: slashed(path.slice(prefix.length)), added: ['X-Forwarded-Prefix', prefix] }
  }
  for (const text of stripPrefixRegex?.regex ?? []) {
    const found = compiled(text)?.exec(path)
    if (found?.index === 0 && found[0] !== '')
      return { path: slashed(path.slice(found[0].length)), added: ['X-Forwarded-Prefix', found[0]] }
  }
  return undefined
}

function compiled(text: string): RegExp | undefined {
  try {
    return new RegExp(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Go writes `${1}`. */
const replacement = (text: string): string =>
  text.replace(/\$\{(\w+)\}/g, (_, name: string) => (/^\d+$/.test(name) ? `$${name}` : `$<${name}>`))

/** path.Join, with the slash at the end that the path had. */
function joined(head: string, rest: string, path: string): string {
  const parts = `${head}/${rest}`.split('/').filter((each) => each !== '')
  const whole = `/${parts.join('/')}`
  return path.endsWith('/') && !whole.endsWith('/') ? `${whole}/` : whole
}

const trimmed = (path: string, prefix: string): string => (path.startsWith(prefix) ? path.slice(prefix.length) : path)

function rewritten({ hostname, path, pathPrefix }: NonNullable<MiddlewareConfig['urlRewrite']>, request: HttpRequest): HttpRequest {
  const own = pathOf(request)
  const moved =
    path === undefined ? request : withPath(request, pathPrefix === undefined ? path : joined(path, trimmed(own, pathPrefix), own))
  return hostname === undefined ? moved : { ...moved, headers: withHeader(moved.headers, 'Host', hostname) }
}

function redirect(
  { scheme, hostname, port, path, pathPrefix = '/', statusCode = 302 }: NonNullable<MiddlewareConfig['requestRedirect']>,
  at: Passing,
): Passed {
  const { request } = at
  const [host = '', ownPort = ''] = (headerOf(request.headers, 'Host') ?? '').split(':')
  const own = pathOf(request)
  const to =
    path === undefined
      ? own
      : path.type === 'ReplaceFullPath'
        ? (path.replaceFullPath ?? '/')
        : joined(path.replacePrefixMatch ?? '/', trimmed(own, pathPrefix), own)
  const wanted = port === undefined ? (scheme === undefined ? ownPort : '') : String(port)
  const query = queryOf(request)
  const location = `${scheme ?? (at.secure ? 'https' : 'http')}://${hostname ?? host}${wanted === '' ? '' : `:${wanted}`}${to}${query === undefined ? '' : `?${query}`}`
  return moved(at, statusCode, location)
}

const moved = ({ request, now }: Passing, status: number, location: string): Passed =>
  respond(ownMoved(request, status, location, now), 'redirect')

const ownMoved = (request: HttpRequest, status: number, location: string, now: number): HttpResponse =>
  own(request, status, reasonOf({ status }), now, [['Location', location]])

const codeOf = (request: HttpRequest, permanent: boolean): number =>
  request.method === 'GET' ? (permanent ? 301 : 302) : permanent ? 308 : 307

/** Goes on where it would lead to itself; a port that is the scheme's own is left out. */
function toScheme({ scheme = '', port = '', permanent = false }: NonNullable<MiddlewareConfig['redirectScheme']>, at: Passing): Passed {
  const { request } = at
  const [host = '', own = ''] = (headerOf(request.headers, 'Host') ?? '').split(':')
  const given = headerOf(request.headers, 'X-Forwarded-Proto')?.toLowerCase()
  const current =
    given === 'https' || given === 'wss' ? 'https' : given === 'http' || given === 'ws' ? 'http' : at.secure ? 'https' : 'http'
  const usual = (name: string, number: string): boolean =>
    number === '' || (name === 'http' && number === '80') || (name === 'https' && number === '443')
  const before = `${current}://${host}${usual(current, own) ? '' : `:${own}`}${request.target}`
  const after = `${scheme}://${host}${usual(scheme, port) ? '' : `:${port}`}${request.target}`
  return before === after || scheme === '' ? next(request) : moved(at, codeOf(request, permanent), after)
}

function byRegex(
  { regex = '', replacement: to = '', permanent = false }: NonNullable<MiddlewareConfig['redirectRegex']>,
  at: Passing,
): Passed {
  const { request } = at
  const url = `${at.secure ? 'https' : 'http'}://${headerOf(request.headers, 'Host') ?? ''}${request.target}`
  const pattern = compiled(regex)
  if (!pattern?.test(url)) return next(request)
  const after = url.replace(new RegExp(pattern, 'g'), replacement(to))
  return after === url ? next(request) : moved(at, codeOf(request, permanent), after)
}

function allowed(ranges: readonly string[], at: Passing, status: number): Passed {
  const within = ranges.some((text) => {
    const range = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`)
    return range !== undefined && contains(range, at.remote)
  })
  return within ? next(at.request) : respond(plain(at.request, status, at.now), 'denied')
}

/** An empty value takes a header away. */
function customised(headers: Headers, custom: Readonly<Record<string, string>>): Headers {
  let out = headers
  for (const [name, value] of Object.entries(custom)) out = value === '' ? withoutHeader(out, name) : withHeader(out, name, value)
  return out
}

/** The way out, the last middleware first. */
export function returned(configs: readonly MiddlewareConfig[], response: HttpResponse, request: HttpRequest): HttpResponse {
  let { headers } = response
  for (const { responseHeaderModifier, headers: custom, cors } of configs.toReversed()) {
    if (responseHeaderModifier) headers = modifiedHeaders(headers, responseHeaderModifier)
    if (custom?.customResponseHeaders) headers = customised(headers, custom.customResponseHeaders)
    if (cors) for (const [name, value] of corsHeaders(cors, request, false)) headers = withHeader(headers, name, value)
  }
  return { ...response, headers }
}

const isPreflight = ({ method, headers }: HttpRequest): boolean =>
  method === 'OPTIONS' && ['Access-Control-Request-Method', 'Origin'].every((name) => headerOf(headers, name))

/** Its headers middleware (pkg/middlewares/headers/header.go): with credentials a star would not do, so what was asked for is said instead. */
function corsHeaders(cors: NonNullable<MiddlewareConfig['cors']>, { headers }: HttpRequest, preflight: boolean): Headers {
  const origin = headerOf(headers, 'Origin') ?? ''
  const { allowOrigins = [], allowMethods = [], allowHeaders = [], exposeHeaders = [], allowCredentials = false, maxAge = 5 } = cors
  const fits = allowOrigins.some((each) => {
    const [head = '', tail] = each.split('*')
    return tail === undefined ? each === origin : origin.startsWith(head) && origin.endsWith(tail)
  })
  const all = (names: readonly string[]): boolean => allowCredentials && names.includes('*')
  const asked = (name: string): string => headerOf(headers, name) ?? ''
  const out: [string, string][] = []
  if (fits) out.push(['Access-Control-Allow-Origin', origin])
  if (allowCredentials) out.push(['Access-Control-Allow-Credentials', 'true'])
  if (exposeHeaders.length > 0 && !all(exposeHeaders)) out.push(['Access-Control-Expose-Headers', exposeHeaders.join(',')])
  if (!preflight) return out
  const methods = all(allowMethods) ? asked('Access-Control-Request-Method') : allowMethods.join(',')
  const names = all(allowHeaders) ? asked('Access-Control-Request-Headers') : allowHeaders.join(',')
  if (methods !== '') out.push(['Access-Control-Allow-Methods', methods])
  if (names !== '') out.push(['Access-Control-Allow-Headers', names])
  return [...out, ['Access-Control-Max-Age', String(maxAge)]]
}
