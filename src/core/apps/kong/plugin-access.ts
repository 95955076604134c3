/** Kong's plugins while a request passes them (kong/plugins/NAME/handler.lua): who answers it, what they change of it, and what of its answer. In the order of their priorities. */
import { hash } from '../../base/choose.ts'
import { decodeBase64, latin1 } from '../../api/base64.ts'
import { headerOf, type Headers, headersOf, type HttpRequest, pathOf, queryOf, withHeader, withoutHeader } from '../http.ts'
import { requestId } from '../ingress/request-id.ts'
import { isPrefix, isWithin } from '../ingress/source-range.ts'
import type { Accepted, Remember } from '../program.ts'
import type { Consumer, Plugin } from './model.ts'
import { type HeaderFilter, isSet, listOf, numberOf, type Passing, type PluginAnswer, textOf } from './plugin-config.ts'
import { PRIORITY } from './plugins.ts'
import { limited } from './rate-limiting.ts'
import { addedHeaders, changedRequest, transformedHeaders } from './transformers.ts'

export interface Passed {
  readonly request: HttpRequest
  readonly answer: PluginAnswer | undefined
  /** Plugin that answered. */
  readonly by: Plugin | undefined
  readonly filters: readonly HeaderFilter[]
  readonly remember: Remember
}

type Access = (plugin: Plugin, at: Passing, consumers: readonly Consumer[]) => PluginAnswer | HeaderFilter | undefined

const ACCESS: Readonly<Record<string, Access>> = {
  'correlation-id': correlated,
  cors: crossOrigin,
  'key-auth': byKey,
  'basic-auth': byPassword,
  'ip-restriction': restricted,
  'rate-limiting': limited,
  'request-transformer': (plugin, at) => {
    at.request = changedRequest(plugin, at.request)
    return undefined
  },
  'response-transformer': (plugin) => transformedHeaders(plugin),
  'request-termination': terminated,
}

/** `own` are the plugins of the route, its service and everybody; the most particular of a name first. A consumer's own come in when he is known. */
export function passPlugins(
  own: readonly Plugin[],
  consumers: readonly Consumer[],
  request: HttpRequest,
  connection: Accepted,
  client: Accepted['peer'],
): Passed {
  const at: Passing = { request, connection, client, consumer: undefined, remember: [] }
  const filters: HeaderFilter[] = []
  let [answer, by] = [undefined as PluginAnswer | undefined, undefined as Plugin | undefined]
  for (const name of Object.keys(ACCESS).toSorted((a, b) => (PRIORITY[b] ?? 0) - (PRIORITY[a] ?? 0))) {
    const plugin = [...((at.consumer as Consumer | undefined)?.plugins ?? []), ...own].find((each) => each.name === name)
    // What changes answers changes those of other plugins too.
    if (!plugin || (answer && name !== 'response-transformer')) continue
    const done = ACCESS[name]?.(plugin, at, consumers)
    if (typeof done === 'function') filters.push(done)
    else if (done) [answer, by] = [done, plugin]
  }
  return { request: at.request, answer, by, filters, remember: at.remember }
}

const error = (status: number, message: string, headers: Headers = []): PluginAnswer => ({ kind: 'error', status, message, headers })

const JSON_TYPE = ['Content-Type', 'application/json; charset=utf-8'] as const

const uuidOf = (text: string): string => {
  const digits = [1, 2, 3, 4].map((seed) => hash(text, seed).toString(16).padStart(8, '0')).join('')
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-a$4-$5')
}

function correlated(plugin: Plugin, at: Passing): HeaderFilter | undefined {
  const name = textOf(plugin, 'header_name', 'Kong-Request-ID')
  const key = `correlation-id ${plugin.object.name}`
  const count = Number(at.connection.moment.memory.get(key) ?? 0) + 1
  const own = uuidOf(requestId(at.connection, at.request.target))
  const generator = textOf(plugin, 'generator', 'uuid#counter')
  const made = generator === 'uuid' ? own : `${uuidOf(plugin.object.name)}#${count}`
  const given = headerOf(at.request.headers, name)
  if (!given) {
    at.remember.push([key, count])
    at.request = { ...at.request, headers: withHeader(at.request.headers, name, made) }
  }
  const value = given || made
  return isSet(plugin, 'echo_downstream') ? (headers) => withHeader(headers, name, value) : undefined
}

const METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']

