import { fail, ok, type Result } from '../core/base/result.ts'
import type { Problem } from '../core/api/problem.ts'
import { type JourneyText, parseCurl, parseCurlOptions, type RequestText } from '../core/engine.ts'
import type { SendOrder } from './protocol.ts'

/** An order as the engine reads it: without what says how chance shall fall. */
export function requestText({ from, to, protocol, options = {} }: SendOrder): RequestText {
  const { curl: _, ...packet } = options
  return { from, to, protocol, ...packet }
}

const URL_TEXT = /^(https?|wss?|grpcs?):\/\//i

/** The journey that an order asks for; undefined where it is about a packet: of another protocol, to another address, or with a header field of its own. */
export function journeyText({ from, to, protocol, options = {} }: SendOrder): Result<JourneyText, Problem> | undefined {
  const text = to.trim()
  const command = /^(curl|grpcurl)\s/.test(text)
  if (protocol !== 'tcp' || !(command || URL_TEXT.test(text)) || options.ttl !== undefined || options.dontFragment !== undefined)
    return undefined
  const parsed = command ? parseCurl(text) : parseCurlOptions(options.curl ?? '', text)
  if (!parsed.ok) return fail({ severity: 'error', code: 'curl', message: parsed.error, file: '', line: 0, column: 0 })
  const { sourcePort } = options
  return ok({ ...parsed.value, from, ...(sourcePort !== undefined && { sourcePort }) })
}
