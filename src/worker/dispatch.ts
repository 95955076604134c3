import type { Choose } from '../core/base/choose.ts'
import { fail, ok, type Result } from '../core/base/result.ts'
import type { Problem } from '../core/api/problem.ts'
import { journey, resolveRequest, send, type SendOptions, type Simulation } from '../core/engine.ts'
import type { Conversation } from '../core/sim/conversation.ts'
import { journeyText, requestText } from './order.ts'
import type { SendOrder } from './protocol.ts'

export interface Dispatched {
  readonly simulation: Simulation
  readonly conversation: Conversation
}

/** An order carried out: a packet and its answer, or a journey. `naming` chooses the address of a name where a packet is sent; journeys choose it themselves. */
export function dispatch(simulation: Simulation, order: SendOrder, naming: Choose, options: SendOptions): Result<Dispatched, Problem> {
  const asked = journeyText(order)
  if (asked) return asked.ok ? journey(simulation, asked.value, options) : fail(asked.error)
  const resolved = resolveRequest(simulation, requestText(order), naming)
  if (!resolved.ok) return resolved
  const { request, fidelity } = resolved.value
  const done = send(simulation, request, options)
  return ok({ ...done, conversation: { ...done.conversation, fidelity: [...new Set([...fidelity, ...done.conversation.fidelity])] } })
}
