/** What needs kernels and packets, or else is not needed for a first map. The worker loads it after that; a session is handed it. */
import { hash, seeded } from '../core/base/choose.ts'
import { resolveRequest, send, type Simulation } from '../core/engine.ts'
import { because } from './because.ts'
import { findingsFound, findingsOf, marksOf } from './findings.ts'
import { modeCost } from './mode-cost.ts'
import { listingOf } from './listings.ts'
import { requestText } from './order.ts'
import { pathsOf, picking } from './paths.ts'
import { directoryOf, namesIn } from './places.ts'
import type { SendOrder, Sent } from './protocol.ts'
import { serviceReport } from './service-report.ts'
import { tableOf } from './tables.ts'
import { whatIf } from './what-if.ts'

export interface Delivered {
  /** With what the packets left behind. */
  readonly simulation: Simulation
  readonly sent: Sent
}

/** Sends a request: the `nth` of this session, for two requests for a headless name may draw different pods. */
export function deliver(simulation: Simulation, order: SendOrder, seed: number, nth: number): Delivered {
  const drawn = seeded(hash(`${seed} ${order.from} ${order.to} ${nth}`))
  const choose = order.picks ? picking(order.picks, drawn) : drawn
  const resolved = resolveRequest(simulation, requestText(order), choose)
  if (!resolved.ok) return { simulation, sent: { sent: false, problem: resolved.error } }
  const { request, fidelity } = resolved.value
  const options = order.picks ? { choose } : order.seed === undefined ? {} : { seed: order.seed }
  const done = send(simulation, request, options)
  const conversation = { ...done.conversation, fidelity: [...new Set([...fidelity, ...done.conversation.fidelity])] }
  const record = { order, conversation, ...namesIn(conversation, directoryOf(simulation.cluster)) }
  return { simulation: done.simulation, sent: { sent: true, record } }
}

export { because, listingOf, findingsFound, findingsOf, marksOf, modeCost, pathsOf, serviceReport, tableOf, whatIf }
