import type { RequestText } from '../core/engine.ts'
import type { SendOrder } from './protocol.ts'

/** An order as the engine reads it: without what says how chance shall fall. */
export function requestText({ from, to, protocol, options = {} }: SendOrder): RequestText {
  return { from, to, protocol, ...options }
}
