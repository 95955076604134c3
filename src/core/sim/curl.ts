import { hash } from '../base/choose.ts'
import { fail, ok, type Result } from '../base/result.ts'
import { base64 } from '../base/sha1.ts'
import { framed } from '../apps/grpc.ts'
import {
  byteLength,
  type Header,
  type Headers,
  headerOf,
  type HttpRequest,
  type HttpVersion,
  withHeader,
  withoutHeader,
} from '../apps/http.ts'
import type { Certificate } from '../apps/program.ts'
import type { HttpAsked, TlsSession } from './conversation.ts'

/** What curl makes of its arguments, and what it says when something goes wrong (curl 8: lib/url.c, lib/http.c, docs/libcurl/libcurl-errors). */
export type Scheme = 'http' | 'https' | 'ws' | 'wss' | 'grpc' | 'grpcs'

export interface Url {
  /** `grpc` and `grpcs` are how a call of gRPC is written here, in the clear (HTTP/2 at once) and with TLS. */
  readonly scheme: Scheme
  /** Without brackets, in lower case. */
  readonly host: string
  readonly port: number
  /** Path and query. */
  readonly target: string
  readonly user?: string
}

const PORTS: Readonly<Record<Scheme, number>> = { http: 80, ws: 80, grpc: 80, https: 443, wss: 443, grpcs: 443 }

export const isSecure = ({ scheme }: Url): boolean => scheme === 'https' || scheme === 'wss' || scheme === 'grpcs'
export const isGrpcUrl = ({ scheme }: Url): boolean => scheme === 'grpc' || scheme === 'grpcs'
export const isGrpcText = (url: string): boolean => /^grpcs?:/i.test(url.trim())
const isScheme = (text: string): text is Scheme => Object.hasOwn(PORTS, text)
export const isWebSocket = ({ scheme }: Url): boolean => scheme === 'ws' || scheme === 'wss'

export function parseUrl(text: string): Result<Url, string> {
  const found = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)/i.exec(text.trim())
  const scheme = found?.[1]?.toLowerCase() ?? ''
  if (!found) return fail(`${JSON.stringify(text)} is not a URL`)
  if (!isScheme(scheme)) return fail(`Protocol "${scheme}" not supported`)
  const authority = found[2] ?? ''
  const at = authority.lastIndexOf('@')
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(authority.slice(at + 1))
  const host = (parts?.[1] ?? parts?.[2] ?? '').toLowerCase()
  if (!parts || host === '') return fail(`${JSON.stringify(text)} names no host`)
  const port = parts[3] ? Number(parts[3]) : PORTS[scheme]
  if (port < 1 || port > 65535) return fail(`port ${port} is not between 1 and 65535`)
  const rest = found[3] ?? ''
  const target = withoutDots(rest.startsWith('/') ? rest : `/${rest}`)
  if (/[\s]/.test(target)) return fail(`${JSON.stringify(text)} is not a URL`)
  return ok({ scheme, host, port, target, ...(at >= 0 && { user: authority.slice(0, at) }) })
}

/** RFC 3986, 5.2.4: curl removes dot segments before it sends. */
function withoutDots(target: string): string {
  const [path = '', ...query] = target.split('?')
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const [i, segment] of segments.entries()) {
    const last = i === segments.length - 1
    if (segment === '..') kept.pop()
    if (segment !== '..' && segment !== '.') kept.push(segment)
    else if (last) kept.push('')
  }
  return [`/${kept.join('/')}`, ...query].join('?')
}

export const hostText = ({ host }: Url): string => (host.includes(':') ? `[${host}]` : host)
/** As in a Host header: without the scheme's own port. */
const authorityOf = (url: Url): string => (url.port === PORTS[url.scheme] ? hostText(url) : `${hostText(url)}:${url.port}`)

export const USER_AGENT = 'curl/8.5.0'

/** What ALPN offers. */
export function offeredProtocols({ http }: HttpAsked, url: Url): readonly string[] {
  if (isGrpcUrl(url)) return ['h2']
  return isWebSocket(url) || http === '1.1' ? ['http/1.1'] : ['h2', 'http/1.1']
}

