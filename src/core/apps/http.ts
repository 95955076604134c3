/**
 * HTTP messages at the level of meaning (RFC 9110): the same value whether the connection speaks HTTP/1.1 (RFC 9112) or HTTP/2 (RFC 9113). Names keep the
 * spelling and the order that their writer gave them, for HTTP/1.1 shows both; they are compared without case. Left out: trailers of HTTP/1.1, multipart, ranges.
 */
export type HttpVersion = '1.0' | '1.1' | '2'

/** Name and value, in the order of the wire. A name may come several times. */
export type Header = readonly [name: string, value: string]
export type Headers = readonly Header[]

export interface HttpRequest {
  readonly method: string
  /** As on the request line: path and query (`/a/b?c=d`), or `*`. In HTTP/2 `:path`. */
  readonly target: string
  readonly version: HttpVersion
  /** With `Host`, which stands for `:authority` in HTTP/2. */
  readonly headers: Headers
  readonly body: string
}

export interface HttpResponse {
  readonly status: number
  /** Absent: the usual one (`reasonOf`). HTTP/2 sends none. */
  readonly reason?: string
  readonly version: HttpVersion
  readonly headers: Headers
  readonly body: string
  /** Fields behind the body, which HTTP/2 has in a frame of their own: gRPC says in them how a call went. */
  readonly trailers?: Headers
  /** Seconds that its server worked on it before the first byte. */
  readonly delay?: number
}

const named = (name: string): ((header: Header) => boolean) => {
  const wanted = name.toLowerCase()
  return ([other]) => other.toLowerCase() === wanted
}

/** The first value of a header; undefined when it is not there. */
export const headerOf = (headers: Headers, name: string): string | undefined => headers.find(named(name))?.[1]

/** All of a header's values, in order. */
export const headersOf = (headers: Headers, name: string): readonly string[] => headers.filter(named(name)).map(([, value]) => value)

/** Replaces a header where it first stands, or appends it. */
export function withHeader(headers: Headers, name: string, value: string): Headers {
  const at = headers.findIndex(named(name))
  if (at < 0) return [...headers, [name, value]]
  return [...headers.slice(0, at), [name, value], ...headers.slice(at + 1).filter(([other]) => !named(name)([other, '']))]
}

export const withoutHeader = (headers: Headers, name: string): Headers => headers.filter((header) => !named(name)(header))

/** Adds a value behind those that the header has, separated by a comma, as X-Forwarded-For grows. */
export function appendedHeader(headers: Headers, name: string, value: string): Headers {
  const before = headersOf(headers, name)
  return withHeader(headers, name, [...before, value].join(', '))
}

/** The host of a request in lower case, without port and without the dot of a rooted name; empty when it names none. */
export function hostOf({ headers }: HttpRequest): string {
  const value = (headerOf(headers, 'Host') ?? '').toLowerCase()
  return value.replace(/:\d*$/, '').replace(/\.$/, '')
}

/** The target without its query. */
export const pathOf = ({ target }: HttpRequest): string => target.split('?', 1)[0] ?? ''

/** What follows the first question mark, without it. */
export function queryOf({ target }: HttpRequest): string | undefined {
  const at = target.indexOf('?')
  return at < 0 ? undefined : target.slice(at + 1)
}

/** Cookies of a request by name; the first of a name counts (RFC 6265, 5.4). */
export function cookiesOf({ headers }: HttpRequest): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>()
  for (const pair of headersOf(headers, 'Cookie').flatMap((value) => value.split(';'))) {
    const at = pair.indexOf('=')
    const name = pair.slice(0, at).trim()
    if (at > 0 && !cookies.has(name)) cookies.set(name, pair.slice(at + 1).trim())
  }
  return cookies
}

/** Whether a request asks for another protocol on its connection: a WebSocket handshake (RFC 6455, 4.1), for one. */
export const upgradeOf = ({ headers }: HttpRequest): string | undefined =>
  headersOf(headers, 'Connection').some((value) => /(^|,)\s*upgrade\s*(,|$)/i.test(value))
    ? headerOf(headers, 'Upgrade')?.toLowerCase()
    : undefined

/** gRPC over HTTP/2: a request by its content type. */
export const isGrpc = ({ headers }: Pick<HttpRequest, 'headers'>): boolean =>
  /^application\/grpc($|[+;])/i.test(headerOf(headers, 'Content-Type') ?? '')

/** The registry of RFC 9110 and its neighbours, as far as proxies use it. */
const REASONS: Readonly<Record<number, string>> = {
  100: 'Continue',
  101: 'Switching Protocols',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  418: "I'm a teapot",
  421: 'Misdirected Request',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
}

export const reasonOf = ({ status, reason }: Pick<HttpResponse, 'status' | 'reason'>): string => reason ?? REASONS[status] ?? ''

/** A response with its length stated, as servers that know it send it. */
export function respond(status: number, body = '', headers: Headers = [], version: HttpVersion = '1.1'): HttpResponse {
  const sized: Headers =
    headerOf(headers, 'Content-Length') === undefined ? [...headers, ['Content-Length', String(byteLength(body))]] : headers
  return { status, version, headers: sized, body }
}

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}
