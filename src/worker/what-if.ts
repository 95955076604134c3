import { hash, seeded } from '../core/base/choose.ts'
import type { Cluster } from '../core/cluster/cluster.ts'
import { resolveRequest, send, type Simulation, start } from '../core/engine.ts'
import { requestText } from './order.ts'
import { pathsOf, picking } from './paths.ts'
import { directoryOf, namesIn } from './places.ts'
import type { Ask, SendOrder, WhatIfFound } from './protocol.ts'

/** How many ways are looked through for one that ends elsewhere. */
const PATHS = 32

/**
 * A request that was sent, once more under other circumstances, to be compared with what came of it. Chance falls as it fell, as far as it is asked the
 * same questions; nothing stays behind.
 */
export function whatIf(simulation: Simulation, before: Cluster | undefined, ask: Extract<Ask, { kind: 'what-if' }>): WhatIfFound {
  const { order, instead, picks } = ask
  switch (instead.kind) {
    case 'before':
      return before ? sent({ ...simulation, cluster: before, runtime: start().runtime }, order, picks) : { found: false, why: 'no-change' }
    case 'backend': {
      const { cluster } = simulation
      const config = { ...cluster.config, flannel: { ...cluster.config.flannel, backend: instead.backend } }
      return sent({ ...simulation, cluster: { ...cluster, config }, runtime: start().runtime }, order, picks)
    }
    case 'endpoint': {
      const all = pathsOf(simulation, order, PATHS)
      if (!all.found) return { found: false, why: 'refused', problem: all.problem }
      const other = all.paths.find(({ address }) => address !== '' && address !== instead.not)
      return other
        ? replayed(
            simulation,
            order,
            other.forks.map(({ taken }) => taken),
          )
        : { found: false, why: 'no-endpoint' }
    }
  }
}

/** `picks` answer the kernel's questions; which address a name has is drawn. */
function sent(simulation: Simulation, order: SendOrder, picks: readonly number[]): WhatIfFound {
  const drawn = seeded(hash(`${order.from} ${order.to}`))
  return order.picks ? replayed(simulation, order, order.picks) : walked(simulation, order, drawn, picking(picks, drawn))
}

function replayed(simulation: Simulation, order: SendOrder, picks: readonly number[]): WhatIfFound {
  const choose = picking(picks, seeded(hash(`${order.from} ${order.to}`)))
  return walked(simulation, order, choose, choose)
}

type Choose = ReturnType<typeof seeded>

function walked(simulation: Simulation, order: SendOrder, naming: Choose, choose: Choose): WhatIfFound {
  const resolved = resolveRequest(simulation, requestText(order), naming)
  if (!resolved.ok) return { found: false, why: 'refused', problem: resolved.error }
  const { conversation } = send(simulation, resolved.value.request, { choose })
  return { found: true, record: { order, conversation, ...namesIn(conversation, directoryOf(simulation.cluster)) } }
}