/** As grpc-go names itself in grpcurl. */
const GRPC_AGENT = 'grpcurl/1.9.1 grpc-go/1.61.0'

/** A call as grpcurl makes it, but for the questions that it asks before (reflection), what is typed standing for the message. */
function callFor({ headers: given = [], data }: HttpAsked, url: Url): HttpRequest {
  let headers: Headers = [
    ['Host', authorityOf(url)],
    ['content-type', 'application/grpc'],
    ['user-agent', GRPC_AGENT],
    ['te', 'trailers'],
  ]
  for (const [name, value] of given) headers = value === '' ? withoutHeader(headers, name) : withHeader(headers, name, value)
  return { method: 'POST', target: url.target, version: '2', headers, body: framed(data ?? '') }
}

/** The request for a URL as curl writes it. */
export function requestFor(asked: HttpAsked, url: Url, method: string, version: HttpVersion): HttpRequest {
  if (isGrpcUrl(url)) return callFor(asked, url)
  const data = asked.data !== undefined && !['GET', 'HEAD'].includes(method) ? asked.data : undefined
  let headers: Headers = [
    ['Host', authorityOf(url)],
    ...(url.user === undefined ? [] : [['Authorization', `Basic ${encoded(url.user)}`] as Header]),
    ['User-Agent', USER_AGENT],
    ['Accept', '*/*'],
    ...(isWebSocket(url) ? webSocketHeaders(url) : []),
    ...(asked.http === '2' && version === '1.1' && !isSecure(url) ? HTTP2_UPGRADE : []),
  ]
  for (const [name, value] of asked.headers ?? []) headers = value === '' ? withoutHeader(headers, name) : withHeader(headers, name, value)
  if (data !== undefined) {
    if (headerOf(headers, 'Content-Length') === undefined) headers = [...headers, ['Content-Length', String(byteLength(data))]]
    if (headerOf(headers, 'Content-Type') === undefined) headers = [...headers, ['Content-Type', 'application/x-www-form-urlencoded']]
  }
  return { method, target: url.target, version, headers, body: data ?? '' }
}

const encoded = (text: string): string => base64(Uint8Array.from(text, (character) => character.charCodeAt(0)))

/** RFC 6455, 4.1; the key is random, here it follows from the URL. */
function webSocketHeaders({ host, port, target }: Url): Headers {
  const key = Uint8Array.from({ length: 16 }, (_, i) => hash(`${host}:${port}${target}`, i) & 0xff)
  return [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', base64(key)],
  ]
}

const HTTP2_UPGRADE: Headers = [
  ['Connection', 'Upgrade, HTTP2-Settings'],
  ['Upgrade', 'h2c'],
  ['HTTP2-Settings', 'AAMAAABkAAQAoAAAAAIAAAAA'],
]

export const methodOf = ({ method, data }: HttpAsked): string => method ?? (data === undefined ? 'GET' : 'POST')

/** With `-L`: the method for the next request. `-X` stays what it is, as curl warns. */
export function redirectedMethod(asked: HttpAsked, status: number, method: string): string {
  if (asked.method !== undefined) return method
  return status === 303 || ((status === 301 || status === 302) && method === 'POST') ? 'GET' : method
}

export const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status)

export const urlText = (url: Url): string => `${url.scheme}://${authorityOf(url)}${url.target}`

/** A Location against the URL that it came from. */
export function redirectedUrl(from: Url, location: string): Result<Url, string> {
  const origin = `${from.scheme}://${authorityOf(from)}`
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(location)) return parseUrl(location)
  if (location.startsWith('//')) return parseUrl(`${from.scheme}:${location}`)
  if (location.startsWith('/')) return parseUrl(`${origin}${location}`)
  const [path = '/'] = from.target.split('?')
  return parseUrl(location.startsWith('?') ? `${origin}${path}${location}` : `${origin}${path.replace(/[^/]*$/, '')}${location}`)
}

