import type { EndpointSlice } from '../../api/endpointslice.ts'
import type { DispatchRule } from './dispatch.ts'
import type { NodeView } from './endpoints.ts'
import type { PortProgram } from './port-program.ts'
import { type Entries, type SliceShard, slicesByService, viewKey } from './service-entry.ts'
import type { ServicePortInfo } from './service-port.ts'

/** The programs of one namespace, for all nodes (ports that are the same everywhere) or for one node (the other ports). */
export interface ShardPrograms {
  /** One list for each Service that has such ports, in the order of the shard. */
  readonly programs: readonly (readonly PortProgram[])[]
  /** All their rules in shared chains. The same array when a change of endpoints left them as they were. */
  readonly rules: readonly DispatchRule[]
  /** At most how many endpoints there are. */
  readonly bound: number
  /** The program of a port that an earlier program was for. */
  programOf(port: ServicePortInfo): PortProgram | undefined
}

interface Compiled extends ShardPrograms {
  readonly slices: SliceShard | undefined
}

/** By Services, then by view: what was compiled last. */
const compiled = new WeakMap<Entries, Map<string, Compiled>>()

export function shardPrograms(entries: Entries, slices: SliceShard | undefined, node: NodeView | undefined): ShardPrograms {
  let views = compiled.get(entries)
  if (!views) compiled.set(entries, (views = new Map<string, Compiled>()))
  const key = viewKey(node)
  const before = views.get(key)
  if (before && before.slices === slices) return before
  const after = compile(entries, slices, node, before)
  views.set(key, after)
  return after
}

const NO_SLICES: readonly EndpointSlice[] = []

function compile(entries: Entries, slices: SliceShard | undefined, node: NodeView | undefined, before: Compiled | undefined): Compiled {
  const index = slices && slicesByService(slices)
  const programs: (readonly PortProgram[])[] = []
  let bound = 0
  let sameRules = before !== undefined
  for (const entry of node ? entries.own : entries.shared) {
    const made = entry.programs(index?.get(entry.service.metadata.name) ?? NO_SLICES, node)
    const old = before?.programs[programs.length]
    sameRules &&= made === old || made.every((program, i) => program.rules === old?.[i]?.rules)
    for (const program of made) bound += program.bound
    programs.push(made)
  }
  return {
    slices,
    programs,
    bound,
    rules: sameRules && before ? before.rules : rulesOf(programs),
    programOf(port) {
      const { name } = port.service.metadata
      return entries.byName
        .get(name)
        ?.programs(index?.get(name) ?? NO_SLICES, node)
        .find((program) => program.port === port)
    },
  }
}

function rulesOf(programs: readonly (readonly PortProgram[])[]): readonly DispatchRule[] {
  const rules: DispatchRule[] = []
  for (const some of programs) for (const program of some) rules.push(...program.rules)
  return rules
}
