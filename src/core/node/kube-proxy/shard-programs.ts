import { PersistentMap } from '../../base/persistent-map.ts'
import type { DispatchRule } from './dispatch.ts'
import type { NodeView } from './endpoints.ts'
import type { PortProgram } from './port-program.ts'
import { type Entries, viewKey } from './service-entry.ts'
import type { ServicePortInfo } from './service-port.ts'
import { replaced, type SliceIndex, sliceIndex, type SliceShard } from './slice-index.ts'

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

const NO_SLICES: SliceShard = new PersistentMap()

/** What little changed is compiled alone. */
function compile(entries: Entries, shard: SliceShard | undefined, node: NodeView | undefined, before: Compiled | undefined): Compiled {
  const slices = shard ?? NO_SLICES
  const index = sliceIndex(slices, before?.slices)
  const changes = before?.slices && replaced(before.slices, slices)
  const programs = before && changes ? patched(entries, index, node, before, new Set(changes.map(({ service }) => service))) : undefined
  return finish(entries, shard, index, node, before, programs ?? allPrograms(entries, index, node))
}

interface Patched {
  readonly programs: readonly (readonly PortProgram[])[]
  readonly bound: number
  /** Whether no rule in shared chains changed, as far as that is known without looking at each program. */
  readonly sameRules: boolean | undefined
}

function patched(entries: Entries, index: SliceIndex, node: NodeView | undefined, before: Compiled, names: ReadonlySet<string>): Patched {
  const programs = [...before.programs]
  let { bound } = before
  let sameRules = true
  for (const name of names) {
    const at = entries.placeOf(name, node ? 'own' : 'shared')
    const made = at === undefined ? undefined : entries.byName.get(name)?.programs(index.of(name), node)
    if (at === undefined || !made) continue
    const old = before.programs[at]
    sameRules &&= haveSameRules(made, old)
    bound += boundOf(made) - boundOf(old ?? [])
    programs[at] = made
  }
  return { programs, bound, sameRules }
}

function allPrograms(entries: Entries, index: SliceIndex, node: NodeView | undefined): Patched {
  const programs: (readonly PortProgram[])[] = []
  let bound = 0
  for (const entry of node ? entries.own : entries.shared) {
    const made = entry.programs(index.of(entry.service.metadata.name), node)
    bound += boundOf(made)
    programs.push(made)
  }
  return { programs, bound, sameRules: undefined }
}

function finish(
  entries: Entries,
  slices: SliceShard | undefined,
  index: SliceIndex,
  node: NodeView | undefined,
  before: Compiled | undefined,
  { programs, bound, sameRules }: Patched,
): Compiled {
  const keeps = before && (sameRules ?? programs.every((made, i) => haveSameRules(made, before.programs[i])))
  return {
    slices,
    programs,
    bound,
    rules: keeps ? before.rules : rulesOf(programs),
    programOf(port) {
      const { name } = port.service.metadata
      return entries.byName
        .get(name)
        ?.programs(index.of(name), node)
        .find((program) => program.port === port)
    },
  }
}

function boundOf(programs: readonly PortProgram[]): number {
  let bound = 0
  for (const program of programs) bound += program.bound
  return bound
}

const haveSameRules = (made: readonly PortProgram[], old: readonly PortProgram[] | undefined): boolean =>
  made === old || made.every((program, i) => program.rules === old?.[i]?.rules)

function rulesOf(programs: readonly (readonly PortProgram[])[]): readonly DispatchRule[] {
  const rules: DispatchRule[] = []
  for (const some of programs) for (const program of some) rules.push(...program.rules)
  return rules
}
