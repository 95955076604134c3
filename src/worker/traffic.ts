/** What needs kernels and packets, or else is not needed for a first map. The worker loads it after that; a session is handed it. */
import { hash, seeded } from '../core/base/choose.ts'
import type { Simulation } from '../core/engine.ts'
import { because } from './because.ts'
import { dispatch } from './dispatch.ts'
import { findingsFound, findingsOf, marksOf } from './findings.ts'
import { modeCost } from './mode-cost.ts'
import { listingOf } from './listings.ts'
import { pathsOf, picking } from './paths.ts'
import { programChanges } from './program-changes.ts'
import { programBoard, programReport, programsFound } from './programs.ts'
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
  const options = order.picks ? { choose } : order.seed === undefined ? {} : { seed: order.seed }
  const done = dispatch(simulation, order, choose, options)
  if (!done.ok) return { simulation, sent: { sent: false, problem: done.error } }
  const { conversation } = done.value
  const record = { order, conversation, ...namesIn(conversation, directoryOf(simulation.cluster)) }
  return { simulation: done.value.simulation, sent: { sent: true, record } }
}

export {
  because,
  listingOf,
  findingsFound,
  findingsOf,
  marksOf,
  modeCost,
  pathsOf,
  programBoard,
  programChanges,
  programReport,
  programsFound,
  serviceReport,
  tableOf,
  whatIf,
}
