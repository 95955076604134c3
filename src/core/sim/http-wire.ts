/**
 * How many bytes a message takes on a connection, and which, as far as they are known. HTTP/1.1 (RFC 9112) and PROXY headers are exact to the byte. Of TLS 1.3
 * (RFC 8446) and HTTP/2 (RFC 9113, RFC 7541) lengths are plausible: those of OpenSSL's defaults with certificates of usual size, and of header fields that no
 * table holds yet (fidelity `tls-sizes`, `http2-sizes`). Left out: session tickets, window updates after the first.
 */
import { unreachable } from '../base/assert.ts'
import { byteLength, type Headers, type HttpRequest, type HttpResponse, reasonOf } from '../apps/http.ts'
import type { Certificate, ClientHello, ProxyHeader } from '../apps/program.ts'
import { isIpv6 } from '../net/ip.ts'
import type { Carried } from './conversation.ts'

/** What programs say to each other on one connection. */
export type Message =
  | { readonly kind: 'proxy-header'; readonly header: ProxyHeader }
  | { readonly kind: 'client-hello'; readonly hello: ClientHello }
  | { readonly kind: 'server-hello'; readonly certificate: Certificate; readonly alpn?: string }
  | { readonly kind: 'finished' }
  | { readonly kind: 'alert'; readonly description: string }
  | { readonly kind: 'request'; readonly request: HttpRequest }
  | { readonly kind: 'response'; readonly response: HttpResponse }
  /** A message of an upgraded connection. */
  | { readonly kind: 'frame'; readonly text: string; readonly masked: boolean }

export interface WireForm {
  readonly length: number
  /** One character per byte. */
  readonly bytes?: string
  readonly carries: Carried
}

/** A record's header, content type and tag (AEAD with 16 bytes). */
const RECORD = 22
/** OpenSSL pads a ClientHello with a name and two ALPN entries to this. */
const CLIENT_HELLO = 517
/** Change of cipher and Finished with SHA-384. */
const FINISHED = 80
const ALERT = 7
/** ServerHello 127, change of cipher 6, encrypted extensions, certificate of a usual RSA key without chain, its proof 286, Finished 74. */
const SERVER_FLIGHT = 127 + 6 + 32 + 286 + 74
const CERTIFICATE = 850
/** Preface, SETTINGS and WINDOW_UPDATE; SETTINGS and their acknowledgment. */
const HTTP2_CLIENT_START = 24 + 27 + 13
const HTTP2_SERVER_START = 27 + 9
const FRAME_HEADER = 9

/** `secure`: inside TLS. `first`: nothing of HTTP/2 has been said from this side yet. */
export function wireForm(message: Message, { secure, first }: { readonly secure: boolean; readonly first: boolean }): WireForm {
  switch (message.kind) {
    case 'proxy-header':
      return proxyHeaderForm(message.header)
    case 'client-hello':
      return { length: CLIENT_HELLO, carries: 'tls-handshake' }
    case 'server-hello':
      return { length: SERVER_FLIGHT + certificateLength(message.certificate), carries: 'tls-handshake' }
    case 'finished':
      return { length: FINISHED, carries: 'tls-handshake' }
    case 'alert':
      return { length: secure ? ALERT + RECORD - 5 : ALERT, carries: 'tls-alert' }
    case 'request':
    case 'response': {
      const http2 = (message.kind === 'request' ? message.request : message.response).version === '2'
      const plain = http2
        ? { length: http2Length(message, first) }
        : known(message.kind === 'request' ? requestText(message.request) : responseText(message.response))
      return { ...(secure ? { length: plain.length + RECORD } : plain), carries: message.kind }
    }
    case 'frame': {
      const length = byteLength(message.text) + 2 + (message.masked ? 4 : 0)
      return { length: secure ? length + RECORD : length, carries: 'upgraded' }
    }
    default:
      return unreachable(message)
  }
}

const certificateLength = ({ subject, issuer, names }: Certificate): number =>
  CERTIFICATE + subject.length + issuer.length + names.reduce((sum, name) => sum + name.length + 2, 0)

/** Text as bytes: UTF-8, one character each. */
function known(text: string): { readonly length: number; readonly bytes: string } {
  const bytes = byteLength(text) === text.length ? text : utf8(text)
  return { length: bytes.length, bytes }
}

/** First byte of a sequence with so many more behind it. */
const UTF8_LEADS = [0, 0xc0, 0xe0, 0xf0]

function utf8(text: string): string {
  let bytes = ''
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    const more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3
    bytes += String.fromCharCode((UTF8_LEADS[more] ?? 0) | (code >> (6 * more)))
    for (let i = more - 1; i >= 0; i--) bytes += String.fromCharCode(0x80 | ((code >> (6 * i)) & 0x3f))
  }
  return bytes
}

const fieldLines = (headers: Headers): string => headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')

/** As HTTP/1.1 writes it. */
export const requestText = ({ method, target, version, headers, body }: HttpRequest): string =>
  `${method} ${target} HTTP/${version}\r\n${fieldLines(headers)}\r\n${body}`

export function responseText(response: HttpResponse): string {
  const { status, version, headers, body } = response
  return `HTTP/${version} ${status} ${reasonOf(response)}\r\n${fieldLines(headers)}\r\n${body}`
}

/** HEADERS and DATA. Fields of the static table take a byte for the name, what else there is goes with Huffman codes, which save a fifth. */
function http2Length(message: Extract<Message, { kind: 'request' | 'response' }>, first: boolean): number {
  const { headers, body } = message.kind === 'request' ? message.request : message.response
  const pseudo = message.kind === 'request' ? 3 + Math.ceil(message.request.target.length * 0.8) : 1
  const fields = headers.reduce((sum, [name, value]) => sum + 3 + Math.ceil((name.length + value.length) * 0.8), pseudo)
  const data = body === '' ? 0 : FRAME_HEADER + byteLength(body)
  const behind = message.kind === 'response' ? (message.response.trailers ?? []) : []
  const trailers = behind.reduce(
    (sum, [name, value]) => sum + 3 + Math.ceil((name.length + value.length) * 0.8),
    behind.length > 0 ? FRAME_HEADER : 0,
  )
  const start = first ? (message.kind === 'request' ? HTTP2_CLIENT_START : HTTP2_SERVER_START) : 0
  return start + FRAME_HEADER + fields + data + trailers
}

/** proxy-protocol.txt, 2.1 and 2.2. */
function proxyHeaderForm({ version, source, sourcePort, destination, destinationPort }: ProxyHeader): WireForm {
  if (version === 2) return { length: isIpv6(source) ? 16 + 36 : 16 + 12, carries: 'proxy-header' }
  const family = isIpv6(source) ? 'TCP6' : 'TCP4'
  return { ...known(`PROXY ${family} ${source} ${destination} ${sourcePort} ${destinationPort}\r\n`), carries: 'proxy-header' }
}
