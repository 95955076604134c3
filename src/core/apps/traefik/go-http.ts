/** How Go's net/http writes messages: names in canonical spelling and in their alphabetical order, short texts of its own. */
import { byteLength, type Header, type Headers, type HttpRequest, type HttpResponse, reasonOf, withoutHeader } from '../http.ts'
import { httpDate } from '../ingress/http-date.ts'

export const canonical = (name: string): string =>
  name.toLowerCase().replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase())

const sorted = (headers: Headers): Headers =>
  headers.map(([name, value]): Header => [canonical(name), value]).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))

const HOP_BY_HOP = [
  'Connection',
  'Proxy-Connection',
  'Keep-Alive',
  'Te',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
  'Proxy-Authenticate',
  'Proxy-Authorization',
]

export const withoutHopByHop = (headers: Headers): Headers => HOP_BY_HOP.reduce<Headers>(withoutHeader, headers)

/** Host and User-Agent stand first. */
export function requestHeaders(headers: Headers): Headers {
  const all = sorted(headers)
  const first = ['Host', 'User-Agent', 'Content-Length']
  return [...first.flatMap((wanted) => all.filter(([name]) => name === wanted)), ...all.filter(([name]) => !first.includes(name))]
}

export const responseHeaders = sorted

/** An answer of Traefik's own. */
export function own(request: HttpRequest, status: number, body: string, now: number, headers: Headers = []): HttpResponse {
  const all: Headers = [...headers, ['Date', httpDate(now)], ['Content-Length', String(byteLength(body))]]
  const typed: Headers =
    headers.some(([name]) => name === 'Content-Type') || body === '' ? all : [...all, ['Content-Type', 'text/plain; charset=utf-8']]
  return { status, version: request.version, headers: sorted(typed), body: request.method === 'HEAD' ? '' : body }
}

/** http.Error: with a line feed, and nobody shall guess its type. */
export const error = (request: HttpRequest, status: number, text: string, now: number): HttpResponse =>
  own(request, status, `${text}\n`, now, [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['X-Content-Type-Options', 'nosniff'],
  ])

export const plain = (request: HttpRequest, status: number, now: number): HttpResponse => own(request, status, reasonOf({ status }), now)
