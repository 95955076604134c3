/** Cross-origin requests (the CORS template of nginx.tmpl): which headers an answer gets, and which requests nginx answers by itself. */
import { headerOf, type Headers, type HttpRequest } from '../http.ts'
import type { Cors } from './annotations.ts'

/** Compared without regard to case, and only at the end of what the client says it is. */
export function originPattern(origins: readonly string[]): string {
  const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&').replaceAll('\\/', '/')
  return `(${origins.map((each) => `(${literal(each).replace('\\*', '[A-Za-z0-9\\-]+')})`).join('|')})$`
}

export const isForAll = ({ origins }: Cors): boolean => origins.length === 1 && origins[0] === '*'

/** Undefined: the origin is none of those. */
export function corsHeaders(cors: Cors, request: HttpRequest): Headers | undefined {
  const origin = headerOf(request.headers, 'Origin') ?? ''
  if (!isForAll(cors) && (cors.origins.length === 0 || !new RegExp(originPattern(cors.origins), 'i').test(origin))) return undefined
  return headersFor(cors, isForAll(cors) ? '*' : origin)
}

export const headersFor = ({ credentials, methods, headers, exposed, maxAge }: Cors, origin: string): Headers => [
  ['Access-Control-Allow-Origin', origin],
  ...(credentials ? ([['Access-Control-Allow-Credentials', 'true']] as const) : []),
  ['Access-Control-Allow-Methods', methods],
  ['Access-Control-Allow-Headers', headers],
  ...(exposed ? ([['Access-Control-Expose-Headers', exposed]] as const) : []),
  ['Access-Control-Max-Age', String(maxAge)],
]
