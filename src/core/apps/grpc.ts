/** gRPC over HTTP/2 (grpc/doc/PROTOCOL-HTTP2.md, statuscodes.md): a call is a POST to /service/method; how it went is in trailers, whatever the status of HTTP. */
import { headerOf, type Headers, type HttpResponse } from './http.ts'

const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]

export interface GrpcStatus {
  readonly code: number
  readonly name: string
  readonly message: string
}

export const grpcStatus = (code: number, message = ''): GrpcStatus => ({ code, name: NAMES[code] ?? 'UNKNOWN', message })

/** http-grpc-status-mapping.md: what a client, or a proxy that knows gRPC, makes of an answer of HTTP alone. */
export function codeOfHttp(status: number): number {
  if (status === 400) return 13
  if (status === 401) return 16
  if (status === 403) return 7
  if (status === 404) return 12
  return [429, 502, 503, 504].includes(status) ? 14 : 2
}

/** Of a call's answer. Where nobody on the way spoke gRPC, the client says so in the words of grpc-go. */
export function statusOf({ status, headers, trailers = [], body }: HttpResponse): GrpcStatus {
  const stated = headerOf(trailers, 'grpc-status') ?? headerOf(headers, 'grpc-status')
  const message = headerOf(trailers, 'grpc-message') ?? headerOf(headers, 'grpc-message') ?? ''
  if (stated !== undefined) return grpcStatus(Number(stated), decoded(message))
  const type = headerOf(headers, 'content-type') ?? ''
  if (status === 200 && type.startsWith('application/grpc')) return grpcStatus(13, 'server closed the stream without sending trailers')
  const shown = body.length > 80 ? `${body.slice(0, 80)}…` : body
  return grpcStatus(
    status === 200 ? 2 : codeOfHttp(status),
    `unexpected HTTP status code received from server: ${status}; transport: received unexpected content-type ${JSON.stringify(type)}${
      shown === '' ? '' : `: ${shown.trim()}`
    }`,
  )
}

/** An answer without a message: everything in one block of headers ("Trailers-Only"). */
export const trailersOnly = (code: number, message: string, more: Headers = []): Pick<HttpResponse, 'status' | 'headers' | 'body'> => ({
  status: 200,
  headers: [
    ['content-type', 'application/grpc'],
    ['grpc-status', String(code)],
    ...(message === '' ? [] : [['grpc-message', encoded(message)] as const]),
    ...more,
  ],
  body: '',
})

/** A message in its frame: a flag, four bytes of length, and the message, which is empty here or what was typed in its place. */
export function framed(message: string): string {
  const length = message.length
  const bytes = [0, (length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff]
  return String.fromCharCode(...bytes) + message
}

const encoded = (text: string): string =>
  text.replace(/[^ -$&-~]/g, (each) => encodeURIComponent(each).replace(/^[^%]$/, (one) => `%${one.charCodeAt(0).toString(16)}`))

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
