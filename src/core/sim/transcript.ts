/**
 * A journey as `curl -v` tells it (curl 8, OpenSSL): what it tried, the handshake, the request (>) and the response (<). Lines that hang on the machine rather
 * than on the network are left out: ciphers, dates, sizes of windows.
 */
import { byteLength, type HttpRequest, type HttpResponse, isGrpc, reasonOf } from '../apps/http.ts'
import type { Connection, Conversation, HttpAsked, TlsSession } from './conversation.ts'
import type { GrpcStatus } from '../apps/grpc.ts'
import { type Url, hostText, isSecure, isRedirect, offeredProtocols, parseUrl, redirectedUrl, urlText, verifyResult } from './curl.ts'

/** `*` remarks, `>` sent, `<` received, ` ` body, `!` the error that curl ends with. */
export interface TranscriptLine {
  readonly mark: '*' | '>' | '<' | ' ' | '!'
  readonly text: string
}

const remark = (text: string): TranscriptLine => ({ mark: '*', text })

/** Empty for conversations that are no journeys. */
export function transcriptOf({ asked, connections, outcome }: Conversation): readonly TranscriptLine[] {
  if (!asked) return []
  const own = connections.flatMap((connection, index) => (connection.parent === undefined ? { connection, index } : []))
  const { curl, grpc } = outcome
  const byKernel = curl?.exit === 28 && (curl.message ?? '').startsWith('Failed to connect')
  const lines = own.flatMap(({ connection }, nth) => connectionLines(asked, connection, nth, urlAt(asked, connections, nth), byKernel))
  if (grpc) return [...lines, ...callLines(grpc)]
  if (!curl || curl.exit === 0) return lines
  return [
    ...lines,
    remark(curl.message ?? ''),
    remark('Closing connection'),
    { mark: '!', text: `curl: (${curl.exit}) ${curl.message ?? ''}` },
  ]
}

/** What grpcurl says of a call behind the rest. */
const callLines = ({ code, name, message }: GrpcStatus): readonly TranscriptLine[] =>
  code === 0
    ? [{ mark: ' ', text: '{}' }]
    : [
        { mark: '!', text: 'ERROR:' },
        {
          mark: '!',
          text: `  Code: ${name.replace(/[A-Z]+_?/g, (word) => word.charAt(0) + word.slice(1).toLowerCase().replace('_', ''))}`,
        },
        { mark: '!', text: `  Message: ${message}` },
      ]

/** `*` and what follows, as a terminal shows it. */
export const transcriptText = (conversation: Conversation): string =>
  transcriptOf(conversation)
    .map(({ mark, text }) => (mark === ' ' || mark === '!' ? text : `${mark} ${text}`.trimEnd()))
    .join('\n')

/** The URL that the nth connection of the client was opened for: that of the first, or where redirects led. */
function urlAt(asked: HttpAsked, connections: readonly Connection[], nth: number): Url | undefined {
  const first = parseUrl(asked.url)
  if (nth === 0) return first.ok ? first.value : undefined
  const before = connections.filter(({ parent }) => parent === undefined).slice(0, nth)
  const locations = before.flatMap(({ exchanges = [] }) =>
    exchanges.flatMap(({ response }) => response?.headers.find(([name]) => name.toLowerCase() === 'location')?.[1] ?? []),
  )
  const last = locations.at(-1)
  const parsed = last === undefined ? undefined : parseUrl(last)
  return parsed?.ok ? parsed.value : first.ok ? first.value : undefined
}

/** `byKernel`: whether it was the kernel that gave up dialling, not curl. */
function connectionLines(
  asked: HttpAsked,
  connection: Connection,
  nth: number,
  url: Url | undefined,
  byKernel: boolean,
): readonly TranscriptLine[] {
  const { address, port } = dialled(connection)
  const host = url ? hostText(url) : address
  const trying = remark(`  Trying ${address}:${port}...`)
  if (connection.end === 'refused' || connection.end === 'unreachable' || connection.end === 'not-sent')
    return [
      ...fixedName(asked, url),
      trying,
      remark(`connect to ${address} port ${port} failed: ${connection.end === 'refused' ? 'Connection refused' : 'No route to host'}`),
    ]
  if (connection.end === 'timeout')
    return [
      ...fixedName(asked, url),
      trying,
      ...(byKernel ? [remark(`connect to ${address} port ${port} failed: Connection timed out`)] : []),
    ]
  const { tls, exchanges = [] } = connection
  const left = connection.end === 'open' || exchanges.every(({ response }) => response && !closes(response))
  const said = exchanges.flatMap(({ request, response }, i) => {
    const location = response && asked.follow === true ? redirectOf(response) : undefined
    return [
      ...(i > 0 ? [remark(`Re-using existing connection with host ${host}`)] : []),
      ...exchangeLines(request, response, location !== undefined, url),
      ...(response
        ? [remark(left || i < exchanges.length - 1 ? `Connection #${nth} to host ${host} left intact` : 'Closing connection')]
        : []),
      ...(location === undefined ? [] : [remark(`Issue another request to this URL: '${absolute(location, url, request)}'`)]),
    ]
  })
  return [
    ...fixedName(asked, url),
    trying,
    remark(`Connected to ${host} (${address}) port ${port}`),
    ...(connection.proxyHeader ? [remark('Sent PROXY protocol header')] : []),
    ...(url && isSecure(url) ? tlsLines(asked, url, tls) : []),
    ...said,
  ]
}

/** As it is where it names a host, else against the URL that was asked. */
function absolute(location: string, url: Url | undefined, { target }: HttpRequest): string {
  const next = url && !location.includes('://') ? redirectedUrl({ ...url, target }, location) : undefined
  return next?.ok ? urlText(next.value) : location
}

