/** What nginx answers by itself (ngx_http_special_response.c), and what it does to the answers of others. */
import { byteLength, type Header, type Headers, type HttpRequest, type HttpResponse, reasonOf, withHeader, withoutHeader } from '../http.ts'
import { httpDate } from '../ingress/http-date.ts'
import type { Settings } from './settings.ts'

/** A page of its own, with `Location` where it redirects. */
export function page(status: number, request: HttpRequest, settings: Settings, now: number, location?: string): HttpResponse {
  const title = `${status} ${reasonOf({ status })}`
  const server = settings.serverTokens ? 'nginx/1.27.1' : 'nginx'
  const body =
    status < 300
      ? ''
      : `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>${server}</center>\r\n</body>\r\n</html>\r\n`
  const headers: Header[] = [
    ['Date', httpDate(now)],
    ['Content-Type', 'text/html'],
    ['Content-Length', String(byteLength(body))],
    ['Connection', 'keep-alive'],
  ]
  if (location !== undefined) headers.push(['Location', location])
  return { status, version: request.version, headers: named(headers, settings), body: request.method === 'HEAD' ? '' : body }
}

const named = (headers: Headers, { serverTokens }: Settings): Headers => (serverTokens ? [...headers, ['Server', 'nginx/1.27.1']] : headers)

/** Headers that nginx keeps to itself are replaced by its own; the answer goes out in the version that the client speaks. */
export function passedOn(
  response: HttpResponse,
  request: HttpRequest,
  settings: Settings,
  now: number,
  secure: boolean,
  added: Headers,
): HttpResponse {
  const kept = [
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
  const own: Headers = [['Date', httpDate(now)], ...kept, ['Connection', upgraded ? 'upgrade' : 'keep-alive'], ...added]
  const secured = secure && settings.hsts ? withHeader(own, 'Strict-Transport-Security', settings.hsts) : own
  const headers = request.version === '2' ? withoutHeader(secured, 'Connection') : secured
  return { ...response, version: request.version, headers: named(headers, settings) }
}
