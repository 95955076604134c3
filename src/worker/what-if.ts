import { hash, seeded } from '../core/base/choose.ts'
import type { Cluster } from '../core/cluster/cluster.ts'
import { type Simulation, start } from '../core/engine.ts'
import { dispatch } from './dispatch.ts'
import { pathsOf, picking } from './paths.ts'
import { directoryOf, namesIn } from './places.ts'
import { configWith, type Setting } from '../core/cluster/setting.ts'
import type { Ask, PathFound, SendOrder, WhatIfFound } from './protocol.ts'

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
    case 'backend':
      return sent(withSetting(simulation, { name: 'backend', value: instead.backend }), order, picks)
    case 'mode':
      return inMode(withSetting(simulation, { name: 'mode', value: instead.mode }), order, picks, instead.end)
    case 'endpoint': {
      const all = pathsOf(simulation, order, PATHS)
      if (!all.found) return { found: false, why: 'refused', problem: all.problem }
      const other = all.paths.find(({ address }) => address !== '' && address !== instead.not)
      return other ? onPath(simulation, order, other) : { found: false, why: 'no-endpoint' }
    }
  }
}

/** Modes ask chance other questions: where the same end is wanted, its answers are looked for. */
function inMode(simulation: Simulation, order: SendOrder, picks: readonly number[], end: string | undefined): WhatIfFound {
  const all = end === undefined ? undefined : pathsOf(simulation, order, PATHS)
  const same = all?.found ? all.paths.find(({ address }) => address === end) : undefined
  return same ? onPath(simulation, order, same) : sent(simulation, order, picks)
}

const onPath = (simulation: Simulation, order: SendOrder, { forks }: PathFound): WhatIfFound =>
  replayed(
    simulation,
    order,
    forks.map(({ taken }) => taken),
  )

const withSetting = ({ cluster, ...rest }: Simulation, setting: Setting): Simulation => ({
  ...rest,
  cluster: { ...cluster, config: configWith(cluster.config, setting) },
  runtime: start().runtime,
})

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
  const done = dispatch(simulation, order, naming, { choose })
  if (!done.ok) return { found: false, why: 'refused', problem: done.error }
  const { conversation } = done.value
  return { found: true, record: { order, conversation, ...namesIn(conversation, directoryOf(simulation.cluster)) } }
}