const redirectOf = ({ status, headers }: HttpResponse): string | undefined =>
  isRedirect(status) ? headers.find(([name]) => name.toLowerCase() === 'location')?.[1] : undefined

const closes = ({ headers, version }: HttpResponse): boolean =>
  version === '1.0' || headers.some(([name, value]) => name.toLowerCase() === 'connection' && value.toLowerCase() === 'close')

function fixedName({ resolve = [] }: HttpAsked, url: Url | undefined): readonly TranscriptLine[] {
  const used = resolve.find(({ host, port }) => url && (host === '*' || host.toLowerCase() === url.host) && port === url.port)
  return used && url
    ? [remark(`Added ${used.host}:${used.port}:${used.address} to DNS cache`), remark(`Hostname ${url.host} was found in DNS cache`)]
    : []
}

/** Where the client's kernel was asked to connect to. */
function dialled({ packets }: Connection): { readonly address: string; readonly port: number } {
  const sent = packets[0]?.sent
  const port = sent?.transport.kind === 'tcp' ? sent.transport.destinationPort : 0
  return { address: sent?.ip.destination ?? '', port }
}

function tlsLines(asked: HttpAsked, url: Url, tls: TlsSession | undefined): readonly TranscriptLine[] {
  const hello = [
    remark(`ALPN: curl offers ${offeredProtocols(asked, url).join(',')}`),
    remark('TLSv1.3 (OUT), TLS handshake, Client hello (1):'),
  ]
  const certificate = tls?.certificate
  if (!tls || !certificate)
    return [...hello, ...(tls?.alert === undefined ? [] : [remark(`TLSv1.3 (IN), TLS alert, ${tls.alert.replaceAll('_', ' ')}:`)])]
  const flight = ['Server hello (2)', 'Encrypted Extensions (8)', 'Certificate (11)', 'CERT verify (15)', 'Finished (20)']
  const { distrust } = tls
  if (distrust && distrust !== 'name-mismatch' && !asked.insecure)
    return [
      ...hello,
      ...flight.slice(0, 3).map((text) => remark(`TLSv1.3 (IN), TLS handshake, ${text}:`)),
      remark('TLSv1.3 (OUT), TLS alert, unknown CA (560):'),
    ]
  return [
    ...hello,
    ...flight.map((text) => remark(`TLSv1.3 (IN), TLS handshake, ${text}:`)),
    remark('TLSv1.3 (OUT), TLS handshake, Finished (20):'),
    remark(tls.alpn === undefined ? 'ALPN: server did not agree on a protocol. Uses default.' : `ALPN: server accepted ${tls.alpn}`),
    remark('Server certificate:'),
    remark(` subject: ${certificate.distinguished?.subject ?? `CN=${certificate.subject}`}`),
    // curl itself compares names, behind the handshake.
    ...(distrust === 'name-mismatch' && !asked.insecure
      ? [remark(` subjectAltName does not match ${url.host}`)]
      : trusted(certificate, distrust)),
    ...(tls.alpn === 'h2' && (!distrust || asked.insecure) ? [remark('using HTTP/2')] : []),
  ]
}

function trusted(
  { names, issuer, distinguished }: NonNullable<TlsSession['certificate']>,
  distrust: TlsSession['distrust'],
): readonly TranscriptLine[] {
  const result = distrust === undefined ? '' : verifyResult(distrust)
  return [
    ...(names.length > 0 ? [remark(` subjectAltName: ${names.join(', ')}`)] : []),
    remark(` issuer: ${distinguished?.issuer ?? `CN=${issuer}`}`),
    remark(result === '' ? ' SSL certificate verify ok.' : ` SSL certificate verify result: ${result}, continuing anyway.`),
  ]
}

/** `followed`: curl goes where the response points to, and shows no body. */
function exchangeLines(
  request: HttpRequest,
  response: HttpResponse | undefined,
  followed: boolean,
  url: Url | undefined,
): readonly TranscriptLine[] {
  const http2 = request.version === '2'
  const version = (v: string): string => (v === '2' ? 'HTTP/2' : `HTTP/${v}`)
  const shown = (name: string): string => (http2 ? name.toLowerCase() : name)
  const sent = [
    ...(http2 ? [remark(`[HTTP/2] [1] OPENED stream for ${url ? urlText({ ...url, target: request.target }) : request.target}`)] : []),
    { mark: '>' as const, text: `${request.method} ${request.target} ${version(request.version)}` },
    ...request.headers.map(([name, value]) => ({
      mark: '>' as const,
      text: http2 && name === 'Host' ? `Host: ${value}` : `${name}: ${value}`,
    })),
    { mark: '>' as const, text: '' },
    ...(request.body === '' ? [] : [remark(`upload completely sent off: ${byteLength(request.body)} bytes`)]),
  ]
  if (!response) return sent
  const status = http2 ? `HTTP/2 ${response.status}` : `${version(response.version)} ${response.status} ${reasonOf(response)}`
  return [
    ...sent,
    { mark: '<', text: status.trimEnd() },
    ...response.headers.map(([name, value]) => ({ mark: '<' as const, text: `${shown(name)}: ${value}` })),
    { mark: '<', text: '' },
    ...(response.trailers ?? []).map(([name, value]) => ({ mark: '<' as const, text: `${name}: ${value}` })),
    ...(isGrpc(response) ? [] : bodyLines(response, followed)),
  ]
}

function bodyLines({ body }: HttpResponse, ignored: boolean): readonly TranscriptLine[] {
  if (body === '') return []
  if (ignored) return [remark('Ignoring the response-body')]
  return body
    .replace(/\n$/, '')
    .split('\n')
    .map((text) => ({ mark: ' ', text }))
}
