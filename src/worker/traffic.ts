/** What needs kernels and packets, or else is not needed for a first map. The worker loads it after that; a session is handed it. */
import { hash, seeded } from '../core/base/choose.ts'
import type { Simulation } from '../core/engine.ts'
import { because } from './because.ts'
import { describe } from './describe.ts'
import { dispatch } from './dispatch.ts'
import { findingsFound, findingsOf, marksOf } from './findings.ts'
import { modeCost } from './mode-cost.ts'
import { listingOf } from './listings.ts'
import { pathsOf, picking } from './paths.ts'
import { fieldsAt } from './fields.ts'
import { possible } from './possible.ts'
import { programChanges } from './program-changes.ts'
import { programBoard, programReport, programsFound } from './programs.ts'
import { directoryOf, namesIn } from './places.ts'
import type { Answer, Ask, SendOrder, Sent } from './protocol.ts'
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

/** Questions that a cluster answers as it is, and that nobody has before there is a map. */
export type Look = Extract<
  Ask,
  {
    readonly kind:
      | 'because'
      | 'table'
      | 'listing'
      | 'mode-cost'
      | 'paths'
      | 'findings'
      | 'findings-of'
      | 'marks'
      | 'service'
      | 'programs'
      | 'program'
      | 'program-board'
      | 'describe'
      | 'possible'
      | 'fields'
  }
>

export function look(simulation: Simulation, ask: Look): Answer {
  const { cluster } = simulation
  switch (ask.kind) {
    case 'because':
      return because(simulation, ask.target)
    case 'table':
      return tableOf(simulation, ask)
    case 'listing':
      return listingOf(simulation, ask)
    case 'mode-cost':
      return modeCost(cluster, ask.mode)
    case 'paths':
      return pathsOf(simulation, ask.order, ask.limit)
    case 'findings':
      return findingsFound(cluster, ask)
    case 'findings-of':
      return findingsOf(cluster, ask.target)
    case 'marks':
      return marksOf(cluster)
    case 'service':
      return serviceReport(cluster, ask.target)
    case 'programs':
      return programsFound(cluster)
    case 'program':
      return programReport(cluster, ask.target)
    case 'program-board':
      return programBoard(cluster, ask.target, ask.limit)
    case 'describe':
      return describe(cluster, ask.target)
    case 'possible':
      return possible(cluster, ask.target)
    case 'fields':
      return fieldsAt(ask.of, ask.path)
  }
}

export { programChanges, whatIf }