/** Names of public authorities that every distribution trusts begin so. */
const PUBLIC_ISSUERS = /^(R\d+$|E\d+$|ISRG|Let's Encrypt|DigiCert|GlobalSign|GTS |WR\d|WE\d|Amazon|Sectigo|ZeroSSL|GeoTrust|Go Daddy)/

/** What OpenSSL says about a chain and a name; undefined when both hold. */
export function distrustOf({ subject, issuer, names }: Certificate, host: string): TlsSession['distrust'] {
  if (subject === issuer) return 'self-signed'
  if (!PUBLIC_ISSUERS.test(issuer)) return 'unknown-issuer'
  return names.some((name) => matchesName(name.toLowerCase(), host)) ? undefined : 'name-mismatch'
}

/** RFC 6125, 6.4.3: a star is the whole leftmost label. */
export function matchesName(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host
  const dot = host.indexOf('.')
  return dot > 0 && host.slice(dot) === pattern.slice(1)
}

/** curl's exit status and message. */
export interface CurlError {
  readonly exit: number
  readonly message: string
}

const VERIFY: Readonly<Record<NonNullable<TlsSession['distrust']>, string>> = {
  'self-signed': 'self-signed certificate',
  'unknown-issuer': 'unable to get local issuer certificate',
  'name-mismatch': '',
}
/** With OpenSSL's number (X509_V_ERR_*). A certificate for another name is none of its errors: curl compares names itself. */
const VERIFY_RESULT: Readonly<Record<NonNullable<TlsSession['distrust']>, string>> = {
  'self-signed': `${VERIFY['self-signed']} (18)`,
  'unknown-issuer': `${VERIFY['unknown-issuer']} (20)`,
  'name-mismatch': '',
}
export const verifyResult = (distrust: NonNullable<TlsSession['distrust']>): string => VERIFY_RESULT[distrust]

export function certificateError(distrust: NonNullable<TlsSession['distrust']>, host: string): CurlError {
  if (distrust === 'name-mismatch')
    return { exit: 60, message: `SSL: no alternative certificate subject name matches target host name '${host}'` }
  return { exit: 60, message: `SSL certificate problem: ${VERIFY[distrust]}` }
}

/** OpenSSL's words for alerts. */
const ALERTS: Readonly<Record<string, string>> = {
  unrecognized_name: 'tlsv1 unrecognized name',
  handshake_failure: 'sslv3 alert handshake failure',
  no_application_protocol: 'tlsv1 alert no application protocol',
  internal_error: 'tlsv1 alert internal error',
}

export const alertError = (description: string): CurlError => ({
  exit: 35,
  message: `OpenSSL/3.0.13: error:0A000000:SSL routines::${ALERTS[description] ?? description}`,
})
export const NOT_TLS: CurlError = { exit: 35, message: 'OpenSSL/3.0.13: error:0A00010B:SSL routines::wrong version number' }
export const TLS_CLOSED: CurlError = { exit: 35, message: 'OpenSSL SSL_connect: SSL_ERROR_SYSCALL' }
export const EMPTY_REPLY: CurlError = { exit: 52, message: 'Empty reply from server' }
export const RESET: CurlError = { exit: 56, message: 'Recv failure: Connection reset by peer' }
export const TOO_MANY: CurlError = { exit: 47, message: 'Maximum (50) redirects followed' }
/** `why`: whose patience ended, if that was it. A kernel's ETIMEDOUT has curl's status of timeouts and the words of refused connections. */
export function connectError({ host, port }: Url, seconds: number, why: 'curl' | 'kernel' | 'refused'): CurlError {
  const after = Math.round(seconds * 1000)
  if (why === 'curl') return { exit: 28, message: `Connection timed out after ${after} milliseconds` }
  return {
    exit: why === 'kernel' ? 28 : 7,
    message: `Failed to connect to ${host} port ${port} after ${after} ms: Couldn't connect to server`,
  }
}
export const timeoutError = (seconds: number): CurlError => ({
  exit: 28,
  message: `Operation timed out after ${Math.round(seconds * 1000)} milliseconds with 0 bytes received`,
})
