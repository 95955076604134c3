/** What nginx answers by itself (ngx_http_special_response.c), and what it does to the answers of others. */
import { byteLength, type Header, type Headers, type HttpRequest, type HttpResponse, reasonOf, withoutHeader } from '../http.ts'
import { httpDate } from '../ingress/http-date.ts'
import type { Settings } from './settings.ts'

/** Status lines (ngx_http_header_filter_module.c) that keep the words of older specifications. */
const REASONS: Readonly<Record<number, string>> = {
  302: 'Moved Temporarily',
  405: 'Not Allowed',
  408: 'Request Time-out',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Large',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
}

/** Titles of pages that differ from the status line. 497 is nginx' own, and goes out as 400. */
const TITLES: Readonly<Record<number, string>> = {
  302: '302 Found',
  401: '401 Authorization Required',
  497: '400 The plain HTTP request was sent to HTTPS port',
}

/** What follows the title, where something does. */
const TEXTS: Readonly<Record<number, string>> = { 497: '<center>The plain HTTP request was sent to HTTPS port</center>\r\n' }

/** After these nginx closes the connection (ngx_http_special_response_handler). */
const CLOSING: ReadonlySet<number> = new Set([400, 413, 414, 497, 500, 501])

/** A page of its own, with `Location` where it redirects, and headers that the location adds. */
export function page(
  kind: number,
  request: Pick<HttpRequest, 'method' | 'version'>,
  settings: Settings,
  now: number,
  location?: string,
  added: Headers = [],
): HttpResponse {
  const status = kind === 497 ? 400 : kind
  const reason = REASONS[status]
  const heading = `${status} ${reason ?? reasonOf({ status })}`
  const title = TITLES[kind] ?? heading
  const server = settings.serverTokens ? 'nginx/1.27.1' : 'nginx'
  const body =
    status < 300
      ? ''
      : `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${kind === 497 ? '400 Bad Request' : title}</h1></center>\r\n${TEXTS[kind] ?? ''}<hr><center>${server}</center>\r\n</body>\r\n</html>\r\n`
  const close = CLOSING.has(kind) ? 'close' : 'keep-alive'
  const headers: Header[] = [
    ['Date', httpDate(now)],
    ...(status === 204
      ? []
      : ([
          ['Content-Type', 'text/html'],
          ['Content-Length', String(byteLength(body))],
        ] as const)),
    ...(request.version === '2' ? [] : ([['Connection', close]] as const)),
  ]
  if (location !== undefined) headers.push(['Location', location])
  return {
    status,
    ...(reason !== undefined && { reason }),
    version: request.version,
    headers: named([...headers, ...added], settings),
    body: request.method === 'HEAD' ? '' : body,
  }
}

const named = (headers: Headers, { serverTokens }: Settings): Headers => (serverTokens ? [...headers, ['Server', 'nginx/1.27.1']] : headers)

/** Headers that nginx keeps to itself are replaced by its own; the answer goes out in the version that the client speaks. */
export function passedOn(
  response: HttpResponse,
  request: HttpRequest,
  settings: Settings,
  now: number,
  set: Headers,
  added: Headers,
): HttpResponse {
  const kept = [
    ...set.map(([name]) => name),
    'Date',
    'Server',
    'Connection',
    'X-Pad',
    'X-Accel-Expires',
    'X-Accel-Redirect',
    'X-Accel-Limit-Rate',
    'X-Accel-Buffering',
    'X-Accel-Charset',
  ].reduce<Headers>(withoutHeader, response.headers)
  const upgraded = response.status === 101
  const own: Headers = [['Date', httpDate(now)], ...kept, ['Connection', upgraded ? 'upgrade' : 'keep-alive'], ...set, ...added]
  const headers = request.version === '2' ? withoutHeader(own, 'Connection') : own
  return { ...response, version: request.version, headers: named(headers, settings) }
}