/** Undefined: none of those that may. `all`: everybody may. */
function allowedOrigin(origins: readonly string[], origin: string): { readonly origin: string | undefined; readonly all: boolean } {
  if (origins.length === 0 || (origins.length === 1 && origins[0] === '*')) return { origin: '*', all: true }
  const [only = ''] = origins
  if (origins.length === 1 && /^[A-Za-z0-9.:/-]+$/.test(only)) return { origin: only, all: false }
  if (origin === '') return { origin: undefined, all: false }
  const normal = origin.replace(/^(http:\/\/[^/:]+):80$|^(https:\/\/[^/:]+):443$/, '$1$2')
  for (const each of origins) {
    if (each === '*') return { origin: '*', all: true }
    const isPattern = /[^A-Za-z0-9.:/-]/.test(each)
    const subject = each.includes(':') ? normal : normal.replace(/^[a-z]+:\/\//, '').replace(/:\d+$/, '')
    if (isPattern ? new RegExp(`^(?:${each.replace(/^\^/, '').replace(/\$$/, '')})$`).test(subject) : normal === each)
      return { origin: normal, all: false }
  }
  return { origin: undefined, all: false }
}

function crossOrigin(plugin: Plugin, at: Passing): PluginAnswer | HeaderFilter | undefined {
  const { headers: sent, method } = at.request
  const origin = headerOf(sent, 'Origin') ?? ''
  const allowed = allowedOrigin(listOf(plugin, 'origins'), origin)
  const headers: (readonly [string, string])[] = []
  if (!allowed.all || (isSet(plugin, 'credentials') && origin !== '')) headers.push(['Vary', 'Origin'])
  const credentials = isSet(plugin, 'credentials') && (!allowed.all || origin !== '')
  const shown = allowed.all && credentials ? origin : allowed.origin
  if (shown !== undefined) headers.push(['Access-Control-Allow-Origin', shown])
  if (credentials) headers.push(['Access-Control-Allow-Credentials', 'true'])
  if (method === 'OPTIONS' && origin !== '' && headerOf(sent, 'Access-Control-Request-Method') !== undefined) {
    if (isSet(plugin, 'preflight_continue')) return undefined
    const asked = listOf(plugin, 'headers').join(',') || headerOf(sent, 'Access-Control-Request-Headers')
    if (asked) headers.push(['Access-Control-Allow-Headers', asked])
    const methods = plugin.config['methods'] === undefined ? METHODS : listOf(plugin, 'methods')
    headers.push(['Access-Control-Allow-Methods', methods.join(',')])
    const age = numberOf(plugin, 'max_age')
    if (age !== undefined) headers.push(['Access-Control-Max-Age', String(age)])
    return { kind: 'exit', status: 200, body: '', headers }
  }
  if (origin === '' && !isSet(plugin, 'allow_origin_absent', true)) return undefined
  const exposed = listOf(plugin, 'exposed_headers').join(',')
  if (exposed) headers.push(['Access-Control-Expose-Headers', exposed])
  return (given) => addedHeaders(shown === undefined ? withoutHeader(given, 'Access-Control-Allow-Origin') : given, headers)
}

/** Who is known goes on as who he is. */
function known(at: Passing, consumer: Consumer): undefined {
  at.consumer = consumer
  let { headers } = at.request
  headers = withHeader(headers, 'X-Consumer-ID', uuidOf(`${consumer.object.namespace ?? ''}/${consumer.object.name}`))
  headers = consumer.customId
    ? withHeader(headers, 'X-Consumer-Custom-ID', consumer.customId)
    : withoutHeader(headers, 'X-Consumer-Custom-ID')
  headers = consumer.username
    ? withHeader(headers, 'X-Consumer-Username', consumer.username)
    : withoutHeader(headers, 'X-Consumer-Username')
  at.request = { ...at.request, headers: withoutHeader(headers, 'X-Anonymous-Consumer') }
  return undefined
}

/** Whom a failed authentication passes as, where the plugin names somebody. */
function anonymous(plugin: Plugin, at: Passing, consumers: readonly Consumer[], otherwise: PluginAnswer): PluginAnswer | undefined {
  const name = textOf(plugin, 'anonymous')
  if (name === '') return otherwise
  const found = consumers.find(({ username }) => username === name)
  if (!found) return error(500, `anonymous consumer ${name} is configured but doesn't exist`)
  known(at, found)
  at.request = { ...at.request, headers: withHeader(at.request.headers, 'X-Anonymous-Consumer', 'true') }
  return undefined
}

function byKey(plugin: Plugin, at: Passing, consumers: readonly Consumer[]): PluginAnswer | undefined {
  if (!isSet(plugin, 'run_on_preflight', true) && at.request.method === 'OPTIONS') return undefined
  const realm = textOf(plugin, 'realm')
  const refused = (message: string): PluginAnswer | undefined =>
    anonymous(plugin, at, consumers, error(401, message, [['WWW-Authenticate', realm ? `Key realm="${realm}"` : 'Key']]))
  const given = listOf(plugin, 'key_names')
  for (const name of given.length > 0 ? given : ['apikey']) {
    const inHeader = isSet(plugin, 'key_in_header', true) ? headersOf(at.request.headers, name) : []
    const values = inHeader.length > 0 || !isSet(plugin, 'key_in_query', true) ? inHeader : queryValues(at.request, name)
    if (values.length === 0) continue
    if (values.length > 1) return refused('Duplicate API key found')
    const [key = ''] = values
    if (key === '') break
    if (isSet(plugin, 'hide_credentials'))
      at.request = withoutQuery({ ...at.request, headers: withoutHeader(at.request.headers, name) }, name)
    const consumer = consumers.find(({ keys }) => keys.has(key))
    return consumer ? known(at, consumer) : refused('Unauthorized')
  }
  return refused('No API key found in request')
}

const pairsOf = (request: HttpRequest): readonly string[] => (queryOf(request) ?? '').split('&').filter(Boolean)

const queryValues = (request: HttpRequest, name: string): readonly string[] =>
  pairsOf(request).flatMap((pair) => (pair.split('=')[0] === name ? [pair.slice(name.length + 1)] : []))

function withoutQuery(request: HttpRequest, name: string): HttpRequest {
  const kept = pairsOf(request).filter((pair) => pair.split('=')[0] !== name)
  return { ...request, target: kept.length > 0 ? `${pathOf(request)}?${kept.join('&')}` : pathOf(request) }
}

function byPassword(plugin: Plugin, at: Passing, consumers: readonly Consumer[]): PluginAnswer | undefined {
  const refused = (): PluginAnswer | undefined =>
    anonymous(
      plugin,
      at,
      consumers,
      error(401, 'Unauthorized', [['WWW-Authenticate', `Basic realm="${textOf(plugin, 'realm', 'service')}"`]]),
    )
  for (const header of ['Proxy-Authorization', 'Authorization']) {
    const [, encoded] = /^\s*Basic\s+(\S+)/i.exec(headerOf(at.request.headers, header) ?? '') ?? []
    const decoded = encoded === undefined ? undefined : decodeBase64(encoded)
    const text = decoded && 'bytes' in decoded ? latin1(decoded.bytes) : ''
    const [user, password] = [text.slice(0, Math.max(0, text.indexOf(':'))), text.slice(text.indexOf(':') + 1)]
    const consumer = user === '' ? undefined : consumers.find(({ basic }) => basic.get(user) === password)
    if (!consumer) continue
    if (isSet(plugin, 'hide_credentials')) at.request = { ...at.request, headers: withoutHeader(at.request.headers, header) }
    return known(at, consumer)
  }
  return refused()
}

function restricted(plugin: Plugin, at: Passing): PluginAnswer | undefined {
  const [deny, allow] = [listOf(plugin, 'deny').filter(isPrefix), listOf(plugin, 'allow').filter(isPrefix)]
  if (!isWithin(at.client, deny) && (allow.length === 0 || isWithin(at.client, allow))) return undefined
  return error(numberOf(plugin, 'status') ?? 403, textOf(plugin, 'message', `IP address not allowed: ${at.client}`))
}

const SAID: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  404: 'Not found',
  405: 'Method not allowed',
  500: 'An unexpected error occurred',
  502: 'Bad Gateway',
  503: 'Service unavailable',
}

function terminated(plugin: Plugin, at: Passing): PluginAnswer | undefined {
  const trigger = textOf(plugin, 'trigger')
  if (trigger && headerOf(at.request.headers, trigger) === undefined && queryValues(at.request, trigger).length === 0) return undefined
  const status = numberOf(plugin, 'status_code') ?? 503
  const [body, type] = [textOf(plugin, 'body'), textOf(plugin, 'content_type', 'application/json; charset=utf-8')]
  if (body) return { kind: 'exit', status, body, headers: [['Content-Type', type]] }
  const message = textOf(plugin, 'message') || SAID[status]
  if (message === undefined) return { kind: 'exit', status, body: '', headers: [] }
  return { kind: 'exit', status, body: JSON.stringify({ message }), headers: [JSON_TYPE] }
}
